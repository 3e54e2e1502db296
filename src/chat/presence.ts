import { Injectable, type OnModuleDestroy, type OnModuleInit, Optional } from '@nestjs/common';
import { Leases } from '../bus/leases.js';
import type { Connection } from '../realtime/connection.js';
import { Hub } from '../realtime/hub.js';
import type { ConnectionListener } from '../realtime/listeners.js';
import { type Consent, Consents } from './contacts/consents.js';
import { Deadlines } from './deadlines.js';
import { OpenChats } from './open-chats.js';
import { PresenceBroadcast } from './presence-broadcast.js';

/** Of so many of a user's chats, the newest, members are told. */
const MAX_CHATS = 1_000;
/** A node that dies takes its users offline after this; others renew three times as often. */
const LEASE_SEC = 60;

/**
 * Users in one look: of those who have gone (what is told of them must leave room on the bus for what is said in chats), of those whose
 * lease is renewed, and of those who had no chats.
 */
const MAX_GONE = 500;
const MAX_RENEWED = 5_000;
const MAX_CHATLESS = 1_000;

/** How long things take, in milliseconds; shorter in tests. */
export class PresenceTimes {
  constructor(
    /** How long a user without connections still counts as online. */
    readonly linger = 10_000,
    /** How often it is looked what is due. */
    readonly tick = 1_000,
    readonly renewal = (LEASE_SEC / 3) * 1_000,
  ) {}
}

/** A user of this node whom the others may know to be online. */
interface Online {
  /** Whose members are told when the user goes: as of when the last connection went. */
  chats: readonly number[];
  /** Who of them may know it; null where that is not known. */
  consent: Consent | null;
}

const keyOf = (userId: number): string => `presence:${userId}`;

/**
 * Who is online, for those who share a chat with them in which they see each other. It is told at most once and never stored; a user counts
 * as online until some time after the last connection on any node has gone. Users without such chats cost neither leases nor messages.
 */
@Injectable()
export class Presence implements ConnectionListener, OnModuleInit, OnModuleDestroy {
  private readonly online = new Map<number, Online>();
  private readonly leaving: Deadlines;
  private readonly renewals: Deadlines;
  /** Users connected here who had no chats when that was last looked at, the longest ago first. */
  private readonly chatless = new Set<number>();
  private unlisten: () => void = () => undefined;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly hub: Hub,
    private readonly chats: OpenChats,
    private readonly consents: Consents,
    private readonly broadcast: PresenceBroadcast,
    private readonly leases: Leases,
    @Optional() private readonly times: PresenceTimes = new PresenceTimes(),
  ) {
    this.leaving = new Deadlines(times.linger);
    this.renewals = new Deadlines(times.renewal);
  }

  onModuleInit(): void {
    this.unlisten = this.hub.listeners.add(this);
    this.timer = setInterval(() => this.look(), this.times.tick);
    this.timer.unref();
  }

  /** The leases run out by themselves: who comes back on another node until then has not been away. */
  onModuleDestroy(): void {
    clearInterval(this.timer);
    this.unlisten();
    for (const each of [this.online, this.leaving, this.renewals, this.chatless]) each.clear();
  }

  /** Which of these users are online anywhere; where the other nodes cannot be asked, here. */
  async onlineOf(userIds: readonly number[]): Promise<ReadonlySet<number>> {
    const here = new Set(userIds.filter((id) => this.hub.isOnline(id)));
    const elsewhere = userIds.filter((id) => !here.has(id));
    try {
      const held = await this.leases.heldOf(elsewhere.map(keyOf));
      return new Set([...here, ...elsewhere.filter((id) => held.has(keyOf(id)))]);
    } catch {
      return here;
    }
  }

  /** Whether a user of this node counts as online. */
  isOnlineHere(userId: number): boolean {
    return this.online.has(userId);
  }

  /** The newest chats of a user who is connected here in which the others are seen. Chats are numbered in the order in which they were made. */
  visibleChatsOf(userId: number): readonly number[] {
    const chats = [...this.chats.chatsOf(userId)].filter((id) => this.chats.of(id)?.oneSided === false);
    return chats.length > MAX_CHATS ? chats.sort((a, b) => b - a).slice(0, MAX_CHATS) : chats;
  }

  /** A user who is connected here is seen by somebody now, which the caller announces. */
  admit(userId: number): void {
    if (this.chatless.has(userId)) this.begin(userId, false);
  }

  /** A user of this node is not in a chat any more. */
  part(userId: number, chatId: number): void {
    const online = this.online.get(userId);
    if (online) online.chats = online.chats.filter((id) => id !== chatId);
  }

  /** What a user of this node consents to has changed. */
  consented(userId: number, consent: Consent): void {
    const online = this.online.get(userId);
    if (online) online.consent = consent;
  }

  added(_connection: Connection, userId: number): void {
    if (this.online.has(userId)) this.leaving.delete(userId);
    else this.begin(userId, true);
  }

  removed(_connection: Connection, userId: number): void {
    if (this.hub.isOnline(userId)) return;
    this.chatless.delete(userId);
    const online = this.online.get(userId);
    if (!online) return;
    // Chats do not stay open for much longer than this.
    online.chats = this.visibleChatsOf(userId);
    this.leaving.set(userId, performance.now());
  }

  private begin(userId: number, isAnnounced: boolean): void {
    this.chatless.delete(userId);
    const chats = this.visibleChatsOf(userId);
    if (chats.length === 0) {
      this.chatless.add(userId);
      return;
    }
    const online: Online = { chats, consent: this.consents.kept(userId) ?? null };
    this.online.set(userId, online);
    this.renewals.set(userId, performance.now());
    void this.arrive(userId, online, isAnnounced);
  }

  private async arrive(userId: number, online: Online, isAnnounced: boolean): Promise<void> {
    try {
      const claim = await this.leases.claim(keyOf(userId), String(userId), LEASE_SEC);
      const isFirst = claim.ok && claim.isNew && this.online.get(userId) === online;
      if (isFirst && isAnnounced) this.announce(userId, true, online);
    } catch {
      // The other nodes cannot be asked: presence is not worth an error.
    }
  }

  private async go(userId: number, online: Online): Promise<void> {
    const isLast = await this.leases.release(keyOf(userId), String(userId));
    if (isLast && online.chats.length > 0) this.announce(userId, false, online);
  }

  private announce(userId: number, online: boolean, { chats, consent }: Online): void {
    if (!consent?.sharesPresence) return;
    this.broadcast.send({ user_id: userId, online, chats, except: [...consent.blocked] });
  }

  private look(): void {
    const now = performance.now();
    for (const userId of this.leaving.take(now, MAX_GONE)) {
      const online = this.online.get(userId);
      this.online.delete(userId);
      this.renewals.delete(userId);
      if (online) void this.go(userId, online);
    }
    for (const userId of this.renewals.take(now, MAX_RENEWED)) {
      this.renewals.set(userId, now);
      void this.renew(userId);
    }
    this.lookForFirstChats();
  }

  /** Whose first chat was made while they were connected come online with it. */
  private lookForFirstChats(): void {
    const some: number[] = [];
    for (const userId of this.chatless) if (some.push(userId) === MAX_CHATLESS) break;
    // Who still has none is put at the end.
    for (const userId of some) this.begin(userId, true);
  }

  private async renew(userId: number): Promise<void> {
    try {
      const isHeld = await this.leases.renew(keyOf(userId), String(userId), LEASE_SEC);
      if (!isHeld && this.online.has(userId)) await this.leases.claim(keyOf(userId), String(userId), LEASE_SEC);
    } catch {
      // As above.
    }
  }
}

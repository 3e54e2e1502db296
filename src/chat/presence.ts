import { Injectable, type OnModuleDestroy, type OnModuleInit, Optional } from '@nestjs/common';
import { Bus, type JsonValue } from '../bus/bus.js';
import { Leases } from '../bus/leases.js';
import type { Connection } from '../realtime/connection.js';
import { Hub } from '../realtime/hub.js';
import type { ConnectionListener } from '../realtime/listeners.js';
import { ChatStreams } from './chat-streams.js';
import { Deadlines } from './deadlines.js';

const TOPIC = 'chat.presence';
/** Of so many of a user's chats, the newest, members are told. */
const MAX_CHATS = 1_000;
/** A node that dies takes its users offline after this; others renew three times as often. */
const LEASE_SEC = 60;
/** Memberships that are looked at to find out whom to tell: presence is not worth more of a node's time. */
const MAX_LOOKED = 10_000;

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
}

interface Told {
  readonly user_id: number;
  readonly online: boolean;
  readonly chats: readonly number[];
}

const keyOf = (userId: number): string => `presence:${userId}`;

/**
 * Who is online, for those who share a chat with them. It is told at most once and never stored; a user counts as online until some time
 * after the last connection on any node has gone. Users without chats cost neither leases nor messages.
 */
@Injectable()
export class Presence implements ConnectionListener, OnModuleInit, OnModuleDestroy {
  private readonly online = new Map<number, Online>();
  private readonly leaving: Deadlines;
  private readonly renewals: Deadlines;
  /** Users connected here who had no chats when that was last looked at, the longest ago first. */
  private readonly chatless = new Set<number>();
  private readonly subscriptions: (() => void)[] = [];
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly hub: Hub,
    private readonly streams: ChatStreams,
    private readonly bus: Bus,
    private readonly leases: Leases,
    @Optional() private readonly times: PresenceTimes = new PresenceTimes(),
  ) {
    this.leaving = new Deadlines(times.linger);
    this.renewals = new Deadlines(times.renewal);
  }

  onModuleInit(): void {
    // Only nodes publish on this topic, and only with `tell` below.
    this.subscriptions.push(
      this.hub.listeners.add(this),
      this.bus.subscribe(TOPIC, (message) => this.deliver(message as unknown as Told)),
    );
    this.timer = setInterval(() => this.look(), this.times.tick);
    this.timer.unref();
  }

  /** The leases run out by themselves: who comes back on another node until then has not been away. */
  onModuleDestroy(): void {
    clearInterval(this.timer);
    for (const unsubscribe of this.subscriptions) unsubscribe();
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

  added(_connection: Connection, userId: number): void {
    if (this.online.has(userId)) this.leaving.delete(userId);
    else this.begin(userId);
  }

  removed(_connection: Connection, userId: number): void {
    if (this.hub.isOnline(userId)) return;
    this.chatless.delete(userId);
    const online = this.online.get(userId);
    if (!online) return;
    // Chats do not stay open for much longer than this.
    online.chats = this.newestOf(userId);
    this.leaving.set(userId, performance.now());
  }

  private begin(userId: number): void {
    this.chatless.delete(userId);
    const chats = this.newestOf(userId);
    if (chats.length === 0) {
      this.chatless.add(userId);
      return;
    }
    const online: Online = { chats };
    this.online.set(userId, online);
    this.renewals.set(userId, performance.now());
    void this.arrive(userId, online);
  }

  /** Chats are numbered in the order in which they were made. */
  private newestOf(userId: number): readonly number[] {
    const chats = [...this.streams.chatsOf(userId)];
    return chats.length > MAX_CHATS ? chats.sort((a, b) => b - a).slice(0, MAX_CHATS) : chats;
  }

  private async arrive(userId: number, online: Online): Promise<void> {
    try {
      const claim = await this.leases.claim(keyOf(userId), String(userId), LEASE_SEC);
      const isFirst = claim.ok && claim.isNew && this.online.get(userId) === online;
      if (isFirst) this.tell({ user_id: userId, online: true, chats: online.chats });
    } catch {
      // The other nodes cannot be asked: presence is not worth an error.
    }
  }

  private async go(userId: number, { chats }: Online): Promise<void> {
    const isLast = await this.leases.release(keyOf(userId), String(userId));
    if (isLast && chats.length > 0) this.tell({ user_id: userId, online: false, chats });
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
    for (const userId of some) this.begin(userId);
  }

  private async renew(userId: number): Promise<void> {
    try {
      const isHeld = await this.leases.renew(keyOf(userId), String(userId), LEASE_SEC);
      if (!isHeld && this.online.has(userId)) await this.leases.claim(keyOf(userId), String(userId), LEASE_SEC);
    } catch {
      // As above.
    }
  }

  private tell(told: Told): void {
    this.bus.publish(TOPIC, told as unknown as JsonValue);
  }

  private deliver(told: Told): void {
    const { user_id, online } = told;
    this.hub.toUsers(this.audienceOf(told), { domain: 'chat', event: 'presence', data: { user_id, online }, ephemeral: true });
  }

  private audienceOf({ user_id: self, chats }: Told): Set<number> {
    const users = new Set<number>();
    let looked = 0;
    for (const chatId of chats) {
      for (const userId of this.streams.localsOf(chatId)) {
        if (++looked > MAX_LOOKED) return users;
        if (userId !== self) users.add(userId);
      }
    }
    return users;
  }
}

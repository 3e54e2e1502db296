import { Injectable, type OnModuleDestroy, type OnModuleInit, Optional } from '@nestjs/common';
import { Bus, type JsonValue } from '../bus/bus.js';
import { Leases } from '../bus/leases.js';
import type { Connection } from '../realtime/connection.js';
import { Hub } from '../realtime/hub.js';
import type { ConnectionListener } from '../realtime/listeners.js';
import { ChatStreams } from './chat-streams.js';

const TOPIC = 'chat.presence';
/** Of so many of a user's chats members are told. */
const MAX_CHATS = 1_000;
/** A node that dies takes its users offline after this; others renew three times as often. */
const LEASE_SEC = 60;

/** Memberships that are looked at to find out whom to tell: presence is not worth more of a node's time. */
const MAX_LOOKED = 10_000;

/** How long things take, in milliseconds; shorter in tests. */
export class PresenceTimes {
  constructor(
    /** How long a user without connections still counts as online. */
    readonly linger = 10_000,
    /** How often users are looked at. */
    readonly tick = 1_000,
    readonly renewal = (LEASE_SEC / 3) * 1_000,
  ) {}
}

interface Online {
  /** Monotonic milliseconds: since when there is no connection here; null while there is one. */
  goneAt: number | null;
  renewedAt: number;
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
 * after the last connection on any node has gone. Users without chats cost nothing.
 */
@Injectable()
export class Presence implements ConnectionListener, OnModuleInit, OnModuleDestroy {
  private readonly online = new Map<number, Online>();
  private readonly subscriptions: (() => void)[] = [];
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly hub: Hub,
    private readonly streams: ChatStreams,
    private readonly bus: Bus,
    private readonly leases: Leases,
    @Optional() private readonly times: PresenceTimes = new PresenceTimes(),
  ) {}

  onModuleInit(): void {
    // Only nodes publish on this topic, and only with `tell` below.
    this.subscriptions.push(
      this.hub.listeners.add(this),
      this.bus.subscribe(TOPIC, (message) => this.deliver(message as unknown as Told)),
    );
    this.timer = setInterval(() => this.look(), this.times.tick);
    this.timer.unref();
  }

  onModuleDestroy(): void {
    clearInterval(this.timer);
    for (const unsubscribe of this.subscriptions) unsubscribe();
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
    const known = this.online.get(userId);
    if (known) {
      known.goneAt = null;
      return;
    }
    const chats = [...this.streams.chatsOf(userId)].slice(-MAX_CHATS);
    if (chats.length === 0) return;
    const online: Online = { goneAt: null, renewedAt: performance.now(), chats };
    this.online.set(userId, online);
    void this.arrive(userId, online);
  }

  removed(_connection: Connection, userId: number): void {
    const known = this.online.get(userId);
    if (!known || this.hub.isOnline(userId)) return;
    known.goneAt = performance.now();
    known.chats = [...this.streams.chatsOf(userId)].slice(-MAX_CHATS);
  }

  private async arrive(userId: number, online: Online): Promise<void> {
    try {
      const key = keyOf(userId);
      const isKnown = (await this.leases.owner(key)) !== null;
      await this.leases.claim(key, String(userId), LEASE_SEC);
      if (!isKnown && this.online.get(userId) === online) this.tell({ user_id: userId, online: true, chats: online.chats });
    } catch {
      // The other nodes cannot be asked: presence is not worth an error.
    }
  }

  private async go(userId: number, { chats }: Online): Promise<void> {
    try {
      const key = keyOf(userId);
      await this.leases.release(key, String(userId));
      if ((await this.leases.owner(key)) === null) this.tell({ user_id: userId, online: false, chats });
    } catch {
      // As above.
    }
  }

  private look(): void {
    const now = performance.now();
    for (const [userId, online] of this.online) {
      if (online.goneAt !== null && now - online.goneAt >= this.times.linger) {
        this.online.delete(userId);
        void this.go(userId, online);
      } else if (now - online.renewedAt >= this.times.renewal) {
        online.renewedAt = now;
        void this.renew(userId);
      }
    }
  }

  private async renew(userId: number): Promise<void> {
    try {
      const isHeld = await this.leases.renew(keyOf(userId), String(userId), LEASE_SEC);
      if (!isHeld) await this.leases.claim(keyOf(userId), String(userId), LEASE_SEC);
    } catch {
      // As above.
    }
  }

  private tell(told: Told): void {
    this.bus.publish(TOPIC, told as unknown as JsonValue);
  }

  private deliver({ user_id, online, chats }: Told): void {
    const users = new Set<number>();
    let looked = 0;
    for (const chatId of chats) {
      for (const userId of this.streams.localsOf(chatId)) {
        if (++looked > MAX_LOOKED) break;
        if (userId !== user_id) users.add(userId);
      }
    }
    this.hub.toUsers(users, { domain: 'chat', event: 'presence', data: { user_id, online }, ephemeral: true });
  }
}

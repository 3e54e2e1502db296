import { Inject, Injectable, Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { Bus } from '../bus/bus.js';
import { REDIS, type SharedRedis } from '../bus/redis.js';
import { Notifications } from '../database/notifications.js';
import { reasonOf } from '../errors/thrown.js';
import { Emits } from '../realtime/events.js';
import { Hub } from '../realtime/hub.js';
import type { UserRecord } from '../users/user-record.js';
import { UsersService } from '../users/users.service.js';
import { ACCOUNT_EVENTS } from './account.events.js';

const TOPIC = 'user.updated';
/** Accounts of which it is remembered what was last told. */
const MAX_TOLD = 10_000;

/**
 * Tells the connections of an account, on every node, what became of it. Without Redis the bus ends at this process: then the
 * database's word of a change that another one made (the command line) takes its place.
 */
@Injectable()
@Emits(...ACCOUNT_EVENTS)
export class AccountEvents implements OnModuleInit, OnApplicationShutdown {
  private readonly log = new Logger('AccountEvents');
  /** As JSON, what was last told of accounts. */
  private readonly told = new Map<number, string>();
  private readonly subscriptions: (() => void)[] = [];

  constructor(
    private readonly bus: Bus,
    private readonly hub: Hub,
    private readonly notifications: Notifications,
    private readonly users: UsersService,
    @Inject(REDIS) private readonly redis: SharedRedis,
  ) {}

  onModuleInit(): void {
    // Only nodes publish on this topic, and only with `updated` below.
    this.subscriptions.push(this.bus.subscribe(TOPIC, (message) => this.deliver(message as unknown as UserRecord)));
    if (!this.redis) this.subscriptions.push(this.notifications.on('user', (id) => void this.heard(Number(id))));
  }

  onApplicationShutdown(): void {
    for (const unsubscribe of this.subscriptions) unsubscribe();
  }

  /** To be called after the commit. */
  updated(record: UserRecord): void {
    this.bus.publish(TOPIC, { ...record });
  }

  /** What was told last is not told again: of a change that this process made both the bus and the database speak, in any order. */
  private deliver(record: UserRecord): void {
    const text = JSON.stringify(record);
    const isNews = this.told.get(record.id) !== text;
    this.told.delete(record.id);
    if (!this.hub.isOnline(record.id)) return;
    this.told.set(record.id, text);
    const [oldest] = this.told.keys();
    if (this.told.size > MAX_TOLD && oldest !== undefined) this.told.delete(oldest);
    if (isNews) this.hub.toUsers([record.id], { domain: 'user', event: 'updated', data: record });
  }

  private async heard(id: number): Promise<void> {
    try {
      while (this.hub.isOnline(id)) {
        const before = this.told.get(id);
        const record = await this.users.find(id);
        // Something newer may have been told meanwhile: only what was read after it may follow it.
        if (this.told.get(id) !== before) continue;
        if (record) this.deliver(record);
        return;
      }
    } catch (error) {
      this.log.warn(`A change of an account could not be told (${reasonOf(error)})`);
    }
  }
}

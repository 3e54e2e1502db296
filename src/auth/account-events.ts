import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { Bus } from '../bus/bus.js';
import { Hub } from '../realtime/hub.js';
import type { UserRecord } from '../users/user-record.js';

const TOPIC = 'user.updated';

/** Tells the connections of an account, on every node, what became of it. */
@Injectable()
export class AccountEvents implements OnModuleInit, OnModuleDestroy {
  private unsubscribe: () => void = () => undefined;

  constructor(
    private readonly bus: Bus,
    private readonly hub: Hub,
  ) {}

  onModuleInit(): void {
    // Only nodes publish on this topic, and only with `updated` below.
    this.unsubscribe = this.bus.subscribe(TOPIC, (message) => this.deliver(message as unknown as UserRecord));
  }

  onModuleDestroy(): void {
    this.unsubscribe();
  }

  /** To be called after the commit. */
  updated(record: UserRecord): void {
    this.bus.publish(TOPIC, { ...record });
  }

  private deliver(record: UserRecord): void {
    if (this.hub.isOnline(record.id)) this.hub.toUsers([record.id], { domain: 'user', event: 'updated', data: record });
  }
}

import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { Bus, type JsonValue } from '../../bus/bus.js';
import type { ServerEvent } from '../../realtime/codec.js';
import type { Connection } from '../../realtime/connection.js';
import { Hub } from '../../realtime/hub.js';

const TOPIC = 'chat.user';

interface UserEvent {
  readonly userId: number;
  readonly event: ServerEvent;
}

/** Events for one user, on whichever nodes their connections are. They are never stored. */
@Injectable()
export class UserEvents implements OnModuleInit, OnModuleDestroy {
  private unsubscribe: () => void = () => undefined;

  constructor(
    private readonly hub: Hub,
    private readonly bus: Bus,
  ) {}

  onModuleInit(): void {
    // Only nodes publish on this topic, and only with `publish` below.
    this.unsubscribe = this.bus.subscribe(TOPIC, (message) => {
      const { userId, event } = message as unknown as UserEvent;
      this.hub.toUsers([userId], event);
    });
  }

  onModuleDestroy(): void {
    this.unsubscribe();
  }

  /** @param except a connection that is answered instead */
  publish(userId: number, event: ServerEvent, except: Connection | null): void {
    const message: UserEvent = { userId, event };
    this.bus.forward(TOPIC, message as unknown as JsonValue);
    this.hub.toUsers([userId], event, except);
  }
}

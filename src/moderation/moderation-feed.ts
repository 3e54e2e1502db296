import { Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { Bus } from '../bus/bus.js';
import type { Connection } from '../realtime/connection.js';
import { Emits } from '../realtime/events.js';
import { Hub } from '../realtime/hub.js';
import { MODERATION_EVENTS } from './moderation.events.js';
import type { Action } from './report.js';

const TOPIC = 'moderation';

type News =
  | { readonly event: 'reported'; readonly data: { readonly report_id: number } }
  | { readonly event: 'resolved'; readonly data: { readonly report_id: number; readonly action: Action } };

/** While something about a session is being read again, its right to know is not certain. */
const isSuperuser = ({ identity }: Connection): boolean => identity?.session.state === 'live' && identity.session.isSuperuser;

/** Publishes what happens to the queue of reports to the superusers of every node. Nothing of it is stored: the queue itself is. */
@Injectable()
@Emits(...MODERATION_EVENTS)
export class ModerationFeed implements OnModuleInit, OnApplicationShutdown {
  private readonly listeners = new Set<() => void>();
  private unsubscribe: () => void = () => undefined;

  constructor(
    private readonly bus: Bus,
    private readonly hub: Hub,
  ) {}

  onModuleInit(): void {
    // Only nodes publish on this topic, and only with `publish` below.
    this.unsubscribe = this.bus.subscribe(TOPIC, (message) => this.deliver(message as unknown as News));
  }

  onApplicationShutdown(): void {
    this.unsubscribe();
  }

  /** To be called after the commit. */
  publish(news: News): void {
    this.bus.publish(TOPIC, news);
  }

  /** Calls back each time the queue has changed on any node. */
  onChange(listener: () => void): void {
    this.listeners.add(listener);
  }

  private deliver({ event, data }: News): void {
    this.hub.toConnections([...this.hub.connections()].filter(isSuperuser), { domain: 'moderation', event, data });
    for (const listener of this.listeners) listener();
  }
}

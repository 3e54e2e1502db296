import { Injectable, type OnModuleInit } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import type { JsonSchema } from '../validation/fields.js';
import type { ServerEvent } from './codec.js';

/** An event that clients are told without asking, for documents. */
export interface EventDocs {
  /** `domain.event`, such as `chat.message`. */
  readonly name: `${string}.${string}`;
  /** One sentence: what happened, and who is told. */
  readonly summary: string;
  /** The shape of the event's `data`. */
  readonly data: JsonSchema;
  readonly example: object;
  /** Left out for a client that reads slowly, and never told again. */
  readonly ephemeral?: boolean;
}

/** The example of an event, as it would be sent. */
export function exampleEvent({ name, example }: EventDocs): ServerEvent {
  const dot = name.indexOf('.');
  return { domain: name.slice(0, dot), event: name.slice(dot + 1), data: example };
}

const EVENTS = new WeakMap<object, readonly EventDocs[]>();

/** Declares the events of a feature, on its module or on the provider that sends them, so that documents list them. */
export const Emits =
  (...events: readonly EventDocs[]) =>
  (target: object): void => {
    EVENTS.set(target, [...events, ...(EVENTS.get(target) ?? [])]);
  };

/** All events that are declared by `@Emits()` on any module or provider of the application. */
@Injectable()
export class EventRegistry implements OnModuleInit {
  private readonly events = new Map<string, EventDocs>();

  constructor(private readonly discovery: DiscoveryService) {}

  onModuleInit(): void {
    // A provider that goes by several names is found several times.
    const classes = new Set(this.discovery.getProviders().map(({ instance }) => classOf(instance)));
    for (const declaring of classes) for (const event of (declaring && EVENTS.get(declaring)) ?? []) this.register(event);
  }

  private register(event: EventDocs): void {
    if (this.events.has(event.name)) throw new Error(`The event ${event.name} is declared twice`);
    this.events.set(event.name, event);
  }

  /** In alphabetical order. */
  all(): readonly EventDocs[] {
    return [...this.events.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }
}

const classOf = (instance: unknown): object | undefined =>
  typeof instance === 'object' && instance !== null ? instance.constructor : undefined;

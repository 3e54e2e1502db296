import { Logger } from '@nestjs/common';
import type { BusHandler, JsonValue } from './bus.js';

const log = new Logger('Bus');

/** Runs a listener that must not take others down with it. */
export function calmly(what: string, run: () => void): void {
  try {
    run();
  } catch (error) {
    log.error({ msg: 'a bus listener failed', topic: what, err: error });
  }
}

/** Who listens to which topic on this node. */
export class Subscribers {
  private readonly topics = new Map<string, Set<BusHandler>>();

  /** @returns true where this is the topic's first handler */
  add(topic: string, handler: BusHandler): boolean {
    const handlers = this.topics.get(topic);
    if (handlers) {
      handlers.add(handler);
      return false;
    }
    this.topics.set(topic, new Set([handler]));
    return true;
  }

  /** @returns true where that was the topic's last handler */
  remove(topic: string, handler: BusHandler): boolean {
    const handlers = this.topics.get(topic);
    if (!handlers?.delete(handler) || handlers.size > 0) return false;
    this.topics.delete(topic);
    return true;
  }

  deliver(topic: string, message: JsonValue): void {
    // A copy: a handler may unsubscribe itself or others while it runs.
    for (const handler of [...(this.topics.get(topic) ?? [])]) calmly(topic, () => handler(message));
  }

  names(): string[] {
    return [...this.topics.keys()];
  }
}

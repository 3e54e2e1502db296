import { Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import type { QueryConfig } from 'pg';
import { stackOf } from '../errors/thrown.js';
import { connectionConfig } from './connection.js';
import { DatabaseClient } from './database-client.js';

const CHANNEL = 'switchboard';

export interface NotificationTimes {
  /** Milliseconds between two checks that the connection still listens. */
  readonly checkEvery: number;
  /** Milliseconds that such a check may take. */
  readonly limit: number;
  /** Milliseconds that an attempt to connect may take; nothing is trusted meanwhile. */
  readonly connectLimit: number;
  /** Milliseconds before the first attempt to reconnect; doubled after each one that fails. */
  readonly firstRetry: number;
  /** The longest pause between two attempts. */
  readonly lastRetry: number;
}

// What changes elsewhere is in force within a second: a connection that has fallen silent has to be noticed sooner.
const TIMES: NotificationTimes = { checkEvery: 400, limit: 400, connectLimit: 2_000, firstRetry: 100, lastRetry: 2_000 };

type Handler = (subject: string) => void;

/**
 * What the database tells every node at the commit of a change: `user:<id>`, `session:<id>`, `keys`. One connection of its
 * own listens. While it is away, changes are missed: caches that live by notifications may be believed only while `trusted`
 * holds, and are emptied by an `onRestored` handler.
 */
export class Notifications implements OnModuleInit, OnApplicationShutdown {
  private readonly log = new Logger('Notifications');
  private readonly handlers = new Map<string, Set<Handler>>();
  private readonly lostHandlers = new Set<() => void>();
  private readonly restoredHandlers = new Set<() => void>();
  private client: DatabaseClient | undefined;
  private listening = false;
  /** That it is away has been logged. */
  private away = false;
  private closed = false;
  private retryAfter: number;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly url: string,
    private readonly times: NotificationTimes = TIMES,
  ) {
    this.retryAfter = times.firstRetry;
  }

  /** Whether every change committed so far has been told, or is about to be: listening right now, as of the last check. */
  get trusted(): boolean {
    return this.listening;
  }

  /**
   * Calls `handler` for each notification of that kind, with what stands after its colon: `on('user', …)` gets `7` for `user:7`,
   * `on('keys', …)` gets an empty string for `keys`.
   * @returns a function that takes the handler off again
   */
  on(kind: string, handler: Handler): () => void {
    const handlers = this.handlers.get(kind) ?? new Set();
    this.handlers.set(kind, handlers.add(handler));
    return () => void handlers.delete(handler);
  }

  /** Calls `handler` as soon as notifications may be missed; `trusted` is false by then. */
  onLost(handler: () => void): () => void {
    this.lostHandlers.add(handler);
    return () => void this.lostHandlers.delete(handler);
  }

  /** Calls `handler` each time listening has begun, the first time included, just before `trusted` becomes true: empty the caches here. */
  onRestored(handler: () => void): () => void {
    this.restoredHandlers.add(handler);
    return () => void this.restoredHandlers.delete(handler);
  }

  /** Tries once; a database that is away now is tried again and again, and does not stop the start. */
  async onModuleInit(): Promise<void> {
    await this.connect();
  }

  /** The last of the shutdown: requests that are still answered until here rely on `trusted`. */
  async onApplicationShutdown(): Promise<void> {
    this.closed = true;
    clearTimeout(this.timer);
    const { client } = this;
    this.client = undefined;
    this.lose();
    await client?.end().catch(() => undefined);
  }

  private async connect(): Promise<void> {
    const client = new DatabaseClient({
      ...connectionConfig(this.url, 'switchboard-listen'),
      connectionTimeoutMillis: this.times.connectLimit,
      query_timeout: this.times.connectLimit,
    });
    this.client = client;
    client.on('error', (error) => this.disconnected(client, error));
    client.on('end', () => this.disconnected(client));
    client.on('notification', ({ channel, payload }) => {
      if (channel === CHANNEL) this.dispatch(payload ?? '');
    });
    try {
      await client.connect();
      await client.query(`LISTEN ${CHANNEL}`);
      if (this.client === client) this.begin(client);
    } catch (error) {
      this.disconnected(client, error);
    }
  }

  private begin(client: DatabaseClient): void {
    if (this.away) this.log.log('The database tells of changes again');
    this.away = false;
    this.retryAfter = this.times.firstRetry;
    this.tell(this.restoredHandlers);
    this.listening = true;
    this.checkLater(client);
  }

  private checkLater(client: DatabaseClient): void {
    this.timer = setTimeout(() => {
      client.query({ text: 'SELECT 1', query_timeout: this.times.limit } as QueryConfig).then(
        () => {
          if (this.client === client) this.checkLater(client);
        },
        (error: unknown) => this.disconnected(client, error),
      );
    }, this.times.checkEvery);
    this.timer.unref();
  }

  private disconnected(client: DatabaseClient, error?: unknown): void {
    if (this.client !== client) return;
    this.client = undefined;
    clearTimeout(this.timer);
    if (!this.away && !this.closed) {
      this.away = true;
      this.log.warn(`The database does not tell of changes (${error instanceof Error ? error.message : 'connection closed'})`);
    }
    this.lose();
    client.end().catch(() => undefined);
    if (this.closed) return;
    this.timer = setTimeout(() => void this.connect(), this.retryAfter);
    this.timer.unref();
    this.retryAfter = Math.min(this.retryAfter * 2, this.times.lastRetry);
  }

  private lose(): void {
    if (!this.listening) return;
    this.listening = false;
    this.tell(this.lostHandlers);
  }

  private dispatch(payload: string): void {
    const colon = payload.indexOf(':');
    const kind = colon < 0 ? payload : payload.slice(0, colon);
    const subject = colon < 0 ? '' : payload.slice(colon + 1);
    for (const handler of this.handlers.get(kind) ?? []) this.guarded(() => handler(subject));
  }

  private tell(handlers: ReadonlySet<() => void>): void {
    for (const handler of handlers) this.guarded(handler);
  }

  /** One handler's fault must not keep the others from hearing. */
  private guarded(call: () => void): void {
    try {
      call();
    } catch (error) {
      this.log.error('A handler of notifications failed', stackOf(error));
    }
  }
}

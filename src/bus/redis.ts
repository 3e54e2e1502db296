import { Logger } from '@nestjs/common';
import { Redis } from 'ioredis';

/** Injection token of the node's shared Redis client; `null` without REDIS_URL. */
export const REDIS = Symbol('redis');
export type SharedRedis = Redis | null;

/** Milliseconds without an answer after which a connection counts as dead. */
const SILENCE_MS = 1000;

const log = new Logger('Redis');

/** One line when a connection goes away and one when it is back, however often it is tried in between. */
function reportOutages(client: Redis, role: string): void {
  let away = false;
  client.on('error', (error: Error) => {
    if (!away) log.warn({ msg: 'Redis is away', role, err: error });
    away = true;
  });
  client.on('ready', () => {
    if (away) log.log({ msg: 'Redis is back', role });
    away = false;
  });
}

/**
 * A connection to Redis that fails fast instead of queueing: while Redis is away or does not answer, commands are rejected
 * at once or within a second, and it reconnects by itself. It connects in the background; nothing waits for it.
 * @param role what it is for, shown by `CLIENT LIST` and in the log
 */
export function connectRedis(url: string, role: string): Redis {
  const client = new Redis(url, {
    connectionName: `switchboard:${role}`,
    disableClientInfo: true,
    connectTimeout: 2000,
    commandTimeout: SILENCE_MS + 500,
    // A stopped process keeps its TCP connection open: only silence tells.
    socketTimeout: SILENCE_MS,
    enableOfflineQueue: false,
    // A command whose answer was lost may have been carried out: whoever sent it decides whether to send it again.
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    // Subscriptions are renewed by RedisBus, which has to know when they are.
    autoResubscribe: false,
    retryStrategy: (attempt) => Math.min(50 * 2 ** Math.min(attempt, 10), 2000) * (0.75 + Math.random() / 2),
  });
  reportOutages(client, role);
  return client;
}

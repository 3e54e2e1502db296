import { createHash } from 'node:crypto';
import type { Redis } from 'ioredis';
import { RateLimiterMemory, RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible';

/** Keys remembered at once by one counter in memory; the one untouched longest is forgotten first. */
const MAX_KEYS = 100_000;

export interface CounterOptions {
  /** How many are allowed within `durationSec`, counted from the first. */
  readonly points: number;
  readonly durationSec: number;
}

export interface Count {
  /** How many were consumed in the present window. */
  readonly consumed: number;
  /** Whether that is more than allowed. */
  readonly exceeded: boolean;
  /** Whole seconds until the window ends; at least 1 where exceeded. */
  readonly waitSec: number;
}

const NONE: Count = { consumed: 0, exceeded: false, waitSec: 0 };

/** RateLimiterMemory keeps every key until it runs out; this one keeps a bounded number. */
class BoundedMemory extends RateLimiterMemory {
  private readonly keys = new Set<string | number>();

  override consume(...args: Parameters<RateLimiterMemory['consume']>): Promise<RateLimiterRes> {
    const [key] = args;
    this.keys.delete(key);
    this.keys.add(key);
    if (this.keys.size > MAX_KEYS) {
      const oldest = this.keys.values().next();
      if (!oldest.done) void this.delete(oldest.value);
    }
    return super.consume(...args);
  }

  override delete(key: string | number): Promise<boolean> {
    this.keys.delete(key);
    return super.delete(key);
  }
}

/**
 * Counts events by key within a window, in memory or, where there is one, in Redis for all nodes; while Redis is away each
 * node counts for itself. Keys are kept as hashes only: neither Redis nor a memory dump tells names or addresses.
 */
export class Counter {
  private readonly memory: BoundedMemory;
  private readonly limiter: RateLimiterMemory | RateLimiterRedis;
  private readonly points: number;

  constructor(name: string, { points, durationSec }: CounterOptions, redis: Redis | null) {
    const options = { keyPrefix: `switchboard:count:${name}`, points, duration: durationSec };
    this.points = points;
    this.memory = new BoundedMemory(options);
    this.limiter = redis
      ? new RateLimiterRedis({ ...options, storeClient: redis, rejectIfRedisNotReady: true, insuranceLimiter: this.memory })
      : this.memory;
  }

  /** How it stands, without counting. */
  async get(key: string): Promise<Count> {
    const found = await this.limiter.get(hashed(key));
    return found ? this.count(found) : NONE;
  }

  /** Counts `points` more and says how it stands then. */
  async consume(key: string, points = 1): Promise<Count> {
    try {
      return this.count(await this.limiter.consume(hashed(key), points));
    } catch (refusal) {
      if (refusal instanceof RateLimiterRes) return this.count(refusal);
      throw refusal;
    }
  }

  /** Starts from nothing again, for example after a success. */
  async delete(key: string): Promise<void> {
    await this.limiter.delete(hashed(key));
    if (this.limiter !== this.memory) await this.memory.delete(hashed(key));
  }

  private count({ consumedPoints, msBeforeNext }: RateLimiterRes): Count {
    const exceeded = consumedPoints > this.points;
    const waitSec = Math.max(Math.ceil(msBeforeNext / 1000), exceeded ? 1 : 0);
    return { consumed: consumedPoints, exceeded, waitSec };
  }
}

const hashed = (key: string): string => createHash('sha256').update(key).digest('base64url').slice(0, 32);

import { Inject, Injectable } from '@nestjs/common';
import { REDIS, type SharedRedis } from '../bus/redis.js';
import { Settings } from '../config/settings.js';
import { addressKey } from './address-key.js';
import { Counter, type CounterOptions } from './counters.js';
import { Metrics } from './metrics.js';
import { RedisTokenBucket } from './redis-token-bucket.js';
import { TokenBucket } from './token-bucket.js';

/** `api`: paths under `/api/`, `/auth` and `/register`; `general`: every other path. `/health/*` is free. */
export type RateClass = 'api' | 'general';

/** How often an address may ask, and how often other things may happen; common to all nodes where there is Redis. */
@Injectable()
export class RateLimits {
  private readonly buckets: Readonly<Record<RateClass, TokenBucket | RedisTokenBucket>> | null;
  private readonly counters = new Map<string, Counter>();

  constructor(
    settings: Settings,
    @Inject(REDIS) private readonly redis: SharedRedis,
    private readonly metrics: Metrics,
  ) {
    this.buckets = settings.RATE_LIMIT
      ? {
          api: this.bucket('api', settings.RATE_LIMIT_API, settings.RATE_LIMIT_BURST),
          general: this.bucket('general', settings.RATE_LIMIT_GENERAL, settings.RATE_LIMIT_BURST),
        }
      : null;
  }

  /**
   * Counts one request of a client: the class's requests of a second, and the burst, at once; both refill at that rate.
   * @param address the client's, as TRUST_PROXY lets us believe it
   * @param requests how many it counts for; parts of one, too
   * @returns 0 where it may pass, else whole seconds (1 or more) after which to try again
   */
  async take(kind: RateClass, address: string, requests = 1): Promise<number> {
    if (!this.buckets) return 0;
    const waitMs = await this.buckets[kind].take(addressKey(address), requests);
    if (waitMs <= 0) return 0;
    this.metrics.rateLimited(kind);
    return Math.ceil(waitMs / 1000);
  }

  /** Lets a client pay for what it has done already, at the cost of requests that it has yet to make. */
  async charge(kind: RateClass, address: string, requests: number): Promise<void> {
    await this.buckets?.[kind].charge(addressKey(address), requests);
  }

  /** A counter of its own, for a log-in throttle and the like; the same one for the same name. RATE_LIMIT=off leaves it on. */
  counter(name: string, options: CounterOptions): Counter {
    const known = this.counters.get(name);
    if (known) return known;
    const counter = new Counter(name, options, this.redis);
    this.counters.set(name, counter);
    return counter;
  }

  private bucket(kind: RateClass, rate: number, burst: number): TokenBucket | RedisTokenBucket {
    const shape = { capacity: rate + burst, rate };
    return this.redis ? new RedisTokenBucket(this.redis, `switchboard:rate:${kind}:`, shape) : new TokenBucket(shape);
  }
}

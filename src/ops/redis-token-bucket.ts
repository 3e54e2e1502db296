import type { Redis } from 'ioredis';
import { type BucketShape, TokenBucket } from './token-bucket.js';

/** `TokenBucket` by Redis's clock: milliseconds with three decimals; the key goes when the bucket is full again. */
const TAKE = `
local t = redis.call('TIME')
local now = t[1] * 1000 + t[2] / 1000
local cost, depth = tonumber(ARGV[1]), tonumber(ARGV[2])
local full = math.max(tonumber(redis.call('GET', KEYS[1]) or now), now) + cost
local wait = full - now - depth
if wait > 0.001 then return math.ceil(wait) end
redis.call('SET', KEYS[1], string.format('%.3f', full), 'PX', math.ceil(full - now))
return 0`;

/** `TokenBucket.charge`. */
const CHARGE = `
local t = redis.call('TIME')
local now = t[1] * 1000 + t[2] / 1000
local cost, depth = tonumber(ARGV[1]), tonumber(ARGV[2])
local full = math.min(math.max(tonumber(redis.call('GET', KEYS[1]) or now), now) + cost, now + 2 * depth)
redis.call('SET', KEYS[1], string.format('%.3f', full), 'PX', math.ceil(full - now))
return 0`;

/** Buckets that all nodes share. While Redis is away every node counts for itself. */
export class RedisTokenBucket {
  private readonly insurance: TokenBucket;
  private readonly costMs: number;
  private readonly depthMs: number;

  constructor(
    private readonly redis: Redis,
    private readonly prefix: string,
    shape: BucketShape,
  ) {
    this.insurance = new TokenBucket(shape);
    this.costMs = 1000 / shape.rate;
    this.depthMs = this.costMs * shape.capacity;
  }

  /** As `TokenBucket.take`. Never rejects. */
  async take(key: string, tokens = 1): Promise<number> {
    if (this.redis.status !== 'ready') return this.insurance.take(key, tokens);
    const costMs = Math.min(tokens * this.costMs, this.depthMs);
    try {
      return Number(await this.redis.eval(TAKE, 1, this.prefix + key, costMs, this.depthMs));
    } catch {
      return this.insurance.take(key, tokens);
    }
  }
  /** As `TokenBucket.charge`. Never rejects. */
  async charge(key: string, tokens: number): Promise<void> {
    if (this.redis.status !== 'ready') return this.insurance.charge(key, tokens);
    try {
      await this.redis.eval(CHARGE, 1, this.prefix + key, tokens * this.costMs, this.depthMs);
    } catch {
      this.insurance.charge(key, tokens);
    }
  }
}

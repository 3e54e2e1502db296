import type { Redis } from 'ioredis';
import { CoreError } from '../../../src/errors/catalogue.js';
import { type Guest, GuestList, MAX_GUESTS } from './guest-list.js';

/** Guests whom no node speaks for any more are gone after this. */
const STAY_MS = 30_000;
const KEY = 'switchboard:greeting:guests';

/** A sorted set: guests as JSON, by the time at which they run out. One script is one step, whatever other nodes do. */
const ENTER = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
if not redis.call('ZSCORE', KEYS[1], ARGV[1]) and redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[2]) then return false end
redis.call('ZADD', KEYS[1], now + ARGV[3], ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return redis.call('ZRANGE', KEYS[1], 0, -1)`;

const textOf = ({ connectionId, userId, username }: Guest): string => JSON.stringify({ connectionId, userId, username });

/** The list of all nodes of one Redis. */
export class RedisGuestList extends GuestList {
  constructor(private readonly redis: Redis) {
    super();
  }

  override async enter(guest: Guest): Promise<Guest[] | null> {
    const found = await available(this.redis.eval(ENTER, 1, KEY, textOf(guest), MAX_GUESTS, STAY_MS));
    // What the script reads is what `textOf` wrote.
    return found === null ? null : (found as string[]).map((text) => JSON.parse(text) as Guest);
  }

  override async leave(guest: Guest): Promise<void> {
    await available(this.redis.zrem(KEY, textOf(guest)));
  }
}

async function available<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    throw new CoreError('unavailable', { cause: error });
  }
}

import { Logger } from '@nestjs/common';
import type { Redis } from 'ioredis';
import { CoreError } from '../errors/catalogue.js';
import { type Claim, Leases } from './leases.js';

/*
 * A lease is a hash: `owner`, and for each node that holds it for that owner a field `node:<id>` with the time (Redis's own
 * clock, milliseconds) at which that node's hold runs out. The key itself expires with the last of them.
 */
const NOW = `local t = redis.call('TIME') local now = t[1] * 1000 + math.floor(t[2] / 1000)`;

const PREFIX = 'switchboard:lease:';

const CLAIM = `${NOW}
local owner = redis.call('HGET', KEYS[1], 'owner')
if owner and owner ~= ARGV[1] then return owner end
redis.call('HSET', KEYS[1], 'owner', ARGV[1], 'node:' .. ARGV[2], now + ARGV[3])
if redis.call('PTTL', KEYS[1]) < tonumber(ARGV[3]) then redis.call('PEXPIRE', KEYS[1], ARGV[3]) end
return owner and 0 or 1`;

const RENEW = `${NOW}
if redis.call('HGET', KEYS[1], 'owner') ~= ARGV[1] then return 0 end
if redis.call('HEXISTS', KEYS[1], 'node:' .. ARGV[2]) == 0 then return 0 end
redis.call('HSET', KEYS[1], 'node:' .. ARGV[2], now + ARGV[3])
if redis.call('PTTL', KEYS[1]) < tonumber(ARGV[3]) then redis.call('PEXPIRE', KEYS[1], ARGV[3]) end
return 1`;

const RELEASE = `${NOW}
local owner = redis.call('HGET', KEYS[1], 'owner')
if not owner then return 1 end
if owner ~= ARGV[1] then return 0 end
redis.call('HDEL', KEYS[1], 'node:' .. ARGV[2])
local latest = 0
local all = redis.call('HGETALL', KEYS[1])
for i = 1, #all, 2 do
  if all[i] ~= 'owner' and tonumber(all[i + 1]) > latest then latest = tonumber(all[i + 1]) end
end
if latest <= now then
  redis.call('DEL', KEYS[1])
  return 1
end
redis.call('PEXPIREAT', KEYS[1], string.format('%.0f', latest))
return 0`;

const HELD = `local held = {}
for i, key in ipairs(KEYS) do if redis.call('EXISTS', key) == 1 then held[#held + 1] = i end end
return held`;

/** Leases that all nodes of one Redis respect. */
export class RedisLeases extends Leases {
  private readonly log = new Logger('Leases');

  constructor(
    private readonly redis: Redis,
    private readonly nodeId: string,
  ) {
    super();
  }

  override async claim(key: string, owner: string, ttlSec: number): Promise<Claim> {
    const answer = await this.run(CLAIM, key, owner, ttlSec);
    return typeof answer === 'string' ? { ok: false, owner: answer } : { ok: true, isNew: answer === 1 };
  }

  override async renew(key: string, owner: string, ttlSec: number): Promise<boolean> {
    return (await this.run(RENEW, key, owner, ttlSec)) === 1;
  }

  override async owner(key: string): Promise<string | null> {
    try {
      return await this.redis.hget(`${PREFIX}${key}`, 'owner');
    } catch (error) {
      throw new CoreError('unavailable', { cause: error });
    }
  }

  override async heldOf(keys: readonly string[]): Promise<ReadonlySet<string>> {
    if (keys.length === 0) return new Set();
    try {
      const held = await this.redis.eval(HELD, keys.length, ...keys.map((key) => `${PREFIX}${key}`));
      // Lua counts from 1.
      return new Set((held as number[]).flatMap((place) => keys[place - 1] ?? []));
    } catch (error) {
      throw new CoreError('unavailable', { cause: error });
    }
  }

  override async release(key: string, owner: string): Promise<boolean> {
    try {
      return (await this.run(RELEASE, key, owner, 0)) === 1;
    } catch (error) {
      this.log.debug({ msg: 'a lease was left to run out', err: error });
      return false;
    }
  }

  private async run(script: string, key: string, owner: string, ttlSec: number): Promise<unknown> {
    try {
      return await this.redis.eval(script, 1, `${PREFIX}${key}`, owner, this.nodeId, ttlSec * 1000);
    } catch (error) {
      throw new CoreError('unavailable', { cause: error });
    }
  }
}

import type { Redis } from 'ioredis';
import { CoreError } from '../errors/catalogue.js';
import { type Joined, type Match, MatchStore, type Player, type Seat } from './match-store.js';

const MAX_MATCHES = 10_000;
/** What a node that dies leaves behind is gone after this; the others renew three times as often. */
const SEAT_MS = 60_000;
const INDEX = 'switchboard:matches';

/*
 * A match is a hash: `meta` holds what it is as JSON; each seat is a field, named by its connection, that holds as JSON whose it is and
 * until when. The index holds the ids by the time at which they were made. `look` drops the seats that have run out.
 */
const LOOK = `
local time = redis.call('TIME') local now = time[1] * 1000 + math.floor(time[2] / 1000)
local function look(key)
  local seats, gone, fields = {}, {}, redis.call('HGETALL', key)
  for i = 1, #fields, 2 do
    if fields[i] ~= 'meta' then
      local seat = cjson.decode(fields[i + 1])
      if seat.till > now then seats[fields[i]] = seat else gone[#gone + 1] = seat redis.call('HDEL', key, fields[i]) end
    end
  end
  return seats, gone
end
local function players(seats)
  local known, all = {}, {}
  for _, seat in pairs(seats) do
    if not known[seat.id] then known[seat.id] = true all[#all + 1] = { id = seat.id, name = seat.name } end
  end
  return all, known
end
local function take(key, connection, id, name, ttl)
  redis.call('HSET', key, connection, cjson.encode({ id = id, name = name, till = now + ttl }))
  redis.call('PEXPIRE', key, ttl)
end`;

/** ARGV: connection, user id, user name, ttl, meta, most matches, match id. */
const CREATE = `${LOOK}
if redis.call('ZCARD', KEYS[2]) >= tonumber(ARGV[6]) then return 0 end
redis.call('HSET', KEYS[1], 'meta', ARGV[5])
take(KEYS[1], ARGV[1], ARGV[2], ARGV[3], ARGV[4])
redis.call('ZADD', KEYS[2], now, ARGV[7])
return 1`;

/** ARGV: connection, user id, user name, ttl. */
const JOIN = `${LOOK}
local meta = redis.call('HGET', KEYS[1], 'meta')
if not meta then return { 'not_found' } end
local all, known = players((look(KEYS[1])))
if #all == 0 then redis.call('DEL', KEYS[1]) return { 'not_found' } end
if not known[ARGV[2]] and #all >= cjson.decode(meta).max_players then return { 'full' } end
take(KEYS[1], ARGV[1], ARGV[2], ARGV[3], ARGV[4])
return { known[ARGV[2]] and 'again' or 'joined', meta, cjson.encode((players((look(KEYS[1]))))) }`;

/** ARGV: connection, user id, match id. */
const LEAVE = `${LOOK}
if redis.call('HDEL', KEYS[1], ARGV[1]) == 0 then return 0 end
local all, known = players((look(KEYS[1])))
if #all == 0 then redis.call('DEL', KEYS[1]) redis.call('ZREM', KEYS[2], ARGV[3]) end
return known[ARGV[2]] and 0 or 1`;

/** ARGV: ttl, then connection, user id and user name of each seat. */
const RENEW = `${LOOK}
if redis.call('HEXISTS', KEYS[1], 'meta') == 0 then return '[]' end
local _, gone = look(KEYS[1])
for i = 2, #ARGV, 3 do take(KEYS[1], ARGV[i], ARGV[i + 1], ARGV[i + 2], ARGV[1]) end
local _, known = players((look(KEYS[1])))
local lost = {}
for _, seat in ipairs(gone) do if not known[seat.id] then known[seat.id] = true lost[#lost + 1] = seat end end
return #lost == 0 and '[]' or cjson.encode(lost)`;

/** KEYS: the index. ARGV: the most, and the prefix of matches' keys. */
const LIST = `${LOOK}
local found = {}
for _, id in ipairs(redis.call('ZREVRANGE', KEYS[1], 0, ARGV[1] * 2)) do
  local key = ARGV[2] .. id
  local meta = redis.call('HGET', key, 'meta')
  local all = meta and players((look(key))) or {}
  if #all > 0 then found[#found + 1] = { meta, cjson.encode(all) } else redis.call('ZREM', KEYS[1], id) redis.call('DEL', key) end
  if #found >= tonumber(ARGV[1]) then break end
end
return found`;

const PREFIX = 'switchboard:match:';

/** Lua has no integers beyond 2^53 and prints large ones otherwise: ids travel as text. */
interface Stored {
  readonly id: string;
  readonly name: string;
}

const playersOf = (text: string): Player[] =>
  (JSON.parse(text) as Stored[]).map(({ id, name }) => ({ user_id: Number(id), username: name }));

const matchOf = (meta: string, players: string): Match => ({
  ...(JSON.parse(meta) as Omit<Match, 'players'>),
  players: playersOf(players),
});

/** The matches of all nodes of one Redis. */
export class RedisMatchStore extends MatchStore {
  constructor(private readonly redis: Redis) {
    super();
  }

  override async create(match: Omit<Match, 'players'>, first: Seat): Promise<void> {
    const values = [...seatOf(first), SEAT_MS, JSON.stringify(match), MAX_MATCHES, match.match_id];
    const isMade = await this.run(CREATE, [PREFIX + match.match_id, INDEX], values);
    if (isMade !== 1) throw new CoreError('too_many_requests', { detail: 'There are too many matches' });
  }

  override async join(matchId: string, seat: Seat): Promise<Joined> {
    const answer = await this.run(JOIN, [PREFIX + matchId], [...seatOf(seat), SEAT_MS]);
    const [outcome, meta = '', players = ''] = answer as string[];
    if (outcome === 'full' || outcome === 'not_found') return { outcome };
    return { outcome: 'joined', match: matchOf(meta, players), isNew: outcome === 'joined' };
  }

  override async leave(matchId: string, { connectionId, user_id: userId }: Seat): Promise<boolean> {
    return (await this.run(LEAVE, [PREFIX + matchId, INDEX], [connectionId, String(userId), matchId])) === 1;
  }

  override async list(limit: number): Promise<Match[]> {
    const found = (await this.run(LIST, [INDEX], [limit, PREFIX])) as [string, string][];
    return found.map(([meta, players]) => matchOf(meta, players));
  }

  override async renew(matchId: string, seats: readonly Seat[]): Promise<Player[]> {
    return playersOf((await this.run(RENEW, [PREFIX + matchId], [SEAT_MS, ...seats.flatMap(seatOf)])) as string);
  }

  private async run(script: string, keys: readonly string[], values: readonly (string | number)[]): Promise<unknown> {
    try {
      return await this.redis.eval(script, keys.length, ...keys, ...values);
    } catch (error) {
      throw new CoreError('unavailable', { cause: error });
    }
  }
}

const seatOf = ({ connectionId, user_id: userId, username }: Seat): string[] => [connectionId, String(userId), username];

/*
 * How matches lie in Redis, and the scripts that are all that touches them. A match is a hash: `meta` holds what it is, as JSON; each
 * seat is a field, named by its connection, that holds as JSON whose it is, since when (`at`) and until when (`till`), in milliseconds of
 * Redis's own clock; `at` counts up from it where several come within one, for players are told in the order in which they came. Two
 * sorted sets hold the ids of all matches: by the microsecond at which they were made, for lists, and by the millisecond at which their
 * last seat runs out, so that those whose nodes have died are found without looking at each. Two sets, of the user who made a match and of the
 * address that it was made from, hold the ids of what counts for them. What is in there and has ended is not counted, so nothing has to be
 * taken out when a node dies; the sets run out with the last match that somebody renews.
 *
 * KEYS: the two sorted sets, then the match. Ids of users travel as text: Lua prints large numbers in its own way.
 */
const COMMON = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local micros = string.format('%.0f', time[1] * 1000000 + time[2])

-- The sets of who made a match: of the user, and of the address.
local function makers(meta)
  local maker = cjson.decode(meta).maker
  if not maker or maker == cjson.null then return {} end
  return { KEYS[1] .. ':user:' .. maker.user, KEYS[1] .. ':address:' .. maker.address }
end

-- How many matches of such a set are open.
local function open(set)
  local count = 0
  for _, id in ipairs(redis.call('SMEMBERS', set)) do
    if tonumber(redis.call('ZSCORE', KEYS[2], id) or 0) > now then count = count + 1 else redis.call('SREM', set, id) end
  end
  return count
end

local function forget(id, meta)
  redis.call('ZREM', KEYS[1], id)
  redis.call('ZREM', KEYS[2], id)
  for _, set in ipairs(meta and makers(meta) or {}) do redis.call('SREM', set, id) end
end

local function prune()
  for _, id in ipairs(redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', now, 'LIMIT', 0, 1000)) do forget(id) end
end

local function look(key)
  local seats, gone, fields = {}, {}, redis.call('HGETALL', key)
  for i = 1, #fields, 2 do
    if fields[i] ~= 'meta' then
      local seat = cjson.decode(fields[i + 1])
      seat.connection = fields[i]
      if seat.till > now then seats[fields[i]] = seat else gone[#gone + 1] = seat end
    end
  end
  return seats, gone
end

local function players(seats)
  local known, all = {}, {}
  for _, seat in pairs(seats) do
    local player = known[seat.id]
    if not player then
      player = { id = seat.id, name = seat.name, at = seat.at }
      known[seat.id] = player
      all[#all + 1] = player
    elseif seat.at < player.at then player.at = seat.at end
  end
  table.sort(all, function(a, b) if a.at == b.at then return a.id < b.id end return a.at < b.at end)
  return all, known
end

local function json(list) return #list == 0 and '[]' or cjson.encode(list) end

-- Drops the seats that have run out; answers whose they were, but for those who are still known.
local function sweep(gone, known)
  local all, named = {}, {}
  for _, seat in ipairs(gone) do
    redis.call('HDEL', KEYS[3], seat.connection)
    if not known[seat.id] and not named[seat.id] then
      named[seat.id] = true
      all[#all + 1] = { id = seat.id, name = seat.name }
    end
  end
  return json(all)
end

-- When a seat is taken: later than all that are.
local function arrival(seats)
  local at = now
  for _, seat in pairs(seats) do
    if seat.at >= at then at = seat.at + 1 end
  end
  return at
end

local function take(connection, id, name, at, ttl)
  redis.call('HSET', KEYS[3], connection, cjson.encode({ id = id, name = name, at = at, till = now + ttl }))
  return { id = id, name = name, at = at }
end

-- Gives back what is held for a player. Answers since when the first of it was there.
local function release(seats, id)
  local at
  for connection, seat in pairs(seats) do
    if seat.held and seat.id == id then
      redis.call('HDEL', KEYS[3], connection)
      seats[connection] = nil
      if not at or seat.at < at then at = seat.at end
    end
  end
  return at
end

-- Never shortens: nodes need not agree on how long a seat stays.
local function keep(id, ttl, meta)
  redis.call('ZADD', KEYS[1], 'NX', micros, id)
  if tonumber(redis.call('ZSCORE', KEYS[2], id) or 0) < now + ttl then redis.call('ZADD', KEYS[2], now + ttl, id) end
  if redis.call('PTTL', KEYS[3]) < tonumber(ttl) then redis.call('PEXPIRE', KEYS[3], ttl) end
  for _, set in ipairs(makers(meta)) do
    redis.call('SADD', set, id)
    if redis.call('PTTL', set) < tonumber(ttl) then redis.call('PEXPIRE', set, ttl) end
  end
end
`;

/**
 * ARGV: match id, ttl, meta; most matches of all, of the user and of the address, 0 for no limit; connection, user id and user name of the
 * seat. @returns a `Made`
 */
export const CREATE = `${COMMON}
prune()
if redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[4]) then return 'full' end
for i, set in ipairs(makers(ARGV[3])) do
  local most = tonumber(ARGV[4 + i])
  if most > 0 and open(set) >= most then return i == 1 and 'user' or 'address' end
end
redis.call('HSET', KEYS[3], 'meta', ARGV[3])
take(ARGV[7], ARGV[8], ARGV[9], now, ARGV[2])
keep(ARGV[1], ARGV[2], ARGV[3])
return 'made'`;

/** KEYS: the two sorted sets. ARGV: user id. @returns how many open matches the user has made */
export const MADE_BY = `${COMMON}
return open(KEYS[1] .. ':user:' .. ARGV[1])`;

/** ARGV: match id, ttl; connection, user id and user name of the seat. @returns outcome, players gone, meta, players */
export const JOIN = `${COMMON}
local meta = redis.call('HGET', KEYS[3], 'meta')
local seats, gone = look(KEYS[3])
local all, known = players(seats)
if not meta or #all == 0 then
  redis.call('DEL', KEYS[3])
  forget(ARGV[1], meta)
  return { 'not_found', '[]' }
end
local was = known[ARGV[4]]
local lost = sweep(gone, known)
if not was and #all >= cjson.decode(meta).max_players then return { 'full', lost } end
local since = release(seats, ARGV[4])
local seat = seats[ARGV[3]]
seats[ARGV[3]] = take(ARGV[3], ARGV[4], ARGV[5], seat and seat.at or since or arrival(seats), ARGV[2])
keep(ARGV[1], ARGV[2], meta)
return { was and 'again' or 'joined', lost, meta, json((players(seats))) }`;

/** A seat whose connection was lost. ARGV: match id, milliseconds after which it runs out, connection. */
export const HOLD = `${COMMON}
local meta, text = redis.call('HGET', KEYS[3], 'meta'), redis.call('HGET', KEYS[3], ARGV[3])
if meta and text then
  local seat = cjson.decode(text)
  seat.held, seat.till = true, now + ARGV[2]
  redis.call('HSET', KEYS[3], ARGV[3], cjson.encode(seat))
  keep(ARGV[1], ARGV[2], meta)
end`;

/** ARGV: match id, connection, user id, 1 where the player leaves of their own accord. @returns 1 where it was the player's last seat, else 0; players gone */
export const LEAVE = `${COMMON}
local had = redis.call('HDEL', KEYS[3], ARGV[2]) == 1
local seats, gone = look(KEYS[3])
if ARGV[4] == '1' then release(seats, ARGV[3]) end
local all, known = players(seats)
local last = had and not known[ARGV[3]]
if last then known[ARGV[3]] = true end
local lost = sweep(gone, known)
if #all == 0 then
  forget(ARGV[1], redis.call('HGET', KEYS[3], 'meta'))
  redis.call('DEL', KEYS[3])
end
return { last and 1 or 0, lost }`;

/**
 * A match that Redis has lost is there again with what its nodes renew; but a seat that has run out may be somebody else's by now.
 * ARGV: match id, ttl, meta; connection, user id and user name of each seat. @returns connections refused, players gone
 */
export const RENEW = `${COMMON}
redis.call('HSETNX', KEYS[3], 'meta', ARGV[3])
local seats, gone = look(KEYS[3])
local all, known = players(seats)
local free, refused, at = cjson.decode(ARGV[3]).max_players - #all, {}, arrival(seats)
for i = 4, #ARGV, 3 do
  local id, seat = ARGV[i + 1], seats[ARGV[i]]
  if not known[id] and free > 0 then
    known[id] = true
    free = free - 1
  end
  if known[id] then
    take(ARGV[i], id, ARGV[i + 2], seat and seat.at or at, ARGV[2])
    at = at + 1
  else refused[#refused + 1] = ARGV[i] end
end
local stale = {}
for _, seat in ipairs(gone) do
  local text = redis.call('HGET', KEYS[3], seat.connection)
  if text and cjson.decode(text).till <= now then stale[#stale + 1] = seat end
end
for i = 4, #ARGV, 3 do known[ARGV[i + 1]] = true end
keep(ARGV[1], ARGV[2], ARGV[3])
return { json(refused), sweep(stale, known) }`;

/**
 * KEYS: the two sorted sets. ARGV: most matches, most players, before which time, prefix of the keys of matches.
 * @returns the time of the last one where there may be more, else an empty text; then meta and players of each
 */
export const LIST = `${COMMON}
prune()
local limit, room = tonumber(ARGV[1]), tonumber(ARGV[2])
local ids = redis.call('ZREVRANGEBYSCORE', KEYS[1], ARGV[3], '-inf', 'WITHSCORES', 'LIMIT', 0, limit + 1)
local found, cursor = { '' }, ''
for i = 1, #ids, 2 do
  if i > limit * 2 or room <= 0 then
    found[1] = cursor
    break
  end
  local meta = redis.call('HGET', ARGV[4] .. ids[i], 'meta')
  local all = meta and players((look(ARGV[4] .. ids[i]))) or {}
  if #all > 0 then
    found[#found + 1] = meta
    found[#found + 1] = json(all)
    room = room - #all
  end
  cursor = string.format('%.0f', tonumber(ids[i + 1]))
end
return found`;

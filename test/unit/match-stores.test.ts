import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { connectRedis } from '../../src/bus/redis.js';
import { CoreError } from '../../src/errors/catalogue.js';
import {
  type Maker,
  type MatchFrame,
  type MatchLimits,
  MAX_LISTED_PLAYERS,
  MAX_MATCHES,
  type MatchStore,
  type Seat,
} from '../../src/matches/match-store.js';
import { MemoryMatchStore } from '../../src/matches/memory-match-store.js';
import { RedisMatchStore } from '../../src/matches/redis-match-store.js';
import { has } from '../support/capabilities.js';
import { TestRedis } from '../support/redis.js';
import { until } from '../support/until.js';

/** How long a seat stays here that nobody renews. */
const SEAT_MS = 300;

const NO_LIMITS: MatchLimits = { perUser: 0, perAddress: 0 };
const maker = (userId = 1, address = 'here'): Maker => ({ userId, address });
const shown = (match_id: string, max_players = 2) => ({ match_id, name: 'a "match" of Zoë', max_players });
const frame = (match_id: string, max_players = 2, by = maker()): MatchFrame => ({ ...shown(match_id, max_players), maker: by });
const seat = (user_id: number, connectionId = `c${user_id}`): Seat => ({ user_id, username: `user ${user_id}`, connectionId });
const player = (user_id: number) => ({ user_id, username: `user ${user_id}` });

let server: TestRedis;
let client: Redis;
const opened: Redis[] = [];

beforeAll(async () => {
  if (has.redis) server = await TestRedis.start();
});
afterAll(() => server?.stop());

async function inRedis(seatMs = SEAT_MS, limits = NO_LIMITS): Promise<MatchStore> {
  const redis = connectRedis(server.url, 'shared');
  opened.push(redis);
  await until(() => redis.status === 'ready');
  return new RedisMatchStore(redis, limits, seatMs);
}

beforeEach(async () => {
  if (!has.redis) return;
  client = new Redis(server.url);
  await client.flushdb();
});
afterEach(() => {
  for (const redis of [client, ...opened.splice(0)]) redis?.disconnect();
});

const stores: [string, (limits?: MatchLimits) => Promise<MatchStore>][] = [
  ['memory', (limits = NO_LIMITS) => Promise.resolve(new MemoryMatchStore(limits))],
];
if (has.redis) stores.push(['Redis', (limits) => inRedis(60_000, limits)]);

describe.each(stores)('matches kept in %s', (_where, make) => {
  let store: MatchStore;
  beforeEach(async () => {
    store = await make();
  });

  it('count players, not their connections', async () => {
    await store.create(frame('m'), seat(1));
    const joined = { outcome: 'joined', match: { ...shown('m'), players: [player(1), player(2)] }, maker: maker(), gone: [] };
    expect(await store.join('m', seat(2))).toEqual({ ...joined, isNew: true });
    expect(await store.join('m', seat(3))).toEqual({ outcome: 'full', gone: [] });
    expect(await store.join('m', seat(2, 'other'))).toEqual({ ...joined, isNew: false });
    expect(await store.leave('m', seat(2))).toEqual({ isLast: false, gone: [] });
    expect(await store.leave('m', seat(2, 'other'))).toEqual({ isLast: true, gone: [] });
    expect(await store.leave('m', seat(2, 'other'))).toEqual({ isLast: false, gone: [] });
    expect(await store.join('m', seat(3))).toMatchObject({ outcome: 'joined', isNew: true });
  });

  it('name players in the order in which they came, however fast they come', async () => {
    // The ids go down, and grow by a digit on the way: no order of theirs is the one in which they come.
    const ids = Array.from({ length: 20 }, (_unused, i) => 109 - i);
    await store.create(frame('m', 64), seat(110));
    const answers = await Promise.all(ids.map((id) => store.join('m', seat(id))));
    expect(answers.at(-1)).toMatchObject({ match: { players: [110, ...ids].map(player) } });
    // Somebody who comes back comes last.
    await store.leave('m', seat(110));
    expect(await store.join('m', seat(110))).toMatchObject({ match: { players: [...ids, 110].map(player) } });
  });

  it('keep ids that Lua would print in another way', async () => {
    const id = Number.MAX_SAFE_INTEGER;
    await store.create(frame('m'), seat(id));
    expect((await store.list(1, null)).matches).toEqual([{ ...shown('m'), players: [player(id)] }]);
  });

  it('are gone with the last player', async () => {
    await store.create(frame('m'), seat(1));
    expect(await store.leave('m', seat(1))).toEqual({ isLast: true, gone: [] });
    expect(await store.join('m', seat(1))).toEqual({ outcome: 'not_found', gone: [] });
    expect(await store.list(10, null)).toEqual({ matches: [], next_cursor: null });
  });

  it('hold a seat whose connection was lost for its player alone, in the same place', async () => {
    await store.create(frame('m'), seat(1));
    await store.join('m', seat(2));
    await store.hold('m', seat(1), 60_000);
    await store.hold('m', seat(9), 60_000);
    expect(await store.join('m', seat(3))).toMatchObject({ outcome: 'full' });
    const back = await store.join('m', seat(1, 'back'));
    expect(back).toMatchObject({ outcome: 'joined', isNew: false, match: { players: [player(1), player(2)] } });
    // It took the place of the one that was held.
    expect(await store.leave('m', seat(1))).toEqual({ isLast: false, gone: [] });
    expect(await store.leave('m', seat(1, 'back'))).toEqual({ isLast: true, gone: [] });
    // Without a connection there is a match as long as a seat is held.
    await store.hold('m', seat(2), 60_000);
    expect((await store.list(1, null)).matches).toEqual([{ ...shown('m'), players: [player(2)] }]);
    expect(await store.leave('m', seat(2))).toEqual({ isLast: true, gone: [] });
    expect(await store.join('m', seat(2))).toMatchObject({ outcome: 'not_found' });
  });

  it('give back what is held for a player who leaves', async () => {
    await store.create(frame('m'), seat(1));
    for (const connection of ['a', 'b', 'c']) await store.join('m', seat(2, connection));
    await store.hold('m', seat(2, 'a'), 60_000);
    await store.hold('m', seat(2, 'b'), 60_000);
    expect(await store.leave('m', seat(2, 'a'))).toEqual({ isLast: false, gone: [] });
    expect(await store.leave('m', seat(2, 'c'), true)).toEqual({ isLast: true, gone: [] });
    expect(await store.leave('m', seat(2, 'b'))).toEqual({ isLast: false, gone: [] });
  });

  it('end a page that has many players before its limit', async () => {
    const perMatch = 50;
    const matches = MAX_LISTED_PLAYERS / perMatch + 1;
    for (let m = 0; m < matches; m++) {
      await store.create(frame(`m${m}`, perMatch), seat(1));
      await Promise.all(Array.from({ length: perMatch - 1 }, (_unused, i) => store.join(`m${m}`, seat(i + 2))));
    }
    const first = await store.list(100, null);
    expect(first.matches).toHaveLength(matches - 1);
    const second = await store.list(100, first.next_cursor);
    expect([second.matches.map(({ match_id }) => match_id), second.next_cursor]).toEqual([['m0'], null]);
  });

  it('are so many at most', async () => {
    for (let i = 0; i < MAX_MATCHES; i += 500) {
      await Promise.all(Array.from({ length: 500 }, (_unused, k) => store.create(frame(`m${i + k}`), seat(1))));
    }
    expect(await store.create(frame('more'), seat(1))).toBe('full');
    await store.leave('m7', seat(1));
    expect(await store.create(frame('more'), seat(1))).toBe('made');
    expect(await store.madeBy(1)).toBe(MAX_MATCHES);
  });

  it('are so many at most for a user, and for an address, until they end', async () => {
    store = await make({ perUser: 2, perAddress: 3 });
    const open = (id: string, by: Maker) => store.create(frame(id, 2, by), seat(by.userId));
    expect(await open('a', maker(1))).toBe('made');
    expect(await open('b', maker(1, 'elsewhere'))).toBe('made');
    expect(await open('c', maker(1))).toBe('user');
    expect(await open('c', maker(2))).toBe('made');
    expect(await open('d', maker(3))).toBe('made');
    expect(await open('e', maker(4))).toBe('address');
    expect(await open('e', maker(4, 'elsewhere'))).toBe('made');
    expect([await store.madeBy(1), await store.madeBy(2), await store.madeBy(9)]).toEqual([2, 1, 0]);
    // It counts for who made it as long as anybody is in it.
    await store.join('a', seat(5));
    await store.leave('a', seat(1));
    expect(await open('f', maker(1))).toBe('user');
    await store.leave('a', seat(5));
    expect(await store.madeBy(1)).toBe(1);
    expect(await open('f', maker(1))).toBe('made');
    expect(await open('g', maker(6))).toBe('address');
  });

  it('are counted exactly where many are made at once', async () => {
    store = await make({ perUser: 20, perAddress: 100 });
    const made = await Promise.all(
      Array.from({ length: 640 }, (_unused, i) => store.create(frame(`m${i}`, 2, maker(i % 160)), seat(i % 160, `c${i}`))),
    );
    expect(made.filter((outcome) => outcome === 'made')).toHaveLength(100);
  });
});

describe.runIf(has.redis)('seats that nobody renews', () => {
  /** Waits until Redis itself counts the seats of a match as run out. */
  const runOut = async (): Promise<void> => {
    const [seconds, micros] = await client.time();
    const until_ = Number(seconds) * 1000 + Math.floor(Number(micros) / 1000) + SEAT_MS;
    await until(async () => {
      const [s, u] = await client.time();
      return Number(s) * 1000 + Math.floor(Number(u) / 1000) > until_;
    });
  };

  it('are free for others, who are told by whoever finds it first, once', async () => {
    const [one, two] = [await inRedis(), await inRedis(60_000)];
    await two.create(frame('m'), seat(1));
    await one.join('m', seat(2));
    await runOut();
    expect((await two.list(1, null)).matches[0]?.players).toEqual([player(1)]);
    expect(await two.renew(frame('m'), [seat(1)])).toEqual({ refused: [], gone: [player(2)] });
    expect(await two.renew(frame('m'), [seat(1)])).toEqual({ refused: [], gone: [] });
    expect(await two.join('m', seat(3))).toMatchObject({ outcome: 'joined', isNew: true });
  });

  it('run out sooner where they are held, and the match with the last of them', async () => {
    const [one, two] = [await inRedis(60_000), await inRedis(60_000)];
    await one.create(frame('m', 3), seat(1));
    await two.join('m', seat(2));
    await one.hold('m', seat(1), SEAT_MS);
    await runOut();
    expect(await two.renew(frame('m', 3), [seat(2)])).toEqual({ refused: [], gone: [player(1)] });
    await two.hold('m', seat(2), SEAT_MS);
    await runOut();
    expect(await one.join('m', seat(3))).toEqual({ outcome: 'not_found', gone: [] });
  });

  it('are told of before whoever takes their place', async () => {
    const [one, two] = [await inRedis(), await inRedis(60_000)];
    await two.create(frame('m'), seat(1));
    await one.join('m', seat(2));
    await runOut();
    expect(await two.join('m', seat(3))).toMatchObject({ outcome: 'joined', isNew: true, gone: [player(2)] });
  });

  it('do not take a player out who has another', async () => {
    const [one, two] = [await inRedis(), await inRedis(60_000)];
    await two.create(frame('m'), seat(1));
    await one.join('m', seat(1, 'other'));
    await runOut();
    expect(await two.renew(frame('m'), [seat(1)])).toEqual({ refused: [], gone: [] });
    expect(await two.leave('m', seat(1))).toEqual({ isLast: true, gone: [] });
  });

  it('are lost to whoever took them meanwhile, and only then', async () => {
    const [one, two] = [await inRedis(), await inRedis(60_000)];
    await two.create(frame('m'), seat(1));
    await one.join('m', seat(2));
    await runOut();
    expect(await one.renew(frame('m'), [seat(2)])).toEqual({ refused: [], gone: [] });
    await runOut();
    await two.join('m', seat(3));
    expect(await one.renew(frame('m'), [seat(2)])).toEqual({ refused: ['c2'], gone: [] });
    expect((await two.list(1, null)).matches[0]?.players).toEqual([player(1), player(3)]);
  });

  it('take their match along, so that nothing of it is left', async () => {
    const one = await inRedis();
    await one.create(frame('m'), seat(1));
    await runOut();
    expect(await one.join('m', seat(2))).toEqual({ outcome: 'not_found', gone: [] });
    await one.create(frame('n'), seat(1));
    await runOut();
    expect(await one.list(10, null)).toEqual({ matches: [], next_cursor: null });
    expect(await client.keys('*')).toEqual([]);
  });

  it('no longer count for who made their match once it has ended with them', async () => {
    const limits = { perUser: 1, perAddress: 2 };
    const [one, two] = [await inRedis(SEAT_MS, limits), await inRedis(60_000, limits)];
    await one.create(frame('m'), seat(1));
    await two.create(frame('n', 2, maker(2)), seat(2));
    expect(await two.create(frame('o'), seat(1))).toBe('user');
    expect(await two.create(frame('o', 2, maker(3)), seat(3))).toBe('address');
    await runOut();
    expect(await two.madeBy(1)).toBe(0);
    expect(await two.create(frame('o', 2, maker(3)), seat(3))).toBe('made');
    expect(await two.create(frame('p'), seat(1))).toBe('address');
  });

  it('count for who made their match as long as any node renews them, and again after Redis has lost them', async () => {
    const limits = { perUser: 1, perAddress: 0 };
    const [one, two] = [await inRedis(SEAT_MS, limits), await inRedis(60_000, limits)];
    await one.create(frame('m'), seat(1));
    await two.join('m', seat(2));
    await runOut();
    expect(await two.create(frame('n'), seat(1))).toBe('user');
    await client.flushdb();
    expect(await two.madeBy(1)).toBe(0);
    await two.renew(frame('m'), [seat(2)]);
    expect(await two.madeBy(1)).toBe(1);
    expect(await two.create(frame('n'), seat(1))).toBe('user');
  });

  it('of a match that an earlier version made count for nobody', async () => {
    const one = await inRedis();
    await one.create({ ...shown('m'), maker: null }, seat(1));
    await client.hset('switchboard:match:m', 'meta', JSON.stringify(shown('m')));
    expect(await one.join('m', seat(2))).toMatchObject({ outcome: 'joined', maker: null });
    expect(await one.renew({ ...shown('m'), maker: null }, [seat(2)])).toEqual({ refused: [], gone: [] });
    expect(await one.madeBy(1)).toBe(0);
    await one.leave('m', seat(1));
    expect(await one.leave('m', seat(2))).toMatchObject({ isLast: true });
  });

  it('bring back a match that Redis has lost', async () => {
    const one = await inRedis();
    await one.create(frame('m'), seat(2));
    await one.join('m', seat(1));
    await client.flushdb();
    expect(await one.renew(frame('m'), [seat(2), seat(1)])).toEqual({ refused: [], gone: [] });
    expect((await one.list(1, null)).matches).toEqual([{ ...shown('m'), players: [player(2), player(1)] }]);
  });

  it('are not known of while Redis is away', async () => {
    const one = await inRedis();
    const shut = opened.at(-1);
    shut?.disconnect();
    await expect(one.join('m', seat(1))).rejects.toThrow(CoreError);
    await expect(one.list(1, null)).rejects.toMatchObject({ code: 'unavailable' });
  });
});

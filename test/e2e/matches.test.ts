import type { Socket } from 'socket.io-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Hub } from '../../src/realtime/hub.js';
import { connect, connected } from '../conformance/drivers/socketio.js';
import { has } from '../support/capabilities.js';
import { makeAccounts } from '../support/chats.js';
import { createDatabase, type TestDatabase } from '../support/database.js';
import type { RawSocket } from '../support/raw-socket.js';
import { TestRedis } from '../support/redis.js';
import { type Account, TestServer } from '../support/server.js';
import { until } from '../support/until.js';

const open = (server: TestServer, { tokens }: Account): Promise<RawSocket> => server.socket(`/v1/connect?token=${tokens.token}`);
const heard = (socket: RawSocket, event: string, deadlineMs?: number) =>
  socket.nextThat((frame) => frame.domain === 'game' && frame.event === event, deadlineMs).then(({ data }) => data);
/** Connections of an account that a node has. */
const openOf = (server: TestServer, { id }: Account): number => [...server.app.get(Hub).of(id)].length;
/** A seat is held for 10 s; this is a little longer. */
const HELD_MS = 14_000;

/** Sends commands without waiting in between. @returns the answers as they come */
async function atOnce(socket: RawSocket, commands: readonly (readonly [name: string, payload: object])[]) {
  for (const [i, [command, payload]] of commands.entries()) {
    socket.send({ type: 'command', v: 1, request_id: `at-once-${i}`, domain: 'game', command, payload });
  }
  const answers = [];
  while (answers.length < commands.length) {
    answers.push(await socket.nextThat(({ request_id: id }) => typeof id === 'string' && id.startsWith('at-once-')));
  }
  return answers;
}

describe.each(['memory', ...(has.redis ? ['Redis'] : [])])('matches in %s', (where) => {
  let database: TestDatabase;
  let redis: TestRedis | undefined;
  let one: TestServer;
  /** The other node, where there is one. */
  let two: TestServer;
  let alice: Account;
  let bob: Account;
  let carol: Account;

  beforeAll(async () => {
    database = await createDatabase();
    redis = where === 'Redis' ? await TestRedis.start() : undefined;
    // Seats are limited here, not matches.
    const variables = { QUOTA_MATCHES_PER_USER: '0', ...(redis ? { REDIS_URL: redis.url } : {}) };
    one = await TestServer.start({ database, variables });
    two = redis ? await TestServer.start({ database, variables }) : one;
    [alice, bob, carol] = (await makeAccounts(one, 3)) as [Account, Account, Account];
  });
  afterAll(async () => {
    await one.stop();
    if (two !== one) await two.stop();
    await redis?.stop();
    await database.drop();
  });

  it('are made, listed, joined and left, and gone when they are empty', async () => {
    const [first, second] = [await open(one, alice), await open(two, bob)];
    const { data: match } = await first.command('game.create_match', { name: 'Friday', max_players: 2 });
    const player = ({ id, username }: Account) => ({ user_id: id, username });
    expect(match).toEqual({ match_id: match.match_id, name: 'Friday', max_players: 2, players: [player(alice)] });
    const { match_id } = match;
    const joined = await second.command('game.join_match', { match_id });
    expect(joined.data.players).toHaveLength(2);
    expect(await heard(first, 'joined')).toEqual({ match_id, ...player(bob) });
    const listed = await carol.client.post('/api/v1/commands/game/list_matches', {});
    expect(listed.body.data.matches).toContainEqual({ ...match, players: joined.data.players });
    await second.command('game.leave_match', { match_id });
    expect(await heard(first, 'left')).toEqual({ match_id, ...player(bob) });
    expect(await second.command('game.leave_match', { match_id })).toMatchObject({ code: 'not_found' });
    await first.command('game.leave_match', { match_id });
    expect(await second.command('game.join_match', { match_id })).toMatchObject({ code: 'not_found' });
    const { body } = await carol.client.post('/api/v1/commands/game/list_matches', {});
    expect(body.data).toEqual({ matches: [], next_cursor: null });
    await Promise.all([first.close(), second.close()]);
  });

  it('are listed page by page, the newest first, whatever goes in between', async () => {
    const socket = await open(one, alice);
    const made: string[] = [];
    for (let i = 0; i < 5; i++) made.unshift((await socket.command('game.create_match', { max_players: 2 })).data.match_id);
    const page = async (payload: { limit: number; cursor?: string }) =>
      (await carol.client.post('/api/v1/commands/game/list_matches', payload)).body.data;
    const ids = ({ matches }: { matches: { match_id: string }[] }) => matches.map(({ match_id }) => match_id);
    const first = await page({ limit: 2 });
    expect(ids(first)).toEqual(made.slice(0, 2));
    await socket.command('game.leave_match', { match_id: made[1] });
    const second = await page({ limit: 2, cursor: first.next_cursor });
    expect(ids(second)).toEqual(made.slice(2, 4));
    const third = await page({ limit: 2, cursor: second.next_cursor });
    expect([ids(third), third.next_cursor]).toEqual([made.slice(4), null]);
    const { status, body } = await carol.client.post('/api/v1/commands/game/list_matches', { cursor: '1 OR 1' });
    expect([status, body.code]).toEqual([422, 'invalid_payload']);
    await socket.close();
  });

  it('go by the name of whoever made them, and are joined again without anybody hearing of it', async () => {
    const [first, second] = [await open(one, alice), await open(two, bob)];
    const { data: match } = await first.command('game.create_match', { max_players: 2 });
    expect(match.name).toBe(alice.username);
    const joined = await second.command('game.join_match', { match_id: match.match_id });
    const again = await second.command('game.join_match', { match_id: match.match_id });
    expect(again.data).toEqual(joined.data);
    expect(again.data.players.map(({ user_id }: { user_id: number }) => user_id)).toEqual([alice.id, bob.id]);
    await second.command('game.send_state', { match_id: match.match_id, op: 'end' });
    expect([await first.next(), await first.next()].map(({ event }) => event)).toEqual(['joined', 'state']);
    await Promise.all([first.close(), second.close()]);
  });

  it('are joined and left in the order in which a connection asks, without waiting for answers', async () => {
    const [first, second] = [await open(one, alice), await open(two, bob)];
    const { match_id } = (await first.command('game.create_match', { max_players: 2 })).data;
    const names = ['join_match', 'leave_match', 'join_match', 'leave_match'];
    const answers = await atOnce(
      second,
      names.map((name) => [name, { match_id }]),
    );
    expect(answers.map(({ success }) => success)).toEqual([true, true, true, true]);
    const told = [await first.next(), await first.next(), await first.next(), await first.next()];
    expect(told.map(({ event }) => event)).toEqual(['joined', 'left', 'joined', 'left']);
    await Promise.all([first.close(), second.close()]);
  });

  it('relay states to the others, or to one of them', async () => {
    const sockets = [await open(one, alice), await open(two, bob), await open(two, carol)] as const;
    const [first, second, third] = sockets;
    const { match_id } = (await first.command('game.create_match', { max_players: 3 })).data;
    for (const socket of [second, third]) await socket.command('game.join_match', { match_id });
    await heard(second, 'joined');
    await first.command('game.send_state', { match_id, op: 'move', data: { x: [1, null] } });
    const state = { match_id, from_id: alice.id, op: 'move', data: { x: [1, null] } };
    expect(await heard(second, 'state')).toEqual(state);
    expect(await heard(third, 'state')).toEqual(state);
    await second.command('game.send_state', { match_id, op: 'secret', to: carol.id });
    expect(await heard(third, 'state')).toEqual({ match_id, from_id: bob.id, op: 'secret', data: null });
    await third.command('game.send_state', { match_id, op: 'for both', to: [alice.id, bob.id] });
    for (const socket of [first, second]) expect((await heard(socket, 'state')).op).toBe('for both');
    await third.command('game.send_state', { match_id, op: 'last' });
    expect((await heard(first, 'state')).op).toBe('last');
    const wrong = [{ data: 'x'.repeat(16 * 1024) }, { data: 'ü'.repeat(8 * 1024) }, { to: 'bob' }, { to: [] }, { to: [1.5] }];
    for (const more of [
      ...wrong,
      { to: Array.from({ length: 65 }, () => 1) },
      { op: '' },
      { op: 'x'.repeat(65) },
      { op: 1.5 },
      { op: null },
    ]) {
      expect(await first.command('game.send_state', { match_id, op: 'x', ...more })).toMatchObject({ code: 'invalid_payload' });
    }
    // With its quotes it is as large as it may be.
    const largest = 'x'.repeat(16 * 1024 - 2);
    await first.command('game.send_state', { match_id, op: 'large', data: largest });
    const large = await second.nextThat(({ event, data }) => event === 'state' && data.op === 'large');
    expect(large.data.data === largest).toBe(true);
    expect(await first.command('game.send_state', { match_id: 'other', op: 'x' })).toMatchObject({ code: 'not_found' });
    await Promise.all(sockets.map((socket) => socket.close()));
  });

  it('keep the seat of a player who lost the connection, over any node: nobody hears of it, and nobody else gets it', async () => {
    const [watching, lost, third] = [await open(one, alice), await open(two, bob), await open(one, carol)];
    const { match_id } = (await watching.command('game.create_match', { max_players: 2 })).data;
    await lost.command('game.join_match', { match_id });
    expect(await heard(watching, 'joined')).toMatchObject({ user_id: bob.id });
    lost.terminate();
    await until(() => openOf(two, bob) === 0);
    expect(await third.command('game.join_match', { match_id })).toMatchObject({ code: 'conflict' });
    const back = await open(one, bob);
    const { data } = await back.command('game.join_match', { match_id });
    expect(data.players.map(({ user_id }: { user_id: number }) => user_id)).toEqual([alice.id, bob.id]);
    await back.command('game.send_state', { match_id, op: 7 });
    // The first thing that was said since bob joined.
    expect(await watching.next()).toMatchObject({ event: 'state', data: { from_id: bob.id, op: 7 } });
    // What was kept is gone: to leave frees the seat at once.
    await back.command('game.leave_match', { match_id });
    expect(await heard(watching, 'left')).toMatchObject({ user_id: bob.id });
    expect(await third.command('game.join_match', { match_id })).toMatchObject({ success: true });
    await Promise.all([watching, back, third].map((socket) => socket.close()));
  });

  it('give back what is kept for a player who leaves by another connection', async () => {
    const [watching, lost, other] = [await open(one, alice), await open(two, bob), await open(one, bob)];
    const { match_id } = (await watching.command('game.create_match', { max_players: 2 })).data;
    for (const socket of [lost, other]) await socket.command('game.join_match', { match_id });
    lost.terminate();
    await until(() => openOf(two, bob) === (two === one ? 1 : 0));
    await other.command('game.leave_match', { match_id });
    expect(await heard(watching, 'left')).toMatchObject({ user_id: bob.id });
    await Promise.all([watching.close(), other.close()]);
  });

  it('stay for ten seconds without a connection, and no longer', async () => {
    const [first, second] = [await open(one, alice), await open(two, bob)];
    const { match_id } = (await first.command('game.create_match', { max_players: 2 })).data;
    await second.command('game.join_match', { match_id });
    for (const socket of [first, second]) socket.terminate();
    await until(() => openOf(one, alice) === 0);
    const back = await open(two, alice);
    const { data } = await back.command('game.join_match', { match_id });
    expect(data.players.map(({ user_id }: { user_id: number }) => user_id)).toEqual([alice.id, bob.id]);
    expect(await heard(back, 'left', HELD_MS)).toMatchObject({ user_id: bob.id });
    back.terminate();
    const looking = await open(one, carol);
    const isListed = async () => {
      const { matches } = (await looking.command('game.list_matches', { limit: 100 })).data;
      return matches.some((match: { match_id: string }) => match.match_id === match_id);
    };
    expect(await isListed()).toBe(true);
    const from = performance.now();
    await until(async () => !(await isListed()), HELD_MS);
    expect(performance.now() - from).toBeGreaterThan(8_000);
    expect(await looking.command('game.join_match', { match_id })).toMatchObject({ code: 'not_found' });
    await looking.close();
  });

  it('are left by whoever closes the last connection', async () => {
    const watching = await open(one, alice);
    const [first, second] = [await open(two, bob), await open(two, bob)];
    const { match_id } = (await watching.command('game.create_match', { max_players: 2 })).data;
    await first.command('game.join_match', { match_id });
    await second.command('game.join_match', { match_id });
    await heard(watching, 'joined');
    first.terminate();
    await second.command('game.send_state', { match_id, op: 'still here' });
    expect((await heard(watching, 'state')).op).toBe('still here');
    second.terminate();
    const from = performance.now();
    expect(await heard(watching, 'left', HELD_MS)).toMatchObject({ user_id: bob.id });
    expect(performance.now() - from).toBeGreaterThan(9_000);
    // The place is free again.
    const third = await open(one, carol);
    expect(await third.command('game.join_match', { match_id })).toMatchObject({ success: true });
    await Promise.all([watching.close(), third.close()]);
  });

  it('keep nobody who goes before the answer comes', async () => {
    const host = await open(one, alice);
    const { match_id } = (await host.command('game.create_match', { max_players: 64 })).data;
    for (let i = 0; i < 20; i++) {
      const socket = await open(two, bob);
      const frame = { type: 'command', v: 1, domain: 'game' };
      socket.send({ ...frame, request_id: 'join', command: 'join_match', payload: { match_id } });
      socket.send({ ...frame, request_id: 'create', command: 'create_match', payload: { max_players: 2 } });
      // Somewhere between the frames' arrival and the answers.
      if (i % 2) await new Promise((resolve) => setImmediate(resolve));
      socket.socket.close();
    }
    const alone = { matches: [{ match_id, players: [{ user_id: alice.id }] }] };
    await until(async () => {
      const { body } = await carol.client.post('/api/v1/commands/game/list_matches', {});
      return body.data.matches.length === 1 && body.data.matches[0].players.length === 1;
    }, HELD_MS);
    expect((await carol.client.post('/api/v1/commands/game/list_matches', {})).body.data).toMatchObject(alone);
    await host.close();
  });

  it('are left by a connection that becomes nobody', async () => {
    const [watching, leaving] = [await open(one, alice), await two.socket(`/ws/player?token=${bob.tokens.token}`)];
    const { match_id } = (await watching.command('game.create_match', { max_players: 2 })).data;
    await leaving.command('game.join_match', { match_id });
    await leaving.command('system.authenticate', { token: null });
    expect(await heard(watching, 'left')).toEqual({ match_id, user_id: bob.id, username: bob.username });
    expect(await leaving.command('game.send_state', { match_id, op: 'x' })).toMatchObject({ code: 'not_authenticated' });
    await Promise.all([watching.close(), leaving.close()]);
  });

  it('never have more players than they take, however many come at once', async () => {
    const guests = await makeAccounts(one, 12);
    const host = await open(one, alice);
    const { match_id } = (await host.command('game.create_match', { max_players: 5 })).data;
    const sockets = await Promise.all(guests.map((guest, i) => open(i % 2 ? one : two, guest)));
    const answers = await Promise.all(sockets.map((socket) => socket.command('game.join_match', { match_id })));
    expect(answers.filter(({ success }) => success)).toHaveLength(4);
    expect(answers.filter(({ code }) => code === 'conflict')).toHaveLength(8);
    await Promise.all([host, ...sockets].map((socket) => socket.close()));
  });

  it('speak every protocol, and need a connection', async () => {
    const { match_id } = await (async () => {
      const rest = await one.socket(`/ws/player?token=${alice.tokens.token}`);
      const { data } = await rest.command('game.create_match', { max_players: 2 });
      const socket: Socket = await connected(connect(two, 'websocket', { auth: { token: bob.tokens.token } }));
      const frame = { request_id: 'r', domain: 'game', command: 'join_match', payload: { match_id: data.match_id } };
      expect(await socket.emitWithAck('command', frame)).toMatchObject({ success: true });
      const state = new Promise((resolve) => socket.once('game', resolve));
      expect((await rest.nextThat(({ type }) => type === 'game.joined')).data).toMatchObject({ user_id: bob.id });
      await rest.command('game.send_state', { match_id: data.match_id, op: 'go' });
      expect(await state).toEqual({ type: 'state', match_id: data.match_id, from_id: alice.id, op: 'go', data: null });
      socket.disconnect();
      await rest.close();
      return data;
    })();
    const { status, body } = await alice.client.post('/api/v1/commands/game/join_match', { match_id });
    expect([status, body.code]).toEqual([409, 'conflict']);
    expect((await one.client().post('/api/v1/commands/game/list_matches', {})).status).toBe(401);
  });

  it('take so many of one connection and of one user, and no more', async () => {
    // Nothing is held for somebody new.
    const [player] = (await makeAccounts(one, 1)) as [Account];
    const sockets = await Promise.all(Array.from({ length: 5 }, () => open(one, player)));
    const create = (socket?: RawSocket) => socket?.command('game.create_match', { max_players: 2 });
    for (const socket of sockets.slice(0, 4)) {
      // All at once: the limit holds for what is still being made, too.
      const answers = await atOnce(
        socket,
        Array.from({ length: 17 }, () => ['create_match', { max_players: 2 }]),
      );
      expect(answers.filter((answer) => answer.success)).toHaveLength(16);
      expect(answers.filter((answer) => answer.code === 'too_many_requests')).toHaveLength(1);
    }
    expect(await create(sockets[4])).toMatchObject({ code: 'too_many_requests' });
    await sockets[0]?.close();
    await until(async () => (await create(sockets[4])).success, HELD_MS);
    await Promise.all(sockets.map((socket) => socket.close()));
  });

  it('refuse what is out of bounds', async () => {
    const socket = await open(one, alice);
    for (const payload of [{}, { max_players: 1 }, { max_players: 65 }, { max_players: 2, name: '' }]) {
      expect(await socket.command('game.create_match', payload)).toMatchObject({ code: 'invalid_payload' });
    }
    const long = { max_players: 2, name: 'x'.repeat(65) };
    expect(await socket.command('game.create_match', long)).toMatchObject({ code: 'invalid_payload' });
    for (const name of ['join_match', 'leave_match']) {
      expect(await socket.command(`game.${name}`, { match_id: 'x'.repeat(65) })).toMatchObject({ code: 'invalid_payload' });
      expect(await socket.command(`game.${name}`, { match_id: 'no:such' })).toMatchObject({ code: 'not_found' });
    }
    await socket.close();
  });
});

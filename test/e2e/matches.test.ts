import type { Socket } from 'socket.io-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connect, connected } from '../conformance/drivers/socketio.js';
import { makeAccounts } from '../support/chats.js';
import { createDatabase, type TestDatabase } from '../support/database.js';
import type { RawSocket } from '../support/raw-socket.js';
import { TestRedis } from '../support/redis.js';
import { type Account, TestServer } from '../support/server.js';

const open = (server: TestServer, { tokens }: Account): Promise<RawSocket> => server.socket(`/v1/connect?token=${tokens.token}`);
const heard = (socket: RawSocket, event: string) =>
  socket.nextThat((frame) => frame.domain === 'game' && frame.event === event).then(({ data }) => data);

describe.each(['memory', 'Redis'])('matches in %s', (where) => {
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
    const variables = redis ? { REDIS_URL: redis.url } : undefined;
    one = await TestServer.start({ database, ...(variables ? { variables } : {}) });
    two = variables ? await TestServer.start({ database, variables }) : one;
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
    expect(body.data.matches).toEqual([]);
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
    await third.command('game.send_state', { match_id, op: 'last' });
    expect((await heard(first, 'state')).op).toBe('last');
    expect(await first.command('game.send_state', { match_id, op: 'x', data: 'x'.repeat(16 * 1024) })).toMatchObject({
      code: 'invalid_payload',
    });
    expect(await first.command('game.send_state', { match_id: 'other', op: 'x' })).toMatchObject({ code: 'not_found' });
    await Promise.all(sockets.map((socket) => socket.close()));
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
    expect(await heard(watching, 'left')).toMatchObject({ user_id: bob.id });
    await watching.close();
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

  it('take so many of one connection, and no more', async () => {
    const socket = await open(one, alice);
    for (let i = 0; i < 16; i++) {
      expect(await socket.command('game.create_match', { max_players: 2 })).toMatchObject({ success: true });
    }
    expect(await socket.command('game.create_match', { max_players: 2 })).toMatchObject({ code: 'too_many_requests' });
    await socket.close();
  });
});

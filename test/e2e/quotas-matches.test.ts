import { SessionsService } from '../../src/auth/sessions.service.js';
import { UsersService } from '../../src/users/users.service.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connect, connected } from '../conformance/drivers/socketio.js';
import { has } from '../support/capabilities.js';
import { makeAccounts } from '../support/chats.js';
import { createDatabase, runSql, type TestDatabase } from '../support/database.js';
import type { Parsed } from '../support/http-client.js';
import type { RawSocket } from '../support/raw-socket.js';
import { TestRedis } from '../support/redis.js';
import { type Account, TestServer } from '../support/server.js';
import { until } from '../support/until.js';

const openBy = (server: TestServer, token: string, address?: string): Promise<RawSocket> =>
  server.socket(`/v1/connect?token=${token}`, address ? { 'x-forwarded-for': address } : {});
const open = (server: TestServer, { tokens }: Account, address?: string): Promise<RawSocket> =>
  openBy(server, tokens.token, address);

/** Access tokens of accounts that cannot log in: passwords take a processor's time. */
async function makeTokens(server: TestServer, count: number): Promise<string[]> {
  const rows = await runSql<{ username: string }>(
    server.database.url,
    `INSERT INTO users (username, username_fold, username_skeleton, username_lookalike, password_hash)
     SELECT name, name, name, name, '-' FROM (SELECT 'player-' || gen_random_uuid() AS name FROM generate_series(1, $1)) n
     RETURNING username`,
    [count],
  );
  const origin = { protocol: 'game', address: '192.0.2.1', userAgent: null };
  const issue = async ({ username }: { username: string }): Promise<string> => {
    const user = await server.app.get(UsersService).findForLogin(username);
    if (!user) throw new Error('no such user');
    return (await server.app.get(SessionsService).open(user, origin, { refresh: false })).token;
  };
  return Promise.all(rows.map(issue));
}
const create = (socket: RawSocket): Promise<Parsed> => socket.command('game.create_match', { max_players: 2 });

/** Makes matches until one is refused, `most` at most. @returns their ids, and the refusal */
async function createUntilRefused(socket: RawSocket, most: number): Promise<{ made: string[]; refusal: Parsed }> {
  const made: string[] = [];
  while (made.length < most) {
    const answer = await create(socket);
    if (!answer.success) return { made, refusal: answer };
    made.push(answer.data.match_id);
  }
  return { made, refusal: undefined };
}

async function matchesUsed({ client }: Account): Promise<Parsed> {
  const { body } = await client.get('/api/v1/users/me/usage');
  return body.quotas.find(({ kind }: Parsed) => kind === 'matches');
}

describe.each(['memory', ...(has.redis ? ['Redis'] : [])])('open matches, kept in %s,', (where) => {
  let database: TestDatabase;
  let redis: TestRedis | undefined;
  let one: TestServer;
  /** The other node, where there is one. */
  let two: TestServer;

  beforeAll(async () => {
    database = await createDatabase();
    redis = where === 'Redis' ? await TestRedis.start() : undefined;
    const variables = { TRUST_PROXY: 'loopback', ...(redis ? { REDIS_URL: redis.url } : {}) };
    one = await TestServer.start({ database, variables });
    two = redis ? await TestServer.start({ database, variables }) : one;
  });
  afterAll(async () => {
    await one.stop();
    if (two !== one) await two.stop();
    await redis?.stop();
    await database.drop();
  });

  it('are twenty for a user, on all connections and nodes together', async () => {
    const alice = await one.user();
    const sockets = [await open(one, alice), await open(two, alice)] as const;
    const { made: first } = await createUntilRefused(sockets[0], 12);
    const { made: second, refusal } = await createUntilRefused(sockets[1], 12);
    expect([first.length, second.length]).toEqual([12, 8]);
    expect(refusal).toMatchObject({
      code: 'too_many_requests',
      detail: 'Quota exceeded: at most 20 open matches made by one user',
      retry_after: 30,
    });
    expect(await matchesUsed(alice)).toEqual({ kind: 'matches', used: 20, limit: 20, resets_at: null });
    await sockets[0].command('game.leave_match', { match_id: first[0] });
    expect((await create(sockets[1])).success).toBe(true);
    await sockets[0].close();
    await until(async () => (await matchesUsed(alice)).used === 9, 14_000);
    expect((await create(sockets[1])).success).toBe(true);
    await sockets[1].close();
    await until(async () => (await matchesUsed(alice)).used === 0, 14_000);
  });

  it('count for who made them as long as somebody else is in them', async () => {
    const [alice, bob] = (await makeAccounts(one, 2)) as [Account, Account];
    const [host, guest] = [await open(one, alice), await open(two, bob)];
    const { match_id } = (await create(host)).data;
    await guest.command('game.join_match', { match_id });
    await host.command('game.leave_match', { match_id });
    expect((await matchesUsed(alice)).used).toBe(1);
    expect((await matchesUsed(bob)).used).toBe(0);
    await guest.command('game.leave_match', { match_id });
    expect((await matchesUsed(alice)).used).toBe(0);
    await Promise.all([host.close(), guest.close()]);
  });

  it('are a hundred for an address, though a hundred and sixty accounts of it ask, and others still make theirs', async () => {
    const tokens = await makeTokens(one, 160);
    const sockets = await Promise.all(tokens.map((token, i) => openBy(i % 2 ? two : one, token, '192.0.2.1')));
    const attempts = await Promise.all(sockets.map((socket) => createUntilRefused(socket, 16)));
    expect(attempts.flatMap(({ made }) => made)).toHaveLength(100);
    const [refusal] = attempts.flatMap((attempt) => attempt.refusal ?? []);
    expect(refusal).toMatchObject({ detail: 'Quota exceeded: at most 100 open matches made from one address' });
    const neighbour = await open(two, await one.user(), '192.0.2.2');
    expect((await create(neighbour)).success).toBe(true);
    const { body } = await one.client().get('/metrics');
    expect(body).toMatch(/switchboard_quota_refused_total\{kind="matches"\} [1-9]/);
    await Promise.all([...sockets, neighbour].map((socket) => socket.close()));
  });

  it('are refused over Socket.IO in the same words', async () => {
    const carol = await one.user();
    const socket = await connected(connect(one, 'websocket', { auth: { token: carol.tokens.token } }));
    const other = await open(one, carol);
    const ask = (): Promise<Parsed> =>
      socket.emitWithAck('command', { request_id: 'r', domain: 'game', command: 'create_match', payload: { max_players: 2 } });
    await createUntilRefused(other, 16);
    for (let i = 0; i < 4; i++) expect(await ask()).toMatchObject({ success: true });
    expect(await ask()).toMatchObject({ success: false, code: 'too_many_requests', retry_after: 30 });
    socket.disconnect();
    await other.close();
  });
});

import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { AccountsService } from '../../src/auth/accounts.service.js';
import { SessionsService } from '../../src/auth/sessions.service.js';
import { ReservedSql, Sql } from '../../src/database/sql.js';
import type { Origin } from '../../src/identity/identity.js';
import type { Answer, Client } from '../support/http-client.js';
import { PASSWORD, type TestServer } from '../support/server.js';
import { claimsOf, sidOf } from '../support/tokens.js';
import { startTwoNodes, type TwoNodes } from '../support/two-nodes.js';
import { until } from '../support/until.js';

const ME = '/api/v1/users/me';
const HERE: Origin = { protocol: 'rest', address: '192.0.2.1', userAgent: 'test' };

let nodes: TwoNodes;
let one: TestServer;
let two: TestServer;
let sql: Sql;

beforeAll(async () => {
  nodes = await startTwoNodes();
  ({ one, two } = nodes);
  sql = one.app.get(Sql);
});
afterAll(() => nodes?.stop());

const statusOf = async (server: TestServer, token: string): Promise<number> => (await server.client(token).get(ME)).status;
const gameLogIn = async (username: string) =>
  (await one.client().post('/auth/login', { username, password: PASSWORD })).body.data;
const refresh = (server: TestServer, refreshToken: string) =>
  server.client().post('/auth/refresh', { refresh_token: refreshToken });

const rowOf = async (token: string) => {
  const [row] = await sql.rows<{
    revoked_reason: string | null;
    protocol: string;
    ip: string;
    user_agent: string;
    age: number;
    left: number;
  }>(
    `SELECT revoked_reason, protocol, ip, user_agent, extract(epoch FROM now() - created_at)::float8 AS age,
       extract(epoch FROM expires_at - now())::float8 AS left FROM sessions WHERE id = $1`,
    [sidOf(token)],
  );
  return row;
};

const auditOf = async (userId: number): Promise<string[]> =>
  (await sql.rows<{ action: string }>('SELECT action FROM audit_log WHERE user_id = $1 ORDER BY id', [userId])).map(
    ({ action }) => action,
  );

describe('a log-in', () => {
  test('opens a session of its own each time, with where it came from', async () => {
    const { username, id } = await one.user();
    const [first, second] = [await gameLogIn(username), await gameLogIn(username)];
    expect(sidOf(first.token)).not.toBe(sidOf(second.token));
    expect(await rowOf(first.token)).toMatchObject({ protocol: 'game', ip: '127.0.0.1', revoked_reason: null });
    expect(first.expires_in).toBe(3600);
    expect(await auditOf(id)).toEqual(['user_created', 'login', 'login', 'login']);
  });

  test('without refresh lives as long as its session', async () => {
    const { username } = await one.user();
    const { token } = (await one.client().post('/auth', { login: username, password: PASSWORD })).body;
    const { iat, exp } = claimsOf(token);
    expect(exp - iat).toBeGreaterThan(2_592_000 - 10);
    const row = await rowOf(token);
    expect(row?.left).toBeGreaterThan(2_592_000 - 60);
    expect(exp).toBeLessThanOrEqual(Date.now() / 1000 + (row?.left ?? 0) + 1);
  });

  test('for a password that was changed meanwhile opens nothing', async () => {
    const { id } = await one.user();
    const sessions = one.app.get(SessionsService);
    const stale = { id, passwordHash: '$argon2id$of-before' };
    await expect(sessions.open(stale, HERE, { refresh: true })).rejects.toMatchObject({ code: 'wrong_credentials' });
    await expect(sessions.open({ ...stale, id: 999_999 }, HERE, { refresh: true })).rejects.toMatchObject({
      code: 'wrong_credentials',
    });
  });

  test('of many at once is answered each by itself', async () => {
    const [{ username }, { id }] = [await one.user(), await one.user()];
    const good = await one.app.get(AccountsService).verifyCredentials(username, PASSWORD, HERE);
    const sessions = one.app.get(SessionsService);
    const stale = { id, passwordHash: 'stale' };
    const outcomes = await Promise.allSettled(
      Array.from({ length: 40 }, (_, n) => sessions.open(n % 4 === 0 ? stale : good, HERE, { refresh: n % 2 === 0 })),
    );
    const opened = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
    expect(opened).toHaveLength(30);
    expect(new Set(opened.map(({ session }) => session.id)).size).toBe(30);
    expect(opened.filter(({ refreshToken }) => refreshToken !== null)).toHaveLength(10);
  });

  test('that waits for a deactivation of the account fails with it', async () => {
    const { username, id } = await one.user();
    const good = await one.app.get(AccountsService).verifyCredentials(username, PASSWORD, HERE);
    let opening: Promise<unknown> | undefined;
    await sql.transaction(async (tx) => {
      await tx.rows('UPDATE users SET is_active = false WHERE id = $1', [id]);
      opening = one.app.get(SessionsService).open(good, HERE, { refresh: true });
      opening.catch(() => undefined);
      await until(
        async () =>
          (await sql.rows(`SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()`))
            .length,
      );
    });
    await expect(opening).rejects.toMatchObject({ code: 'wrong_credentials' });
  });
});

describe('a token', () => {
  test('works on every node, and dies on every node with its session', async () => {
    const { id, tokens, client } = await one.user();
    expect(await statusOf(two, tokens.token)).toBe(200);
    expect((await client.delete(`/api/v1/users/${id}/sessions/${sidOf(tokens.token)}`)).status).toBe(200);
    expect(await statusOf(one, tokens.token)).toBe(401);
    await until(async () => (await statusOf(two, tokens.token)) === 401, 1000);
    expect((await refresh(two, tokens.refreshToken)).status).toBe(401);
  });

  test('of a log-out is refused everywhere, its sockets are closed within a second', async () => {
    const { username } = await one.user();
    const { token, refresh_token } = await gameLogIn(username);
    const bearer = { authorization: `Bearer ${token}` };
    const sockets = await Promise.all([
      one.socket('/v1/connect', bearer),
      two.socket('/v1/connect', bearer),
      two.socket(`/ws/x?token=${token}`),
    ]);
    expect((await one.client().post('/auth/logout', { refresh_token })).status).toBe(200);
    const begin = performance.now();
    for (const socket of sockets) expect((await socket.closed).code).toBe(4401);
    expect(performance.now() - begin).toBeLessThan(1000);
    expect([await statusOf(one, token), await statusOf(two, token)]).toEqual([401, 401]);
    expect((await refresh(two, refresh_token)).status).toBe(401);
    expect(await rowOf(token)).toMatchObject({ revoked_reason: 'logout' });
    expect((await one.client().post('/auth/logout', { refresh_token })).status).toBe(200);
  });

  test('of mcp ends by its own revocation', async () => {
    const { username, id } = await one.user();
    const { token } = (await one.client().post('/auth', { login: username, password: PASSWORD })).body;
    expect((await one.client(token).post('/auth/revoke')).body).toEqual({ success: true });
    expect((await one.client(token).post('/auth/revoke')).status).toBe(401);
    expect((await auditOf(id)).at(-1)).toBe('logout');
  });

  test.each<[string, (id: number, root: Client) => Promise<Answer>]>([
    ['deactivated', (id, root) => root.put(`/api/v1/users/${id}`, { is_active: false })],
    ['removed', (id, root) => root.delete(`/api/v1/users/${id}`)],
    ['given another password', (id, root) => root.put(`/api/v1/users/${id}`, { password: 'another good password' })],
  ])('of an account that is %s is refused everywhere', async (_what, change) => {
    const root = await one.user({ isSuperuser: true });
    const { id, tokens } = await one.user();
    const socket = await two.socket('/v1/connect', { authorization: `Bearer ${tokens.token}` });
    expect(await statusOf(two, tokens.token)).toBe(200);
    expect((await change(id, root.client)).status).toBe(200);
    expect(await statusOf(one, tokens.token)).toBe(401);
    expect((await socket.closed).code).toBe(4401);
    expect(await statusOf(two, tokens.token)).toBe(401);
    expect((await refresh(two, tokens.refreshToken)).status).toBe(401);
  });

  test('of an account removed in the table itself is refused, and its sockets are closed', async () => {
    const { id, tokens } = await one.user();
    const socket = await two.socket('/v1/connect', { authorization: `Bearer ${tokens.token}` });
    await sql.rows('DELETE FROM users WHERE id = $1', [id]);
    expect((await socket.closed).code).toBe(4401);
    expect(await statusOf(two, tokens.token)).toBe(401);
    await until(async () => (await statusOf(one, tokens.token)) === 401, 1000);
  });

  test('knows at once what its user may do and is called', async () => {
    const root = await one.user({ isSuperuser: true });
    const { id, username, tokens } = await one.user({ isSuperuser: true });
    const list = async (server: TestServer) => (await server.client(tokens.token).get('/api/v1/users/')).status;
    expect([await list(one), await list(two)]).toEqual([200, 200]);
    expect((await root.client.put(`/api/v1/users/${id}`, { is_superuser: false, username: `${username}-x` })).status).toBe(200);
    expect(await list(one)).toBe(403);
    await until(async () => (await list(two)) === 403, 1000);
    const whoami = await two.client(tokens.token).post('/api/v1/commands/system/whoami', {});
    expect(whoami.body.data).toMatchObject({ user_id: id, username: `${username}-x`, is_superuser: false });
  });
});

describe('a user', () => {
  test('lists and ends their own sessions only', async () => {
    const [alice, bob, root] = [await one.user(), await one.user(), await one.user({ isSuperuser: true })];
    const second = await gameLogIn(alice.username);
    const path = `/api/v1/users/${alice.id}/sessions`;
    const listed = (await alice.client.get(path)).body;
    expect(listed.map((session: { id: string }) => session.id)).toEqual([sidOf(second.token), sidOf(alice.tokens.token)]);
    expect(Object.keys(listed[0]).sort()).toEqual([
      'created_at',
      'current',
      'expires_at',
      'id',
      'ip',
      'last_used_at',
      'protocol',
      'user_agent',
    ]);
    expect((await bob.client.get(path)).status).toBe(403);
    expect((await bob.client.delete(`${path}/${listed[0].id}`)).status).toBe(403);
    // Another's session under one's own path is nobody's.
    expect((await bob.client.delete(`/api/v1/users/${bob.id}/sessions/${listed[0].id}`)).status).toBe(404);
    for (const id of [randomUUID(), 'x', '%00', "' OR 1=1", listed[0].id.replace(/-/g, '')]) {
      expect((await alice.client.delete(`${path}/${id}`)).status, id).toBe(404);
    }
    expect(await statusOf(one, second.token)).toBe(200);
    expect((await root.client.delete(`${path}/${listed[0].id}`)).status).toBe(200);
    expect((await alice.client.delete(`${path}/${listed[0].id}`)).status).toBe(404);
    expect([await statusOf(one, second.token), await statusOf(one, alice.tokens.token)]).toEqual([401, 200]);
    expect(await rowOf(second.token)).toMatchObject({ revoked_reason: 'ended_by_superuser' });
    expect((await auditOf(alice.id)).at(-1)).toBe('sessions_revoked');
  });

  test('ends all of them at once', async () => {
    const alice = await one.user();
    const others = [await gameLogIn(alice.username), await gameLogIn(alice.username)];
    expect((await alice.client.delete(`/api/v1/users/${alice.id}/sessions`)).status).toBe(200);
    for (const token of [alice.tokens.token, ...others.map((other) => other.token)]) {
      expect(await statusOf(one, token)).toBe(401);
      await until(async () => (await statusOf(two, token)) === 401, 1000);
    }
    for (const other of others) expect((await refresh(two, other.refresh_token)).status).toBe(401);
  });

  test('who changes their password keeps the session that did it', async () => {
    const alice = await one.user();
    const other = await gameLogIn(alice.username);
    expect((await alice.client.put(`/api/v1/users/${alice.id}`, { password: 'another good password' })).status).toBe(200);
    expect([await statusOf(one, alice.tokens.token), await statusOf(one, other.token)]).toEqual([200, 401]);
    expect((await refresh(one, alice.tokens.refreshToken)).status).toBe(200);
    expect((await refresh(one, other.refresh_token)).status).toBe(401);
  });

  test('is told first who they have to be, then whether they may, then what is wrong', async () => {
    const [alice, bob] = [await one.user(), await one.user()];
    for (const id of [String(bob.id), '999999999', 'x', '1.5', '9223372036854775808', '-1']) {
      expect((await one.client().get(`/api/v1/users/${id}/sessions`)).status, id).toBe(401);
    }
    expect((await alice.client.get(`/api/v1/users/${bob.id}`)).status).toBe(403);
    expect((await alice.client.get('/api/v1/users/999999999')).status).toBe(403);
    for (const id of ['x', '1.5', '9223372036854775808', 'NaN'])
      expect((await alice.client.get(`/api/v1/users/${id}`)).status, id).toBe(422);
    expect((await one.client().get(ME)).headers.get('www-authenticate')).toBe('Bearer');
  });
});

test.each(['game', 'rest'])('of ten simultaneous refreshes of %s one wins, and its session goes on', async (protocol) => {
  const { username, tokens } = await one.user();
  const token = protocol === 'game' ? (await gameLogIn(username)).refresh_token : tokens.refreshToken;
  const cookie = { cookie: `refresh_token=${token}` };
  const ask = () => (protocol === 'game' ? refresh(one, token) : one.client().post('/api/v1/auth/refresh', undefined, cookie));
  let arrived = 0;
  const count = () => {
    arrived += 1;
  };
  const front = one.app.getHttpServer();
  front.on('request', count);
  let answers: Promise<Answer[]> = Promise.resolve([]);
  // The first is not answered before the last has arrived.
  await sql.transaction(async (tx) => {
    await tx.rows('SELECT 1 FROM sessions ORDER BY id FOR UPDATE');
    answers = Promise.all(Array.from({ length: 10 }, ask));
    await until(() => arrived === 10);
  });
  front.off('request', count);
  expect((await answers).map(({ status }) => status).sort()).toEqual([200, ...Array.from({ length: 9 }, () => 401)]);
  const winner = (await answers).find(({ status }) => status === 200)?.body as {
    data?: { token: string };
    access_token?: string;
  };
  const access = winner.data?.token ?? winner.access_token ?? '';
  expect(await statusOf(one, access)).toBe(200);
  // Afterwards it counts as an answer that was lost.
  expect((await ask()).status).toBe(200);
  expect(await statusOf(one, access)).toBe(401);
});

test('a token costs no round trip once it was seen', async () => {
  const { tokens } = await one.user();
  const whoami = async (server: TestServer) =>
    (await server.client(tokens.token).post('/api/v1/commands/system/whoami', {})).status;
  const asked = [vi.spyOn(one.app.get(ReservedSql), 'rows'), vi.spyOn(two.app.get(ReservedSql), 'rows')] as const;
  expect(await whoami(one)).toBe(200);
  expect(asked[0]).not.toHaveBeenCalled(); // this node has signed it
  expect(await whoami(two)).toBe(200);
  expect(asked[1]).toHaveBeenCalledTimes(1);
  for (let n = 0; n < 5; n++) expect(await whoami(two)).toBe(200);
  expect(asked[1]).toHaveBeenCalledTimes(1);
  vi.restoreAllMocks();
});

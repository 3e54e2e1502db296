import { afterAll, beforeAll, expect, test } from 'vitest';
import { Notifications } from '../../src/database/notifications.js';
import { Sql } from '../../src/database/sql.js';
import { adminUrl, runSql } from '../support/database.js';
import type { TestServer } from '../support/server.js';
import { startTwoNodes, type TwoNodes } from '../support/two-nodes.js';
import { until } from '../support/until.js';

const ME = '/api/v1/users/me';

let nodes: TwoNodes;
let name: string;
let one: TestServer;
let two: TestServer;

beforeAll(async () => {
  nodes = await startTwoNodes();
  ({ one, two } = nodes);
  name = new URL(nodes.database.url).pathname.slice(1);
});
afterAll(async () => {
  await allowConnections(true);
  await nodes?.stop();
});

const allowConnections = (allowed: boolean) => runSql(adminUrl(), `ALTER DATABASE ${name} CONNECTION LIMIT ${allowed ? -1 : 0}`);

/** Cuts connections of the application and keeps it from making new ones. */
async function cut(which: 'listeners' | 'everything'): Promise<void> {
  await allowConnections(false);
  const listeners = which === 'listeners' ? `AND application_name = 'switchboard-listen'` : '';
  await runSql(adminUrl(), `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1 ${listeners}`, [name]);
}

const isTrusted = (server: TestServer): boolean => server.app.get(Notifications).trusted;
const statusOf = async (server: TestServer, token: string) => (await server.client(token).get(ME)).status;
const whoami = async (server: TestServer, token: string) =>
  (await server.client(token).post('/api/v1/commands/system/whoami', {})).status;

test('while a node is not told of changes it asks for each use, and ends what ended meanwhile as soon as it is told again', async () => {
  const [alice, bob] = [await one.user(), await one.user()];
  const connect = (token: string) => two.socket('/v1/connect', { authorization: `Bearer ${token}` });
  const [ended, kept] = [await connect(alice.tokens.token), await connect(bob.tokens.token)];
  expect(await statusOf(two, alice.tokens.token)).toBe(200);
  await cut('listeners');
  await until(() => !isTrusted(one) && !isTrusted(two));

  expect(await statusOf(two, alice.tokens.token)).toBe(200);
  expect((await one.client().post('/auth/logout', { refresh_token: alice.tokens.refreshToken })).status).toBe(200);
  // Not told, but asked: the very next use is refused, over HTTP and on the socket that is still open.
  expect(await statusOf(two, alice.tokens.token)).toBe(401);
  expect((await connect(bob.tokens.token)).closed).toBeDefined();
  expect((await kept.command('system.whoami')).success).toBe(true);

  await allowConnections(true);
  expect((await ended.closed).code).toBe(4401);
  await until(() => isTrusted(two));
  expect((await kept.command('system.whoami')).success).toBe(true);
  const before = await one.app.get(Sql).rows(`SELECT 1 FROM sessions WHERE revoked_at IS NOT NULL`);
  expect(before).toHaveLength(1);
});

test('while the database is away nobody is let in by memory, and what is open to everyone stays open', async () => {
  const alice = await one.user();
  const socket = await one.socket('/v1/connect', { authorization: `Bearer ${alice.tokens.token}` });
  expect(await whoami(one, alice.tokens.token)).toBe(200);
  await cut('everything');
  await until(() => !isTrusted(one));

  const refused = await one.client(alice.tokens.token).post('/api/v1/commands/system/whoami', {});
  expect(refused.status).toBe(503);
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
  expect(await statusOf(one, 'x')).toBe(401);
  expect((await one.client(alice.tokens.token).get('/.well-known/jwks.json')).status).toBe(200);
  expect((await one.client(alice.tokens.token).get('/health/live')).status).toBe(200);
  expect((await one.client().post('/auth/refresh', { refresh_token: alice.tokens.refreshToken })).status).toBe(503);
  expect(await socket.command('system.whoami')).toMatchObject({ success: false, code: 'unavailable' });

  await allowConnections(true);
  await until(() => isTrusted(one));
  // Nothing was lost: neither the session, nor the refresh token that could not be looked at, nor the socket.
  expect((await socket.command('system.whoami')).success).toBe(true);
  await until(async () => (await whoami(one, alice.tokens.token)) === 200);
  expect((await one.client().post('/auth/refresh', { refresh_token: alice.tokens.refreshToken })).status).toBe(200);
});

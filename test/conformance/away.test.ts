import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { adminUrl, runSql } from '../support/database.js';
import { RawSocket } from '../support/raw-socket.js';
import { PASSWORD, TestServer } from '../support/server.js';
import { until } from '../support/until.js';
import { ACCOUNT_DRIVERS } from './drivers/accounts.js';
import { connect } from './drivers/socketio.js';
import { expectFault } from './words.js';

let server: TestServer;
let known: string;
let unseen: string;
let name: string;

/** Lets nobody into the database any more and ends whoever is in it, or lets all in again. */
async function setAway(isAway: boolean): Promise<void> {
  await runSql(adminUrl(), `ALTER DATABASE ${name} CONNECTION LIMIT ${isAway ? 0 : -1}`);
  if (isAway) await runSql(adminUrl(), 'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1', [name]);
}

beforeAll(async () => {
  server = await TestServer.start();
  name = new URL(server.database.url).pathname.slice(1);
  const account = await server.user();
  known = account.tokens.token;
  // A token that this node has not seen: its session has to be looked up.
  const other = await TestServer.start({ database: server.database });
  unseen = (await other.client().logIn(account.username, PASSWORD)).token;
  await other.stop();
  await setAway(true);
});
afterAll(async () => {
  await setAway(false);
  await server.stop();
});

describe('while the database is away', () => {
  it.each(ACCOUNT_DRIVERS)('$protocol says so, and when to come back', async ({ protocol, logIn, register }) => {
    const fields = { username: 'somebody', email: 'somebody@example.com', password: PASSWORD };
    expectFault(protocol, await logIn(server, fields), 'away');
    expectFault(protocol, await register(server, fields), 'away');
  });

  it('an upgrade that has to look something up is refused with 503', async () => {
    for (const [path, body] of [
      ['/v1/connect', { success: false, detail: 'Service unavailable' }],
      ['/ws/somebody', { detail: expect.any(String) }],
      ['/', { mode: expect.any(String), timestamp: expect.any(Number), status: 503, error: expect.any(String) }],
    ] as const) {
      for (const token of [unseen, known]) {
        const refusal = await RawSocket.refused(server.wsUrl + path, { authorization: `Bearer ${token}` });
        expect({ status: refusal.status, body: refusal.body }).toEqual({ status: 503, body });
        expect(Number(refusal.headers['retry-after'])).toBeGreaterThan(0);
      }
    }
  });

  it('a stock Socket.IO client goes on trying, and is in as soon as the database is back', async () => {
    const socket = connect(server, 'websocket', { auth: { token: known }, reconnection: true, reconnectionDelay: 10 });
    const seen: string[] = [];
    for (const name of ['connect', 'connect_error', 'disconnect']) socket.on(name, () => seen.push(name));
    try {
      await until(() => seen.length >= 2);
      expect(seen.slice(0, 2)).toEqual(['disconnect', 'disconnect']);
      await setAway(false);
      await until(() => socket.connected);
    } finally {
      await setAway(true);
      socket.disconnect();
    }
  });

  it('what needs no database goes on', async () => {
    const socket = await server.socket('/ws/nobody');
    expect(await socket.ask({ type: 'chat', message: 'Hello!' })).toMatchObject({ type: 'echo' });
    expect(await socket.command('system.ping')).toMatchObject({ success: true });
    await socket.close();
    expect((await server.client().get('/health/live')).status).toBe(200);
    expect((await server.client().get('/health/ready')).status).toBe(503);
  });

  it('all of it comes back by itself', async () => {
    await setAway(false);
    await until(async () => (await server.client(unseen).get('/api/v1/users/me')).status === 200, 10_000);
    expect((await server.client(known).get('/api/v1/users/me')).status).toBe(200);
  });
});

import { connect } from 'node:net';
import { Client } from 'pg';
import { io } from 'socket.io-client';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { runSql } from '../support/database.js';
import { ended } from '../support/embedded.js';
import { RawSocket } from '../support/raw-socket.js';
import { type ServerProcess, ServerProgram } from '../support/server-program.js';
import { until } from '../support/until.js';

const PASSWORD = 'correct horse battery';
/** The whole way down. */
const DOWN_MS = 10_000;
/** Fewer than there are connections to the database: each waits with one of its own. */
const LOG_INS = 8;

let program: ServerProgram;
let dataDir: string;

beforeAll(async () => {
  program = await ServerProgram.make();
  dataDir = await program.newFolder();
});

// A test that fails leaves nothing behind that the next one would stumble over.
afterEach(() => program.killAll());

afterAll(() => program.close());

/** Makes every log-in wait. @returns what ends that, and how many wait now */
async function lockUsers(server: ServerProcess): Promise<{ release: () => Promise<void>; waiting: () => Promise<number> }> {
  const url = new URL((await server.database()).url);
  url.pathname = '/switchboard';
  const client = new Client(url.href);
  client.on('error', () => undefined);
  await client.connect();
  await client.query('BEGIN; LOCK TABLE users IN ACCESS EXCLUSIVE MODE');
  const WAITING = `SELECT count(*)::int AS count FROM pg_stat_activity WHERE datname = 'switchboard' AND wait_event_type = 'Lock'`;
  return {
    // On a connection of its own: within a transaction these figures stand still.
    waiting: async () => (await runSql<{ count: number }>(url.href, WAITING))[0]?.count ?? 0,
    release: async () => {
      await client.query('ROLLBACK');
      await client.end();
    },
  };
}

/** Whether a new connection is turned away. */
const isRefused = (server: ServerProcess): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(server.port, '127.0.0.1');
    socket.once('error', () => resolve(true));
    socket.once('connect', () => {
      socket.destroy();
      resolve(false);
    });
  });

describe.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)('%s', (signal) => {
  it('answers what was asked, tells every socket to come back later, takes nobody new and ends with 0', async () => {
    const server = await program.start({ dataDir });
    const account = { username: `one-${signal}`, email: `${signal}@example.com`, password: PASSWORD };
    const { access_token: token } = (await server.client().post('/api/v1/auth/register', account)).body;
    const sockets = await Promise.all(
      ['/v1/connect', '/ws/me', '/'].map((path) =>
        RawSocket.open(`${server.wsUrl}${path}`, { authorization: `Bearer ${token}` }),
      ),
    );
    const socketIo = io(server.url, { auth: { token }, reconnection: false });
    await new Promise((resolve) => socketIo.once('hello', resolve));
    const notice = new Promise<{ code: number; reconnect: boolean }>((resolve) => socketIo.once('disconnect_notice', resolve));

    const lock = await lockUsers(server);
    const logIns = Array.from({ length: LOG_INS }, () =>
      server.client().post('/auth/login', { username: account.username, password: PASSWORD }),
    );
    await until(async () => (await lock.waiting()) === LOG_INS);
    const from = performance.now();
    server.signal(signal);
    await until(() => isRefused(server));
    // A second one, as from an impatient person, changes nothing.
    server.signal(signal);
    await lock.release();
    const answers = await Promise.all(logIns);
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: LOG_INS }, () => 200));
    for (const socket of sockets) {
      const last = await socket.nextThat((frame) => frame.type === 'disconnect' || frame.mode === 'disconnect');
      expect(last.code ?? last.data.code).toBe(1001);
      expect(last.reconnect ?? last.data.reconnect).toBe(true);
      expect((await socket.closed).code).toBe(1001);
    }
    expect(await notice).toMatchObject({ code: 1001, reconnect: true });
    expect(await server.exited).toEqual({ code: 0, signal: null });
    expect(performance.now() - from).toBeLessThan(DOWN_MS);
    socketIo.disconnect();
    // The database was stopped in order: nobody has to clear up after it.
    await expect(server.database()).rejects.toThrow(/ENOENT/);
  }, 60_000);
});

describe('told to stop while PostgreSQL still starts', () => {
  it('leaves none behind, even one that never comes up', async () => {
    const folder = await program.newFolder();
    await (await program.start({ dataDir: folder })).stop();
    const server = await program.run({ dataDir: folder });
    let pid = 0;
    await until(async () => {
      pid = (await server.database().catch(() => ({ pid: 0 }))).pid;
      return pid > 0;
    });
    process.kill(pid, 'SIGSTOP');
    server.signal('SIGTERM');
    expect((await server.exited).code).toBe(1);
    await until(() => ended(pid));
  }, 60_000);
});

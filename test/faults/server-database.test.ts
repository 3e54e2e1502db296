import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client as PgClient } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createDatabase, runSql } from '../support/database.js';
import { Line } from '../support/line.js';
import { RawSocket } from '../support/raw-socket.js';
import { type ServerProcess, ServerProgram } from '../support/server-program.js';
import { type Account, PASSWORD, TestServer } from '../support/server.js';
import { until } from '../support/until.js';

/** Nobody waits longer for an answer, database or not. */
const HUNG_MS = 5_000;
const RECOVERED_MS = 20_000;

interface Outcome {
  readonly what: string;
  readonly status: number;
  readonly tookMs: number;
  /** When it was asked. */
  readonly from: number;
}

let program: ServerProgram;
let server: ServerProcess;
let token: string;

beforeAll(async () => {
  program = await ServerProgram.make();
  server = await program.start();
  const account = { username: 'somebody', email: 'somebody@example.com', password: PASSWORD };
  token = (await server.client().post('/api/v1/auth/register', account)).body.access_token;
});

afterAll(() => program.close());

/** Asks for everything again and again until told to stop. */
class Load {
  readonly outcomes: Outcome[] = [];
  private running = true;
  private readonly done: Promise<unknown>;

  constructor() {
    const kinds: Record<string, () => Promise<{ readonly status: number }>> = {
      'a log-in': () => server.client().post('/auth/login', { username: 'somebody', password: PASSWORD }),
      'a read': () => server.client(token).get('/api/v1/users/me'),
      'a registration': () => {
        const name = `made-${Math.random().toString(36).slice(2, 12)}`;
        return server.client().post('/auth/register', { username: name, email: `${name}@example.com`, password: PASSWORD });
      },
      'a refresh of nothing': () => server.client().post('/auth/refresh', { refresh_token: 'nothing' }),
    };
    this.done = Promise.all(Object.entries(kinds).flatMap(([what, ask]) => [this.repeat(what, ask), this.repeat(what, ask)]));
    // A test that fails elsewhere must not fail here a second time.
    this.done.catch(() => undefined);
  }

  private async repeat(what: string, ask: () => Promise<{ readonly status: number }>): Promise<void> {
    while (this.running) {
      const from = performance.now();
      const { status } = await ask();
      this.outcomes.push({ what, status, tookMs: performance.now() - from, from });
      await sleep(10);
    }
  }

  async stop(): Promise<readonly Outcome[]> {
    this.running = false;
    await this.done;
    return this.outcomes;
  }
}

const backends = async (): Promise<number[]> => {
  const { url } = await server.database();
  const query = `SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend' AND datname = 'switchboard'`;
  return (await runSql<{ pid: number }>(url, query)).map(({ pid }) => pid);
};

/** What happens to the database, and whether it is away afterwards for a moment at least. */
const FAULTS: Record<string, () => Promise<void>> = {
  'one backend is killed': async () => {
    const [pid] = await backends();
    if (pid !== undefined) process.kill(pid, 'SIGKILL');
  },
  'all its connections are ended': async () => {
    const { url } = await server.database();
    await runSql(url, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'switchboard'`);
  },
  'the postmaster is killed': async () => {
    process.kill((await server.database()).pid, 'SIGKILL');
  },
  'it is shut down fast, as by pg_ctl': async () => {
    process.kill((await server.database()).pid, 'SIGINT');
  },
};

describe('under load, when', () => {
  it.each(Object.entries(FAULTS))(
    '%s: everything is answered in time, sockets live on, and all is well again within seconds',
    async (_name, fault) => {
      const open = (path: string): Promise<RawSocket> => RawSocket.open(`${server.wsUrl}${path}?token=${token}`);
      const [game, rest, messenger] = [await open('/v1/connect'), await open('/ws/fault'), await open('/')];
      const sockets = [game, rest, messenger];
      const load = new Load();
      await until(() => load.outcomes.length > 40);
      await fault();
      const from = performance.now();
      // Who the caller is cannot be looked up while it is away: that is said, too.
      expect(await game.command('system.ping')).toMatchObject({ type: 'response' });
      expect((await rest.ask({ type: 'chat', message: 'still here' })).type).toBe('echo');
      expect((await server.client().get('/health/live')).status).toBe(200);
      const isWell = async (): Promise<boolean> => {
        const ready = await server.client().get('/health/ready');
        const logIn = await server.client().post('/auth/login', { username: 'somebody', password: PASSWORD });
        return ready.status === 200 && logIn.status === 200;
      };
      await sleep(200);
      await until(isWell, RECOVERED_MS);
      expect(performance.now() - from).toBeLessThan(RECOVERED_MS);
      const [before, wellAt] = [load.outcomes.length, performance.now()];
      await until(() => load.outcomes.length > before + 40);
      const outcomes = await load.stop();
      expect(outcomes.filter(({ status }) => ![200, 401, 503].includes(status))).toEqual([]);
      expect(outcomes.filter(({ tookMs }) => tookMs > HUNG_MS)).toEqual([]);
      // What was asked before may have waited out the outage.
      expect(outcomes.filter(({ status, from: askedAt }) => askedAt > wellAt && status === 503)).toEqual([]);
      for (const socket of sockets) expect(socket.socket.readyState).toBe(1);
      expect((await game.command('system.whoami')).data.username).toBe('somebody');
      expect(server.running).toBe(true);
      for (const socket of sockets) await socket.close();
    },
    60_000,
  );

  it('its log says so, and holds no fault of ours', () => {
    const lines = server.lines();
    expect(lines.some(({ level, context }) => level === 'warn' && context === 'Fault')).toBe(true);
    expect(lines.filter(({ level, context }) => level === 'error' && context === 'Fault')).toEqual([]);
    expect(server.errors).not.toMatch(/unhandled|uncaught/i);
  });
});

describe('when every connection waits for a lock', () => {
  let locked: TestServer;
  let user: Account;
  beforeAll(async () => {
    locked = await TestServer.start({ database: await createDatabase(), variables: { DATABASE_POOL: '2' } });
    user = await locked.user();
  });
  afterAll(async () => {
    await locked.stop();
    await locked.database.drop();
  });

  it('requests are answered 503 within 2.5 seconds, what needs no database goes on, and nothing is left behind', async () => {
    const blocker = new PgClient(locked.database.url);
    await blocker.connect();
    await blocker.query('BEGIN');
    await blocker.query('LOCK TABLE users, sessions, refresh_tokens IN ACCESS EXCLUSIVE MODE');
    const socket = await locked.socket(`/v1/connect?token=${user.tokens.token}`);
    try {
      const from = performance.now();
      const ask = async (attempt: Promise<{ readonly status: number; readonly headers: Headers }>) => {
        const { status, headers } = await attempt;
        return { status, retryAfter: Number(headers.get('retry-after')), tookMs: performance.now() - from };
      };
      const asked = Array.from({ length: 10 }, (_, at) => [
        ask(locked.client().post('/auth/login', { username: user.username, password: PASSWORD })),
        ask(locked.client().post('/auth/refresh', { refresh_token: randomBytes(32).toString('base64url') })),
        ask(locked.client().post('/register', { login: `blocked-${at}`, password: PASSWORD })),
        ask(user.client.get('/api/v1/users/me')),
      ]).flat();
      for (let round = 0; round < 10; round += 1) {
        const live = performance.now();
        expect((await locked.client().get('/health/live')).status).toBe(200);
        expect((await socket.command('system.ping')).success).toBe(true);
        expect(performance.now() - live).toBeLessThan(1_000);
        await sleep(100);
      }
      const answers = await Promise.all(asked);
      expect(answers.filter(({ status, retryAfter }) => status !== 503 || !(retryAfter > 0))).toEqual([]);
      expect(Math.max(...answers.map(({ tookMs }) => tookMs))).toBeLessThan(2_500);
    } finally {
      await blocker.query('ROLLBACK');
      await blocker.end();
    }
    await until(async () => (await user.client.get('/api/v1/users/me')).status === 200);
    const { body } = await locked.client().post('/auth/login', { username: user.username, password: PASSWORD });
    expect(body.success).toBe(true);
    expect(await runSql(locked.database.url, `SELECT username FROM users WHERE username LIKE 'blocked-%'`)).toEqual([]);
    await socket.close();
  });
});

describe('while the database is away', () => {
  let line: Line;
  let cut: TestServer;
  let user: Account;
  beforeAll(async () => {
    const database = await createDatabase();
    line = new Line(new URL(database.url));
    cut = await TestServer.start({ database: { url: await line.open(), drop: () => database.drop() } });
    user = await cut.user();
  });
  afterAll(async () => {
    await cut.stop();
    await line.close();
    await cut.database.drop();
  });

  it('the server says so at once, keeps its sockets, and works again within seconds of its return', async () => {
    const socket = await cut.socket(`/v1/connect?token=${user.tokens.token}`);
    const messenger = await cut.socket('/');
    line.cut();
    await until(async () => (await cut.client().get('/health/ready')).status === 503);
    for (let round = 0; round < 3; round += 1) {
      const from = performance.now();
      const answers = await Promise.all([
        cut.client().post('/auth/login', { username: user.username, password: PASSWORD }),
        cut.client().post('/api/v1/auth/login', { username: user.username, password: PASSWORD }),
        cut.client().post('/auth', { login: user.username, password: PASSWORD }),
        cut.client().post('/auth/register', { username: cut.name(), email: `${cut.name()}@example.com`, password: PASSWORD }),
        user.client.get('/api/v1/users/me'),
      ]);
      expect(answers.map(({ status }) => status)).toEqual([503, 503, 503, 503, 503]);
      expect(answers.map(({ body }) => body)).toEqual([
        { success: false, detail: 'Service unavailable' },
        { detail: 'Service unavailable' },
        { error: 'Service Unavailable' },
        { success: false, detail: 'Service unavailable' },
        { detail: 'Service unavailable' },
      ]);
      for (const { headers } of answers) expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
      expect((await messenger.ask({ mode: 'auth', username: user.username, password: PASSWORD })).status).toBe(503);
      expect((await cut.client().get('/health/live')).status).toBe(200);
      // Fail closed: whether the session is still alive cannot be known.
      expect((await socket.command('system.whoami')).code).toBe('unavailable');
      expect(performance.now() - from).toBeLessThan(HUNG_MS);
    }
    line.mend();
    const from = performance.now();
    await until(
      async () => (await cut.client().post('/auth/login', { username: user.username, password: PASSWORD })).status === 200,
      RECOVERED_MS,
    );
    expect(performance.now() - from).toBeLessThan(5_000);
    await until(async () => (await cut.client().get('/health/ready')).status === 200);
    await until(async () => (await socket.command('system.whoami')).data?.user_id === user.id);
    // What was ended meanwhile is learnt of: the way that tells it is open again, too.
    await runSql(cut.database.url, 'UPDATE sessions SET revoked_at = now()');
    expect((await socket.closed).code).toBe(4401);
    await messenger.close();
  }, 60_000);
});

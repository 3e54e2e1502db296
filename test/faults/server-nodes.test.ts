import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { has } from '../support/capabilities.js';
import { createDatabase, runSql, type TestDatabase } from '../support/database.js';
import { RawSocket } from '../support/raw-socket.js';
import { TestRedis } from '../support/redis.js';
import { type ServerProcess, ServerProgram } from '../support/server-program.js';
import { until } from '../support/until.js';

const PASSWORD = 'correct horse battery';
/** How soon every node has to act on what one of them did. */
const HEARD_MS = 1_000;

let program: ServerProgram;

beforeAll(async () => {
  program = await ServerProgram.make();
});

afterAll(() => program.close());

describe('two processes that start at once', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createDatabase('bare');
  });
  afterAll(() => database.drop());

  it('on one empty database both come up, with every migration made once and one signing key', async () => {
    const variables = {
      DATABASE_URL: database.url,
      FIRST_SUPERUSER_USERNAME: 'boss',
      FIRST_SUPERUSER_EMAIL: 'boss@example.com',
      FIRST_SUPERUSER_PASSWORD: PASSWORD,
    };
    const started = await Promise.all([program.run({ variables }), program.run({ variables })]);
    const [one, two] = await Promise.all([started[0].up(), started[1].up()]);
    const made = await runSql<{ name: string }>(database.url, 'SELECT name FROM schema_migrations');
    expect(made.length).toBeGreaterThan(0);
    expect(new Set(made.map(({ name }) => name)).size).toBe(made.length);
    expect(await runSql(database.url, `SELECT 1 FROM users WHERE username = 'boss'`)).toHaveLength(1);
    const keys = await Promise.all([one, two].map(async (node) => (await node.client().get('/.well-known/jwks.json')).body.keys));
    expect(keys[0]).toEqual(keys[1]);
    expect(keys[0]).toHaveLength(1);
    const { body } = await one.client().post('/auth', { login: 'boss', password: PASSWORD });
    expect((await two.client(body.token).get('/api/v1/users/me')).body.username).toBe('boss');
    expect(await Promise.all([one.stop(), two.stop()])).toEqual([
      { code: 0, signal: null },
      { code: 0, signal: null },
    ]);
  }, 60_000);
});

describe.runIf(has.redis)('two processes on one database and one Redis', () => {
  let redis: TestRedis;
  let database: TestDatabase;
  let one: ServerProcess;
  let two: ServerProcess;
  let names = 0;

  beforeAll(async () => {
    [redis, database] = await Promise.all([TestRedis.start(), createDatabase()]);
    const variables = { DATABASE_URL: database.url, REDIS_URL: redis.url };
    [one, two] = await Promise.all([program.start({ variables }), program.start({ variables })]);
  });

  afterAll(async () => {
    await Promise.all([one.kill(), two.kill()]);
    await redis.stop();
    await database.drop();
  });

  interface Session {
    readonly id: number;
    readonly username: string;
    readonly token: string;
    readonly refreshToken: string;
  }

  async function logIn(node: ServerProcess, username: string): Promise<Session> {
    const { data } = (await node.client().post('/auth/login', { username, password: PASSWORD })).body;
    const { id } = (await node.client(data.token).get('/api/v1/users/me')).body;
    return { id, username, token: data.token, refreshToken: data.refresh_token };
  }

  async function member(): Promise<Session> {
    names += 1;
    const username = `member-of-two-${names}`;
    await one.client().post('/auth/register', { username, email: `${username}@example.com`, password: PASSWORD });
    return logIn(one, username);
  }

  const socketOn = (node: ServerProcess, token: string, path = '/v1/connect'): Promise<RawSocket> =>
    RawSocket.open(`${node.wsUrl}${path}`, { authorization: `Bearer ${token}` });

  const CAUSES: Record<string, (session: Session, other: Session) => Promise<{ readonly status: number }>> = {
    'a log-out': ({ refreshToken }) => one.client().post('/auth/logout', { refresh_token: refreshToken }),
    'a new password': ({ id }, { token }) => one.client(token).put(`/api/v1/users/${id}`, { password: 'another password' }),
    'the end of all sessions': ({ id }, { token }) => one.client(token).delete(`/api/v1/users/${id}/sessions`),
    deletion: ({ id }, { token }) => one.client(token).delete(`/api/v1/users/${id}`),
    'theft of a refresh token': async ({ refreshToken }) => {
      const refresh = (token: string) => one.client().post('/auth/refresh', { refresh_token: token });
      await refresh((await refresh(refreshToken)).body.data.refresh_token);
      return refresh(refreshToken);
    },
  };

  it.each(Object.entries(CAUSES))(
    '%s on one of them closes the sockets on the other within a second, and its token opens nothing there',
    async (_name, cause) => {
      const session = await member();
      const other = await logIn(two, session.username);
      const sockets = await Promise.all(['/v1/connect', '/ws/mine', '/'].map((path) => socketOn(two, session.token, path)));
      const from = performance.now();
      await cause(session, other);
      const ends = await Promise.all(sockets.map((socket) => socket.closed));
      expect(performance.now() - from).toBeLessThan(HEARD_MS + 500);
      expect(ends.map(({ code }) => code)).toEqual([4401, 4401, 4401]);
      expect((await two.client(session.token).get('/api/v1/users/me')).status).toBe(401);
      await expect(socketOn(two, session.token)).rejects.toThrow('401');
    },
  );

  it('of 64 who use one refresh token on both at the same time, exactly one wins', async () => {
    for (let round = 0; round < 3; round += 1) {
      const { refreshToken } = await member();
      const answers = await Promise.all(
        Array.from({ length: 64 }, (_, at) =>
          (at % 2 === 0 ? one : two).client().post('/auth/refresh', { refresh_token: refreshToken }),
        ),
      );
      expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
      expect(answers.filter(({ status }) => status === 401)).toHaveLength(63);
    }
  });

  it('a refresh that races a log-out on the other leaves no survivor', async () => {
    for (let round = 0; round < 5; round += 1) {
      const session = await member();
      const [refreshed] = await Promise.all([
        two.client().post('/auth/refresh', { refresh_token: session.refreshToken }),
        one.client().post('/auth/logout', { refresh_token: session.refreshToken }),
      ]);
      const { token = session.token, refresh_token: next = session.refreshToken } = refreshed.body.data ?? {};
      await until(async () => (await two.client(token).get('/api/v1/users/me')).status === 401, HEARD_MS);
      expect((await one.client(token).get('/api/v1/users/me')).status).toBe(401);
      expect((await two.client().post('/auth/refresh', { refresh_token: next })).status).toBe(401);
    }
  });

  it('a client id that a user holds on one is free for others on both, and is shown as online to its user alone', async () => {
    const [mine, theirs] = [await member(), await member()];
    const onlineOf = async (node: ServerProcess, { id, token }: Session): Promise<string[]> => {
      const { body } = await node.client(token).get(`/api/v1/users/${id}/clients`);
      return body
        .filter(({ online }: { online: boolean }) => online)
        .map(({ client_id: clientId }: { client_id: string }) => clientId);
    };
    const held = await socketOn(one, mine.token, '/ws/held-by-me');
    // The other node learns of it by Redis, after the upgrade was granted.
    await until(async () => (await onlineOf(two, mine)).includes('held-by-me'), HEARD_MS);
    expect(await onlineOf(two, theirs)).toEqual([]);
    const others = [await socketOn(one, theirs.token, '/ws/held-by-me'), await socketOn(two, theirs.token, '/ws/held-by-me')];
    await Promise.all(others.map((socket) => socket.close()));
    await until(async () => (await onlineOf(one, theirs)).length === 0, HEARD_MS);
    expect(await onlineOf(one, mine)).toEqual(['held-by-me']);
    await held.close();
  });

  it('without Redis everything goes on: log-ins, sockets, and the end of sessions on the other', async () => {
    const session = await member();
    const socket = await socketOn(two, session.token);
    await redis.down();
    expect((await one.client().get('/health/live')).status).toBe(200);
    const again = await logIn(one, session.username);
    const second = await socketOn(two, again.token);
    const from = performance.now();
    expect((await one.client(again.token).delete(`/api/v1/users/${session.id}/sessions`)).status).toBe(200);
    expect([(await socket.closed).code, (await second.closed).code]).toEqual([4401, 4401]);
    expect(performance.now() - from).toBeLessThan(HEARD_MS + 500);
    await until(async () => (await two.client().get('/health/ready')).status === 503);
    await redis.up();
    await until(async () => (await two.client().get('/health/ready')).status === 200, 10_000);
    expect([one.running, two.running]).toEqual([true, true]);
  });
});

import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Sql } from '../../src/database/sql.js';
import { type Answer, Client } from '../support/http-client.js';
import { type Account, PASSWORD, TestServer } from '../support/server.js';

const WRONG = 'not the password at all';

interface Attempt {
  readonly username: string;
  readonly password: string;
}

/** Who must not be told from one another: nobody, somebody with a wrong password, somebody who was disabled, or suspended. */
async function strangers(server: TestServer): Promise<Record<'unknown' | 'wrong' | 'disabled' | 'suspended', Attempt>> {
  const [known, disabled, suspended] = [await server.user(), await server.user(), await server.user()];
  await server.app.get(Sql).affected('UPDATE users SET is_active = false WHERE id = $1', [disabled.id]);
  await server.app.get(Sql).affected(`UPDATE users SET suspended_until = now() + interval '1 day' WHERE id = $1`, [suspended.id]);
  return {
    // As long as the others, so that the lengths of the answers can be compared.
    unknown: { username: known.username.replace(/^./, 'v'), password: WRONG },
    wrong: { username: known.username, password: WRONG },
    disabled: { username: disabled.username, password: PASSWORD },
    suspended: { username: suspended.username, password: PASSWORD },
  };
}

/** What a quarter of the values is below: the rest is what else the machine did meanwhile. */
const quartile = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 4)] ?? 0;
const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

describe('log-in of an unknown, a mistaken, a disabled and a suspended user', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await TestServer.start();
  });
  afterAll(() => server.stop());

  it.each(['/auth/login', '/api/v1/auth/login', '/api/v1/login/access-token', '/auth'])(
    'answers with the same status, body and headers through %s',
    async (path) => {
      const answers = await Promise.all(
        Object.values(await strangers(server)).map(async ({ username, password }) => {
          const body = path === '/auth' ? { login: username, password } : { username, password };
          const answer: Answer = await server.client().post(path, body);
          const headers = [...answer.headers].filter(([name]) => !['date', 'x-request-id'].includes(name));
          return { status: answer.status, body: answer.body, headers };
        }),
      );
      expect(answers[0]?.status).toBe(401);
      for (const answer of answers) expect(answer).toEqual(answers[0]);
    },
  );

  it('answers alike by the e-mail address, too', async () => {
    const answers = await Promise.all(
      Object.values(await strangers(server)).map(({ username, password }) =>
        server.client().post('/api/v1/auth/login', { username: `${username}@example.com`, password }),
      ),
    );
    for (const { status, body } of answers) expect([status, body]).toEqual([401, answers[0]?.body]);
  });

  it('answers with the same frame through messenger', async () => {
    const socket = await server.socket('/');
    for (const { username, password } of Object.values(await strangers(server))) {
      const { timestamp, ...answer } = await socket.ask({ mode: 'auth', username, password });
      expect(timestamp).toBeTypeOf('number');
      expect(answer).toEqual({ mode: 'auth', status: 401, error: 'Invalid username or password' });
    }
    await socket.close();
  });

  it('takes the same time', async () => {
    const kinds = Object.entries(await strangers(server));
    const client = server.client();
    // Measured turn by turn, so that whatever else this machine does meets all alike; a disturbed series is measured again.
    const measure = async (rounds: number): Promise<number> => {
      const times = new Map<string, number[]>(kinds.map(([name]) => [name, []]));
      for (let round = 0; round < rounds; round += 1) {
        for (const [name, attempt] of kinds) {
          const from = performance.now();
          await client.post('/api/v1/auth/login', { ...attempt });
          times.get(name)?.push(performance.now() - from);
        }
      }
      const quartiles = [...times.values()].map(quartile);
      return Math.max(...quartiles) / Math.min(...quartiles);
    };
    await measure(5);
    let ratio = Number.POSITIVE_INFINITY;
    for (let attempt = 0; attempt < 4 && ratio > 1.25; attempt += 1) ratio = Math.min(ratio, await measure(30));
    // Without a hash the time is a fifth.
    expect(ratio).toBeLessThan(1.25);
  }, 120_000);
});

describe('guessing passwords', () => {
  let server: TestServer;
  let victim: Account;
  beforeAll(async () => {
    server = await TestServer.start({ variables: { LOGIN_THROTTLE: 'on' } });
  });
  afterAll(() => server.stop());

  const guess = (username: string, headers: Record<string, string> = {}): Promise<Answer> =>
    server.client().post('/api/v1/auth/login', { username, password: WRONG }, headers);

  it('is stopped after ten with 429 and Retry-After, which ends by itself', async () => {
    victim = await server.user();
    for (let count = 0; count < 10; count += 1) expect((await guess(victim.username)).status).toBe(401);
    const refused = await guess(victim.username);
    expect(refused.status).toBe(429);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(Number(refused.headers.get('retry-after'))).toBeLessThanOrEqual(60);
  });

  it('is stopped the same way for a name that nobody has', async () => {
    const username = server.name('nobody');
    const statuses: number[] = [];
    for (let count = 0; count < 12; count += 1) statuses.push((await guess(username)).status);
    expect(statuses).toEqual([...Array.from({ length: 10 }, () => 401), 429, 429]);
  });

  it('is counted over every protocol and spelling of a name together', async () => {
    const { username } = await server.user();
    const socket = await server.socket('/');
    const ways = [
      () => guess(username).then(({ status }) => status),
      () => guess(username.toUpperCase()).then(({ status }) => status),
      () =>
        server
          .client()
          .post('/auth/login', { username, password: WRONG })
          .then(({ status }) => status),
      () =>
        server
          .client()
          .post('/auth', { login: username, password: WRONG })
          .then(({ status }) => status),
      () => socket.ask({ mode: 'auth', username, password: WRONG }).then(({ status }: { status: number }) => status),
    ];
    const statuses: number[] = [];
    for (let count = 0; count < 18; count += 1) statuses.push((await ways[count % ways.length]?.()) ?? 0);
    expect(statuses.slice(0, 10)).toEqual(Array.from({ length: 10 }, () => 401));
    expect(statuses.slice(10)).toEqual(Array.from({ length: 8 }, () => 429));
    await socket.close();
  });

  it('does not show that a user name and an e-mail address belong to one account', async () => {
    const [one, other] = [await server.user(), await server.user()];
    const exhaust = async (login: string): Promise<void> => {
      for (let count = 0; count < 11; count += 1) await guess(login);
    };
    await exhaust(one.username);
    const [own, foreign, unknown] = [one.email, other.email, `${server.name('nobody')}@example.com`];
    const statuses: Record<string, number[]> = {};
    for (const login of [own, foreign, unknown]) {
      statuses[login] = [];
      for (let count = 0; count < 12; count += 1) statuses[login].push((await guess(login)).status);
    }
    const expected = [...Array.from({ length: 10 }, () => 401), 429, 429];
    expect(statuses).toEqual({ [own]: expected, [foreign]: expected, [unknown]: expected });
  });

  it.each(['x-forwarded-for', 'x-real-ip', 'forwarded', 'x-client-ip', 'cf-connecting-ip', 'true-client-ip', 'x-originating-ip'])(
    'is counted all the same when every request claims another address by %s',
    async (name) => {
      const username = server.name('nobody');
      const statuses: number[] = [];
      for (let count = 0; count < 12; count += 1) {
        const value = name === 'forwarded' ? `for=198.51.100.${count}` : `198.51.100.${count}, 203.0.113.${count}`;
        statuses.push((await guess(username, { [name]: value })).status);
      }
      expect(statuses.slice(10)).toEqual([429, 429]);
    },
  );

  it('two hundred times at once costs no more than ten answers', async () => {
    const username = server.name('nobody');
    const answers = await Promise.all(Array.from({ length: 200 }, () => guess(username)));
    expect(answers.filter(({ status }) => status === 401).length).toBeLessThanOrEqual(10);
    expect(answers.filter(({ status }) => status !== 401 && status !== 429)).toEqual([]);
  });
});

describe('behind a trusted proxy', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await TestServer.start({ variables: { LOGIN_THROTTLE: 'on', TRUST_PROXY: 'loopback' } });
  });
  afterAll(() => server.stop());

  it('strangers from everywhere are stopped, and never lock the owner out', async () => {
    const { username } = await server.user();
    const from = (address: string, password: string): Promise<Answer> =>
      server.client().post('/api/v1/auth/login', { username, password }, { 'x-forwarded-for': address });
    const home = '192.0.2.77';
    expect((await from(home, PASSWORD)).status).toBe(200);
    const statuses: number[] = [];
    for (let stranger = 1; stranger <= 12; stranger += 1) {
      for (let count = 0; count < 10; count += 1) statuses.push((await from(`198.51.100.${stranger}`, WRONG)).status);
    }
    expect(statuses.filter((status) => status === 401).length).toBeLessThanOrEqual(101);
    expect((await from('198.51.100.200', PASSWORD)).status).toBe(429);
    expect((await from(home, PASSWORD)).status).toBe(200);
  });

  it('only the part of X-Forwarded-For that the proxy itself added is believed', async () => {
    const username = server.name('nobody');
    const statuses: number[] = [];
    for (let count = 0; count < 12; count += 1) {
      const headers = { 'x-forwarded-for': `203.0.113.${count}, 198.51.100.99` };
      statuses.push((await server.client().post('/api/v1/auth/login', { username, password: WRONG }, headers)).status);
    }
    expect(statuses.slice(10)).toEqual([429, 429]);
  });

  it.each([
    ['IPv4', (port: number) => `198.51.100.77:${port}`, '198.51.100.77'],
    ['IPv6', (port: number) => `"[2001:db8:77::1]:${port}"`, '2001:db8:77::1'],
    ['IPv4 inside IPv6', (port: number) => `[::ffff:198.51.100.78]:${port}`, '198.51.100.78'],
  ])('a port that the proxy adds to an address of %s does not make another client of it', async (_kind, from, address) => {
    const { id, username, tokens } = await server.user();
    const logIn = (port: number, password: string): Promise<Answer> =>
      server.client().post('/api/v1/auth/login', { username, password }, { 'x-forwarded-for': from(port) });
    expect((await logIn(40_000, PASSWORD)).status).toBe(200);
    const sessions = await server.client(tokens.token).get(`/api/v1/users/${id}/sessions`);
    expect(sessions.body).toContainEqual(expect.objectContaining({ ip: address }));
    const statuses: number[] = [];
    for (let count = 0; count < 12; count += 1) statuses.push((await logIn(40_001 + count, WRONG)).status);
    expect(statuses.slice(10)).toEqual([429, 429]);
  });
});

describe('the limit on requests', () => {
  it('holds for an address, whatever addresses its requests claim, and health is free of it', async () => {
    const server = await TestServer.start({ variables: { RATE_LIMIT: 'on', RATE_LIMIT_API: '1', RATE_LIMIT_BURST: '4' } });
    try {
      const answers = await Promise.all(
        Array.from({ length: 40 }, (_, at) => server.client().get('/api/v1/users/me', { 'x-forwarded-for': `198.51.100.${at}` })),
      );
      const passed = answers.filter(({ status }) => status === 401);
      expect(passed.length).toBeGreaterThanOrEqual(5);
      expect(passed.length).toBeLessThan(15);
      expect(answers.filter(({ status }) => status === 429)).toHaveLength(40 - passed.length);
      // Neither another spelling of the path nor another method has an allowance of its own.
      for (const line of [
        'GET /api/v1/users/me/',
        'GET /%61pi/v1/users/me',
        'POST /auth',
        'POST /register',
        'POST /auth/login',
        'PUT /api/v1/nowhere',
      ]) {
        const [method = '', path = ''] = line.split(' ');
        // One may pass, since a second is soon over; with an allowance of its own all three would.
        const statuses = await Promise.all([1, 2, 3].map(async () => (await server.client().send(method, path)).status));
        expect(statuses, line).toContain(429);
      }
      const upgrades = await Promise.allSettled([1, 2, 3].map(() => server.socket('/api/v1/ws/limited')));
      expect(upgrades.map((upgrade) => (upgrade.status === 'rejected' ? String(upgrade.reason) : ''))).toContain(
        'Error: upgrade answered 429',
      );
      for (let count = 0; count < 20; count += 1) expect((await server.client().get('/health/live')).status).toBe(200);
    } finally {
      await server.stop();
    }
  });
});

describe('two hundred log-ins at once', () => {
  it('wait in a bounded queue: the others are told to come back, and /health/live answers meanwhile', async () => {
    const server = await TestServer.start();
    try {
      const accounts = await Promise.all(Array.from({ length: 4 }, () => server.user()));
      const health: { readonly status: number; readonly took: number }[] = [];
      let flooding = true;
      const watch = (async () => {
        const client = new Client(server.url);
        while (flooding) {
          const from = performance.now();
          const { status } = await client.get('/health/live');
          health.push({ status, took: performance.now() - from });
          await sleep(20);
        }
      })();
      const from = performance.now();
      const answers = await Promise.all(
        Array.from({ length: 200 }, (_, at) =>
          server.client().post('/auth', { login: accounts[at % 4]?.username ?? '', password: PASSWORD }),
        ),
      );
      const took = performance.now() - from;
      flooding = false;
      await watch;
      const count = (status: number): number => answers.filter((answer) => answer.status === status).length;
      expect(count(200)).toBeGreaterThan(0);
      expect(count(503) + count(429)).toBeGreaterThan(0);
      expect(count(200) + count(429) + count(503)).toBe(200);
      for (const { status, headers } of answers)
        if (status !== 200) expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
      expect(took).toBeLessThan(15_000);
      expect(health.length).toBeGreaterThan(2);
      expect(health.filter(({ status }) => status !== 200)).toEqual([]);
      expect(median(health.map((look) => look.took))).toBeLessThan(250);
    } finally {
      await server.stop();
    }
  });
});

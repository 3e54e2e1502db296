import { Agent, request } from 'node:http';
import { hash, parseOptions } from '@node-rs/argon2';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { PasswordHasher } from '../../src/auth/password-hasher.js';
import { RecoveryRequests } from '../../src/auth/recovery-requests.js';
import { Sql } from '../../src/database/sql.js';
import { UsersRepository } from '../../src/users/users.repository.js';
import { runSql } from '../support/database.js';
import { areaUnderCurve, shuffled } from '../support/ranks.js';
import { RawSocket } from '../support/raw-socket.js';
import { PASSWORD, TestServer } from '../support/server.js';

/**
 * Whether the time of an answer tells what it must not tell, as an attacker would find out: by many samples of each kind and the best
 * threshold between them. The kinds follow each other in random order, so that whatever else the machine does meets all of them alike, and
 * ranks are compared, so that no outlier counts for more than one sample. Of two equal kinds the area under the curve is
 * 0.5 ± 0.009 for 2,000 samples each: the bound is five standard deviations away, and nothing is measured twice.
 *
 * Passwords are hashed here at the lowest cost there is. That one hash is made for every kind, with the same parameters, has a test of its
 * own; beyond that the hash adds the same time and its own noise to all of them, and hides what is looked for.
 */
const SAMPLES = 2_000;
const LARGEST_AREA = 0.55;
const WARM_UP = 200;
/** Accounts of each kind: with so many of them, none uses its allowance of attempts up. */
const ACCOUNTS = 200;
const MINUTES = 60_000;

/** Why a log-in fails. */
const REASONS = ['unknown', 'wrong password', 'disabled', 'suspended'] as const;
/** Whether somebody has the address. */
const TARGETS = ['unknown', 'wrong password'] as const;
type Kind = (typeof REASONS)[number];

let server: TestServer;
let cheap: string;
const agent = new Agent({ keepAlive: true, maxSockets: 1 });
let addresses = 0;
let attempts = 0;

/** A client address from which nothing came yet. */
const newAddress = (): string => {
  addresses += 1;
  return `10.${(addresses >> 16) & 255}.${(addresses >> 8) & 255}.${addresses & 255}`;
};
/** Names of one length. */
const nameOf = (kind: Kind, at: number): string => `${kind.charAt(0)}-account-${String(at % ACCOUNTS).padStart(4, '0')}`;
const passwordFor = (kind: Kind): string => (kind === 'wrong password' ? PASSWORD.replace('correct', 'mistake') : PASSWORD);

beforeAll(async () => {
  const variables = { LOGIN_THROTTLE: 'on', TRUST_PROXY: 'loopback', PUBLIC_URL: 'https://accounts.example.org' };
  server = await TestServer.start({ variables });
  cheap = await hash(PASSWORD, { memoryCost: 8, timeCost: 1, parallelism: 1 });
  const users = server.app.get(UsersRepository);
  await server.app.get(Sql).transaction(async (tx) => {
    for (const kind of REASONS.filter((reason) => reason !== 'unknown')) {
      for (let at = 0; at < ACCOUNTS; at += 1) {
        const username = nameOf(kind, at);
        const fields = { fullName: null, passwordHash: cheap, isActive: kind !== 'disabled', isSuperuser: false };
        await users.insert(tx, { username, email: `${username}@example.com`, ...fields });
      }
    }
  });
  const suspension = `UPDATE users SET suspended_until = now() + interval '1 day', suspension_reason = 'spam' WHERE username LIKE 's-account-%'`;
  await runSql(server.database.url, suspension);
  await runSql(server.database.url, 'VACUUM ANALYZE users');
});
afterAll(async () => {
  agent.destroy();
  await server.stop();
});

interface Timed {
  readonly status: number;
  readonly ms: number;
}

/** Over HTTP, on one connection that is kept open. */
function post(path: string, body: object): Promise<Timed> {
  const text = JSON.stringify(body);
  const headers = {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
    'x-forwarded-for': newAddress(),
  };
  return new Promise((resolve, reject) => {
    const from = performance.now();
    const sent = request({ agent, port: server.port, host: '127.0.0.1', method: 'POST', path, headers }, (response) => {
      response.resume().on('end', () => resolve({ status: response.statusCode ?? 0, ms: performance.now() - from }));
    });
    sent.on('error', reject).end(text);
  });
}

let socket: RawSocket | undefined;
let frames = 0;
/** Over messenger; a connection has an address of its own, and is replaced before its allowance is used up. */
async function frame(fields: object, perConnection: number): Promise<Timed> {
  if (frames % perConnection === 0) {
    socket?.terminate();
    socket = await server.socket('/', { 'x-forwarded-for': newAddress() });
  }
  frames += 1;
  const from = performance.now();
  const { status } = await (socket as RawSocket).ask(fields);
  return { status, ms: performance.now() - from };
}

interface Road {
  readonly name: string;
  logIn(username: string, password: string): Promise<Timed>;
  recover(email: string): Promise<Timed>;
}

const ROADS: readonly Road[] = [
  {
    name: 'rest',
    logIn: (username, password) => post('/api/v1/auth/login', { username, password }),
    recover: (email) => post('/api/v1/auth/recover', { email }),
  },
  {
    name: 'messenger',
    logIn: (username, password) => frame({ mode: 'auth', username, password }, 200),
    recover: (email) => frame({ mode: 'recovery', known_data: email, known_data_type: 'email' }, 10),
  },
];

/** Times of each kind, in random order, after as many that do not count as it takes until the code is compiled. */
async function measure<K extends Kind>(kinds: readonly K[], one: (kind: K) => Promise<number>): Promise<Map<K, number[]>> {
  for (const kind of shuffled(kinds, WARM_UP)) await one(kind);
  const times = new Map(kinds.map((kind) => [kind, [] as number[]]));
  for (const kind of shuffled(kinds, SAMPLES)) times.get(kind)?.push(await one(kind));
  return times;
}

/** Fails if any two kinds can be told apart. */
function expectAlike(times: Map<Kind, number[]>): void {
  const all = [...times];
  for (const [kind, samples] of all) {
    expect(samples.length, kind).toBeGreaterThanOrEqual(SAMPLES);
    for (const [other, others] of all) {
      const area = areaUnderCurve(samples, others);
      expect(Math.max(area, 1 - area), `${kind} and ${other}`).toBeLessThanOrEqual(LARGEST_AREA);
    }
  }
}

it('hashes once for every reason that a log-in fails for, at the cost of new passwords', async () => {
  const hasher = server.app.get(PasswordHasher);
  const verify = vi.spyOn(hasher, 'verify');
  for (const reason of REASONS) await post('/api/v1/auth/login', { username: nameOf(reason, 0), password: passwordFor(reason) });
  expect(verify.mock.calls.map(([stored]) => stored)).toEqual([null, cheap, cheap, cheap]);
  verify.mockRestore();
  // What an unknown account is compared with.
  const dummy = await (Reflect.get(hasher, 'dummy') as Promise<string>);
  expect(parseOptions(dummy)).toEqual(parseOptions(await hasher.hash(PASSWORD)));
});

it('tells samples apart that differ, and none that do not', () => {
  const values = shuffled([...Array(SAMPLES).keys()], 2);
  const [one, other] = [values.slice(0, SAMPLES), values.slice(SAMPLES)];
  expect(areaUnderCurve(one, one)).toBe(0.5);
  expect(Math.abs(areaUnderCurve(one, other) - 0.5)).toBeLessThan(0.05);
  expect(areaUnderCurve([3, 4], [1, 2])).toBe(1);
  expect(areaUnderCurve([1, 2], [2, 3])).toBe(0.125);
  // A tenth of the spread is enough to be found.
  expect(
    areaUnderCurve(
      one,
      one.map((value) => value + SAMPLES / 10),
    ),
  ).toBeLessThan(1 - LARGEST_AREA);
});

describe.each(ROADS)('the time of an answer over $name', ({ logIn, recover }) => {
  beforeAll(() => {
    frames = 0;
    // At full cost an unknown account would stand out among hashes that cost nothing.
    Reflect.set(server.app.get(PasswordHasher), 'dummy', Promise.resolve(cheap));
  });
  afterAll(() => socket?.terminate());

  it('does not tell why a log-in failed', { timeout: 5 * MINUTES }, async () => {
    const times = await measure(REASONS, async (reason) => {
      attempts += 1;
      const { status, ms } = await logIn(nameOf(reason, attempts), passwordFor(reason));
      expect(status).toBe(401);
      return ms;
    });
    expectAlike(times);
  });

  it('does not tell whether an account can be recovered', { timeout: 5 * MINUTES }, async () => {
    const requests = server.app.get(RecoveryRequests);
    const times = await measure(TARGETS, async (target) => {
      attempts += 1;
      // What follows the answer of one request is not the next one's.
      await requests.idle();
      const { status, ms } = await recover(`${nameOf(target, attempts)}@example.com`);
      expect(status).toBe(202);
      return ms;
    });
    expectAlike(times);
  });
});

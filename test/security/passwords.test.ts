import { Algorithm, hash } from '@node-rs/argon2';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { PasswordHasher } from '../../src/auth/password-hasher.js';
import { Sql } from '../../src/database/sql.js';
import type { Client } from '../support/http-client.js';
import { PASSWORD, TestServer } from '../support/server.js';
import { until } from '../support/until.js';

let server: TestServer;
let client: Client;

beforeAll(async () => {
  server = await TestServer.start();
  client = server.client();
});

afterEach(() => void vi.restoreAllMocks());
afterAll(() => server.stop());

const emailOf = (username: string): string => `${username}@example.com`;

/** One way to make an account and to log in for each protocol that takes passwords; each gives a status. */
const PROTOCOLS: Record<string, Record<'register' | 'logIn', (name: string, password: unknown) => Promise<number>>> = {
  game: {
    register: async (username, password) =>
      (await client.post('/auth/register', { email: emailOf(username), username, password: password as string })).status,
    logIn: async (username, password) => (await client.post('/auth/login', { username, password: password as string })).status,
  },
  rest: {
    register: async (username, password) =>
      (await client.post('/api/v1/auth/register', { email: emailOf(username), username, password: password as string })).status,
    logIn: async (username, password) =>
      (await client.post('/api/v1/auth/login', { username, password: password as string })).status,
  },
  mcp: {
    register: async (login, password) => (await client.post('/register', { login, password: password as string })).status,
    logIn: async (login, password) => (await client.post('/auth', { login, password: password as string })).status,
  },
  messenger: {
    register: (username, password) => askMessenger({ mode: 'register', username, password, email: emailOf(username) }),
    logIn: (username, password) => askMessenger({ mode: 'auth', username, password }),
  },
};

async function askMessenger(frame: object): Promise<number> {
  const socket = await server.socket('/');
  const { status } = (await socket.ask(frame)) as { status: number };
  await socket.close();
  return status;
}

describe.each(Object.entries(PROTOCOLS))('passwords through %s', (protocol, { register, logIn }) => {
  const name = (): string => server.name(protocol);

  it('of 7 characters are refused, of 8 are taken', async () => {
    const username = name();
    expect([400, 422]).toContain(await register(username, 'abcdefg'));
    expect(await register(username, 'abcdefgh')).toBe(200);
    expect(await logIn(username, 'abcdefgh')).toBe(200);
  });

  it.each([64, 128])('of %i characters register and log in', async (length) => {
    const username = name();
    const whole = 'пароль-ß'.repeat(16).slice(0, length);
    expect(await register(username, whole)).toBe(200);
    expect(await logIn(username, whole)).toBe(200);
    expect(await logIn(username, whole.slice(0, -1))).toBe(401);
  });

  it('beyond 128 characters are refused, up to a megabyte, before anything is hashed', async () => {
    const username = name();
    const hasher = server.app.get(PasswordHasher);
    const [hashed, verified] = [vi.spyOn(hasher, 'hash'), vi.spyOn(hasher, 'verify')];
    // A frame of the messenger holds at most 256 KiB.
    const longest = 'a'.repeat(protocol === 'messenger' ? 200_000 : 1_000_000);
    for (const long of ['a'.repeat(129), longest]) {
      expect([400, 422]).toContain(await register(username, long));
      expect([400, 401, 422]).toContain(await logIn(username, long));
    }
    expect(hashed).not.toHaveBeenCalled();
    expect(verified).not.toHaveBeenCalled();
  });

  it('are compared to the last byte: case, a space, a missing character make another password', async () => {
    const username = name();
    expect(await register(username, PASSWORD)).toBe(200);
    for (const other of [
      PASSWORD.toUpperCase(),
      `${PASSWORD} `,
      ` ${PASSWORD}`,
      PASSWORD.slice(0, -1),
      `${PASSWORD}\t`,
      `${PASSWORD.slice(0, -1)}Y`,
    ]) {
      expect(await logIn(username, other), JSON.stringify(other)).toBe(401);
    }
    expect(await logIn(username, PASSWORD)).toBe(200);
  });

  it.each([
    '        ',
    'all lower case',
    '🔑🔑🔑🔑🔑🔑🔑🔑',
    'пароль из слов',
    "' OR 1=1 --",
    '{"$ne":null}',
    '%00%00%00',
    '\t\r\n\t\r\n\t\r\n',
  ])('of any characters are taken as they are: %j', async (password) => {
    const username = name();
    expect(await register(username, password)).toBe(200);
    expect(await logIn(username, password)).toBe(200);
    if (password.trim() !== password) expect(await logIn(username, password.trim())).toBe(401);
  });

  it('log in however the keyboard composed them', async () => {
    const username = name();
    const password = 'crème brûlée';
    expect(await register(username, password.normalize('NFD'))).toBe(200);
    expect(await logIn(username, password.normalize('NFC'))).toBe(200);
    expect(await logIn(username, password.normalize('NFD'))).toBe(200);
  });

  it.each([
    ['a NUL', 'abcdefgh\0'],
    ['a lone surrogate', 'abcdefgh\ud800'],
    ['a list', ['abcdefgh']],
    ['an object', { toString: 'abcdefgh' }],
    ['a number', 1234567890],
    ['null', null],
    ['true', true],
  ])('that are or hold %s are invalid input and never a fault of ours', async (_name, password) => {
    const username = name();
    expect([400, 422]).toContain(await register(username, password));
    expect([400, 422]).toContain(await logIn(username, password));
  });
});

describe('stored passwords', () => {
  const stored = async (username: string): Promise<string> => {
    const [row] = await server.app
      .get(Sql)
      .rows<{ password_hash: string }>('SELECT password_hash FROM users WHERE username = $1', [username]);
    return row?.password_hash ?? '';
  };

  it('are Argon2id hashes at the parameters of OWASP or above, another one for everybody', async () => {
    const [one, two] = [server.name(), server.name()];
    for (const username of [one, two]) await PROTOCOLS['rest']?.register(username, PASSWORD);
    const parsed = /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$/.exec(await stored(one));
    const [memory, passes] = [Number(parsed?.[1]), Number(parsed?.[2])];
    expect((memory >= 19_456 && passes >= 2) || (memory >= 47_104 && passes >= 1), String(parsed?.[0])).toBe(true);
    expect(await stored(one)).not.toBe(await stored(two));
  });

  it('that were hashed with less are made strong by the next log-in, and by no failed one', async () => {
    const username = server.name();
    await PROTOCOLS['rest']?.register(username, PASSWORD);
    const weak = await hash(PASSWORD, { algorithm: 2 as Algorithm, memoryCost: 8, timeCost: 1, parallelism: 1 });
    await server.app.get(Sql).affected('UPDATE users SET password_hash = $2 WHERE username = $1', [username, weak]);
    expect(await PROTOCOLS['rest']?.logIn(username, 'another password')).toBe(401);
    expect(await stored(username)).toBe(weak);
    expect(await PROTOCOLS['rest']?.logIn(username, PASSWORD)).toBe(200);
    await until(async () => (await stored(username)) !== weak);
    expect(await stored(username)).toContain('m=19456');
    expect(await PROTOCOLS['rest']?.logIn(username, PASSWORD)).toBe(200);
  });
});

describe('a fresh server', () => {
  it('has no account, and none of the usual ones log in', async () => {
    const fresh = await TestServer.start();
    try {
      for (const username of [
        'admin',
        'root',
        'administrator',
        'user',
        'test',
        'guest',
        'superuser',
        'switchboard',
        'postgres',
      ]) {
        for (const password of ['admin', 'password', 'changeme', 'admin123', 'secret', username]) {
          expect((await fresh.client().post('/auth', { login: username, password })).status).toBe(401);
        }
      }
      expect(await fresh.app.get(Sql).rows('SELECT 1 FROM users')).toEqual([]);
    } finally {
      await fresh.stop();
    }
  });
});

describe('with PASSWORD_BLOCKLIST=on', () => {
  let strict: TestServer;
  beforeAll(async () => {
    strict = await TestServer.start({ variables: { PASSWORD_BLOCKLIST: 'on' } });
  });
  afterAll(() => strict.stop());

  it.each(['password', 'PASSWORD', '12345678', 'qwertyuiop', 'iloveyou', 'letmein1', 'trustno1', 'sunshine'])(
    'the common password %s is refused with a reason, by every protocol',
    async (password) => {
      const username = strict.name();
      const { status, body } = await strict
        .client()
        .post('/api/v1/auth/register', { email: emailOf(username), username, password });
      expect(status).toBe(422);
      expect(body.detail[0]).toMatchObject({ loc: ['body', 'password'] });
      expect(body.detail[0].msg).toMatch(/common|guess/i);
      const game = await strict.client().post('/auth/register', { email: emailOf(username), username, password });
      expect(game.status).toBe(400);
      expect(game.body.detail).toContain('password');
      expect((await strict.client().post('/register', { login: username, password })).status).toBe(400);
    },
  );

  it('the 3,000 most common passwords of 8 characters and more are refused', async () => {
    const { dictionary } = await import('@zxcvbn-ts/language-common');
    // The list is in the order of frequency.
    const common = dictionary['passwords-common'].filter((password) => password.length >= 8).slice(0, 3_000);
    expect(common).toHaveLength(3_000);
    const username = strict.name();
    const taken: string[] = [];
    for (let from = 0; from < common.length; from += 50) {
      const tries = common.slice(from, from + 50).map(async (password) => {
        const { status, body } = await strict.client().post('/auth/register', { email: emailOf(username), username, password });
        if (status !== 400 || !/common/.test(body.detail)) taken.push(password);
      });
      await Promise.all(tries);
    }
    expect(taken).toEqual([]);
  });

  it("one's own name and address are refused, at registration and at every later change", async () => {
    const username = strict.name('somebody');
    for (const password of [username, username.toUpperCase(), emailOf(username), `${username}1`]) {
      const { status } = await strict.client().post('/api/v1/auth/register', { email: emailOf(username), username, password });
      expect(status, password).toBe(422);
    }
    const user = await strict.user({ username });
    expect((await user.client.put(`/api/v1/users/${user.id}`, { password: username })).status).toBe(422);
    expect((await user.client.put(`/api/v1/users/${user.id}`, { password: 'sunshine' })).status).toBe(422);
    expect((await user.client.put(`/api/v1/users/${user.id}`, { password: 'a sentence nobody has said' })).status).toBe(200);
  });
});

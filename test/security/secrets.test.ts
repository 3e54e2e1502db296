import { io } from 'socket.io-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createDatabase, runSql, type TestDatabase } from '../support/database.js';
import type { Answer } from '../support/http-client.js';
import { readOutbox } from '../support/mail.js';
import { exchange } from '../support/raw-http.js';
import { RawSocket } from '../support/raw-socket.js';
import { type ServerProcess, ServerProgram } from '../support/server-program.js';
import { until } from '../support/until.js';

const APP_SECRET = 'the-root-secret-that-nobody-may-ever-read';
const BOSS_PASSWORD = 'boss-password-4711';

let program: ServerProgram;
let database: TestDatabase;
let server: ServerProcess;

/** Everything that must never be read anywhere, and every answer and frame that came. */
const secrets = new Set<string>([APP_SECRET, BOSS_PASSWORD]);
const answers: unknown[] = [];
let passwords = 0;

const newPassword = (): string => {
  passwords += 1;
  const password = `pass-${passwords}-${Math.random().toString(36).slice(2)}`;
  secrets.add(password);
  return password;
};

async function asked<Body>(answer: Promise<Answer<Body>>): Promise<Answer<Body>> {
  const { status, headers, body } = await answer;
  answers.push(body);
  const cookie = /refresh_token=([^;]+)/.exec(headers.getSetCookie().join())?.[1];
  if (cookie) secrets.add(cookie);
  collectTokens(body);
  return { status, headers, body };
}

function collectTokens(body: unknown): void {
  if (typeof body !== 'object' || body === null) return;
  for (const [key, value] of Object.entries(body)) {
    if (typeof value === 'string' && key.endsWith('token')) secrets.add(value);
    collectTokens(value);
  }
}

async function ask(socket: RawSocket, frame: unknown): ReturnType<RawSocket['ask']> {
  const answer = await socket.ask(frame);
  answers.push(answer);
  collectTokens(answer);
  return answer;
}

/** Whatever clients do with passwords and tokens, well and badly, over every protocol. */
async function scenario(): Promise<void> {
  const client = server.client();
  const password = newPassword();
  const email = 'alice@example.com';
  await asked(client.post('/api/v1/auth/register', { username: 'alice', email, password, full_name: 'Alice' }));
  await asked(client.post('/auth/register', { username: 'bob', email: 'bob@example.com', password: newPassword() }));
  await asked(client.post('/register', { login: 'carol', password }));
  await asked(
    client.post('/api/v1/auth/register', { username: password, email, password: newPassword(), refresh_token: newPassword() }),
  );
  const login = (await asked(client.post('/auth/login', { username: 'alice', password }))).body.data;
  await asked(client.post('/auth', { login: 'carol', password }));
  await asked(
    client.raw('/api/v1/login/access-token', { method: 'POST', body: new URLSearchParams({ username: email, password }) }),
  );
  for (const path of ['/auth/login', '/api/v1/auth/login']) {
    await asked(client.post(path, { username: 'alice', password: newPassword() }));
    await asked(client.post(path, { username: 'alice', password: [newPassword()] }));
    await asked(client.post(`${path}?password=${newPassword()}&token=${newPassword()}&refresh_token=${newPassword()}`, {}));
    await asked(
      client.raw(path, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: `{"password":"${newPassword()}"`,
      }),
    );
    await asked(client.raw(path, { method: 'POST', headers: { 'content-type': 'text/plain' }, body: newPassword() }));
  }
  const { token, refresh_token: refresh } = login as { token: string; refresh_token: string };
  const member = server.client(token);
  const me = (await asked(member.get('/api/v1/users/me'))).body;
  await asked(client.get(`/api/v1/users/me?token=${token}&access_token=${token}`));
  await asked(client.get('/api/v1/users/me', { authorization: `Bearer ${token}x` }));
  await asked(client.get('/api/v1/users/me', { authorization: `Basic ${Buffer.from(`alice:${password}`).toString('base64')}` }));
  await asked(client.get('/nowhere', { authorization: `Bearer ${token}`, cookie: `refresh_token=${refresh}` }));
  await asked(member.get(`/api/v1/users/${me.id}/sessions`));
  await asked(client.post('/auth/refresh', { refresh_token: refresh }));
  await asked(client.post('/auth/refresh', { refresh_token: refresh }));
  await exchange(server.port, `GET /?token=${token} HTTP/1.1\r\nHost: x\r\nHost: y\r\nAuthorization: Bearer ${token}\r\n\r\n`);
  await exchange(server.port, `GET /${token} HTTP/1.1\r\nAuthorization: Bearer ${token}\r\nContent-Length: x\r\n\r\n`);
}

async function overSockets(): Promise<void> {
  const password = newPassword();
  const messenger = await RawSocket.open(`${server.wsUrl}/`);
  const { token } = await ask(messenger, { mode: 'register', username: 'dave', password, email: 'dave@example.com' });
  await ask(messenger, { mode: 'auth', username: 'dave', password: newPassword() });
  await ask(messenger, { mode: 'auth', username: 'dave', password: { secret: newPassword() } });
  await ask(messenger, `{"mode":"auth","password":"${newPassword()}"`);
  for (const path of ['/v1/connect', '/ws/dave', '/api/v1/ws/dave', '/']) {
    const socket = await RawSocket.open(`${server.wsUrl}${path}?token=${token}&x=1`);
    await ask(socket, { type: 'command', v: 1, request_id: 'w', domain: 'system', command: 'whoami', payload: { token } });
    await ask(socket, {
      type: 'command',
      v: 1,
      request_id: 'a',
      domain: 'system',
      command: 'authenticate',
      payload: { token: newPassword() },
    });
    await ask(socket, token);
    await socket.close();
  }
  for (const path of ['/v1/connect', '/nowhere', '/ws/%00'])
    await RawSocket.refused(`${server.wsUrl}${path}?token=${newPassword()}`);
  for (const good of [token, newPassword()]) {
    const socket = io(server.url, { auth: { token: good }, query: { token: good }, reconnection: false, forceNew: true });
    await new Promise<void>((resolve) => {
      socket.once('hello', () => resolve());
      socket.once('connect_error', () => resolve());
    });
    if (socket.connected) answers.push(await socket.emitWithAck('hello', { token: good }));
    socket.disconnect();
  }
  await ask(messenger, { mode: 'logout', token, username: 'dave' });
  await messenger.close();
}

async function byTheOwner(): Promise<void> {
  const client = server.client();
  const { access_token: token } = (await asked(client.post('/api/v1/auth/login', { username: 'boss', password: BOSS_PASSWORD })))
    .body;
  const boss = server.client(token);
  const page = (await asked(boss.get('/api/v1/users?limit=1000'))).body as { id: number; username: string }[];
  const { id } = page.find(({ username }) => username === 'alice') ?? { id: 0 };
  await asked(
    boss.post('/api/v1/users', { username: 'erin', email: 'erin@example.com', password: newPassword(), is_superuser: true }),
  );
  await asked(boss.put(`/api/v1/users/${id}`, { password: newPassword() }));
  const issued = (await asked(boss.post(`/api/v1/users/${id}/reset-password`))).body;
  await asked(client.post('/api/v1/auth/reset', { token: newPassword(), password: newPassword() }));
  await asked(client.post('/api/v1/auth/reset', { token: issued.token, password: newPassword() }));
  await asked(client.post('/api/v1/auth/recover', { email: 'alice@example.com' }));
  const mail = await until(async () => (await readOutbox(`${server.dataDir}/data`)).find(({ text }) => text.includes('?token=')));
  secrets.add(/\?token=([\w~.-]+)/.exec(mail.text)?.[1] ?? '');
  await asked(boss.get(`/api/v1/users/${id}/clients`));
  await asked(boss.delete(`/api/v1/users/${id}/sessions`));
  for (const path of ['/metrics', '/health/ready', '/.well-known/jwks.json']) await asked(client.get(path));
}

/** Every value of every table, as text. */
async function dump(): Promise<string> {
  const tables = await runSql<{ name: string }>(
    database.url,
    `SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public'`,
  );
  const parts = tables.map(({ name }) =>
    runSql<{ row: string }>(database.url, `SELECT t::text || to_jsonb(t)::text AS row FROM "${name}" t`),
  );
  return (await Promise.all(parts)).flatMap((rows) => rows.map(({ row }) => row)).join('\n');
}

/** A secret as itself and in the spellings in which it might hide. */
const spellings = (secret: string): string[] => {
  const bytes = Buffer.from(secret);
  return [
    secret,
    encodeURIComponent(secret),
    bytes.toString('base64').replace(/=+$/, ''),
    bytes.toString('base64url'),
    bytes.toString('hex'),
  ];
};

const found = (text: string): string[] =>
  [...secrets].filter((secret) => spellings(secret).some((spelling) => text.includes(spelling)));

beforeAll(async () => {
  [program, database] = await Promise.all([ServerProgram.make(), createDatabase()]);
  server = await program.start({
    variables: {
      DATABASE_URL: database.url,
      LOG_LEVEL: 'trace',
      APP_SECRET,
      FIRST_SUPERUSER_USERNAME: 'boss',
      FIRST_SUPERUSER_EMAIL: 'boss@example.com',
      FIRST_SUPERUSER_PASSWORD: BOSS_PASSWORD,
    },
  });
  await scenario();
  await overSockets();
  await byTheOwner();
}, 120_000);

afterAll(async () => {
  await program?.close();
  await database?.drop();
});

describe('after everything that clients do with passwords and tokens', () => {
  it('there was something to find', () => {
    expect(secrets.size).toBeGreaterThan(40);
    expect([...secrets].filter((secret) => secret.startsWith('eyJ')).length).toBeGreaterThan(4);
    expect([...secrets].filter((secret) => secret.length < 12)).toEqual([]);
    expect(found(JSON.stringify([...secrets]))).toHaveLength(secrets.size);
    expect(server.lines().length).toBeGreaterThan(50);
    expect(server.log).toContain('[redacted]');
  });

  it('no line of the log at trace holds one of them', () => {
    expect(found(server.log)).toEqual([]);
    expect(found(server.errors)).toEqual([]);
  });

  it('no table holds one of them', async () => {
    const text = await dump();
    expect(text).toContain('alice');
    expect(found(text)).toEqual([]);
    // Private keys are sealed: neither PKCS#8 nor a JWK's `d` lies open.
    expect(text).not.toMatch(/BEGIN|"d":/);
  });

  it('no answer has a field of a hash, a password or a key', async () => {
    const names: string[] = [];
    const walk = (value: unknown): void => {
      if (typeof value !== 'object' || value === null) return;
      for (const [key, inner] of Object.entries(value)) {
        names.push(key);
        walk(inner);
      }
    };
    walk(answers);
    expect(names).toContain('username');
    expect(names.filter((name) => /hash|passw|salt|secret|fold|skeleton|lookalike|private|^d$/i.test(name))).toEqual([]);
    const hashes = await runSql<{ hash: string }>(database.url, 'SELECT password_hash AS hash FROM users');
    const text = JSON.stringify(answers);
    expect(hashes.length).toBeGreaterThan(4);
    expect(hashes.filter(({ hash }) => text.includes(hash))).toEqual([]);
    expect(text).not.toContain('$argon2');
  });

  it('the only passwords that came back are none', () => {
    const text = JSON.stringify(answers);
    expect([...secrets].filter((secret) => secret.startsWith('pass-') && text.includes(secret))).toEqual([]);
  });
});

describe('whatever a client puts into what is logged', () => {
  const NASTY = [
    '\r\n{"level":"fatal","msg":"forged"}',
    '\n',
    '\u001b[31mred\u001b[0m',
    '\u009b31m',
    '\u0007',
    '\u2028',
    '\u202e',
    '","level":"fatal","x":"',
    '\\n',
  ];

  it('stays one line of JSON each, without anything that a terminal obeys', async () => {
    const before = server.lines().length;
    for (const text of NASTY) {
      const escaped = encodeURIComponent(text);
      const header = text.replace(/[\r\n]/g, '\t').replace(/[^\t\x20-\x7e\x80-\xff]/g, '?');
      await server.client().get(`/${escaped}?q=${escaped}`, { 'user-agent': 'x' });
      await server.client().post('/api/v1/auth/login', { username: `x${text}`, password: text });
      await exchange(
        server.port,
        `GET /health/live?x=${escaped} HTTP/1.1\r\nHost: localhost\r\nUser-Agent: ${header}\r\nX-Request-Id: ${header}\r\nConnection: close\r\n\r\n`,
      );
      await exchange(server.port, `GET /${header} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
      await RawSocket.refused(`${server.wsUrl}/${escaped}`);
    }
    await until(() => server.lines().length > before + NASTY.length * 2);
    for (const line of server.log.split('\n')) {
      if (line === '') continue;
      expect(line).not.toMatch(/[\p{Cc}\u2028\u2029]/u);
      expect(JSON.parse(line)).toMatchObject({ pid: server.pid });
    }
    expect(server.lines().filter(({ level, msg }) => level === 'fatal' || msg === 'forged')).toEqual([]);
  });
});

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc, { type Arbitrary } from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createDatabase, type TestDatabase } from '../support/database.js';
import { fuzzing } from '../support/fuzz/fuzzing.js';
import { exchange } from '../support/raw-http.js';
import { filledPath, routesOf } from '../support/routes.js';
import { type ServerProcess, ServerProgram } from '../support/server-program.js';
import { until } from '../support/until.js';

const PASSWORD = 'correct horse battery';
/** Characters of a secret that may be left: nobody can guess the others. */
const REST = 24;

let program: ServerProgram;
let database: TestDatabase;
let server: ServerProcess;
let paths: readonly string[];
let secrets: readonly string[];

beforeAll(async () => {
  [program, database] = await Promise.all([ServerProgram.make(), createDatabase()]);
  const preload = join(await program.newFolder(), 'preload.mjs');
  // Lets a test throw where nobody catches, with what errors of a database carry.
  await writeFile(
    preload,
    `process.on('SIGUSR2', () => { throw Object.assign(new Error('failed at ?token=' + process.env.LOST), { parameters: [process.env.LOST] }); });`,
  );
  server = await program.start({
    variables: {
      DATABASE_URL: database.url,
      LOG_LEVEL: 'trace',
      NODE_OPTIONS: `--import ${preload}`,
      LOST: 'lost-and-never-found',
      FIRST_SUPERUSER_USERNAME: 'boss',
      FIRST_SUPERUSER_EMAIL: 'boss@example.com',
      FIRST_SUPERUSER_PASSWORD: PASSWORD,
    },
  });
  const { data } = (await server.client().post('/auth/login', { username: 'boss', password: PASSWORD })).body;
  const client = server.client(data.token);
  const { id } = (await client.get('/api/v1/users/me')).body;
  const another = { username: 'alice', email: 'alice@example.com', password: PASSWORD };
  const { id: alice } = (await client.post('/api/v1/users', another)).body;
  const recovery = (await client.post(`/api/v1/users/${alice}/reset-password`)).body.token;
  secrets = [data.token, data.refresh_token, recovery];
  const sockets = ['/', '/v1/connect', '/ws/anna', '/api/v1/ws/anna', '/socket.io/', '/socket.io/?EIO=4&transport=polling'];
  paths = [...(await routesOf(server)).map(({ path }) => filledPath(path, id)), ...sockets, '/recover', '/nowhere', '//', '/%'];
}, 120_000);

afterAll(async () => {
  await program?.close();
  await database?.drop();
});

const percent = (letter: string, isUpper = false): string => {
  const hex = letter.charCodeAt(0).toString(16);
  return `%${isUpper ? hex.toUpperCase() : hex}`;
};

/** A text with some of its characters percent-encoded, once or twice. */
const spelled = (text: string): Arbitrary<string> =>
  fc
    .record({
      at: fc.oneof(
        fc.constant<number[]>([]),
        fc.array(fc.nat(text.length - 1), { maxLength: 5 }),
        fc.constant(Array.from(text, (_, at) => at)),
      ),
      isUpper: fc.boolean(),
      isTwice: fc.boolean(),
    })
    .map(({ at, isUpper, isTwice }) => {
      const letters = Array.from(text, (letter, index) => (at.includes(index) ? percent(letter, isUpper) : letter));
      const once = letters.join('');
      return isTwice ? once.replaceAll('%', '%25') : once;
    });

const anyCase = (text: string): Arbitrary<string> =>
  fc
    .array(fc.boolean(), { minLength: text.length, maxLength: text.length })
    .map((uppers) => Array.from(text, (letter, at) => (uppers[at] ? letter.toUpperCase() : letter)).join(''));

const name = fc
  .constantFrom('token', 'access_token', 'refresh_token', 'code', 'x', 'user[token]', 'password', 'next', '')
  .chain(anyCase)
  .chain((text) => (text === '' ? fc.constant(text) : spelled(text)));

/** Where in a URL a secret may stand. */
const placed = (path: string, secret: string): Arbitrary<string> =>
  fc
    .record({
      name,
      other: name,
      filler: fc.nat(3000),
      glue: fc.constantFrom('', 'x', '-', '_', '%20', '%2F', '%', '.'),
      value: spelled(secret),
      separator: fc.constantFrom('?', '&', ';', '#', '?a=1&', '?a=1;', '?&&', '/'),
    })
    .chain(({ name: key, other, filler, glue, value, separator }) => {
      const sep = separator === '?' && path.includes('?') ? '&' : separator;
      const long = `a=${'b'.repeat(filler)}&`;
      return fc.constantFrom(
        `${path}${sep}${key}=${value}`,
        `${path}${sep}${key}=${value}&${other}=${value}`,
        `${path}?${long}${key}=${value}`,
        `${path}/${value}`,
        `${path}/${'c'.repeat(filler)}/${value}`,
        `${path}/${glue}${value}${glue}/x`,
        `${path.replace(/[^/]+$/, '')}${value}`,
        `${path}?${value}`,
        `${path}?${value}=1`,
        `${path}?next=${encodeURIComponent(`/y?${key}=${value}&z=1`)}`,
        `${path}?${key}${percent('=')}${value}`,
        `http://user:${value}@example.com${path}`,
        `//${value}@example.com${path}`,
      );
    });

interface Request {
  readonly method: string;
  readonly target: string;
  readonly headers: readonly string[];
}

const request = (): Arbitrary<Request> =>
  fc.tuple(fc.constantFrom(...paths), fc.constantFrom(...secrets)).chain(([path, secret]) =>
    fc.record({
      method: fc.constantFrom('GET', 'GET', 'POST', 'OPTIONS'),
      target: placed(path, secret),
      headers: fc.subarray([
        'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
        `X-Request-Id: ${secret.slice(0, 128)}`,
        `User-Agent: ${secret}`,
        `Referer: http://example.com/?token=${secret}`,
        `Origin: http://${secret.slice(0, 60)}.example.com`,
        `Authorization: Basic ${Buffer.from(`boss:${PASSWORD}`).toString('base64')}`,
        'Host: b',
        'Content-Length: x',
      ]),
    }),
  );

async function send({ method, target, headers }: Request): Promise<void> {
  const lines = [`${method} ${target} HTTP/1.1`, 'Host: a', ...headers];
  if (!headers.some((header) => header.startsWith('Connection'))) lines.push('Connection: close');
  await exchange(server.port, `${lines.join('\r\n')}\r\n\r\n`, { enough: (text) => text.includes('\r\n\r\n') });
}

/** The log, and what becomes of it when it is percent-decoded up to three times. */
function readings(log: string): string[] {
  const texts = [log];
  for (let round = 0; round < 3; round += 1)
    texts.push(
      (texts.at(-1) ?? '').replace(/%([0-7][\da-f])/gi, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16))),
    );
  return texts;
}

function leaks(log: string): string[] {
  const texts = readings(log);
  return secrets.flatMap((secret) =>
    Array.from({ length: secret.length - REST + 1 }, (_, at) => secret.slice(at, at + REST)).filter((part) =>
      texts.some((text) => text.includes(part)),
    ),
  );
}

describe('the log of a whole server at trace', () => {
  it('never holds a token, wherever in a URL a client puts it and however it is spelled', async () => {
    expect(paths.length).toBeGreaterThan(30);
    const property = fc.asyncProperty(fc.array(request(), { minLength: 8, maxLength: 8 }), async (requests) => {
      const from = server.log.length;
      await Promise.all(requests.map(send));
      expect(leaks(server.log.slice(Math.max(0, from - 5_000)))).toEqual([]);
    });
    await fc.assert(property, fuzzing(100));
    expect(server.lines().length).toBeGreaterThan(300);
    expect(server.log).toContain('[redacted]');
    expect(leaks(server.log)).toEqual([]);
    expect(server.log).not.toContain(PASSWORD);
  }, 120_000);

  it('holds of an error that nobody caught neither its values nor tokens, and the server ends', async () => {
    server.signal('SIGUSR2');
    const { code } = await server.exited;
    expect(code).toBe(1);
    const last = await until(() => server.lines().find(({ level }) => level === 'fatal'));
    expect(last).toMatchObject({ msg: 'uncaught', err: { message: 'failed at ?token=[redacted]' } });
    expect(server.log + server.errors).not.toContain('lost-and-never-found');
  });
});

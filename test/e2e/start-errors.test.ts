import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Settings, SettingsError } from '../../src/config/settings.js';
import { adminUrl } from '../support/database.js';
import { type Ended, ServerProgram, type RunOptions } from '../support/server-program.js';

let program: ServerProgram;

beforeAll(async () => {
  program = await ServerProgram.make();
});

// A test that fails leaves nothing behind that the next one would stumble over.
afterEach(() => program.killAll());

afterAll(() => program.close());

interface Failure extends Ended {
  readonly lines: readonly string[];
  readonly log: string;
}

/** Runs it until it ends by itself. */
async function fail(options: RunOptions): Promise<Failure> {
  const server = await program.run(options);
  const ended = await server.exited;
  return { ...ended, lines: server.errors.trimEnd().split('\n'), log: server.log };
}

/** One line for people: no stack, no file of ours. */
function expectOneLine({ code, signal, lines }: Failure, pattern: RegExp): void {
  expect([code, signal, lines]).toEqual([1, null, [expect.stringMatching(pattern)]]);
  expect(lines[0]).not.toMatch(/^\s+at |\.js:\d|node:internal|\[object/);
  expect(lines[0]?.length).toBeLessThan(400);
}

const messageOf = (variables: Record<string, string>): string => {
  try {
    Settings.from(variables);
    return 'accepted';
  } catch (error) {
    return error instanceof SettingsError ? error.message : 'another error';
  }
};

describe('a setting that cannot be used ends the start with one line that names it', () => {
  it.each([
    ['PORT', 'eight thousand', '"eight thousand"', /whole number from 0 to 65535/],
    ['PORT', '65536', '"65536"', /whole number from 0 to 65535/],
    ['PORT', '-1', '"-1"', /whole number/],
    ['ACCESS_TOKEN_TTL', '0', '"0"', /whole number from 1/],
    ['SESSION_TTL', '1.5', '"1.5"', /whole number/],
    ['RATE_LIMIT', 'yes', '"yes"', /on or off/],
    ['LOGIN_THROTTLE', '1', '"1"', /on or off/],
    ['PROTOCOLS', 'rest,gopher', '"rest,gopher"', /game, rest, mcp, messenger, socketio/],
    ['LOG_LEVEL', 'loud', '"loud"', /fatal, error, warn/],
    ['TRUST_PROXY', 'everybody', '"everybody"', /true, false/],
    ['CORS_ORIGINS', 'https://app.example.com/path', '"https://app.example.com/path"', /origins such as/],
    ['DATABASE_URL', 'mysql://root:hunter2@localhost/x', 'not shown', /postgres/],
    ['REDIS_URL', 'localhost:6379', 'not shown', /redis:\/\//],
    ['SMTP_URL', 'http://mail', 'not shown', /smtp:\/\//],
    ['APP_SECRET', 'too short a secret', 'not shown', /at least 32 bytes/],
    ['HEARTBEAT_SEC', '99999', '"99999"', /whole number from 1 to 3600/],
  ])('%s=%s', (name, value, shown, allowed) => {
    const line = messageOf({ [name]: value });
    expect(line.startsWith(`${name}: given `)).toBe(true);
    expect(line).toContain(shown);
    expect(line.split(', allowed is ')[1]).toMatch(allowed);
    expect(line).not.toMatch(/hunter2|too short a secret|\n/);
  });

  it.each([
    ['PORT', 'eight thousand'],
    ['APP_SECRET', 'too short a secret'],
  ])('%s=%s, as the whole server', async (name, value) => {
    const failure = await fail({ variables: { [name]: value } });
    expectOneLine(failure, new RegExp(`^${name}: given .+, allowed is `));
    expect(failure.lines).toEqual([messageOf({ [name]: value })]);
    expect(failure.log).toBe('');
  });

  it('and APP_SECRET where it is missing in production', () => {
    const line = messageOf({ NODE_ENV: 'production', DATABASE_URL: 'postgres://localhost/x' });
    expect(line).toMatch(/^APP_SECRET: given nothing, allowed is at least 32 bytes/);
  });

  it('and a first superuser whose password breaks the rules', async () => {
    const variables = { FIRST_SUPERUSER_USERNAME: 'boss', FIRST_SUPERUSER_PASSWORD: 'short' };
    expectOneLine(await fail({ variables }), /^FIRST_SUPERUSER_PASSWORD: given 5 characters \(not shown\), allowed is 8 to 128/);
  });
});

describe('what is in the way ends the start with one line', () => {
  let occupant: Server;
  let taken: number;
  beforeAll(async () => {
    occupant = createServer().listen(0, '127.0.0.1');
    await once(occupant, 'listening');
    taken = (occupant.address() as AddressInfo).port;
  });
  afterAll(() => void occupant.close());

  it('a port that is taken; no database is left behind', async () => {
    const dataDir = await program.newFolder();
    const failure = await fail({ dataDir, variables: { PORT: String(taken), HOST: 'localhost' } });
    expectOneLine(failure, new RegExp(`^127\\.0\\.0\\.1:${taken} is in use .* PORT$`));
    // The data is free for the next server, which also proves that its database was stopped.
    const server = await program.start({ dataDir });
    expect(server.errors).not.toContain('left running');
    expect(await server.stop()).toEqual({ code: 0, signal: null });
  });

  it.each([
    ['192.0.2.1', /^192\.0\.2\.1:\d+ is no address of this machine; set HOST$/],
    ['no-such-host.invalid', /^no-such-host\.invalid cannot be found; set HOST$/],
  ])('the address %s, which this machine does not have', async (HOST, line) => {
    expectOneLine(await fail({ variables: { HOST, PORT: '8000' } }), line);
  });

  it('a file with settings that cannot be read', async () => {
    const dataDir = await program.newFolder();
    await mkdir(join(dataDir, '.env'));
    expectOneLine(await fail({ dataDir }), /^The settings in .*\/\.env cannot be read: EISDIR/);
  });

  it.each([
    [
      'a line that is no setting',
      'LOG_LEVEL=warn\nPUBLIC_URL: https://one.example.com\n',
      /\.env cannot be read: line 2 is not a setting/,
    ],
    [
      'UTF-16',
      Buffer.from('\ufeffLOG_LEVEL=warn\n', 'utf16le'),
      /\.env cannot be read: the file is encoded in UTF-16; save it as UTF-8$/,
    ],
  ])('a file with settings in %s', async (_what, content, line) => {
    const dataDir = await program.newFolder();
    await writeFile(join(dataDir, '.env'), content);
    expectOneLine(await fail({ dataDir }), line);
  });

  it('a database URL whose password is not encoded, at once and without a piece of the password', async () => {
    const failure = await fail({ variables: { DATABASE_URL: 'postgres://app:tr0ub@zebra/quokka#9@127.0.0.1:1/db' } });
    expectOneLine(failure, /^DATABASE_URL: given .* @ as %40/);
    expect(failure.lines.join()).not.toMatch(/tr0ub|zebra|quokka/);
  });

  it('another server on the same data, which goes on', async () => {
    const dataDir = await program.newFolder();
    const first = await program.start({ dataDir });
    const failure = await fail({ dataDir });
    expectOneLine(failure, new RegExp(`process ${first.pid}.*DATA_DIR`));
    expect((await first.client().get('/health/ready')).status).toBe(200);
    expect(await first.stop()).toEqual({ code: 0, signal: null });
    const second = await program.start({ dataDir });
    expect((await second.client().get('/health/ready')).status).toBe(200);
    expect(await second.stop()).toEqual({ code: 0, signal: null });
  });

  it('another APP_SECRET than that of the data', async () => {
    const dataDir = await program.newFolder();
    const first = await program.start({ dataDir });
    await first.stop();
    expectOneLine(await fail({ dataDir, variables: { APP_SECRET: 'another secret of thirty-two bytes' } }), /^APP_SECRET/);
    expect(await (await program.start({ dataDir })).stop()).toEqual({ code: 0, signal: null });
  });

  it('a database that does not know us', async () => {
    const url = new URL(adminUrl());
    url.pathname = '/no-such-database';
    const failure = await fail({ variables: { DATABASE_URL: url.href } });
    expectOneLine(failure, /^The database at .*no-such-database/);
    expect(failure.lines[0]).not.toContain(url.password);
  });
});

import { mkdir, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startEmbeddedPostgres } from '../../src/database/embedded/embedded-postgres.js';
import type { UserRecord } from '../../src/users/user-record.js';
import { newDataDir } from '../support/accounts.js';
import { Cli, type Outcome } from '../support/cli.js';
import { createDatabase, runSql, type TestDatabase } from '../support/database.js';
import type { RawSocket } from '../support/raw-socket.js';
import { type Account, PASSWORD, TestServer } from '../support/server.js';
import { kidOf, sidOf } from '../support/tokens.js';
import { until } from '../support/until.js';

const APP_SECRET = 'a secret of thirty-two bytes at least';
const UNREACHABLE = 'postgres://somebody:the-password@127.0.0.1:1/nowhere';
const SECOND = 1_000;
/** A process of its own takes a while to start on a busy machine; each test runs a few. */
const PATIENCE = 90_000;

const LEAVES = [
  'users create',
  'users list',
  'users show',
  'users promote',
  'users demote',
  'users deactivate',
  'users activate',
  'users suspend',
  'users unsuspend',
  'users reset-password',
  'users delete',
  'sessions list',
  'sessions revoke',
  'keys list',
  'keys rotate',
  'db migrate',
  'db status',
  'db backup',
  'db restore',
  'doctor',
];

/** Two at a time, as many as there are cores to expect: most of a run is the start of its process. */
async function forEach<T>(items: readonly T[], work: (item: T) => Promise<unknown>): Promise<void> {
  const left = items.values();
  const worker = async (): Promise<void> => {
    for (const item of left) await work(item);
  };
  await Promise.all([worker(), worker()]);
}

/** Refused in one readable line, with nothing on stdout. */
function expectRefusal({ code, out, err }: Outcome, words: RegExp): void {
  expect({ code, out }).toEqual({ code: 1, out: '' });
  expect(err).toMatch(/^[^\n]+\n$/);
  expect(err).toMatch(words);
}

let cli: Cli;
let database: TestDatabase;
let dataDir: string;

beforeAll(async () => {
  [database, dataDir] = await Promise.all([createDatabase(), newDataDir()]);
  cli = await Cli.make({ DATABASE_URL: database.url, DATA_DIR: dataDir, APP_SECRET });
}, PATIENCE);
afterAll(async () => {
  await cli?.close();
  await database?.drop();
  await rm(dataDir, { recursive: true, force: true });
});

const auditOf = (userId: number) =>
  runSql<{ action: string; actor_id: string | null; protocol: string | null; user_agent: string | null }>(
    database.url,
    'SELECT action, actor_id, protocol, user_agent FROM audit_log WHERE user_id = $1 ORDER BY id',
    [userId],
  );

const create = async (name: string, ...options: string[]): Promise<UserRecord> =>
  (await cli.json(['users', 'create', name, '--password-stdin', ...options], { input: `${PASSWORD}\n` })).user;

describe('the help', { timeout: PATIENCE }, () => {
  const nowhere = { DATABASE_URL: UNREACHABLE };

  it('is there for every command, with examples that name it', async () => {
    const groups = ['', 'users', 'sessions', 'keys', 'db'];
    await forEach([...groups, ...LEAVES], async (path) => {
      const args = path.split(' ').filter((part) => part !== '');
      const { code, out, err } = await cli.run([...args, '--help'], { variables: nowhere });
      expect({ path, code, err }).toEqual({ path, code: 0, err: '' });
      expect(out).toContain(`Examples:\n  npm run cli -- ${path}`);
    });
  });

  it('goes to stderr under code 2 where a command line is not understood, and nothing is done', async () => {
    const wrong = [
      [],
      ['users'],
      ['frobnicate'],
      ['users', 'create'],
      ['users', 'show', 'a', 'b'],
      ['users', 'list', '--frob'],
      ['users', 'list', '--limit', '0'],
      ['users', 'list', '--limit', '1001'],
      ['users', 'list', '--after', '1e3'],
      ['users', 'delete', 'alice'],
      ['users', 'create', 'alice'],
      ['users', 'create', 'alice', '--password-stdin', '--generate-password'],
      ['db', 'backup'],
      ['db', 'backup', '-', '--json'],
      ['db', 'restore'],
      ['db', 'restore', 'file', '--force'],
    ];
    await forEach(wrong, async (args) => {
      const { code, out, err } = await cli.run(args, { variables: nowhere });
      expect({ args, code, out }).toEqual({ args, code: 2, out: '' });
      expect(err).toMatch(/--help/);
    });
  });
});

describe('accounts', { timeout: PATIENCE }, () => {
  it('are made under the rules of every protocol, with a row in the audit log', async () => {
    const answer = await cli.run(
      [
        'users',
        'create',
        'alice',
        '--email',
        'Alice@example.com',
        '--full-name',
        'Alice Liddell',
        '--superuser',
        '--password-stdin',
      ],
      { input: `${PASSWORD}\n` },
    );
    expect(answer).toEqual({ code: 0, out: 'alice (id 1) is made, a superuser.\n', err: '' });
    const { user } = await cli.json(['users', 'show', 'ALICE']);
    expect(user).toMatchObject({
      id: 1,
      email: 'Alice@example.com',
      full_name: 'Alice Liddell',
      is_active: true,
      is_superuser: true,
    });
    expect(Object.keys(user)).toHaveLength(8);
    expect(await auditOf(1)).toEqual([
      { action: 'user_created', actor_id: null, protocol: 'cli', user_agent: expect.stringContaining('@') },
    ]);
  });

  it('get a password that is made up, shown once and good', async () => {
    const { user, password } = await cli.json(['users', 'create', 'made-up', '--generate-password']);
    const server = await TestServer.start({ database });
    try {
      expect((await server.client().logIn('made-up', password)).token).toBeTruthy();
    } finally {
      await server.stop();
    }
    const { out } = await cli.run(['users', 'show', String(user.id)]);
    expect(out).not.toContain(password);
  });

  it('are refused in one line that says why', async () => {
    const make = (name: string, ...options: string[]) =>
      cli.run(['users', 'create', name, '--password-stdin', ...options], { input: 'correct horse\n' });
    const refusals: [Promise<Outcome>, RegExp][] = [
      [make('al', '--email', 'x'), /user name: .*at least 3.*; email: value is not a valid email address/],
      [make('a b c'), /user name: allowed are 3 to 64 letters/],
      [make('\u0430lice'), /belongs to another account/], // a Cyrillic a
      [make('other', '--email', 'alice@EXAMPLE.com'), /belongs to another account/],
    ];
    for (const [outcome, words] of refusals) expectRefusal(await outcome, words);
    const short = await cli.run(['users', 'create', 'other', '--password-stdin'], { input: 'hush \n' });
    expectRefusal(short, /password: .*at least 8/);
    expect(short.err).not.toContain('hush');
    const common = { variables: { PASSWORD_BLOCKLIST: 'on' }, input: 'password1\n' };
    expectRefusal(await cli.run(['users', 'create', 'other', '--password-stdin'], common), /most common/);
    expect(await runSql(database.url, `SELECT FROM users WHERE username = 'other'`)).toEqual([]);
  });

  it('are found by name, address and id, and never by guessing which of them was meant', async () => {
    const { id } = await create('bob', '--email', 'bob@example.com');
    await forEach(['BOB', 'bob@EXAMPLE.com', String(id), `id:${id}`, 'name:bob'], async (text) => {
      expect((await cli.json(['users', 'show', text])).user.id).toBe(id);
    });
    const clash = await create('100');
    expect((await cli.json(['users', 'show', '100'])).user.id).toBe(clash.id);
    const renamed = [String(id), clash.id];
    await runSql(
      database.url,
      'UPDATE users SET username = $1, username_fold = $1, username_skeleton = $1, username_lookalike = $1 WHERE id = $2',
      renamed,
    );
    expectRefusal(await cli.run(['users', 'deactivate', String(id)]), /name:\d+ or id:\d+/);
    expect((await cli.json(['users', 'show', `name:${id}`])).user.id).toBe(clash.id);
    await forEach(['id:0', 'id:bob', `id:${'9'.repeat(30)}`, 'nobody', ''], async (text) => {
      expectRefusal(await cli.run(['users', 'show', text]), /There is no account/);
    });
  });

  it('are listed page by page', async () => {
    await create('list-one');
    await create('list-two');
    const first = await cli.json(['users', 'list', '--q', 'LIST-', '--limit', '1']);
    expect(first.users.map(({ username }) => username)).toEqual(['list-one']);
    const next = await cli.json(['users', 'list', '--q', 'list-', '--after', String(first.next_after)]);
    expect(next.users.map(({ username }) => username)).toEqual(['list-two']);
    expect(next.next_after).toBeNull();
    const [{ count } = { count: '' }] = await runSql<{ count: string }>(database.url, 'SELECT count(*) FROM users');
    expect(await cli.json(['users', 'list', '--limit', '1'])).toMatchObject({ total: Number(count) });
    const shown = await cli.run(['users', 'list', '--limit', '1']);
    expect(shown.out).toMatch(/^ID +USER NAME +E-MAIL.*\n1 +alice +Alice@example\.com +Alice Liddell +yes +yes +20\S+Z\n$/);
    expect(shown.err).toBe('There are more: --after 1\n');
    expect(await cli.run(['users', 'list', '--q', 'nobody'])).toEqual({ code: 0, out: 'No accounts.\n', err: '' });
    expect(await cli.run(['users', 'list'], { deaf: true })).toMatchObject({ code: 0, err: '' });
  });

  it('change as told, once, and the last active superuser stays one', async () => {
    const { id } = await create('carol');
    const done = await cli.run(['users', 'promote', 'carol']);
    expect(done).toEqual({ code: 0, out: `carol (id ${id}) is a superuser now.\n`, err: '' });
    expect(await cli.json(['users', 'promote', 'carol'])).toMatchObject({ changed: false, user: { is_superuser: true } });
    expect(await cli.json(['users', 'demote', 'carol'])).toMatchObject({ changed: true, user: { is_superuser: false } });
    expect(await cli.json(['users', 'deactivate', 'carol'])).toMatchObject({ changed: true, user: { is_active: false } });
    expect(await cli.json(['users', 'activate', 'carol'])).toMatchObject({ changed: true, user: { is_active: true } });
    const rows = await auditOf(id);
    expect(rows.map(({ action }) => action)).toEqual([
      'user_created',
      'role_changed',
      'role_changed',
      'deactivated',
      'activated',
    ]);
    for (const row of rows) expect(row).toMatchObject({ actor_id: null, protocol: 'cli' });
    for (const deed of [['demote'], ['deactivate'], ['delete', '--yes']]) {
      expectRefusal(await cli.run(['users', ...deed, 'alice']), /last active superuser.*users promote/);
    }
    expect(await cli.json(['users', 'delete', 'carol', '--yes'])).toMatchObject({ deleted: true, user: { id } });
    expectRefusal(await cli.run(['users', 'show', `id:${id}`]), /There is no account/);
    expect((await auditOf(id)).at(-1)).toMatchObject({ action: 'user_deleted', actor_id: null, protocol: 'cli' });
  });
});

describe('a server that runs', { timeout: PATIENCE }, () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await TestServer.start({ database });
  });
  afterAll(() => server?.stop());

  const connect = (token: string): Promise<RawSocket> => server.socket(`/v1/connect?token=${token}`);
  const statusOf = async ({ client }: Account): Promise<number> => (await client.get('/api/v1/users/me')).status;

  /** How a socket is closed, no later than a second after the command was done. */
  async function closedBy(args: readonly string[], socket: RawSocket): Promise<number> {
    let doneAt = Number.POSITIVE_INFINITY;
    const closed = socket.closed.then(({ code }) => ({ code, late: performance.now() - doneAt }));
    await cli.json(args);
    doneAt = performance.now();
    const { code, late } = await closed;
    expect(late).toBeLessThan(SECOND);
    return code;
  }

  it('closes the sockets of an account that is deactivated, and lets it in again only when it is activated', async () => {
    const user = await server.user();
    expect(await closedBy(['users', 'deactivate', user.username], await connect(user.tokens.token))).toBe(4401);
    expect(await statusOf(user)).toBe(401);
    await expect(server.client().logIn(user.username, PASSWORD)).rejects.toThrow(/401/);
    await cli.json(['users', 'activate', user.username]);
    await server.client().logIn(user.username, PASSWORD);
    expect(await statusOf(user)).toBe(401);
  });

  it('ends the session that is revoked, and no other; then all of them', async () => {
    const user = await server.user();
    const other = await server.client().logIn(user.username, PASSWORD);
    const { sessions } = await cli.json(['sessions', 'list', user.email]);
    expect(sessions).toHaveLength(2);
    expect(sessions[0]).toMatchObject({ protocol: 'rest', ip: '127.0.0.1', user_agent: expect.any(String) });
    const sid = sidOf(user.tokens.token);
    const [one, two] = await Promise.all([connect(user.tokens.token), connect(other.token)]);
    expect(await closedBy(['sessions', 'revoke', user.username, '--id', sid], one)).toBe(4401);
    expect(await two.command('system.ping')).toMatchObject({ success: true });
    expectRefusal(await cli.run(['sessions', 'revoke', user.username, '--id', sid]), /no session/);
    const stranger = await server.user();
    const [strange] = (await cli.json(['sessions', 'list', stranger.username])).sessions;
    expectRefusal(await cli.run(['sessions', 'revoke', user.username, '--id', strange?.id ?? '']), /no session/);
    expectRefusal(await cli.run(['sessions', 'revoke', user.username, '--id', "x' OR 1=1"]), /no session/);
    expect(await statusOf(stranger)).toBe(200);
    expect(await closedBy(['sessions', 'revoke', user.username], two)).toBe(4401);
    expect((await cli.run(['sessions', 'list', user.username])).out).toMatch(/has no sessions/);
    expect((await auditOf(user.id)).filter(({ protocol }) => protocol === 'cli')).toMatchObject([
      { action: 'sessions_revoked', actor_id: null },
      { action: 'sessions_revoked', actor_id: null },
    ]);
  });

  it('takes a superuser’s rights away at once', async () => {
    const boss = await server.user({ isSuperuser: true });
    expect((await boss.client.get('/api/v1/users/')).status).toBe(200);
    await cli.json(['users', 'demote', boss.username]);
    await until(async () => (await boss.client.get('/api/v1/users/')).status === 403, SECOND);
    expect(await statusOf(boss)).toBe(200);
  });

  it('forgets an account that is deleted', async () => {
    const user = await server.user();
    expect(await closedBy(['users', 'delete', user.username, '--yes'], await connect(user.tokens.token))).toBe(4401);
    expect(await statusOf(user)).toBe(401);
  });

  it('ends every session at a reset by the owner, and takes the token once', async () => {
    const user = await server.user();
    const socket = await connect(user.tokens.token);
    const closed = socket.closed.then(({ code }) => code);
    const { code, out, err } = await cli.run(['users', 'reset-password', user.username], {
      variables: { PUBLIC_URL: 'https://chat.example.com/', RECOVERY_TTL: '7200' },
    });
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toContain('within 2 hours');
    const [, token] = /^ {2}token {2}([\w-]{43})$/m.exec(out) ?? [];
    expect(out).toContain(`https://chat.example.com/recover?token=${token}\n`);
    expect(await closed).toBe(4401);
    expect(await statusOf(user)).toBe(401);
    const newer = await cli.json(['users', 'reset-password', user.username]);
    expect(newer).toMatchObject({ user: { id: user.id }, expires_in: 600, link: expect.stringContaining(newer.token) });
    const reset = async (given: string | undefined, password = 'another battery') =>
      (await server.client().post('/api/v1/auth/reset', { token: given ?? '', password })).status;
    expect([await reset(token), await reset(newer.token), await reset(newer.token, 'a third battery')]).toEqual([400, 200, 400]);
    expect((await server.client().logIn(user.username, 'another battery')).token).toBeTruthy();
  });

  it('signs by the new key, and still believes what the old one signed', async () => {
    const user = await server.user();
    const { kid } = await cli.json(['keys', 'rotate']);
    await until(async () => kidOf((await server.client().logIn(user.username, PASSWORD)).token) === kid, SECOND);
    expect(kidOf(user.tokens.token)).not.toBe(kid);
    expect(await statusOf(user)).toBe(200);
    const { keys } = await cli.json(['keys', 'list']);
    expect(keys[0]).toMatchObject({ kid, alg: 'ES256', is_active: true, retired_at: null, verifies_until: null });
    expect(keys[1]).toMatchObject({ kid: kidOf(user.tokens.token), is_active: false, verifies_until: expect.any(String) });
    expect(JSON.stringify(keys)).not.toMatch(/sealed|private|"d"/);
    const audit = `SELECT actor_id, protocol, details FROM audit_log WHERE action = 'key_rotated'`;
    expect(await runSql(database.url, audit)).toMatchObject([{ actor_id: null, protocol: 'cli', details: { kid } }]);
  });

  it('sends nothing to the owner’s terminal that somebody else has put into a name', async () => {
    const user = await server.user();
    const name = 'x\x1b]0;owned\x07\u202e\u009b2J';
    expect((await user.client.put(`/api/v1/users/${user.id}`, { full_name: name })).status).toBe(200);
    const shown = await cli.run(['users', 'show', user.username]);
    expect(shown.out).toContain('\\u{1b}]0;owned');
    const json = await cli.run(['users', 'show', user.username, '--json']);
    for (const { out } of [shown, json]) expect(out).not.toMatch(/[^\P{Cc}\n]|\u202e/u);
    expect(JSON.parse(json.out).user.full_name).toBe(name);
  });
});

describe('what a command needs', { timeout: PATIENCE }, () => {
  it('is named in one line where it is wrong or missing, and the program ends', async () => {
    expectRefusal(await cli.run(['users', 'list'], { variables: { PORT: 'eighty' } }), /^PORT: .*eighty/);
    const env = join(cli.folder, '.env');
    await mkdir(env);
    expectRefusal(await cli.run(['users', 'list']), /^The settings in .*\.env cannot be read: EISDIR/);
    await rmdir(env);
    const unreachable = await cli.run(['db', 'status'], { variables: { DATABASE_URL: UNREACHABLE } });
    expectRefusal(unreachable, /127\.0\.0\.1:1\/nowhere does not answer/);
    expect(unreachable.err).not.toContain('the-password');
    const wrong = new URL(database.url);
    wrong.password = 'a-wrong-one';
    await forEach(['db status', 'db migrate', 'users list'], async (command) => {
      const refused = await cli.run(command.split(' '), { variables: { DATABASE_URL: wrong.href } });
      expectRefusal(refused, /refuses: password authentication failed/);
      expect(refused.err).not.toContain('a-wrong-one');
    });
    const secret = { APP_SECRET: 'another secret of thirty-two bytes, or more' };
    const refused = await cli.run(['keys', 'rotate'], { variables: { ...secret, LOG_LEVEL: 'silent' } });
    expectRefusal(refused, /APP_SECRET is not the secret/);
  });

  it('makes no first superuser, whatever the settings say of one', async () => {
    const variables = { FIRST_SUPERUSER_USERNAME: 'first', FIRST_SUPERUSER_PASSWORD: 'short' };
    expect(await cli.json(['users', 'list', '--q', 'first'], { variables })).toMatchObject({ users: [] });
  });
});

describe('the database', { timeout: PATIENCE }, () => {
  it('is looked at without being changed, and then brought up to date', async () => {
    const bare = await createDatabase('bare');
    try {
      const variables = { DATABASE_URL: bare.url };
      const before = await cli.json(['db', 'status'], { variables });
      expect(before).toMatchObject({ version: expect.stringMatching(/^\d+/), migrations: { done: [], unknown: [] } });
      expect(before.database).not.toContain(new URL(bare.url).password);
      expect(before.migrations.pending.length).toBeGreaterThan(0);
      expect(await runSql(bare.url, `SELECT FROM pg_class WHERE relnamespace = 'public'::regnamespace`)).toEqual([]);
      expect(await cli.json(['db', 'migrate'], { variables })).toEqual({ done: before.migrations.pending });
      expect((await cli.run(['db', 'migrate'], { variables })).out).toBe('The schema is up to date.\n');
      await runSql(bare.url, `INSERT INTO schema_migrations (timestamp, name) VALUES (9, 'FromTomorrow9')`);
      const after = { done: [...before.migrations.pending, 'FromTomorrow9'], pending: [], unknown: ['FromTomorrow9'] };
      expect((await cli.json(['db', 'status'], { variables })).migrations).toEqual(after);
    } finally {
      await bare.drop();
    }
  });

  it('is an embedded one without DATABASE_URL: started for the while, or shared with a server that runs on it', async () => {
    const folder = await newDataDir();
    const variables = { DATABASE_URL: '', APP_SECRET: '', DATA_DIR: folder };
    try {
      expect((await cli.json(['users', 'create', 'alone', '--generate-password'], { variables })).user.id).toBe(1);
      const server = await startEmbeddedPostgres({ dataDir: folder, connections: 10, log: () => undefined });
      try {
        const { user } = await cli.json(['users', 'create', 'shared', '--generate-password'], { variables });
        expect(await runSql(server.url, 'SELECT username FROM users ORDER BY id')).toEqual([
          { username: 'alone' },
          { username: user.username },
        ]);
      } finally {
        await server.stop();
      }
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});

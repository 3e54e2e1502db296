import { rm } from 'node:fs/promises';
import { io } from 'socket.io-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Message } from '../../src/chat/message.js';
import type { ChatsPage } from '../../src/chat/chat-views.js';
import { DEMO, PEOPLE } from '../../src/cli/demo/people.js';
import { TALKS } from '../../src/cli/demo/talks.js';
import type { UserRecord } from '../../src/users/user-record.js';
import { foldName, lookalikeOf, skeletonOf } from '../../src/users/names.js';
import { newDataDir } from '../support/accounts.js';
import { Cli, type Outcome, type RunOptions } from '../support/cli.js';
import { createDatabase, runSql, type TestDatabase } from '../support/database.js';
import type { Client } from '../support/http-client.js';
import { PASSWORD, TestServer } from '../support/server.js';
import { until } from '../support/until.js';

const APP_SECRET = 'a secret of thirty-two bytes at least';
/** A process of its own takes a while to start on a busy machine; each test runs a few. */
const PATIENCE = 120_000;
const DAY_MS = 86_400_000;
const TAKEN = { detail: 'User with this username or email already exists.' };

interface Made {
  readonly made: { readonly users: number; readonly chats: number; readonly messages: number };
  readonly username: string;
  readonly url: string;
  readonly password?: string;
}

let cli: Cli;
let dataDir: string;
const databases: TestDatabase[] = [];

beforeAll(async () => {
  dataDir = await newDataDir();
  cli = await Cli.make({ DATA_DIR: dataDir, APP_SECRET });
}, PATIENCE);
afterAll(async () => {
  await cli?.close();
  await Promise.all(databases.map((database) => database.drop()));
  await rm(dataDir, { recursive: true, force: true });
});

async function newDatabase(): Promise<TestDatabase> {
  const database = await createDatabase();
  databases.push(database);
  return database;
}

const runOn = (database: TestDatabase, args: readonly string[], { variables, ...options }: RunOptions = {}): Promise<Outcome> =>
  cli.run(args, { ...options, variables: { DATABASE_URL: database.url, ...variables } });

/** Runs what has to succeed, without a word on stderr. */
async function demo(database: TestDatabase, args: readonly string[] = [], options?: RunOptions): Promise<Made> {
  const { code, out, err } = await runOn(database, ['demo', '--json', ...args], options);
  expect({ code, err }).toEqual({ code: 0, err: '' });
  return JSON.parse(out) as Made;
}

/** Refused in one readable line, with nothing on stdout. */
function expectRefusal({ code, out, err }: Outcome, words: RegExp): void {
  expect({ code, out }).toEqual({ code: 1, out: '' });
  expect(err).toMatch(/^[^\n]+\n$/);
  expect(err).toMatch(words);
}

async function numberOf(database: TestDatabase, query: string): Promise<number> {
  const [row] = await runSql<{ n: string }>(database.url, `SELECT (${query}) AS n`);
  return Number(row?.n);
}

/** What every chat has in common, however it was made. */
async function expectWholeLogs(database: TestDatabase): Promise<void> {
  const faults = await runSql(
    database.url,
    `SELECT c.id FROM chats c
     LEFT JOIN LATERAL (SELECT count(*) AS n, min(seq) AS first, max(seq) AS last, max(created_at) FILTER (WHERE kind = 'message') AS at FROM messages m WHERE m.chat_id = c.id) l ON true
     LEFT JOIN LATERAL (SELECT count(*) AS n, max(read_seq) AS read, count(*) FILTER (WHERE role = 'owner') AS owners, min(joined_at) AS joined
       FROM chat_members m WHERE m.chat_id = c.id) p ON true
     WHERE c.last_seq <> l.n OR (l.n > 0 AND (l.first <> 1 OR l.last <> c.last_seq OR l.at <> c.last_activity_at))
       OR p.read > c.last_seq OR p.n = 0 OR p.joined < c.created_at OR p.owners <> CASE WHEN c.chat_type = 'group' THEN 1 ELSE 0 END
       OR (c.chat_type = 'personal' AND p.n <> 2) OR c.last_activity_at > now()`,
  );
  expect(faults).toEqual([]);
  const backwards = await numberOf(
    database,
    `SELECT count(*) FROM (SELECT created_at < lag(created_at) OVER (PARTITION BY chat_id ORDER BY seq) AS back FROM messages) x WHERE back`,
  );
  expect(backwards).toBe(0);
}

async function expectRightCount(database: TestDatabase, users: number): Promise<void> {
  expect(await numberOf(database, 'SELECT count(*) FROM users')).toBe(users);
  expect(await numberOf(database, `SELECT value FROM counters WHERE name = 'users'`)).toBe(users);
}

describe('a demo', { timeout: PATIENCE }, () => {
  let database: TestDatabase;
  let made: Made;
  let server: TestServer;
  let client: Client;

  beforeAll(async () => {
    database = await newDatabase();
    made = await demo(database, ['--password-stdin'], {
      input: `${PASSWORD}\n`,
      variables: { PUBLIC_URL: 'https://chat.example.com/' },
    });
    server = await TestServer.start({ database });
    client = server.client((await server.client().logIn(DEMO, PASSWORD)).token);
  }, PATIENCE);
  afterAll(() => server?.stop());

  const chats = async (as = client): Promise<ChatsPage['chats']> => (await as.get<ChatsPage>('/api/v1/chats')).body.chats;
  async function chatNamed(name: string): Promise<ChatsPage['chats'][number]> {
    const found = (await chats()).find(({ chat_name: its }) => its === name);
    if (!found) throw new Error(`no chat ${name}`);
    return found;
  }
  const pageOf = async (id: number, query = ''): Promise<readonly Message[]> =>
    (await client.get<{ messages: Message[] }>(`/api/v1/chats/${id}/messages?limit=200${query}`)).body.messages;
  const command = async <T>(name: string, payload: Record<string, unknown>): Promise<T> =>
    (await client.post(`/api/v1/commands/${name.replace('.', '/')}`, payload)).body.data;

  it('says what was made, and no password that somebody knows already', async () => {
    const messages = await numberOf(database, `SELECT count(*) FROM messages WHERE kind = 'message'`);
    expect(made).toEqual({
      made: { users: PEOPLE.length, chats: TALKS.length, messages },
      seconds: expect.any(Number),
      username: DEMO,
      url: 'https://chat.example.com',
    });
    await expectRightCount(database, PEOPLE.length);
    await expectWholeLogs(database);
  });

  it('is signed in to by every protocol, by name and by address', async () => {
    const post = async (path: string, body: Record<string, unknown>) => (await server.client().post(path, body)).body;
    const socket = await server.socket('/');
    const frame = { mode: 'auth', timestamp: Date.now() / 1000, username: DEMO, password: PASSWORD };
    const tokens: unknown[] = [
      (await post('/api/v1/auth/login', { username: 'demo@example.com', password: PASSWORD })).access_token,
      (await post('/auth/login', { username: DEMO, password: PASSWORD })).data.token,
      (await post('/auth', { login: DEMO, password: PASSWORD })).token,
      (await socket.ask(frame)).token,
    ];
    await socket.close();
    for (const token of tokens) {
      expect((await server.client(String(token)).get('/api/v1/users/me')).body).toMatchObject({
        username: DEMO,
        full_name: 'Robin Demo',
        is_superuser: true,
      });
    }
    const live = io(server.url, { transports: ['websocket'], reconnection: false, forceNew: true, auth: { token: tokens[0] } });
    try {
      const answer = await live.emitWithAck('command', { request_id: 'r', domain: 'system', command: 'whoami', payload: {} });
      expect(answer.data).toMatchObject({ username: DEMO });
    } finally {
      live.disconnect();
    }
  });

  it('has one password for everybody who is active, whatever the script of the name', async () => {
    for (const { username, inactiveSince } of PEOPLE.filter((_unused, i) => i % 4 === 2 || i > 38)) {
      const { status } = await server.client().post('/api/v1/auth/login', { username, password: PASSWORD });
      expect([username, status]).toEqual([username, inactiveSince === undefined ? 200 : 401]);
    }
  });

  it('shows people as if they had registered over the last weeks', async () => {
    const { body } = await client.get<UserRecord[]>('/api/v1/users/?limit=100');
    expect(body.map(({ username }) => username)).toEqual(PEOPLE.map(({ username }) => username));
    const times = body.map(({ created_at: at }) => Date.parse(at));
    expect(times).toEqual([...times].sort((a, b) => a - b));
    expect(times.at(-1)).toBeLessThan(Date.now() - DAY_MS);
    const jack = body.find(({ username }) => username === 'jack.turner');
    expect(jack).toMatchObject({ is_active: false, email: 'jack.turner@example.com' });
    expect(Date.parse(jack?.updated_at ?? '')).toBeGreaterThan(Date.parse(jack?.created_at ?? ''));
    const audit = `SELECT count(*) FROM audit_log WHERE action = 'user_created' AND protocol = 'cli' AND actor_id IS NULL AND user_id IS NOT NULL`;
    expect(await numberOf(database, audit)).toBe(PEOPLE.length);
    // A name that looks like one of theirs is taken.
    const twin = { username: 'd\u0435mo', password: PASSWORD, email: 'twin@example.com' };
    expect((await server.client().post('/api/v1/auth/register', twin)).body).toEqual(TAKEN);
  });

  it('lists chats with exactly the unread ones, the latest first', async () => {
    const own = TALKS.filter(({ members }) => members.includes(DEMO));
    const listed = await chats();
    expect(listed).toHaveLength(own.length);
    for (const talk of own) {
      const name = talk.name ?? talk.members.find((who) => who !== DEMO);
      expect(listed.find(({ chat_name: its }) => its === name)).toMatchObject({
        chat_type: talk.name === undefined ? 'personal' : 'group',
        unread: talk.unread?.[DEMO] ?? 0,
        last_message: { kind: 'message', content: expect.any(String) },
      });
    }
    expect(listed.filter(({ unread }) => unread > 0).length).toBeGreaterThan(5);
    expect(listed.some(({ unread }) => unread === 0)).toBe(true);
    const times = listed.map(({ last_activity_at: at }) => Date.parse(at));
    expect(times).toEqual([...times].sort((a, b) => b - a));
    expect(times[0]).toBeGreaterThan(Date.now() - DAY_MS / 2);
    expect(times.at(-1)).toBeLessThan(Date.now() - 3 * DAY_MS);
  });

  it('has histories in many languages, with edits applied and deleted messages left out', async () => {
    const said = async (name: string): Promise<string> =>
      (await pageOf((await chatNamed(name)).chat_id)).map(({ content }) => content).join('\n');
    const [russian, japanese, arabic] = await Promise.all([said('Русская редакция'), said('東京オフィス'), said('فريق الترجمة')]);
    expect(russian).toContain('Выхожу через 2 минуты');
    expect(russian).not.toContain('Выхожу через 5 минут');
    expect(japanese).toContain('金曜日の４時はどうですか？');
    expect(arabic).toContain('القهوة');
    const { chat_id: id, last_seq: lastSeq } = await chatNamed('Support rota');
    expect(await said('Support rota')).not.toContain('password');
    const log = await command<{ messages: Message[] }>('chat.sync', { chat_id: id, after_seq: 0, limit: 1000 });
    expect(log.messages.map(({ seq }) => seq)).toEqual(Array.from({ length: lastSeq }, (_unused, i) => i + 1));
    expect(log.messages.find(({ kind }) => kind === 'deleted')).toMatchObject({ target_seq: expect.any(Number), content: null });
    const general = await command<{ messages: Message[] }>('chat.sync', {
      chat_id: (await chatNamed('Everybody')).chat_id,
      after_seq: 0,
    });
    expect(general.messages.find(({ kind }) => kind === 'joined')).toMatchObject({ from_name: DEMO, member_name: 'zoe.adams' });
    expect(general.messages.find(({ kind }) => kind === 'left')).toMatchObject({ member_name: 'jack.turner' });
    expect(Date.now() - Date.parse(general.messages[0]?.created_at ?? '')).toBeGreaterThan(10 * DAY_MS);
  });

  it('goes on as if it had always been there', async () => {
    const { chat_id: id, last_seq: lastSeq, unread } = await chatNamed('Everybody');
    const socket = await server.socket(`/v1/connect?token=${client.token}`);
    const mia = server.client((await server.client().logIn('mia.carter', PASSWORD)).token);
    const sent = await mia.post(`/api/v1/chats/${id}/messages`, { content: 'And now live' });
    expect(sent.body).toMatchObject({ seq: lastSeq + 1, duplicate: false });
    const heard = await socket.nextThat(({ data }) => data?.seq === lastSeq + 1);
    expect(heard.data).toMatchObject({ content: 'And now live', from_name: 'mia.carter' });
    await socket.close();
    expect((await chatNamed('Everybody')).unread).toBe(unread + 1);
    const own = (await pageOf(id)).find(({ from_name: name, edited_seq: edited }) => name === DEMO && edited === undefined);
    const edit = await client.send('PATCH', `/api/v1/chats/${id}/messages/${own?.seq}`, { content: 'Changed at last' });
    expect(edit.body).toMatchObject({ seq: lastSeq + 2, target_seq: own?.seq });
    expect((await pageOf(id)).find(({ seq }) => seq === own?.seq)).toMatchObject({
      content: 'Changed at last',
      edited_seq: lastSeq + 2,
    });
    expect((await client.post(`/api/v1/chats/${id}/read`, { seq: lastSeq + 2 })).body).toMatchObject({ read_seq: lastSeq + 2 });
    expect((await chatNamed('Everybody')).unread).toBe(0);
    const personal = await client.post('/api/v1/chats', { chat_type: 'personal', members: ['mia.carter'] });
    expect(personal.body.chat_id).toBe((await chatNamed('mia.carter')).chat_id);
    await expectWholeLogs(database);
  });

  it('is refused where there are accounts, and with --force is another one under other names', async () => {
    const before = await numberOf(database, 'SELECT count(*) FROM users');
    const refused = await runOn(database, ['demo']);
    expectRefusal(refused, /has accounts or chats already.*--force/);
    expect(await numberOf(database, 'SELECT count(*) FROM users')).toBe(before);
    const again = await demo(database, ['--force']);
    expect(again).toMatchObject({ username: 'demo-2', made: made.made });
    expect((await server.client().logIn('demo-2', again.password ?? '')).token).toBeTruthy();
    const second = server.client((await server.client().logIn('demo-2@example.com', again.password ?? '')).token);
    expect((await chats(second)).some(({ chat_name: name }) => name === 'mia.carter-2')).toBe(true);
    expect((await server.client().logIn(DEMO, PASSWORD)).token).toBeTruthy();
    await expectRightCount(database, before + PEOPLE.length);
    await expectWholeLogs(database);
  });
});

describe('what a demo needs', { timeout: PATIENCE }, () => {
  it('is a server with at most a single superuser, not in production, unless it is told to go on', async () => {
    const database = await newDatabase();
    const production = { variables: { NODE_ENV: 'production' } };
    expectRefusal(await runOn(database, ['demo'], production), /production.*--force/);
    const owner = await runOn(database, ['users', 'create', 'owner', '--superuser', '--generate-password']);
    expect(owner.code).toBe(0);
    expectRefusal(await runOn(database, ['demo', '--password-stdin'], { input: 'short' }), /password: .*at least 8/);
    await expectRightCount(database, 1);
    const { code, out, err } = await runOn(database, ['demo', '--force'], production);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toMatch(
      /^Made in [\d.]+ s: 42 accounts, 30 chats, \d{3} messages\.\nStart the server.* sign in at http:\/\/localhost:8000 as demo/,
    );
    expect(out).toMatch(/\nPassword \(shown only now\): (\w{6}-){3}\w{6}\n$/);
    await expectRightCount(database, PEOPLE.length + 1);
  });

  it('is a command line that makes sense', async () => {
    const help = await cli.run(['demo', '--help']);
    expect(help).toMatchObject({ code: 0, err: '', out: expect.stringContaining('Examples:\n  npm run cli -- demo\n') });
    const wrong = [
      ['--users', '0'],
      ['--users', '5000001'],
      ['--users', '1e3'],
      ['--no-people'],
      ['--no-people', '--chats', '5'],
      ['--messages', '10'],
      ['--users', '2', '--chats', '1001'],
      ['somebody'],
    ];
    for (const args of wrong) {
      const { code, out, err } = await cli.run(['demo', ...args], { variables: { DATABASE_URL: 'postgres://a@127.0.0.1:1/b' } });
      expect({ args, code, out }).toEqual({ args, code: 2, out: '' });
      expect(err).toMatch(/--help/);
    }
  });
});

const pastFirstChunk = (database: TestDatabase): Promise<boolean> =>
  until(async () => (await numberOf(database, `SELECT value FROM counters WHERE name = 'users'`)) > 5_000, PATIENCE);

describe('a load', { timeout: PATIENCE }, () => {
  it('of many accounts keeps their number right and their names apart, and they are found', async () => {
    const database = await newDatabase();
    const { made, username, password } = await demo(database, ['--users', '20000']);
    expect({ username, users: made.users }).toEqual({ username: DEMO, users: 20_000 + PEOPLE.length });
    await expectRightCount(database, 20_000 + PEOPLE.length);
    const sample = await runSql<Record<'username' | 'fold' | 'skeleton' | 'lookalike' | 'email' | 'email_fold', string>>(
      database.url,
      `SELECT username, username_fold AS fold, username_skeleton AS skeleton, username_lookalike AS lookalike, email, email_fold
       FROM users WHERE id % 97 = 0`,
    );
    for (const row of sample) {
      expect(row).toMatchObject({
        fold: foldName(row.username),
        skeleton: skeletonOf(row.username),
        lookalike: lookalikeOf(row.username),
      });
      expect(row.email_fold).toBe(row.email.toLowerCase());
    }
    expect(await numberOf(database, `SELECT sum((details->>'accounts')::int) FROM audit_log WHERE details ? 'accounts'`)).toBe(
      20_000,
    );
    const server = await TestServer.start({ database });
    try {
      const client = server.client((await server.client().logIn(DEMO, password ?? '')).token);
      const [some] = await runSql<{ username: string }>(database.url, 'SELECT username FROM users WHERE id > 19000 LIMIT 1');
      const name = some?.username ?? '';
      expect((await client.get(`/api/v1/users/?q=${name}`)).body).toMatchObject([{ username: name }]);
      expect((await client.get('/api/v1/users/?limit=1')).headers.get('x-total-count')).toBe(String(20_000 + PEOPLE.length));
      expect((await server.client().logIn(name, password ?? '')).token).toBeTruthy();
      // As the skeleton has it: a digit one looks like a small L.
      const twin = {
        username: name.replace(/1|0/g, (digit) => (digit === '1' ? 'l' : 'o')),
        password: PASSWORD,
        email: 'twin@example.com',
      };
      expect(twin.username).not.toBe(name);
      expect((await server.client().post('/api/v1/auth/register', twin)).body).toEqual(TAKEN);
    } finally {
      await server.stop();
    }
  });

  it('adds to a load, whatever names are taken', async () => {
    const database = await newDatabase();
    const first = await demo(database, ['--no-people', '--users', '300']);
    expect(first.made).toEqual({ users: 300, chats: 0, messages: 0 });
    expect(first.username).toMatch(/^[a-z]+\.[a-z]+-1$/);
    const [squatter] = await runSql<{ username: string }>(database.url, 'SELECT username FROM users WHERE id = 300');
    const taken = squatter?.username.replace('-300', '');
    // Somebody who has one of the names that come next: the same beginning returns after 26.
    const create = ['users', 'create', `${taken}-326`, '--generate-password'];
    expect((await runOn(database, create)).code).toBe(0);
    expect((await demo(database, ['--no-people', '--users', '200', '--force'])).made.users).toBe(200);
    await expectRightCount(database, 501);
    expect(await numberOf(database, `SELECT count(*) FROM users WHERE username = '${taken}-326'`)).toBe(1);
  });

  it('of many chats and messages has logs like any others', async () => {
    const database = await newDatabase();
    const wanted = ['--users', '50', '--chats', '300', '--messages', '7001'];
    const { made, password } = await demo(database, wanted);
    const people = await numberOf(database, `SELECT count(*) FROM messages WHERE kind = 'message'`);
    expect(made).toEqual({ users: 50 + PEOPLE.length, chats: 300 + TALKS.length, messages: people });
    await expectWholeLogs(database);
    expect(await numberOf(database, 'SELECT count(*) FROM messages WHERE chat_id > 30')).toBe(7001);
    const outsiders = `SELECT count(*) FROM messages m WHERE chat_id > 30 AND NOT EXISTS
      (SELECT FROM chat_members p WHERE p.chat_id = m.chat_id AND p.user_id = m.sender_id)`;
    expect(await numberOf(database, outsiders)).toBe(0);
    expect(await numberOf(database, `SELECT count(*) FROM chats WHERE id > 30 AND chat_type = 'personal'`)).toBeGreaterThan(200);
    const server = await TestServer.start({ database });
    try {
      const client = server.client((await server.client().logIn(DEMO, password ?? '')).token);
      const { body } = await client.get<ChatsPage>('/api/v1/chats?limit=200');
      const topic = body.chats.find(({ chat_id: id }) => id > 30);
      expect(topic).toMatchObject({ chat_type: 'group', last_seq: expect.any(Number) });
      const sent = await client.post(`/api/v1/chats/${topic?.chat_id}/messages`, { content: 'One more' });
      expect(sent.body).toMatchObject({ seq: (topic?.last_seq ?? 0) + 1 });
    } finally {
      await server.stop();
    }
    await expectWholeLogs(database);
  });

  it('of one long log is between the people, where no accounts are wanted', async () => {
    const database = await newDatabase();
    const { made } = await demo(database, ['--chats', '1', '--messages', '12000']);
    expect(made).toMatchObject({ users: PEOPLE.length, chats: TALKS.length + 1 });
    expect(await numberOf(database, `SELECT last_seq FROM chats ORDER BY id DESC LIMIT 1`)).toBe(12_000);
    await expectWholeLogs(database);
  });

  it('that loses its database says so, and what is there', async () => {
    const database = await newDatabase();
    const others = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`;
    const [{ code, out, err }] = await Promise.all([
      runOn(database, ['demo', '--users', '2000000', '--json']),
      pastFirstChunk(database).then(() => runSql(database.url, others)),
    ]);
    expect({ code, out }).toEqual({ code: 1, out: '' });
    // The log may have said something before.
    expect(err).toMatch(
      /^The database does not answer.*\n\nEnded before .* \d+,042 accounts, .*\nPassword \(shown only now\): \S+\n$/m,
    );
    await expectRightCount(database, await numberOf(database, 'SELECT count(*) FROM users'));
  });

  it('that is interrupted keeps whole chunks, and says which and with what password', async () => {
    const database = await newDatabase();
    const { code, out, err } = await runOn(database, ['demo', '--users', '2000000'], {
      interrupt: () => pastFirstChunk(database),
    });
    expect({ code, out }).toEqual({ code: 130, out: '' });
    const [, accounts = '', password = ''] =
      /^\nEnded before all of it was made\. What is there: ([\d,]+) accounts, 30 chats, \d+ messages\.\nPassword \(shown only now\): (\S+)\n$/.exec(
        err,
      ) ?? [];
    const said = Number(accounts.replaceAll(',', ''));
    expect(said % 5_000).toBe(PEOPLE.length);
    // Whatever was being written is rolled back once the connection is gone, or was committed at that moment.
    await until(
      async () => (await numberOf(database, `SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()`)) === 1,
    );
    const kept = await numberOf(database, 'SELECT count(*) FROM users');
    expect([said, said + 5_000]).toContain(kept);
    await expectRightCount(database, kept);
    const server = await TestServer.start({ database });
    try {
      expect((await server.client().logIn(DEMO, password)).token).toBeTruthy();
    } finally {
      await server.stop();
    }
  });
});

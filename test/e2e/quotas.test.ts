import { Client } from 'pg';
import { Housekeeping } from '../../src/auth/housekeeping.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createDatabase, runSql } from '../support/database.js';
import type { Parsed } from '../support/http-client.js';
import type { RawSocket } from '../support/raw-socket.js';
import { type Account, TestServer } from '../support/server.js';
import { startTwoNodes } from '../support/two-nodes.js';
import { until } from '../support/until.js';

const QUOTAS = {
  QUOTA_MESSAGES_PER_DAY: '6',
  QUOTA_MEGABYTES_PER_DAY: '1',
  QUOTA_CHATS_PER_DAY: '3',
  QUOTA_MEMBERS_PER_DAY: '6',
  QUOTA_LOOKUPS_PER_HOUR: '40',
};

let server: TestServer;
beforeAll(async () => {
  server = await TestServer.start({ variables: QUOTAS });
});
afterAll(() => server.stop());

/** Runs a command and gives its code; `ok` where it did not fail. */
type Run = (name: string, payload: object) => Promise<string>;

const overSocket =
  (socket: RawSocket): Run =>
  async (name, payload) => {
    const { success, code } = await socket.command(name, payload);
    return success ? 'ok' : code;
  };
const overHttp =
  ({ client }: Account): Run =>
  async (name, payload) => {
    const { body } = await client.post(`/api/v1/commands/${name.replace('.', '/')}`, { ...payload });
    return body.success ? 'ok' : body.code;
  };

/** How far an account's quotas are used, by kind. */
async function usageOf({ client }: Account): Promise<Record<string, number>> {
  const { body } = await client.get('/api/v1/users/me/usage');
  return Object.fromEntries(body.quotas.map(({ kind, used }: Parsed) => [kind, used]));
}

const makeChat = async ({ client }: Account, members: readonly Account[] = []): Promise<number> => {
  const names = members.map(({ username }) => username);
  return (await client.post('/api/v1/chats', { chat_type: 'group', members: names })).body.chat_id;
};

describe.each(['a game socket', 'a rest socket', 'HTTP'])('quotas of a user who comes by %s', (road) => {
  let alice: Account;
  let run: Run;
  const open: RawSocket[] = [];

  const come = async (): Promise<void> => {
    alice = await server.user();
    if (road === 'HTTP') {
      run = overHttp(alice);
      return;
    }
    const path = road === 'a game socket' ? '/v1/connect' : `/ws/c-${alice.id}`;
    const socket = await server.socket(`${path}?token=${alice.tokens.token}`);
    open.push(socket);
    run = overSocket(socket);
  };
  afterAll(() => {
    for (const socket of open) socket.terminate();
  });

  it('let through so many messages, edits included', async () => {
    await come();
    const chat_id = await makeChat(alice);
    for (let i = 0; i < 4; i++) expect(await run('chat.send', { chat_id, content: 'x' })).toBe('ok');
    for (let i = 0; i < 2; i++) expect(await run('chat.edit', { chat_id, seq: 1, content: 'yy' })).toBe('ok');
    expect(await run('chat.edit', { chat_id, seq: 1, content: 'y' })).toBe('too_many_requests');
    expect(await run('chat.send', { chat_id, content: 'x' })).toBe('too_many_requests');
    expect(await usageOf(alice)).toMatchObject({ messages: 6, bytes: 4 + 4 });
    // Deleting what one has said is always possible.
    expect(await run('chat.delete', { chat_id, seq: 1 })).toBe('ok');
  });

  it('count the bytes of text in UTF-8', async () => {
    await come();
    const chat_id = await makeChat(alice);
    const content = '😀'.repeat(60_000);
    for (let i = 0; i < 4; i++) expect(await run('chat.send', { chat_id, content })).toBe('ok');
    expect(await run('chat.send', { chat_id, content })).toBe('too_many_requests');
    expect(await run('chat.send', { chat_id, content: 'x'.repeat(40_000) })).toBe('ok');
    expect(await usageOf(alice)).toMatchObject({ messages: 5, bytes: 1_000_000 });
  });

  it('take nothing for a message that was refused, or stored before', async () => {
    await come();
    const chat_id = await makeChat(alice);
    const foreign = await makeChat(await server.user());
    for (let i = 0; i < 10; i++) {
      expect(await run('chat.send', { chat_id: foreign, content: 'x' })).toBe('not_found');
      expect(await run('chat.send', { chat_id, content: 'once', client_msg_id: 'm' })).toBe('ok');
      expect(await run('chat.send', { chat_id, content: 'other', client_msg_id: 'm' })).toBe('conflict');
      expect(await run('chat.edit', { chat_id, seq: 99, content: 'x' })).toBe('not_found');
    }
    expect(await usageOf(alice)).toMatchObject({ messages: 1, bytes: 4 });
  });

  it('let through so many chats', async () => {
    await come();
    const make = () => run('chat.create', { chat_type: 'group', members: [] });
    for (let i = 0; i < 3; i++) expect(await make()).toBe('ok');
    expect(await make()).toBe('too_many_requests');
    expect(await usageOf(alice)).toMatchObject({ chats: 3 });
  });

  it('take a personal chat that is there already for none', async () => {
    await come();
    const bob = await server.user();
    const open_ = () => run('chat.create', { chat_type: 'personal', members: [bob.username] });
    for (let i = 0; i < 5; i++) expect(await open_()).toBe('ok');
    expect(await usageOf(alice)).toMatchObject({ chats: 1, members: 1, lookups: 5 });
  });

  it('let through so many people who are added, those named at its making included', async () => {
    await come();
    const people = await Promise.all(Array.from({ length: 4 }, () => server.user()));
    const members = people.map(({ username }) => username);
    expect(await run('chat.create', { chat_type: 'group', members })).toBe('ok');
    const chat_id = await makeChat(alice);
    expect(await run('chat.add_members', { chat_id, members: members.slice(0, 3) })).toBe('too_many_requests');
    expect(await run('chat.add_members', { chat_id, members: members.slice(0, 2) })).toBe('ok');
    const { status } = await alice.client.put(`/api/v1/chats/${chat_id}/members/${people[2]?.id}`, {});
    expect(status).toBe(429);
    expect(await usageOf(alice)).toMatchObject({ members: 6 });
  });

  it('let through so many users looked up, and those that nobody is count ten times', async () => {
    await come();
    const bob = await server.user();
    const look = (...members: string[]) => run('chat.create', { chat_type: 'group', members });
    expect(await look(bob.username, 'nobody-1', 'nobody-2')).toBe('invalid_payload');
    expect(await usageOf(alice)).toMatchObject({ lookups: 21, members: 0, chats: 0 });
    const chat_id = await makeChat(alice);
    const { status } = await alice.client.put(`/api/v1/chats/${chat_id}/members/999999999`, {});
    expect(status).toBe(404);
    expect(await run('chat.add_members', { chat_id, members: ['nobody-3'] })).toBe('invalid_payload');
    expect(await look(bob.username)).toBe('too_many_requests');
    expect(await usageOf(alice)).toMatchObject({ lookups: 41, members: 0, chats: 1 });
  });

  it('count users who are blocked, or were to be, among those looked up', async () => {
    await come();
    const bob = await server.user();
    expect(await run('contacts.block', { username: bob.username })).toBe('ok');
    expect(await run('contacts.unblock', { user_id: bob.id })).toBe('ok');
    for (let i = 0; i < 4; i++) expect(await run('contacts.block', { username: `nobody-${i}` })).toBe('not_found');
    expect(await usageOf(alice)).toMatchObject({ lookups: 42 });
    expect(await run('contacts.block', { username: bob.username })).toBe('too_many_requests');
    expect(await run('contacts.unblock', { user_id: 999_999_999 })).toBe('too_many_requests');
  });
});

describe('quotas', () => {
  it('hold for all connections of a user at once', async () => {
    const alice = await server.user();
    const chat_id = await makeChat(alice);
    const sockets = await Promise.all([1, 2, 3].map(() => server.socket(`/v1/connect?token=${alice.tokens.token}`)));
    const runs = [overHttp(alice), ...sockets.map(overSocket)];
    const codes: string[] = [];
    const send = async (run: Run): Promise<void> => {
      for (let i = 0; i < 5; i++) codes.push(await run('chat.send', { chat_id, content: 'x' }));
    };
    await Promise.all(runs.map(send));
    expect(codes.filter((code) => code === 'ok')).toHaveLength(6);
    expect(codes.filter((code) => code === 'too_many_requests')).toHaveLength(14);
    for (const socket of sockets) socket.terminate();
  });

  it('hold for superusers, too', async () => {
    const root = await server.user({ isSuperuser: true });
    for (let i = 0; i < 3; i++) await makeChat(root);
    expect((await root.client.post('/api/v1/chats', { chat_type: 'group', members: [] })).status).toBe(429);
  });

  it('are gone with their user', async () => {
    const alice = await server.user();
    const chat_id = await makeChat(alice);
    await overHttp(alice)('chat.send', { chat_id, content: 'x' });
    const rows = () => runSql(server.database.url, 'SELECT kind FROM quota_use WHERE user_id = $1', [alice.id]);
    await until(async () => (await rows()).length === 3);
    expect((await alice.client.delete(`/api/v1/users/${alice.id}`)).status).toBe(200);
    expect(await rows()).toEqual([]);
  });
});

describe('rows of quotas', () => {
  it('are deleted two days after their window began', async () => {
    const alice = await server.user();
    await makeChat(alice);
    const rows = () => runSql<{ kind: string }>(server.database.url, 'SELECT kind FROM quota_use WHERE user_id = $1', [alice.id]);
    await until(async () => (await rows()).length === 1);
    const old = `INSERT INTO quota_use (user_id, kind, window_start, used)
      SELECT $1, kind, now() - age, 1 FROM (VALUES ('bytes', interval '49 hours'), ('messages', interval '47 hours')) v (kind, age)`;
    await runSql(server.database.url, old, [alice.id]);
    await server.app.get(Housekeeping).purge();
    expect((await rows()).map(({ kind }) => kind).sort()).toEqual(['chats', 'messages']);
  });

  it('are added without waiting for an account that is being changed', async () => {
    const alice = await server.user();
    const chat_id = await makeChat(alice);
    const client = new Client(server.database.url);
    await client.connect();
    try {
      await client.query('BEGIN');
      await client.query('SELECT 1 FROM users WHERE id = $1 FOR UPDATE', [alice.id]);
      await overHttp(alice)('chat.send', { chat_id, content: 'x' });
      const rows = () => runSql(server.database.url, 'SELECT 1 FROM quota_use WHERE user_id = $1', [alice.id]);
      await until(async () => (await rows()).length === 3, 3_000);
      await client.query('ROLLBACK');
    } finally {
      await client.end();
    }
  });
});

describe('the usage of quotas', () => {
  it('is shown to the user by the command and the route alike, and to superusers', async () => {
    const [alice, root] = [await server.user(), await server.user({ isSuperuser: true })];
    const chat_id = await makeChat(alice);
    await overHttp(alice)('chat.send', { chat_id, content: 'four' });
    const socket = await server.socket(`/v1/connect?token=${alice.tokens.token}`);
    const { data } = await socket.command('account.usage');
    const tomorrow = new Date(Math.ceil(Date.now() / 86_400_000) * 86_400_000).toISOString();
    expect(data.quotas.slice(0, 3)).toEqual([
      { kind: 'messages', used: 1, limit: 6, resets_at: tomorrow },
      { kind: 'bytes', used: 4, limit: 1_000_000, resets_at: tomorrow },
      { kind: 'chats', used: 1, limit: 3, resets_at: tomorrow },
    ]);
    expect(data.quotas.map(({ kind }: Parsed) => kind)).toEqual([
      'messages',
      'bytes',
      'chats',
      'members',
      'lookups',
      'reports',
      'mails',
      'matches',
    ]);
    for (const [client, path] of [
      [alice.client, '/api/v1/users/me/usage'],
      [alice.client, `/api/v1/users/${alice.id}/usage`],
      [root.client, `/api/v1/users/${alice.id}/usage`],
    ] as const) {
      expect((await client.get(path)).body).toEqual(data);
    }
    socket.terminate();
  });

  it('is nobody else’s to see, whether or not there is such a user', async () => {
    const [alice, bob] = [await server.user(), await server.user()];
    for (const id of [alice.id, 999_999_999]) expect((await bob.client.get(`/api/v1/users/${id}/usage`)).status).toBe(403);
    expect((await server.client().get('/api/v1/users/me/usage')).status).toBe(401);
    const root = await server.user({ isSuperuser: true });
    expect((await root.client.get('/api/v1/users/999999999/usage')).status).toBe(404);
  });
});

describe('names that are shown to be taken', () => {
  it('by registration are counted for the client address, which then cannot register', async () => {
    const small = await TestServer.start({ variables: { QUOTA_LOOKUPS_PER_HOUR: '4', TRUST_PROXY: 'loopback' } });
    try {
      const alice = await small.user();
      const from = (address: string) => ({ 'x-forwarded-for': address });
      const account = (username: string) => ({
        username,
        email: `${username}@example.com`,
        password: 'a password of somebody else',
      });
      const register = (username: string, address: string) =>
        small.client().post('/api/v1/auth/register', account(username), from(address));
      const taken = [];
      for (let i = 0; i < 5; i++) taken.push((await register(alice.username, '192.0.2.1')).status);
      expect(taken).toEqual(Array(5).fill(400));
      const refused = await register(alice.username, '192.0.2.1');
      expect([refused.status, Number(refused.headers.get('retry-after')) > 3_000]).toEqual([429, true]);
      expect((await register(small.name(), '192.0.2.1')).status).toBe(429);
      expect((await register(small.name(), '192.0.2.2')).status).toBe(200);
      // Users of the same address go on.
      const look = { chat_type: 'personal', members: [alice.username] };
      const bob = await small.user();
      expect((await bob.client.post('/api/v1/chats', look, from('192.0.2.1'))).status).toBe(200);
    } finally {
      await small.stop();
    }
  });
});

describe('names that a user tries on', () => {
  it('are counted for the client address, whether they are taken or free', async () => {
    const small = await TestServer.start({ variables: { QUOTA_LOOKUPS_PER_HOUR: '4' } });
    try {
      const [alice, bob] = [await small.user(), await small.user()];
      const rename = async (username: string) => (await bob.client.put(`/api/v1/users/${bob.id}`, { username })).status;
      for (let i = 0; i < 3; i++) expect(await rename(alice.username)).toBe(400);
      for (let i = 0; i < 2; i++) expect(await rename(small.name())).toBe(200);
      expect(await rename(small.name())).toBe(429);
      // What names nobody goes on, and so do superusers.
      expect((await bob.client.put(`/api/v1/users/${bob.id}`, { full_name: 'Bob' })).status).toBe(200);
      const root = await small.user({ isSuperuser: true });
      const renamed = await root.client.put(`/api/v1/users/${alice.id}`, { username: small.name() });
      expect(renamed.status).toBe(200);
    } finally {
      await small.stop();
    }
  });
});

describe('quotas of a server that stops', () => {
  it('go on where they were when it starts again', async () => {
    const database = await createDatabase();
    try {
      const before = await TestServer.start({ database, variables: QUOTAS });
      const alice = await before.user();
      const chat_id = await makeChat(alice);
      for (let i = 0; i < 6; i++) await overHttp(alice)('chat.send', { chat_id, content: 'x' });
      await before.stop();
      const after = await TestServer.start({ database, variables: QUOTAS });
      const client = after.client(alice.tokens.token);
      expect((await client.post(`/api/v1/chats/${chat_id}/messages`, { content: 'x' })).status).toBe(429);
      await after.stop();
    } finally {
      await database.drop();
    }
  });
});

describe('quotas on two nodes', () => {
  it('add up within a few seconds, without Redis', async () => {
    const { one, two, stop } = await startTwoNodes({ variables: QUOTAS });
    try {
      const alice = await one.user();
      const there = two.client(alice.tokens.token);
      const chat_id = await makeChat(alice);
      const path = `/api/v1/chats/${chat_id}/messages`;
      for (const client of [alice.client, there]) {
        for (let i = 0; i < 3; i++) expect((await client.post(path, { content: 'x' })).status).toBe(200);
      }
      await until(async () => (await usageOf(alice)).messages === 6);
      for (const client of [alice.client, there])
        await until(async () => (await client.post(path, { content: 'x' })).status === 429);
      // What each of them let through before it knew of the other.
      const { body } = await alice.client.get(path);
      expect(body.messages.length).toBeLessThanOrEqual(12);
    } finally {
      await stop();
    }
  });
});

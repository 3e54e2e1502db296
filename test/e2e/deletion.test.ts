import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { DataSource } from 'typeorm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { migrate } from '../../src/database/migrate.js';
import { migrations } from '../../src/database/migrations/index.js';
import { migrationOptions } from '../../src/database/options.js';
import type { Message } from '../../src/chat/message.js';
import { connectChat, RESUMABLE } from '../support/chat-client.js';
import { makeAccounts, makeGroup } from '../support/chats.js';
import { Cli } from '../support/cli.js';
import { createDatabase, runSql } from '../support/database.js';
import { codeOf, run } from '../support/moderation.js';
import { type Account, TestServer } from '../support/server.js';
import { until } from '../support/until.js';

const SECRET = 'the key is 4711';
const EDITED = 'the key was 4711';
const GONE = { content: null, content_type: null };

/** Rows of a log that still say something of the secret. */
const leftIn = async (url: string): Promise<number> => {
  const [row] = await runSql<{ count: string }>(url, `SELECT count(*) FROM messages m WHERE m::text LIKE '%the key % 4711%'`);
  return Number(row?.count);
};

describe('a deleted message', () => {
  let server: TestServer;
  let root: Account;
  let alice: Account;
  let bob: Account;
  let chat: number;

  beforeAll(async () => {
    server = await TestServer.start();
    root = await server.user({ isSuperuser: true });
    [alice, bob] = (await makeAccounts(server, 2)) as [Account, Account];
  });
  afterAll(() => server.stop());
  beforeEach(async () => {
    chat = (await run(alice, 'chat.create', { chat_type: 'group', members: [bob.username] })).chat_id;
  });

  /** A message of bob's that was edited once, as the next two entries of the log. @returns the number of the first */
  const sayAndEdit = async (): Promise<number> => {
    const { seq } = await run(bob, 'chat.send', { chat_id: chat, content: SECRET, client_msg_id: 'once' });
    await run(bob, 'chat.edit', { chat_id: chat, seq, content: EDITED });
    return seq;
  };
  const deletions: readonly (readonly [by: string, work: () => Promise<unknown>])[] = [
    ['its author', () => run(bob, 'chat.delete', { chat_id: chat, seq: 1 })],
    ['the owner of the group', () => run(alice, 'chat.delete', { chat_id: chat, seq: 1 })],
    [
      'a superuser who closes a report',
      async () => {
        const { report_id } = await run(alice, 'moderation.report', { chat_id: chat, seq: 1, reason: 'abuse' });
        await run(root, 'moderation.resolve', { report_id, action: 'delete' });
        expect((await run(root, 'moderation.get_report', { report_id })).message.versions).toMatchObject([
          { content: SECRET },
          { content: EDITED },
        ]);
      },
    ],
  ];

  it.each(deletions)('is erased in the database together with its edits when %s deletes it', async (_by, work) => {
    await sayAndEdit();
    await work();
    expect(await leftIn(server.database.url)).toBe(0);
    const { messages } = await run(alice, 'chat.sync', { chat_id: chat, after_seq: 0 });
    expect(messages).toMatchObject([
      { seq: 1, kind: 'message', ...GONE, deleted_seq: 3, from_id: bob.id, client_msg_id: 'once' },
      { seq: 2, kind: 'edited', ...GONE, target_seq: 1 },
      { seq: 3, kind: 'deleted', ...GONE, target_seq: 1 },
    ]);
    expect((await run(alice, 'chat.history', { chat_id: chat })).messages).toEqual([]);
  });

  it('is in no page and no list of a member who joins later', async () => {
    await sayAndEdit();
    await run(bob, 'chat.delete', { chat_id: chat, seq: 1 });
    const [carol] = (await makeAccounts(server, 1)) as [Account];
    await run(alice, 'chat.add_members', { chat_id: chat, members: [carol.username] });
    const seen = [
      await run(carol, 'chat.sync', { chat_id: chat, after_seq: 0 }),
      await run(carol, 'chat.history', { chat_id: chat }),
      await run(carol, 'chat.list', {}),
      await run(carol, 'chat.get', { chat_id: chat }),
      (await carol.client.get(`/api/v1/chats/${chat}/messages`)).body,
    ];
    expect(JSON.stringify(seen)).not.toContain(' 4711');
    expect(seen[0].messages).toHaveLength(4);
  });

  it.each(RESUMABLE)('keeps its place and loses its text for a %s client that resumes', async (protocol) => {
    await sayAndEdit();
    await run(bob, 'chat.delete', { chat_id: chat, seq: 1 });
    const entries: Message[] = [];
    const connection = await connectChat(server.url, protocol, alice.tokens.token, (entry) => entries.push(entry));
    try {
      const { data } = await connection.command('system.resume', { cursors: [{ chat_id: chat, after_seq: 0 }] });
      expect(data.chats).toMatchObject([{ recovered: true, last_seq: 3 }]);
      await until(() => entries.length === 3);
      expect(entries).toMatchObject([
        { seq: 1, kind: 'message', ...GONE, deleted_seq: 3 },
        { seq: 2, kind: 'edited', ...GONE },
        { seq: 3, kind: 'deleted', ...GONE },
      ]);
    } finally {
      connection.cut();
    }
  });

  it('stays one message when it is sent again with its client_msg_id', async () => {
    await sayAndEdit();
    await run(bob, 'chat.delete', { chat_id: chat, seq: 1 });
    const again = { chat_id: chat, content: SECRET, client_msg_id: 'once' };
    expect(await run(bob, 'chat.send', again)).toMatchObject({ seq: 1, duplicate: true });
    // In one batch as well, which takes another way through the database.
    const together = await Promise.all(Array.from({ length: 20 }, () => run(bob, 'chat.send', again)));
    expect(together.every(({ seq, duplicate }) => seq === 1 && duplicate)).toBe(true);
    expect(await leftIn(server.database.url)).toBe(0);
  });

  it('can be deleted again by those who may delete it or have deleted it, with the answer of the first time', async () => {
    const [carol, dave] = (await makeAccounts(server, 2)) as [Account, Account];
    await run(alice, 'chat.add_members', { chat_id: chat, members: [dave.username] });
    await run(alice, 'chat.add_members', { chat_id: chat, members: [carol.username], role: 'admin' });
    const target = { chat_id: chat, seq: await sayAndEdit() };
    const first = await run(carol, 'chat.delete', target);
    await run(alice, 'chat.add_members', { chat_id: chat, members: [carol.username], role: 'member' });
    for (const who of [alice, bob, carol]) expect(await run(who, 'chat.delete', target)).toEqual(first);
    expect(await codeOf(dave, 'chat.delete', target)).toBe('not_found');
    expect(await codeOf(bob, 'chat.edit', { ...target, content: 'x' })).toBe('not_found');
    expect((await run(bob, 'chat.get', { chat_id: chat })).last_seq).toBe(first.seq);
    // A member who deletes what another one wrote is refused as before.
    const { seq } = await run(bob, 'chat.send', { chat_id: chat, content: 'hello' });
    expect(await codeOf(dave, 'chat.delete', { chat_id: chat, seq })).toBe('forbidden');
  });

  it('is in no backup that is made afterwards', async () => {
    await sayAndEdit();
    const folder = await mkdtemp(join(tmpdir(), 'deletion-'));
    const cli = await Cli.make({
      DATABASE_URL: server.database.url,
      DATA_DIR: folder,
      APP_SECRET: 'a secret of thirty-two bytes at least',
    });
    const backUp = async (name: string): Promise<string> => {
      await cli.json(['db', 'backup', join(folder, name)]);
      return gunzipSync(await readFile(join(folder, name))).toString('latin1');
    };
    try {
      expect(await backUp('before.tar.gz')).toContain(' 4711');
      await run(bob, 'chat.delete', { chat_id: chat, seq: 1 });
      // Evidence in reports is kept on purpose.
      await runSql(server.database.url, 'DELETE FROM reports');
      expect(await backUp('after.tar.gz')).not.toContain(' 4711');
    } finally {
      await cli.close();
      await rm(folder, { recursive: true, force: true });
    }
  }, 120_000);
});

describe('messages that were deleted before a deletion erased them', () => {
  it('are erased by the migration, with their edits and nothing else', async () => {
    const database = await createDatabase();
    const dataSource = await new DataSource(migrationOptions(database.url)).initialize();
    try {
      const count = migrations.length - migrations.findIndex(({ name }) => name.startsWith('Deletion'));
      for (let i = 0; i < count; i += 1) await dataSource.undoLastMigration({ transaction: 'each' });
      const chat = await makeGroup(database.url, [1]);
      for (const text of [SECRET, 'stays', SECRET])
        await runSql(
          database.url,
          `SELECT append_messages(ARRAY[$1::bigint], '{1}', ARRAY[$2], '{text/plain}', '{NULL}', '{NULL}')`,
          [chat, text],
        );
      const change = (seq: number, kind: string, content: string | null) =>
        runSql(database.url, 'SELECT change_message($1, 1, $2, $3, $4)', [chat, seq, kind, content]);
      await change(1, 'edited', EDITED);
      await change(2, 'edited', 'stays, too');
      for (const seq of [1, 3]) await change(seq, 'deleted', null);
      expect(await leftIn(database.url)).toBe(3);
      await migrate(database.url);
      expect(await leftIn(database.url)).toBe(0);
      const rows = await runSql<{ seq: number; content: string | null; edited_content: string | null }>(
        database.url,
        'SELECT seq::int, content, edited_content FROM messages WHERE chat_id = $1 ORDER BY seq',
        [chat],
      );
      expect(rows.map(({ seq, content, edited_content: edited }) => [seq, content, edited])).toEqual([
        [1, null, null],
        [2, 'stays', 'stays, too'],
        [3, null, null],
        [4, null, null],
        [5, 'stays, too', null],
        [6, null, null],
        [7, null, null],
      ]);
    } finally {
      await dataSource.destroy();
      await database.drop();
    }
  });
});

describe('leaving a chat again', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await TestServer.start();
  });
  afterAll(() => server.stop());

  it('answers as the first time, and so does removing a member again', async () => {
    const [alice, bob, carol, dave] = (await makeAccounts(server, 4)) as [Account, Account, Account, Account];
    const chat = await makeGroup(server.database.url, [alice.id, bob.id, carol.id]);
    const left = await run(bob, 'chat.leave', { chat_id: chat });
    const removed = await run(alice, 'chat.remove_member', { chat_id: chat, user_id: carol.id });
    await run(alice, 'chat.send', { chat_id: chat, content: 'hello' });
    expect(await run(bob, 'chat.leave', { chat_id: chat })).toEqual(left);
    expect((await bob.client.delete(`/api/v1/chats/${chat}/members/${bob.id}`)).body).toEqual(left);
    expect(await run(alice, 'chat.remove_member', { chat_id: chat, user_id: bob.id })).toEqual(left);
    expect(await run(alice, 'chat.remove_member', { chat_id: chat, user_id: carol.id })).toEqual(removed);
    expect(await run(carol, 'chat.leave', { chat_id: chat })).toEqual(removed);
    // The log has no entry more, and the chat still does not exist for anybody who is not in it.
    expect((await run(alice, 'chat.get', { chat_id: chat })).last_seq).toBe(removed.seq + 1);
    expect(await codeOf(bob, 'chat.remove_member', { chat_id: chat, user_id: carol.id })).toBe('not_found');
    expect(await codeOf(dave, 'chat.leave', { chat_id: chat })).toBe('not_found');
    expect(await codeOf(alice, 'chat.remove_member', { chat_id: chat, user_id: dave.id })).toBe('not_found');
    expect(await codeOf(dave, 'chat.leave', { chat_id: 999_999 })).toBe('not_found');
  });

  it('works in a personal chat, and begins anew after coming back', async () => {
    const [alice, bob] = (await makeAccounts(server, 2)) as [Account, Account];
    const made = { chat_type: 'personal', members: [bob.username] };
    const { chat_id: chat } = await run(alice, 'chat.create', made);
    const first = await run(alice, 'chat.leave', { chat_id: chat });
    expect(await run(alice, 'chat.leave', { chat_id: chat })).toEqual(first);
    await run(alice, 'chat.create', made);
    const second = await run(alice, 'chat.leave', { chat_id: chat });
    expect(second.seq).toBeGreaterThan(first.seq);
    expect(await run(alice, 'chat.leave', { chat_id: chat })).toEqual(second);
  });
});

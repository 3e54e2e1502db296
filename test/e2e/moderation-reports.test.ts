import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { runSql } from '../support/database.js';
import type { Parsed } from '../support/http-client.js';
import { codeOf, group, personal, report, run, say, type Scene, sceneOf } from '../support/moderation.js';
import { type Account, TestServer } from '../support/server.js';

let server: TestServer;
let scene: Scene;
beforeAll(async () => {
  server = await TestServer.start();
});
afterAll(() => server.stop());
beforeEach(async () => {
  scene = await sceneOf(server);
});

const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
const read = (id: number): Promise<Parsed> => run(scene.root, 'moderation.get_report', { report_id: id });
const contentsOf = (entries: readonly Parsed[]): unknown[] => entries.map(({ content }) => content);
const countOf = async (what: string, values: unknown[]): Promise<number> => {
  const [row] = await runSql<{ count: string }>(server.database.url, `SELECT count(*) FROM ${what}`, values);
  return Number(row?.count);
};

describe('a report of a message', () => {
  it('keeps the message with what came before it, as it was at that moment', async () => {
    const { alice, bob, chatId } = scene;
    for (const text of ['one', 'two', 'three', 'four', 'five', 'six']) await say(alice, chatId, text);
    const seq = await say(bob, chatId, 'You fool');
    const id = await report(alice, { chat_id: chatId, seq, comment: 'Third time today' });
    await run(bob, 'chat.edit', { chat_id: chatId, seq, content: 'You darling' });
    await run(bob, 'chat.delete', { chat_id: chatId, seq });
    const { context, ...found } = await read(id);
    expect(found).toEqual({
      report_id: id,
      state: 'open',
      reason: 'abuse',
      comment: 'Third time today',
      reporter_id: alice.id,
      reporter_name: alice.username,
      user_id: bob.id,
      username: bob.username,
      chat_id: chatId,
      chat_type: 'group',
      chat_name: 'a group',
      seq,
      excerpt: 'You fool',
      created_at: time,
      resolution: null,
      message: {
        seq,
        from_id: bob.id,
        from_name: bob.username,
        content_type: 'text/plain',
        created_at: time,
        deleted: false,
        versions: [{ seq, content: 'You fool', created_at: time, truncated: false }],
      },
    });
    expect(context.map(({ seq: at, content }: Parsed) => [at, content])).toEqual([
      [2, 'two'],
      [3, 'three'],
      [4, 'four'],
      [5, 'five'],
      [6, 'six'],
    ]);
    expect(context[0]).toEqual({
      seq: 2,
      kind: 'message',
      from_id: alice.id,
      from_name: alice.username,
      content: 'two',
      content_type: 'text/plain',
      truncated: false,
      created_at: time,
      deleted: false,
      member_id: null,
      member_name: null,
    });
  });

  it('keeps every edit, also after the message was deleted; a report that comes later has no text', async () => {
    const { alice, bob, chatId } = scene;
    const carol = await server.user();
    await run(alice, 'chat.add_members', { chat_id: chatId, members: [carol.username] });
    const seq = await say(bob, chatId, 'Nice weather');
    for (const content of ['You fool', 'Nice weather, is it not']) await run(bob, 'chat.edit', { chat_id: chatId, seq, content });
    const id = await report(alice, { chat_id: chatId, seq });
    await run(bob, 'chat.delete', { chat_id: chatId, seq });
    const late = await read(await report(carol, { chat_id: chatId, seq }));
    expect(late.message.deleted).toBe(true);
    expect(contentsOf(late.message.versions)).toEqual([null, null, null]);
    expect(late.excerpt).toBeNull();
    const { message, excerpt } = await read(id);
    expect(message.deleted).toBe(false);
    expect(contentsOf(message.versions)).toEqual(['Nice weather', 'You fool', 'Nice weather, is it not']);
    expect(message.versions.map(({ seq: at }: Parsed) => at)).toEqual([seq, seq + 1, seq + 2]);
    expect(excerpt).toBe('Nice weather, is it not');
  });

  it('shows edits, deletions and changes of members in what came before', async () => {
    const { alice, bob, chatId } = scene;
    const carol = await server.user();
    const first = await say(alice, chatId, 'secret');
    await run(alice, 'chat.edit', { chat_id: chatId, seq: first, content: 'edited' });
    await run(alice, 'chat.delete', { chat_id: chatId, seq: first });
    await run(alice, 'chat.add_members', { chat_id: chatId, members: [carol.username] });
    const { context } = await read(await report(alice, { chat_id: chatId, seq: await say(bob, chatId, 'You fool') }));
    expect(context.map(({ kind, content, deleted, member_id: member }: Parsed) => [kind, content, deleted, member])).toEqual([
      ['message', null, true, null],
      ['edited', null, false, null],
      ['deleted', null, false, null],
      ['joined', null, false, carol.id],
    ]);
    expect(context.at(-1).member_name).toBe(carol.username);
  });

  it('takes a bounded number of bytes, however long and however often edited the message is', async () => {
    const { alice, bob, chatId } = scene;
    // Four bytes each in UTF-8.
    const long = '😀'.repeat(65_536);
    for (let i = 0; i < 6; i += 1) await say(alice, chatId, long);
    const seq = await say(bob, chatId, long);
    for (let i = 0; i < 14; i += 1) await run(bob, 'chat.edit', { chat_id: chatId, seq, content: `${i} ${long.slice(8)}` });
    const id = await report(alice, { chat_id: chatId, seq });
    const { message, context, excerpt } = await read(id);
    const lengths = message.versions.map(({ content }: Parsed) => [...content].length);
    expect(lengths).toEqual([65_536, ...Array.from({ length: 8 }, () => 4_096), expect.any(Number)]);
    expect(lengths.at(-1)).toBeGreaterThan(65_000);
    expect(message.versions.map(({ truncated }: Parsed) => truncated)).toEqual([
      false,
      ...Array.from({ length: 8 }, () => true),
      false,
    ]);
    expect(message.versions.map(({ content }: Parsed) => content.slice(0, 2).trim())).toEqual(
      ['😀', '5', '6', '7', '8', '9', '10', '11', '12', '13'].map((start) => start.trim()),
    );
    expect(context.map(({ content, truncated }: Parsed) => [[...content].length, truncated])).toEqual(
      Array.from({ length: 5 }, () => [4_096, true]),
    );
    expect([...excerpt]).toHaveLength(200);
    const [row] = await runSql<{ bytes: string }>(
      server.database.url,
      'SELECT octet_length(r::text) AS bytes FROM reports r WHERE id = $1',
      [id],
    );
    expect(Number(row?.bytes)).toBeLessThan(1_048_576);
  });

  it('outlives the message, the membership and the accounts', async () => {
    const { root, alice, bob, chatId } = scene;
    const seq = await say(bob, chatId, 'You fool');
    const id = await report(alice, { chat_id: chatId, seq });
    await run(bob, 'chat.delete', { chat_id: chatId, seq });
    await run(alice, 'chat.leave', { chat_id: chatId });
    for (const { id: userId } of [alice, bob]) expect((await root.client.delete(`/api/v1/users/${userId}`)).status).toBe(200);
    expect(await read(id)).toMatchObject({
      reporter_id: alice.id,
      reporter_name: alice.username,
      user_id: bob.id,
      username: bob.username,
      message: { from_name: bob.username, versions: [{ content: 'You fool' }] },
    });
  });

  it('can be made by members, and by former members of what was written before they left', async () => {
    const { alice, bob, chatId } = scene;
    const [carol, outsider] = [await server.user(), await server.user()];
    const before = await say(bob, chatId, 'before anybody else came');
    await run(alice, 'chat.add_members', { chat_id: chatId, members: [carol.username] });
    await run(carol, 'chat.leave', { chat_id: chatId });
    const after = await say(bob, chatId, 'after');
    expect(await codeOf(carol, 'moderation.report', { chat_id: chatId, seq: before, reason: 'spam' })).toBe('ok');
    expect(await codeOf(carol, 'moderation.report', { chat_id: chatId, seq: after, reason: 'spam' })).toBe('not_found');
    expect(await codeOf(outsider, 'moderation.report', { chat_id: chatId, seq: before, reason: 'spam' })).toBe('not_found');
    expect(await codeOf(alice, 'moderation.report', { chat_id: chatId, seq: after, reason: 'spam' })).toBe('ok');
  });

  it('is of a message: of nothing else in a log, of no chat that is not there, and not of one’s own', async () => {
    const { alice, bob, chatId } = scene;
    const seq = await say(bob, chatId, 'one');
    await run(bob, 'chat.edit', { chat_id: chatId, seq, content: 'two' });
    for (const wrong of [{ seq: seq + 1 }, { seq: seq + 2 }, { seq: 0 }, { seq: -1 }, { chat_id: 999_999 }, { chat_id: -1 }]) {
      const payload = { chat_id: chatId, seq, reason: 'abuse', ...wrong };
      expect(await codeOf(alice, 'moderation.report', payload), JSON.stringify(wrong)).toBe('not_found');
    }
    expect(await codeOf(bob, 'moderation.report', { chat_id: chatId, seq, reason: 'abuse' })).toBe('conflict');
    expect(await countOf('reports WHERE chat_id = $1', [chatId])).toBe(0);
  });
});

describe('consent and reports', () => {
  it('go together: what waits as a request can be reported, and so can the person who asks', async () => {
    const asking = await TestServer.start({ variables: { CONTACTS: 'request' } });
    try {
      const { root, alice } = await sceneOf(asking);
      const [stranger, other] = [await asking.user(), await asking.user()];
      const chatId = await personal(stranger, alice);
      const seq = await say(stranger, chatId, 'You fool');
      expect(await codeOf(alice, 'chat.history', { chat_id: chatId })).toBe('not_found');
      expect(await codeOf(other, 'moderation.report', { chat_id: chatId, seq, reason: 'abuse' })).toBe('not_found');
      const id = await report(alice, { chat_id: chatId, seq });
      expect((await run(root, 'moderation.get_report', { report_id: id })).message.versions[0].content).toBe('You fool');
      expect(await codeOf(alice, 'moderation.report', { user_id: stranger.id, reason: 'abuse' })).toBe('ok');
      await run(alice, 'chat.decline', { chat_id: chatId });
      const next = await say(stranger, chatId, 'Why not?');
      expect(await codeOf(alice, 'moderation.report', { chat_id: chatId, seq: next, reason: 'abuse' })).toBe('ok');
    } finally {
      await asking.stop();
    }
  });

  it('let somebody report who invited them to a group, but nothing that was said there', async () => {
    const { alice, bob, chatId } = scene;
    const carol = await server.user();
    await run(alice, 'chat.add_members', { chat_id: chatId, members: [carol.username] });
    await run(carol, 'chat.leave', { chat_id: chatId });
    const seq = await say(bob, chatId, 'after carol left');
    await run(alice, 'chat.add_members', { chat_id: chatId, members: [carol.username] });
    expect((await run(carol, 'chat.requests', {})).requests).toHaveLength(1);
    expect(await codeOf(carol, 'moderation.report', { chat_id: chatId, seq, reason: 'spam' })).toBe('not_found');
    expect(await codeOf(carol, 'moderation.report', { user_id: bob.id, reason: 'spam' })).toBe('not_found');
    expect(await codeOf(carol, 'moderation.report', { user_id: alice.id, reason: 'spam' })).toBe('ok');
  });

  it('leave out what a block withheld from the reporter, and nothing from before', async () => {
    const { alice, bob, chatId } = scene;
    const carol = await server.user();
    await run(alice, 'chat.add_members', { chat_id: chatId, members: [carol.username] });
    const before = await say(bob, chatId, 'before the block');
    await run(alice, 'contacts.block', { user_id: bob.id });
    const during = await say(bob, chatId, 'during the block');
    const last = await say(carol, chatId, 'by carol');
    expect(await codeOf(alice, 'moderation.report', { chat_id: chatId, seq: before, reason: 'abuse' })).toBe('ok');
    expect(await codeOf(alice, 'moderation.report', { chat_id: chatId, seq: during, reason: 'abuse' })).toBe('not_found');
    const { context } = await read(await report(alice, { chat_id: chatId, seq: last }));
    expect(contentsOf(context)).toEqual([null, 'before the block']);
    expect(contentsOf((await read(await report(bob, { chat_id: chatId, seq: last }))).context)).toEqual([
      null,
      'before the block',
      'during the block',
    ]);
    expect(await codeOf(alice, 'moderation.report', { user_id: bob.id, reason: 'abuse' })).toBe('ok');
  });

  it('let a former member report what was said before, however much was said since', async () => {
    const { alice, bob, chatId } = scene;
    const [carol, dave] = [await server.user(), await server.user()];
    await run(alice, 'chat.add_members', { chat_id: chatId, members: [carol.username, dave.username] });
    const seq = await say(bob, chatId, 'You fools');
    await run(carol, 'chat.leave', { chat_id: chatId });
    await run(alice, 'chat.remove_member', { chat_id: chatId, user_id: dave.id });
    expect(await codeOf(dave, 'moderation.report', { chat_id: chatId, seq, reason: 'spam' })).toBe('ok');
    await run(scene.root, 'moderation.resolve', { report_id: await report(dave, { chat_id: chatId, seq }), action: 'dismiss' });
    await runSql(
      server.database.url,
      `INSERT INTO messages (chat_id, seq, kind, sender_id, content, content_type, created_at)
       SELECT c.id, c.last_seq + n, 'message', $2, 'x', 'text/plain', now() FROM chats c, generate_series(1, 2500) n WHERE c.id = $1`,
      [chatId, bob.id],
    );
    await runSql(server.database.url, 'UPDATE chats SET last_seq = last_seq + 2500 WHERE id = $1', [chatId]);
    const late = await say(bob, chatId, 'And you');
    for (const former of [carol, dave]) {
      expect(await codeOf(former, 'moderation.report', { chat_id: chatId, seq, reason: 'spam' })).toBe('ok');
      expect(await codeOf(former, 'moderation.report', { chat_id: chatId, seq: late, reason: 'spam' })).toBe('not_found');
    }
  });
});

describe('a report of a user', () => {
  it('can be made by everybody who shares a chat with them', async () => {
    const { alice, bob, chatId } = scene;
    const id = await report(alice, { user_id: bob.id, reason: 'impersonation' });
    expect(await read(id)).toMatchObject({
      reason: 'impersonation',
      user_id: bob.id,
      username: bob.username,
      chat_id: null,
      seq: null,
      excerpt: null,
      message: null,
      context: [],
    });
    // It is another matter than a report of what they wrote.
    expect(await report(alice, { chat_id: chatId, seq: await say(bob, chatId, 'x') })).not.toBe(id);
  });

  it('can be made after one of the two has left their personal chat', async () => {
    const [carol, dave] = [await server.user(), await server.user()];
    const chatId = await personal(carol, dave);
    await runSql(server.database.url, 'DELETE FROM chat_members WHERE chat_id = $1', [chatId]);
    expect(await codeOf(dave, 'moderation.report', { user_id: carol.id, reason: 'spam' })).toBe('ok');
  });

  it('is refused alike for strangers, accounts that are not there and oneself', async () => {
    const { alice } = scene;
    const stranger = await server.user();
    for (const id of [stranger.id, 999_999, 0, -1]) {
      expect(await codeOf(alice, 'moderation.report', { user_id: id, reason: 'abuse' }), String(id)).toBe('not_found');
    }
    expect(await codeOf(alice, 'moderation.report', { user_id: alice.id, reason: 'abuse' })).toBe('conflict');
  });
});

describe('the same report again', () => {
  it('is answered with the open one, also of twenty at once', async () => {
    const { root, alice, bob, chatId } = scene;
    const seq = await say(bob, chatId, 'You fool');
    const ids = await Promise.all(Array.from({ length: 20 }, () => report(alice, { chat_id: chatId, seq })));
    const users = await Promise.all(Array.from({ length: 20 }, () => report(alice, { user_id: bob.id })));
    expect(new Set(ids).size).toBe(1);
    expect(new Set(users).size).toBe(1);
    expect(await countOf('reports WHERE reporter_id = $1', [alice.id])).toBe(2);
    expect(await countOf(`audit_log WHERE actor_id = $1 AND action = 'report_made'`, [alice.id])).toBe(2);
    await run(root, 'moderation.resolve', { report_id: ids[0], action: 'dismiss' });
    const next = await report(alice, { chat_id: chatId, seq });
    expect(next).toBeGreaterThan(ids[0] ?? 0);
    expect((await read(next)).state).toBe('open');
  });

  it('is another one by another reporter', async () => {
    const { alice, bob } = scene;
    const carol = await server.user();
    const chatId = await group(alice, bob, carol);
    const seq = await say(bob, chatId, 'You fool');
    const ids = await Promise.all([alice, carol].map((who: Account) => report(who, { chat_id: chatId, seq })));
    expect(new Set(ids).size).toBe(2);
  });
});

describe('the payload of a report', () => {
  const fault = async (payload: object): Promise<unknown> => {
    const { status, body } = await scene.alice.client.post('/api/v1/reports', { ...payload });
    return [status, ...(Array.isArray(body.detail) ? body.detail.map(({ loc, type }: Parsed) => [loc, type]) : [body.detail])];
  };

  it('names a message or a user, a reason of the list, and a comment of at most 1,000 characters', async () => {
    const good = { user_id: scene.bob.id, reason: 'abuse' };
    const missing = 'value_error.missing';
    expect(await fault({ reason: 'abuse' })).toEqual([422, [['body', 'chat_id'], missing], [['body', 'seq'], missing]]);
    expect(await fault({ reason: 'abuse', chat_id: 1 })).toEqual([422, [['body', 'seq'], missing]]);
    expect(await fault({ ...good, chat_id: 1, seq: 1 })).toEqual([422, [['body', 'user_id'], 'value_error']]);
    expect(await fault({ user_id: 1 })).toEqual([422, [['body', 'reason'], missing]]);
    expect(await fault({ ...good, reason: 'dislike' })).toEqual([422, [['body', 'reason'], 'type_error.enum']]);
    expect(await fault({ ...good, comment: 'x'.repeat(1_001) })).toEqual([
      422,
      [['body', 'comment'], 'value_error.any_str.max_length'],
    ]);
    expect((await scene.alice.client.post('/api/v1/reports', { ...good, comment: '😀'.repeat(1_000) })).status).toBe(200);
  });
});

describe('what is kept of a report elsewhere', () => {
  it('is in the audit log who reported whom, from where and why, and nothing that was written', async () => {
    const { alice, bob, chatId } = scene;
    const seq = await say(bob, chatId, 'Unm1stakable content');
    const id = await report(alice, { chat_id: chatId, seq, comment: 'Unm1stakable comment' });
    const rows = await runSql<object>(
      server.database.url,
      `SELECT actor_id::int, user_id::int, protocol, ip, details FROM audit_log WHERE action = 'report_made' AND actor_id = $1`,
      [alice.id],
    );
    expect(rows).toEqual([
      {
        actor_id: alice.id,
        user_id: bob.id,
        protocol: 'rest',
        ip: '127.0.0.1',
        details: { report_id: id, reason: 'abuse' },
      },
    ]);
    expect(await countOf(`audit_log a WHERE a::text LIKE '%Unm1stakable%'`, [])).toBe(0);
  });
});

describe('the quota of reports', () => {
  it('is spent by new reports alone, and ends with Retry-After', async () => {
    const small = await TestServer.start({ variables: { QUOTA_REPORTS_PER_DAY: '2' } });
    try {
      const { alice, bob, chatId } = await sceneOf(small);
      const seqs = [await say(bob, chatId, 'one'), await say(bob, chatId, 'two'), await say(bob, chatId, 'three')];
      const file = (seq: number | undefined) => alice.client.post('/api/v1/reports', { chat_id: chatId, seq, reason: 'spam' });
      for (const seq of [seqs[0], seqs[0], seqs[0], seqs[1]]) expect((await file(seq)).status).toBe(200);
      expect((await file(999)).status).toBe(429);
      const refused = await file(seqs[2]);
      expect(refused.status).toBe(429);
      expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
      expect((await run(alice, 'account.usage', {})).quotas).toContainEqual(
        expect.objectContaining({ kind: 'reports', used: 2, limit: 2 }),
      );
    } finally {
      await small.stop();
    }
  });
});

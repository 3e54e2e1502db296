import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeAccounts, makeGroup } from '../support/chats.js';
import type { Parsed } from '../support/http-client.js';
import { type Account, TestServer } from '../support/server.js';

let server: TestServer;
let alice: Account;
let bob: Account;
let carol: Account;
beforeAll(async () => {
  server = await TestServer.start();
  [alice, bob, carol] = (await makeAccounts(server, 3)) as [Account, Account, Account];
});
afterAll(() => server.stop());

const run = async (who: Account, name: string, payload: Record<string, unknown>) => {
  const { status, body } = await who.client.post(`/api/v1/commands/chat/${name}`, payload);
  return { status, ...body };
};
const group = (...members: Account[]): Promise<number> =>
  makeGroup(
    server.database.url,
    members.map(({ id }) => id),
  );
const say = async (who: Account, chatId: number, content: string, more: object = {}): Promise<Parsed> =>
  (await run(who, 'send', { chat_id: chatId, content, ...more })).data;
const logOf = async (who: Account, chatId: number): Promise<Parsed[]> =>
  (await run(who, 'sync', { chat_id: chatId, after_seq: 0, limit: 1000 })).data.messages;
const historyOf = async (who: Account, chatId: number): Promise<Parsed[]> =>
  (await run(who, 'history', { chat_id: chatId })).data.messages;
const count = (statuses: readonly number[], wanted: number): number => statuses.filter((status) => status === wanted).length;

describe('changes at once', () => {
  it('delete a message once', async () => {
    const chat = await group(alice, bob);
    await say(bob, chat, 'text');
    const answers = await Promise.all(
      Array.from({ length: 12 }, (_unused, i) => run(i % 2 ? alice : bob, 'delete', { chat_id: chat, seq: 1 })),
    );
    const answered = { status: 200, success: true, data: { chat_id: chat, seq: 2, id: 2, target_seq: 1 } };
    for (const answer of answers) expect(answer).toMatchObject(answered);
    expect(new Set(answers.map(({ data }) => data.created_at)).size).toBe(1);
    expect((await logOf(alice, chat)).map(({ seq, kind }) => [seq, kind])).toEqual([
      [1, 'message'],
      [2, 'deleted'],
    ]);
  });

  it('change no message that is deleted: nothing in the log follows its deletion', async () => {
    const chat = await group(alice, bob);
    await say(bob, chat, 'text');
    const statuses = await Promise.all([
      ...Array.from({ length: 10 }, (_unused, i) => run(bob, 'edit', { chat_id: chat, seq: 1, content: `${i}` })),
      run(alice, 'delete', { chat_id: chat, seq: 1 }),
      ...Array.from({ length: 10 }, (_unused, i) => run(bob, 'edit', { chat_id: chat, seq: 1, content: `${i}` })),
    ]).then((answers) => answers.map(({ status }) => status));
    const log = await logOf(alice, chat);
    expect(log.map(({ seq }) => seq)).toEqual(log.map((_entry, i) => i + 1));
    expect(log.at(-1)).toMatchObject({ kind: 'deleted', target_seq: 1 });
    expect(count(statuses, 200)).toBe(log.length - 1);
    expect(count(statuses, 200) + count(statuses, 404)).toBe(statuses.length);
  });

  it('leave the last one in the log as what the message says', async () => {
    const chat = await group(alice, bob);
    await say(bob, chat, 'text');
    await Promise.all(
      Array.from({ length: 15 }, (_unused, i) => run(bob, 'edit', { chat_id: chat, seq: 1, content: `version ${i}` })),
    );
    const last = (await logOf(bob, chat)).at(-1);
    expect(last).toMatchObject({ seq: 16, kind: 'edited', target_seq: 1 });
    expect(await historyOf(alice, chat)).toMatchObject([{ seq: 1, content: last.content, edited_seq: 16 }]);
  });
});

describe('a change', () => {
  it('is answered to the connection that made it, and told to every other one', async () => {
    const chat = await group(alice, bob);
    await say(alice, chat, 'one');
    await say(alice, chat, 'two');
    const open = (who: Account) => server.socket(`/v1/connect?token=${who.tokens.token}`);
    const [acting, own, other] = [await open(alice), await open(alice), await open(bob)];
    const edited = (await acting.command('chat.edit', { chat_id: chat, seq: 1, content: 'uno' })).data;
    const deleted = (await acting.command('chat.delete', { chat_id: chat, seq: 2 })).data;
    for (const socket of [own, other]) {
      const ofChat = ({ domain, data }: Parsed): boolean => domain === 'chat' && data.chat_id === chat;
      const [first, second] = [await socket.nextThat(ofChat), await socket.nextThat(ofChat)];
      const by = { chat_id: chat, from_id: alice.id, from_name: alice.username };
      expect(first).toMatchObject({ event: 'edited', data: { ...by, ...edited, content: 'uno', content_type: 'text/plain' } });
      expect(second).toMatchObject({ event: 'deleted', data: { ...by, ...deleted, content: null, content_type: null } });
    }
    // What would have been told comes before the answer to what is asked after it.
    await acting.command('system.ping');
    expect(acting.pending().filter(({ domain, event }) => domain === 'chat' && event !== 'presence')).toEqual([]);
    expect([edited.seq, edited.target_seq, deleted.seq, deleted.target_seq]).toEqual([3, 1, 4, 2]);
    for (const socket of [acting, own, other]) socket.terminate();
  });

  it('shows in lists: what was said last, and how much of it is unread', async () => {
    const chat = await group(alice, bob);
    for (const text of ['one', 'two', 'three']) await say(alice, chat, text);
    const shown = async () => (await run(bob, 'list', {})).data.chats.find(({ chat_id }: Parsed) => chat_id === chat);
    expect(await shown()).toMatchObject({ unread: 3, last_seq: 3, last_message: { content: 'three' } });
    await run(alice, 'edit', { chat_id: chat, seq: 3, content: 'drei' });
    expect(await shown()).toMatchObject({ unread: 3, last_seq: 4, last_message: { seq: 3, content: 'drei', edited_seq: 4 } });
    await run(alice, 'delete', { chat_id: chat, seq: 3 });
    expect(await shown()).toMatchObject({ unread: 2, last_seq: 5, last_message: { seq: 2, content: 'two' } });
    await run(alice, 'delete', { chat_id: chat, seq: 1 });
    await run(alice, 'delete', { chat_id: chat, seq: 2 });
    expect(await shown()).toMatchObject({ unread: 0, last_seq: 7, last_message: null });
  });

  it('does not make a message that is sent again a new one', async () => {
    const chat = await group(alice, bob);
    const first = await say(alice, chat, 'text', { client_msg_id: 'm' });
    await run(alice, 'edit', { chat_id: chat, seq: 1, content: 'other' });
    expect(await say(alice, chat, 'text', { client_msg_id: 'm' })).toEqual({ ...first, duplicate: true });
    await run(alice, 'delete', { chat_id: chat, seq: 1 });
    expect(await say(alice, chat, 'text', { client_msg_id: 'm' })).toEqual({ ...first, duplicate: true });
    expect(await logOf(alice, chat)).toHaveLength(3);
  });

  it('keeps the content type, and takes as much text as a message', async () => {
    const chat = await group(alice);
    await say(alice, chat, '# one', { content_type: 'text/markdown' });
    const long = '\u{1f600}'.repeat(65_536);
    expect(await run(alice, 'edit', { chat_id: chat, seq: 1, content: long })).toMatchObject({ status: 200 });
    const [message] = await historyOf(alice, chat);
    expect(message.content_type).toBe('text/markdown');
    expect(message.content === long).toBe(true);
    for (const content of ['', `${long}x`, 'a\0b', '\ud800', null, 7, undefined]) {
      expect(await run(alice, 'edit', { chat_id: chat, seq: 1, content })).toMatchObject({ status: 422 });
    }
    expect(await logOf(alice, chat)).toHaveLength(2);
  });
});

describe('a change is refused', () => {
  it('of what an admin or the owner did not say themselves, unless it is a deletion', async () => {
    const chat = await group(alice, bob, carol);
    await run(alice, 'add_members', { chat_id: chat, members: [bob.username], role: 'admin' });
    for (const who of [alice, carol]) await say(who, chat, 'text');
    expect(await run(bob, 'edit', { chat_id: chat, seq: 1, content: 'x' })).toMatchObject({ status: 403, code: 'forbidden' });
    expect(await run(alice, 'edit', { chat_id: chat, seq: 2, content: 'x' })).toMatchObject({ status: 403 });
    expect(await run(bob, 'delete', { chat_id: chat, seq: 1 })).toMatchObject({ status: 200 });
    expect(await run(alice, 'delete', { chat_id: chat, seq: 2 })).toMatchObject({ status: 200 });
  });

  it('of an entry that is no message, and of one of another chat', async () => {
    const [chat, other] = [await group(alice, bob), await group(alice, bob)];
    await run(alice, 'add_members', { chat_id: chat, members: [carol.username] });
    for (let i = 1; i <= 3; i++) await say(alice, other, 'text');
    for (const seq of [0, -1, 1, 2, 3, Number.MAX_SAFE_INTEGER]) {
      expect(await run(alice, 'edit', { chat_id: chat, seq, content: 'x' })).toMatchObject({ status: 404 });
      expect(await run(alice, 'delete', { chat_id: chat, seq })).toMatchObject({ status: 404 });
    }
    expect((await logOf(alice, chat)).map(({ kind }) => kind)).toEqual(['joined']);
    expect(await historyOf(alice, other)).toHaveLength(3);
  });

  it('to a sender who has left, and taken again from one who is back', async () => {
    const chat = await group(alice, bob);
    await say(bob, chat, 'text');
    await run(bob, 'leave', { chat_id: chat });
    for (const name of ['edit', 'delete']) {
      expect(await run(bob, name, { chat_id: chat, seq: 1, content: 'x' })).toMatchObject({ status: 404, code: 'not_found' });
    }
    await run(alice, 'add_members', { chat_id: chat, members: [bob.username] });
    await run(bob, 'accept', { chat_id: chat });
    expect((await run(bob, 'edit', { chat_id: chat, seq: 1, content: 'x' })).data).toMatchObject({ seq: 4, target_seq: 1 });
  });
});

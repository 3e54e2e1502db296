import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { logOf, makeAccounts, makeGroup } from '../support/chats.js';
import { runSql } from '../support/database.js';
import { type Account, TestServer } from '../support/server.js';

describe('messages', () => {
  let server: TestServer;
  let alice: Account;
  let bob: Account;
  let carol: Account;

  beforeAll(async () => {
    server = await TestServer.start();
    [alice, bob, carol] = (await makeAccounts(server, 3)) as [Account, Account, Account];
  });
  afterAll(() => server.stop());

  const group = (...members: Account[]): Promise<number> =>
    makeGroup(
      server.database.url,
      members.map(({ id }) => id),
    );
  const command = (who: Account, name: string, payload: Record<string, unknown>) =>
    who.client.post(`/api/v1/commands/chat/${name}`, payload).then(({ status, body }) => ({ status, ...body }));
  const send = (who: Account, chatId: number, content: string, more: Readonly<Record<string, string>> = {}) =>
    command(who, 'send', { chat_id: chatId, content, ...more });

  it('are numbered 1, 2, 3 … in each chat', async () => {
    const [one, two] = [await group(alice, bob), await group(alice, bob)];
    const answers = [await send(alice, one, 'a'), await send(alice, two, 'b'), await send(bob, one, 'c')];
    expect(answers.map(({ data }) => [data.chat_id, data.seq, data.id, data.duplicate])).toEqual([
      [one, 1, 1, false],
      [two, 1, 1, false],
      [one, 2, 2, false],
    ]);
  });

  it('have no holes and no doubles, however many are sent at once', async () => {
    const chats = [await group(alice, bob), await group(alice, bob), await group(alice, bob)];
    const sends = Array.from({ length: 300 }, (_unused, i) =>
      send(i % 2 ? alice : bob, chats[i % 3] ?? 0, `text ${i}`, { client_msg_id: `m-${i % 240}-${i % 3}` }),
    );
    const answers = await Promise.all(sends);
    const stored = answers.filter(({ status }) => status === 200);
    expect(answers.every(({ status, code }) => status === 200 || code === 'conflict')).toBe(true);
    for (const chat of chats) {
      const log = await logOf(server.database.url, chat);
      expect(log.map(({ seq }) => seq)).toEqual(log.map((_entry, i) => i + 1));
      const seqs = stored.filter(({ data }) => data.chat_id === chat && !data.duplicate).map(({ data }) => data.seq);
      expect(seqs.sort((a, b) => a - b)).toEqual(log.map(({ seq }) => seq));
    }
  });

  it('with the same client_msg_id are stored once, one after the other or at once', async () => {
    const chat = await group(alice, bob);
    const first = await send(alice, chat, 'once', { client_msg_id: 'x' });
    const again = await Promise.all(Array.from({ length: 20 }, () => send(alice, chat, 'once', { client_msg_id: 'x' })));
    for (const { data } of again) expect(data).toEqual({ ...first.data, duplicate: true });
    const together = await Promise.all(Array.from({ length: 20 }, () => send(alice, chat, 'twin', { client_msg_id: 'y' })));
    expect(together.filter(({ data }) => !data.duplicate)).toHaveLength(1);
    expect(new Set(together.map(({ data }) => `${data.seq} ${data.created_at}`)).size).toBe(1);
    expect((await logOf(server.database.url, chat)).map(({ content }) => content)).toEqual(['once', 'twin']);
  });

  it('with the same client_msg_id and another content are a conflict; those of others are not', async () => {
    const chat = await group(alice, bob);
    await send(alice, chat, 'one', { client_msg_id: 'x' });
    expect(await send(alice, chat, 'two', { client_msg_id: 'x' })).toMatchObject({ status: 409, code: 'conflict' });
    expect(await send(alice, chat, 'one', { client_msg_id: 'x', content_type: 'text/html' })).toMatchObject({ status: 409 });
    expect((await send(bob, chat, 'two', { client_msg_id: 'x' })).data).toMatchObject({ seq: 2, duplicate: false });
    const answers = await Promise.all(['p', 'q', 'p'].map((content) => send(alice, chat, content, { client_msg_id: 'z' })));
    expect(answers.filter(({ status }) => status === 409)).toHaveLength(answers.some(({ data }) => data?.duplicate) ? 1 : 2);
  });

  it('can be sent by members only, and one that is refused does no harm to its neighbours', async () => {
    const [chat, other] = [await group(alice, bob), await group(carol)];
    const answers = await Promise.all([
      send(alice, chat, '1'),
      send(carol, chat, 'not a member'),
      send(alice, other, 'not a member'),
      send(alice, 9_000_000, 'no chat'),
      send(bob, chat, '2'),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([200, 404, 404, 404, 200]);
    expect(await logOf(server.database.url, chat)).toHaveLength(2);
    expect(await logOf(server.database.url, other)).toHaveLength(0);
    await runSql(server.database.url, 'DELETE FROM chat_members WHERE chat_id = $1 AND user_id = $2', [chat, bob.id]);
    expect(await send(bob, chat, 'no more')).toMatchObject({ status: 404, code: 'not_found' });
  });

  it.each([
    ['no content', {}],
    ['empty content', { content: '' }],
    ['content that is no text', { content: 7 }],
    ['too much content', { content: 'x'.repeat(65_537) }],
    ['a NUL character', { content: 'a\0b' }],
    ['a lone surrogate', { content: '\ud800' }],
    ['a content type that is none', { content: 'x', content_type: 'text/plain\r\nx: y' }],
    ['an empty client_msg_id', { content: 'x', client_msg_id: '' }],
    ['a client_msg_id that is too long', { content: 'x', client_msg_id: 'x'.repeat(129) }],
  ])('are refused with %s', async (_what, payload) => {
    const chat = await group(alice);
    expect(await command(alice, 'send', { chat_id: chat, ...payload })).toMatchObject({ status: 422, code: 'invalid_payload' });
    expect(await logOf(server.database.url, chat)).toHaveLength(0);
  });

  it('keep every character', async () => {
    const chat = await group(alice);
    const content = `${'😀'.repeat(65_530)} "'\\{}`;
    expect((await send(alice, chat, content)).status).toBe(200);
    const { data } = await command(alice, 'sync', { chat_id: chat, after_seq: 0 });
    expect(data.messages[0].content === content).toBe(true);
  });

  describe('in pages', () => {
    let chat: number;
    beforeAll(async () => {
      chat = await group(alice, bob);
      for (let i = 1; i <= 10; i++) await send(i % 2 ? alice : bob, chat, `text ${i}`);
    });
    const seqs = (data: { messages: { seq: number }[] }): number[] => data.messages.map(({ seq }) => seq);

    it('are the newest, those before and those after a seq', async () => {
      const newest = (await command(alice, 'history', { chat_id: chat, limit: 3 })).data;
      expect([seqs(newest), newest.has_more, newest.last_seq]).toEqual([[8, 9, 10], true, 10]);
      const before = (await command(alice, 'history', { chat_id: chat, before_seq: 4, limit: 3 })).data;
      expect([seqs(before), before.has_more]).toEqual([[1, 2, 3], false]);
      const after = (await command(alice, 'history', { chat_id: chat, after_seq: 4, limit: 3 })).data;
      expect([seqs(after), after.has_more]).toEqual([[5, 6, 7], true]);
      const between = (await command(alice, 'history', { chat_id: chat, after_seq: 4, before_seq: 6 })).data;
      expect([seqs(between), between.has_more]).toEqual([[5], false]);
    });

    it('of the log go on where the client stands', async () => {
      const page = (await command(bob, 'sync', { chat_id: chat, after_seq: 7, limit: 2 })).data;
      expect([seqs(page), page.has_more, page.last_seq]).toEqual([[8, 9], true, 10]);
      const end = (await command(bob, 'sync', { chat_id: chat, after_seq: 10 })).data;
      expect([seqs(end), end.has_more, end.last_seq]).toEqual([[], false, 10]);
      expect(page.messages[0]).toEqual({
        id: 8,
        chat_id: chat,
        seq: 8,
        kind: 'message',
        from_id: bob.id,
        from_name: bob.username,
        content: 'text 8',
        content_type: 'text/plain',
        created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
        client_msg_id: null,
      });
    });

    it('end where they would be too long, and say so', async () => {
      const long = await group(alice);
      for (let i = 0; i < 12; i++) await send(alice, long, 'ы'.repeat(60_000));
      const newest = (await command(alice, 'history', { chat_id: long, limit: 200 })).data;
      expect(newest.has_more).toBe(true);
      expect(seqs(newest).at(-1)).toBe(12);
      const read: number[] = [];
      for (let after = 0, more = true; more; after = read.at(-1) ?? 0) {
        const page = (await command(alice, 'sync', { chat_id: long, after_seq: after, limit: 1000 })).data;
        expect(JSON.stringify(page).length).toBeLessThan(800_000);
        read.push(...seqs(page));
        more = page.has_more;
      }
      expect(read).toEqual(Array.from({ length: 12 }, (_unused, i) => i + 1));
    });
  });
});

import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Sql } from '../../src/database/sql.js';
import { ChatStreams } from '../../src/chat/chat-streams.js';
import { OpenChats } from '../../src/chat/open-chats.js';
import type { Message } from '../../src/chat/message.js';
import { makeAccounts, makeGroup } from '../support/chats.js';
import type { Parsed } from '../support/http-client.js';
import type { RawSocket } from '../support/raw-socket.js';
import { type Account, TestServer } from '../support/server.js';
import { until } from '../support/until.js';

/** Longer than a new connection may take to ask for what it missed. */
const GRACE_MS = 5_000;

describe('live delivery', () => {
  let server: TestServer;
  let alice: Account;
  let bob: Account;
  let carol: Account;
  const sockets: RawSocket[] = [];

  beforeAll(async () => {
    server = await TestServer.start();
    [alice, bob, carol] = (await makeAccounts(server, 3)) as [Account, Account, Account];
  });
  afterEach(() => {
    for (const socket of sockets.splice(0)) socket.terminate();
  });
  afterAll(() => server.stop());

  async function group(...members: Account[]): Promise<number> {
    const chatId = await makeGroup(
      server.database.url,
      members.map(({ id }) => id),
    );
    // Members may still be known here from a connection of a moment ago.
    server.app.get(ChatStreams).created({
      chat_id: chatId,
      chat_type: 'group',
      chat_name: null,
      members: members.map(({ id, username }) => ({ user_id: id, username })),
    });
    return chatId;
  }

  async function connect(who: Account): Promise<RawSocket> {
    const socket = await server.socket(`/v1/connect?token=${who.tokens.token}`);
    await socket.nextThat(({ type }) => type === 'hello');
    sockets.push(socket);
    return socket;
  }

  const nextMessage = async (socket: RawSocket, chatId: number): Promise<Message> =>
    (await socket.nextThat(({ domain, data }) => domain === 'chat' && data.chat_id === chatId, GRACE_MS)).data;

  /** Writes into the log as another node would, without this one hearing of it. */
  const appendElsewhere = (chatId: number, sender: Account, contents: readonly string[]) =>
    server.app
      .get(Sql)
      .rows(`SELECT * FROM append_messages($1, $2, $3, $4, $5, $6)`, [
        contents.map(() => chatId),
        contents.map(() => sender.id),
        contents,
        contents.map(() => 'text/plain'),
        contents.map(() => null),
        contents.map(() => null),
      ]);

  it('tells every connection of every member but the one that is answered', async () => {
    const chat = await group(alice, bob);
    const [sending, other, receiving, stranger] = await Promise.all([
      connect(alice),
      connect(alice),
      connect(bob),
      connect(carol),
    ]);
    const answer = await sending.command('chat.send', { chat_id: chat, content: 'hello', client_msg_id: 'c1' });
    const expected = {
      id: 1,
      chat_id: chat,
      seq: 1,
      kind: 'message',
      from_id: alice.id,
      from_name: alice.username,
      content: 'hello',
      content_type: 'text/plain',
      created_at: answer.data.created_at,
      client_msg_id: 'c1',
    };
    expect(await nextMessage(other, chat)).toEqual(expected);
    expect(await nextMessage(receiving, chat)).toEqual(expected);
    // What follows comes without the first in between.
    await receiving.command('chat.send', { chat_id: chat, content: 'and you' });
    expect((await nextMessage(sending, chat)).seq).toBe(2);
    expect((await nextMessage(other, chat)).seq).toBe(2);
    await stranger.command('system.ping');
    expect(stranger.pending()).toEqual([]);
  });

  it('fills a gap from the log, in order and once', async () => {
    const chat = await group(alice, bob);
    const [sending, receiving] = await Promise.all([connect(alice), connect(bob)]);
    await sending.command('chat.send', { chat_id: chat, content: '1' });
    await appendElsewhere(chat, alice, ['2', '3', '4']);
    const heard: Parsed[] = [];
    sending.socket.on('message', (data: Buffer) => heard.push(JSON.parse(data.toString('utf8'))));
    await sending.command('chat.send', { chat_id: chat, content: '5' });
    const contents = [];
    for (let i = 0; i < 5; i++) contents.push((await nextMessage(receiving, chat)).content);
    expect(contents).toEqual(['1', '2', '3', '4', '5']);
    // The sender received the others in their order, and was answered for its own in its place.
    expect(heard.map(({ data }) => data.seq)).toEqual([2, 3, 4, 5]);
    await sending.command('system.ping');
    await receiving.command('system.ping');
    expect([...sending.pending(), ...receiving.pending()]).toEqual([]);
  });

  it('drops what was delivered before', async () => {
    const chat = await group(alice, bob);
    const [sending, receiving] = await Promise.all([connect(alice), connect(bob)]);
    await sending.command('chat.send', { chat_id: chat, content: '1' });
    const first = await nextMessage(receiving, chat);
    server.app.get(ChatStreams).committed([first, first]);
    await sending.command('chat.send', { chat_id: chat, content: '2' });
    expect((await nextMessage(receiving, chat)).seq).toBe(2);
  });

  it('reaches whoever connects while messages are being sent', async () => {
    const chat = await group(alice, bob);
    const sending = await connect(alice);
    let isSending = true;
    const flow = (async () => {
      for (let i = 0; isSending; i++) await sending.command('chat.send', { chat_id: chat, content: `flow ${i}` });
    })();
    for (let round = 0; round < 10; round++) {
      const receiving = await connect(bob);
      const begun = await nextMessage(receiving, chat);
      for (let seq = begun.seq + 1; seq < begun.seq + 20; seq++) expect((await nextMessage(receiving, chat)).seq).toBe(seq);
      receiving.terminate();
    }
    isSending = false;
    await flow;
  });

  it('ends for a user with the entry that says that it left', async () => {
    const chat = await group(alice, bob);
    const [sending, leaving] = await Promise.all([connect(alice), connect(bob)]);
    await sending.command('chat.send', { chat_id: chat, content: '1' });
    expect((await nextMessage(leaving, chat)).seq).toBe(1);
    await server.app.get(Sql).affected('DELETE FROM chat_members WHERE chat_id = $1 AND user_id = $2', [chat, bob.id]);
    server.app.get(ChatStreams).committed([
      {
        id: 2,
        chat_id: chat,
        seq: 2,
        kind: 'left',
        from_id: alice.id,
        from_name: alice.username,
        content: null,
        content_type: null,
        created_at: new Date().toISOString(),
        client_msg_id: null,
        member_id: bob.id,
        member_name: bob.username,
      },
      {
        id: 3,
        chat_id: chat,
        seq: 3,
        kind: 'message',
        from_id: alice.id,
        from_name: alice.username,
        content: 'secret',
        content_type: 'text/plain',
        created_at: new Date().toISOString(),
        client_msg_id: null,
      },
    ]);
    expect(await nextMessage(leaving, chat)).toMatchObject({ seq: 2, kind: 'left' });
    await leaving.command('system.ping');
    expect(leaving.pending()).toEqual([]);
    expect((await leaving.command('chat.sync', { chat_id: chat, after_seq: 0 })).code).toBe('not_found');
  });

  describe('after a cut', () => {
    async function chatOf(count: number): Promise<number> {
      const chat = await group(alice, bob);
      await appendElsewhere(
        chat,
        alice,
        Array.from({ length: count }, (_unused, i) => `text ${i + 1}`),
      );
      server.app.get(ChatStreams).doubt([chat]);
      await until(() => (server.app.get(OpenChats).of(chat)?.position ?? count) === count);
      return chat;
    }
    const resume = (socket: RawSocket, cursors: object[]) => socket.command('system.resume', { cursors });
    /** Frames up to the answer: what was replayed before it. */
    async function resumed(socket: RawSocket, cursors: object[]): Promise<{ seqs: number[]; answer: unknown }> {
      socket.send({ type: 'command', v: 1, request_id: 'resume', domain: 'system', command: 'resume', payload: { cursors } });
      const seqs: number[] = [];
      for (;;) {
        const frame = await socket.next();
        if (frame.request_id === 'resume') return { seqs, answer: frame.data ?? frame };
        seqs.push(frame.data.seq);
      }
    }

    it('replays what was missed before anything new, and then answers', async () => {
      const chat = await chatOf(20);
      const sending = await connect(alice);
      const receiving = await connect(bob);
      // Committed before the request arrives: new, and yet not to be told first.
      await sending.command('chat.send', { chat_id: chat, content: 'text 21' });
      const { seqs, answer } = await resumed(receiving, [{ chat_id: chat, after_seq: 5 }]);
      expect(seqs).toEqual(Array.from({ length: 16 }, (_unused, i) => i + 6));
      expect(answer).toEqual({ chats: [{ chat_id: chat, recovered: true, last_seq: 21, has_more: false }] });
      await sending.command('chat.send', { chat_id: chat, content: 'text 22' });
      expect((await nextMessage(receiving, chat)).seq).toBe(22);
    });

    it('replays up to 300 of a chat, and leaves the rest to chat.sync', async () => {
      const chat = await chatOf(320);
      const receiving = await connect(bob);
      const { seqs, answer } = await resumed(receiving, [{ chat_id: chat, after_seq: 10 }]);
      expect(seqs).toEqual(Array.from({ length: 300 }, (_unused, i) => i + 11));
      expect(answer).toEqual({ chats: [{ chat_id: chat, recovered: true, last_seq: 320, has_more: true }] });
      const { data } = await receiving.command('chat.sync', { chat_id: chat, after_seq: 310 });
      expect([data.messages.length, data.has_more]).toEqual([10, false]);
    });

    it('has nothing to replay where nothing was missed, and proves nothing of what cannot be', async () => {
      const [chat, foreign] = [await chatOf(3), await group(carol)];
      const receiving = await connect(bob);
      const { seqs, answer } = await resumed(receiving, [
        { chat_id: chat, after_seq: 3 },
        { chat_id: foreign, after_seq: 0 },
        { chat_id: 9_000_000, after_seq: 0 },
      ]);
      expect(seqs).toEqual([]);
      expect(answer).toEqual({
        chats: [
          { chat_id: chat, recovered: true, last_seq: 3, has_more: false },
          { chat_id: foreign, recovered: false, last_seq: null, has_more: false },
          { chat_id: 9_000_000, recovered: false, last_seq: null, has_more: false },
        ],
      });
      const late = await connect(bob);
      expect((await resumed(late, [{ chat_id: chat, after_seq: 4 }])).answer).toEqual({
        chats: [{ chat_id: chat, recovered: false, last_seq: 3, has_more: false }],
      });
    });

    it('tells a client that does not resume what came in its grace, once and in order', async () => {
      const chat = await group(alice, bob);
      const [sending, receiving] = await Promise.all([connect(alice), connect(bob)]);
      for (let i = 1; i <= 5; i++) await sending.command('chat.send', { chat_id: chat, content: `${i}` });
      for (let i = 1; i <= 5; i++) expect((await nextMessage(receiving, chat)).seq).toBe(i);
      await sending.command('chat.send', { chat_id: chat, content: '6' });
      expect((await nextMessage(receiving, chat)).seq).toBe(6);
    });

    it('tells nothing twice to a client that resumes late', async () => {
      const chat = await chatOf(4);
      const [sending, receiving] = await Promise.all([connect(alice), connect(bob)]);
      await sending.command('chat.send', { chat_id: chat, content: 'text 5' });
      expect((await nextMessage(receiving, chat)).seq).toBe(5);
      const { seqs, answer } = await resumed(receiving, [{ chat_id: chat, after_seq: 2 }]);
      expect(seqs).toEqual([3, 4]);
      expect(answer).toMatchObject({ chats: [{ recovered: true, has_more: false }] });
    });

    it('refuses cursors that are none', async () => {
      const socket = await connect(bob);
      const chat = await chatOf(1);
      const twice = [1, 1].map((after_seq) => ({ chat_id: chat, after_seq }));
      for (const cursors of [
        twice,
        [{ chat_id: chat }],
        [{ chat_id: chat, after_seq: -1 }],
        [7],
        'x',
        Array(129).fill({ chat_id: 1, after_seq: 1 }),
      ]) {
        expect(await resume(socket, cursors as object[])).toMatchObject({ success: false, code: 'invalid_payload' });
      }
      expect(await resume(socket, [])).toMatchObject({ success: true, data: { chats: [] } });
      const { status } = await bob.client.post('/api/v1/commands/system/resume', { cursors: [] });
      expect(status).toBe(409);
    });
  });

  it('catches up with the log by itself where nobody tells of it', async () => {
    const chat = await group(alice, bob);
    const receiving = await connect(bob);
    await receiving.command('system.resume', { cursors: [{ chat_id: chat, after_seq: 0 }] });
    await appendElsewhere(chat, alice, ['1', '2']);
    server.app.get(ChatStreams).doubt([chat]);
    expect((await nextMessage(receiving, chat)).content).toBe('1');
    expect((await nextMessage(receiving, chat)).content).toBe('2');
    await until(() => receiving.pending().length === 0);
  });
});

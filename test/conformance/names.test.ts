import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Socket } from 'socket.io-client';
import type { Parsed } from '../support/http-client.js';
import { type Account, TestServer } from '../support/server.js';
import { connect, connected } from './drivers/socketio.js';

/** What is sent, by its name; `chat` stands for the chat that the account is in. */
const CHAT_FRAMES: readonly (readonly [what: string, frame: Parsed, names: Parsed])[] = [
  ['a message', { message: 'one', client_msg_id: 'm1' }, { client_msg_id: 'm1' }],
  ['the same message again', { message: 'one', client_msg_id: 'm1' }, { client_msg_id: 'm1' }],
  ['another message under the same id', { message: 'two', client_msg_id: 'm1' }, { client_msg_id: 'm1' }],
  [
    'a message with both names',
    { message: 'three', client_msg_id: 'm2', request_id: 'r1' },
    { client_msg_id: 'm2', request_id: 'r1' },
  ],
  ['a message of a chat that is not there', { chat_id: 999_999, message: 'x', client_msg_id: 'm3' }, { client_msg_id: 'm3' }],
  ['a message without content', { client_msg_id: 'm4', request_id: 7 }, { client_msg_id: 'm4', request_id: 7 }],
  ['a message with a name that is none', { message: 'four', client_msg_id: 7 }, { client_msg_id: 7 }],
  ['an echo', { chat_id: null, message: 'five', request_id: 'r2' }, { request_id: 'r2' }],
];

let server: TestServer;
let account: Account;
let chatId: number;
const open: (() => void)[] = [];
beforeAll(async () => {
  server = await TestServer.start();
  account = await server.user();
});
afterEach(() => {
  for (const close of open.splice(0)) close();
});
afterAll(() => server.stop());

async function newChat(): Promise<void> {
  const { body } = await account.client.post<Parsed>('/api/v1/chats', { chat_type: 'group', members: [] });
  chatId = body.chat_id;
}
const framed = (frame: Parsed): Parsed => ({ chat_id: chatId, ...frame });
const namesIn = ({ request_id, client_msg_id }: Parsed): Parsed => ({ request_id, client_msg_id });

async function socketIo(): Promise<Socket> {
  const socket = await connected(connect(server, 'websocket', { auth: { token: account.tokens.token } }));
  open.push(() => void socket.disconnect());
  return socket;
}

describe('an answer of rest', () => {
  it('names the chat frame that it answers, also if that is refused', async () => {
    await newChat();
    const socket = await server.socket(`/ws/names?token=${account.tokens.token}`);
    open.push(() => socket.terminate());
    for (const [what, frame, names] of CHAT_FRAMES) {
      const answer = await socket.ask({ type: 'chat', ...framed(frame) });
      expect([what, namesIn(answer.type === 'echo' ? answer : answer.data)]).toEqual([what, namesIn(names)]);
    }
  });

  it('says when a message was stored, and whether it had been before', async () => {
    await newChat();
    const socket = await server.socket(`/ws/names?token=${account.tokens.token}`);
    open.push(() => socket.terminate());
    const send = () => socket.ask({ type: 'chat', chat_id: chatId, message: 'one', client_msg_id: 'm1' });
    const [first, again] = [await send(), await send()];
    expect(first.data).toEqual({
      chat_id: chatId,
      seq: 1,
      id: 1,
      created_at: expect.any(String),
      duplicate: false,
      client_msg_id: 'm1',
    });
    expect(again.data).toEqual({ ...first.data, duplicate: true });
  });

  it.each([
    [
      'a type that does not exist',
      { type: 'dance', request_id: 'r1', client_msg_id: 'm1' },
      { request_id: 'r1', client_msg_id: 'm1' },
    ],
    [
      'a command of another version',
      { type: 'command', v: 2, request_id: 'r1', client_msg_id: 'm1' },
      { request_id: 'r1', client_msg_id: 'm1' },
    ],
    ['a command under a number', { type: 'command', v: 1, request_id: 7 }, { request_id: 7 }],
    ['a command without a request_id', { type: 'command', v: 1, client_msg_id: 'm1' }, { client_msg_id: 'm1' }],
    ['a name that is too long', { type: 'dance', request_id: 'r'.repeat(129) }, {}],
    ['a greeting', { type: 'hello', request_id: 'r1' }, { request_id: 'r1' }],
  ])('names %s', async (_what, frame, names) => {
    const socket = await server.socket('/ws/anonymous-names');
    open.push(() => socket.terminate());
    const answer = await socket.ask(frame);
    expect(namesIn(answer.type === 'hello' ? answer : answer.data)).toEqual(namesIn(names));
  });
});

describe.each(['with', 'without'])('an answer of socketio %s an acknowledgement', (how) => {
  const ask = (socket: Socket, event: string, data: unknown): Promise<Parsed> =>
    how === 'with'
      ? socket.emitWithAck(event, data)
      : new Promise((resolve) => {
          for (const answer of ['response', 'error', 'chat', 'hello']) socket.once(answer, resolve);
          socket.emit(event, data);
        });

  it('names the event that it answers, also if that is refused', async () => {
    await newChat();
    for (const [what, frame, names] of CHAT_FRAMES) {
      const socket = await socketIo();
      const answer = await ask(socket, 'chat', framed(frame));
      expect([what, namesIn(answer)]).toEqual([what, namesIn(names)]);
      socket.disconnect();
    }
  });

  it.each([
    ['dance', { request_id: 'r1', client_msg_id: 'm1' }, { request_id: 'r1', client_msg_id: 'm1' }],
    ['command', { request_id: 7, domain: 'system', command: 'ping' }, { request_id: 7 }],
    ['command', { request_id: 'r1', v: 2, client_msg_id: 'm1' }, { request_id: 'r1', client_msg_id: 'm1' }],
    ['hello', { request_id: 'r1' }, { request_id: 'r1' }],
  ])('names the event %s', async (event, data, names) => {
    expect(namesIn(await ask(await socketIo(), event, data))).toEqual(namesIn(names));
  });
});

describe('an answer of messenger', () => {
  it.each([
    ['stored', () => chatId],
    ['refused', () => 999_999],
  ])('names the message that was %s', async (_what, chat) => {
    await newChat();
    const socket = await server.socket(`/?token=${account.tokens.token}`);
    open.push(() => socket.terminate());
    const frame = { mode: 'sendGroupMessage', chat_id: chat(), content: 'x', content_type: 'text/plain' };
    const answer = await socket.ask({ ...frame, request_id: 'r1', client_msg_id: 'm1' });
    expect(answer).toMatchObject({ mode: 'sendGroupMessage', request_id: 'r1', client_msg_id: 'm1' });
  });
});

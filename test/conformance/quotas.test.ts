import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Parsed } from '../support/http-client.js';
import { type Account, TestServer } from '../support/server.js';
import { connect, connected } from './drivers/socketio.js';

/** Sends the message `content` and gives the whole answer. */
type Say = (content: string) => Promise<Parsed>;

interface Road {
  readonly open: (server: TestServer, account: Account, chatId: number) => Promise<{ say: Say; close(): void }>;
  /** Whether an answer says that the message was stored. */
  readonly isStored: (answer: Parsed) => boolean;
  /** What a refusal by a quota looks like. */
  readonly refusal: object;
}

const LIMIT = 2;
const detail = `Quota exceeded: at most ${LIMIT} messages a day`;
const seconds: unknown = expect.toSatisfy((value: number) => Number.isInteger(value) && value >= 1 && value <= 86_400);
const fault = { success: false, code: 'too_many_requests', detail, retry_after: seconds };
const response = { type: 'response', v: 1, request_id: expect.any(String), ...fault };

const overHttp = async (server: TestServer, { tokens }: Account, path: string, payload: object): Promise<Parsed> => {
  const { status, headers, body } = await server.client(tokens.token).post(path, { ...payload });
  return { status, retry_after: Number(headers.get('retry-after')), body };
};
const noClose = () => undefined;

const ROADS: Readonly<Record<string, Road>> = {
  'a game socket': {
    open: async (server, { tokens }, chat_id) => {
      const socket = await server.socket(`/v1/connect?token=${tokens.token}`);
      return { say: (content) => socket.command('chat.send', { chat_id, content }), close: () => socket.terminate() };
    },
    isStored: ({ success }) => success,
    refusal: response,
  },
  'a rest socket': {
    open: async (server, { id, tokens }, chat_id) => {
      const socket = await server.socket(`/ws/road-${id}?token=${tokens.token}`);
      return { say: (content) => socket.command('chat.send', { chat_id, content }), close: () => socket.terminate() };
    },
    isStored: ({ success }) => success,
    refusal: response,
  },
  'the chat frame of a rest socket': {
    open: async (server, { id, tokens }, chat_id) => {
      const socket = await server.socket(`/ws/road-${id}?token=${tokens.token}`);
      const say: Say = (message) => socket.ask({ type: 'chat', chat_id, message });
      return { say, close: () => socket.terminate() };
    },
    isStored: ({ type }) => type === 'chat.sent',
    refusal: { type: 'error', data: { code: 'too_many_requests', detail }, timestamp: expect.any(String) },
  },
  'a mode of messenger': {
    open: async (server, { tokens }, chat_id) => {
      const socket = await server.socket('/');
      const say: Say = (content) =>
        socket.ask({ mode: 'sendGroupMessage', timestamp: 1, token: tokens.token, chat_id, content, content_type: 'text/plain' });
      return { say, close: () => socket.terminate() };
    },
    isStored: ({ status }) => status === 200,
    refusal: { mode: 'sendGroupMessage', timestamp: expect.any(Number), status: 429, error: 'Too many requests' },
  },
  'a command of socketio': {
    open: async (server, { tokens }, chat_id) => {
      const socket = await connected(connect(server, 'websocket', { auth: { token: tokens.token } }));
      const say: Say = (content) =>
        socket.emitWithAck('command', { request_id: 'r', domain: 'chat', command: 'send', payload: { chat_id, content } });
      return { say, close: () => void socket.disconnect() };
    },
    isStored: ({ success }) => success,
    refusal: response,
  },
  'the chat event of socketio': {
    open: async (server, { tokens }, chat_id) => {
      const socket = await connected(connect(server, 'polling', { auth: { token: tokens.token } }));
      return { say: (message) => socket.emitWithAck('chat', { chat_id, message }), close: () => void socket.disconnect() };
    },
    isStored: ({ success }) => success,
    refusal: fault,
  },
  'a route': {
    open: (server, account, chatId) =>
      Promise.resolve({
        say: (content) => overHttp(server, account, `/api/v1/chats/${chatId}/messages`, { content }),
        close: noClose,
      }),
    isStored: ({ status }) => status === 200,
    refusal: { status: 429, retry_after: seconds, body: { detail: 'Too many requests' } },
  },
  'a command over HTTP': {
    open: (server, account, chat_id) =>
      Promise.resolve({
        say: (content) => overHttp(server, account, '/api/v1/commands/chat/send', { chat_id, content }),
        close: noClose,
      }),
    isStored: ({ status }) => status === 200,
    refusal: { status: 429, retry_after: seconds, body: { request_id: expect.any(String), ...fault } },
  },
};

let server: TestServer;
beforeAll(async () => {
  server = await TestServer.start({ variables: { QUOTA_MESSAGES_PER_DAY: String(LIMIT) } });
});
afterAll(() => server.stop());

describe('a quota that is used up', () => {
  it.each(Object.entries(ROADS))('is said by %s in its words, and the connection goes on', async (_name, road) => {
    const account = await server.user();
    const { body } = await account.client.post('/api/v1/chats', { chat_type: 'group', members: [] });
    const { say, close } = await road.open(server, account, body.chat_id);
    for (let i = 0; i < LIMIT; i++) expect(await say(`message ${i}`)).toSatisfy(road.isStored);
    expect(await say('one more')).toEqual(road.refusal);
    expect(await say('and another')).toEqual(road.refusal);
    close();
    const { body: page } = await account.client.get(`/api/v1/chats/${body.chat_id}/messages`);
    expect(page.messages).toHaveLength(LIMIT);
  });
});

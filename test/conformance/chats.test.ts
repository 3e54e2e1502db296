import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { connect, connected } from './drivers/socketio.js';
import type { Parsed } from '../support/http-client.js';
import { type Account, TestServer } from '../support/server.js';
import { until } from '../support/until.js';

/** One way to a chat: says something, and hears what others say. */
interface Road {
  readonly name: string;
  say(chatId: number, chatType: string, content: string): Promise<Parsed>;
  /** Contents of a chat's messages, as they came. */
  readonly heard: readonly string[];
  close(): void;
}

type Open = (server: TestServer, account: Account) => Promise<Road>;

async function overGame(server: TestServer, { tokens }: Account): Promise<Road> {
  const socket = await server.socket(`/v1/connect?token=${tokens.token}`);
  const heard: string[] = [];
  socket.socket.on('message', (data: Buffer) => {
    const { type, event, data: message } = JSON.parse(String(data));
    if (type === 'event' && event === 'message') heard.push(message.content);
  });
  const say: Road['say'] = async (chat_id, _type, content) => (await socket.command('chat.send', { chat_id, content })).success;
  return { name: 'game', say, heard, close: () => socket.terminate() };
}

async function overRest(server: TestServer, { id, tokens }: Account): Promise<Road> {
  const socket = await server.socket(`/ws/road-${id}?token=${tokens.token}`);
  const heard: string[] = [];
  socket.socket.on('message', (data: Buffer) => {
    const frame = JSON.parse(String(data));
    if (frame.type === 'chat.message') heard.push(frame.data.content);
  });
  const say: Road['say'] = async (chat_id, _type, message) => {
    socket.send({ type: 'chat', chat_id, message });
    const { type, data } = await socket.nextThat((frame) => frame.type === 'chat.sent');
    return type === 'chat.sent' && data.chat_id === chat_id && data.seq === data.id;
  };
  return { name: 'rest', say, heard, close: () => socket.terminate() };
}

/** HTTP says; nothing is heard over it. */
async function overHttp(server: TestServer, { tokens }: Account): Promise<Road> {
  const say: Road['say'] = async (chatId, _type, content) =>
    (await server.client(tokens.token).post(`/api/v1/chats/${chatId}/messages`, { content })).status === 200;
  return Promise.resolve({ name: 'http', say, heard: [], close: () => undefined });
}

async function overMessenger(server: TestServer, { tokens }: Account): Promise<Road> {
  const socket = await server.socket(`/?token=${tokens.token}`);
  const heard: string[] = [];
  socket.socket.on('message', (data: Buffer) => {
    const frame = JSON.parse(String(data));
    if (frame.mode === 'newMessage') heard.push(frame.message.content);
  });
  const say: Road['say'] = async (chat_id, type, content) => {
    const mode = type === 'group' ? 'sendGroupMessage' : 'sendMessage';
    socket.send({ mode, timestamp: 1735689600, token: tokens.token, chat_id, content, content_type: 'text/plain' });
    const answer = await socket.nextThat((frame) => frame.mode === mode);
    return answer.status === 200 && answer.message_id > 0;
  };
  return { name: 'messenger', say, heard, close: () => socket.terminate() };
}

async function overSocketIo(server: TestServer, { tokens }: Account): Promise<Road> {
  const socket = await connected(connect(server, 'websocket', { auth: { token: tokens.token } }));
  const heard: string[] = [];
  socket.on('chat', ({ type, content }: Parsed) => {
    if (type === 'message') heard.push(content);
  });
  const say: Road['say'] = async (chat_id, _type, message) => {
    const { success, data } = await socket.emitWithAck('chat', { chat_id, message });
    return success && data.chat_id === chat_id && data.seq === data.id;
  };
  return { name: 'socketio', say, heard, close: () => void socket.disconnect() };
}

const ROADS: readonly Open[] = [overGame, overRest, overHttp, overMessenger, overSocketIo];
const LISTENING: readonly Open[] = ROADS.filter((open) => open !== overHttp);

let server: TestServer;
let roads: Road[] = [];
beforeAll(async () => {
  server = await TestServer.start();
});
afterEach(() => {
  for (const { close } of roads.splice(0)) close();
});
afterAll(() => server.stop());

const makeChat = async (type: string, owner: Account, ...others: Account[]): Promise<number> => {
  const members = others.map(({ username }) => username);
  const { status, body } = await owner.client.post('/api/v1/chats', { chat_type: type, members });
  expect(status).toBe(200);
  return body.chat_id;
};
const people = (count: number): Promise<Account[]> => Promise.all(Array.from({ length: count }, () => server.user()));

describe.each(ROADS.map((open) => [open.name, open] as const))('a message that comes %s', (_name, open) => {
  it.each(['personal', 'group'])('reaches everybody else of a %s chat, by every road, once and in order', async (type) => {
    const [sender, receiver] = (await people(2)) as [Account, Account];
    const chat = await makeChat(type, sender, receiver);
    const sending = await open(server, sender);
    const receiving = await Promise.all(LISTENING.map((listen) => listen(server, receiver)));
    const own = await Promise.all(LISTENING.map((listen) => listen(server, sender)));
    roads = [sending, ...receiving, ...own];
    for (const content of ['one', 'two', 'three']) expect(await sending.say(chat, type, content)).toBe(true);
    for (const road of [...receiving, ...own]) {
      await until(() => road.heard.length >= 3);
      expect([road.name, road.heard]).toEqual([road.name, ['one', 'two', 'three']]);
    }
    // The connection that said it is answered instead.
    expect(sending.heard).toEqual([]);
  });
});

describe('a chat', () => {
  it('is one conversation, whatever its members speak', async () => {
    const members = await people(ROADS.length);
    const [owner, ...others] = members as [Account, ...Account[]];
    const chat = await makeChat('group', owner, ...others);
    roads = await Promise.all(ROADS.map((open, i) => open(server, members[i] as Account)));
    for (const [i, road] of roads.entries()) expect(await road.say(chat, 'group', `${i}`)).toBe(true);
    const all = roads.map((_road, i) => `${i}`);
    for (const [i, road] of roads.entries()) {
      if (road.name === 'http') continue;
      const expected = all.filter((content) => content !== `${i}`);
      await until(() => road.heard.length >= expected.length);
      expect([road.name, road.heard]).toEqual([road.name, expected]);
    }
    const { body } = await owner.client.get(`/api/v1/chats/${chat}/messages`);
    expect(body.messages.map(({ content }: Parsed) => content)).toEqual(all);
  });

  it('does not exist for a stranger, by every road, for every verb', async () => {
    const [owner, stranger] = (await people(2)) as [Account, Account];
    const chat = await makeChat('group', owner);
    await owner.client.post(`/api/v1/chats/${chat}/messages`, { content: 'secret' });
    const commands: Record<string, object> = {
      get: {},
      history: {},
      sync: { after_seq: 0 },
      send: { content: 'x' },
      edit: { seq: 1, content: 'x' },
      delete: { seq: 1 },
      read: { seq: 1 },
      typing: {},
      add_members: { members: [stranger.username] },
      remove_member: { user_id: owner.id },
      leave: {},
    };
    const game = await server.socket(`/v1/connect?token=${stranger.tokens.token}`);
    const rest = await server.socket(`/ws/stranger?token=${stranger.tokens.token}`);
    const socketIo = await connected(connect(server, 'websocket', { auth: { token: stranger.tokens.token } }));
    for (const [name, more] of Object.entries(commands)) {
      for (const chat_id of [chat, chat - 1, chat + 1, chat + 1000, -chat, 0, Number.MAX_SAFE_INTEGER]) {
        const payload = { chat_id, ...more };
        const frame = { request_id: 'r', domain: 'chat', command: name, payload };
        const codes = [
          (await game.command(`chat.${name}`, payload)).code,
          (await rest.command(`chat.${name}`, payload)).code,
          (await socketIo.emitWithAck('command', frame)).code,
          (await stranger.client.post(`/api/v1/commands/chat/${name}`, payload)).body.code,
        ];
        expect([name, chat_id, ...codes]).toEqual([name, chat_id, ...codes.map(() => 'not_found')]);
      }
    }
    const routes: readonly (readonly [string, string, object?])[] = [
      ['GET', ''],
      ['GET', '/messages'],
      ['POST', '/messages', { content: 'x' }],
      ['PATCH', '/messages/1', { content: 'x' }],
      ['DELETE', '/messages/1'],
      ['PUT', `/members/${stranger.id}`],
      ['DELETE', `/members/${owner.id}`],
      ['DELETE', `/members/${stranger.id}`],
      ['POST', '/read', { seq: 1 }],
    ];
    for (const [method, path, body] of routes) {
      for (const id of [chat, chat + 1, '9223372036854775807']) {
        const headers = { 'content-type': 'application/json' };
        const answer = await stranger.client.raw(`/api/v1/chats/${id}${path}`, {
          method,
          ...(body ? { headers, body: JSON.stringify(body) } : {}),
        });
        expect([method, path, answer.status, answer.body]).toEqual([method, path, 404, { detail: 'Resource not found' }]);
        expect((await server.client().raw(`/api/v1/chats/${id}${path}`, { method })).status).toBe(401);
      }
    }
    const messenger = await server.socket(`/?token=${stranger.tokens.token}`);
    for (const mode of ['getMessages', 'sendMessage', 'sendGroupMessage', 'addMembers', 'leaveChat']) {
      const answer = await messenger.ask({ mode, chat_id: chat, content: 'x', members: [stranger.username] });
      expect([mode, answer.status]).toEqual([mode, 404]);
    }
    const chats = [await messenger.ask({ mode: 'getChats' }), (await stranger.client.get('/api/v1/chats')).body];
    expect(chats.map(({ chats: list }) => list)).toEqual([[], []]);
    for (const socket of [game, rest, messenger]) socket.terminate();
    socketIo.disconnect();
    const { body } = await owner.client.get(`/api/v1/chats/${chat}/messages`);
    expect(body).toMatchObject({ last_seq: 1, messages: [{ content: 'secret' }] });
  });
});

describe('the messenger', () => {
  it('answers strictly in the order of the requests, also where a later one could be answered sooner', async () => {
    const [alice, bob] = (await people(2)) as [Account, Account];
    const chat = await makeChat('personal', alice, bob);
    const socket = await server.socket(`/?token=${alice.tokens.token}`);
    const modes = ['sendMessage', 'getChats', 'getMessages', 'dance', 'sendMessage', 'getMessages'];
    for (const [i, mode] of modes.entries()) socket.send({ mode, request_id: i, chat_id: chat, content: `text ${i}` });
    const answers = [];
    for (const mode of modes) answers.push([mode, await socket.next()] as const);
    expect(answers.map(([, { mode, request_id }]) => [mode, request_id])).toEqual(modes.map((mode, i) => [mode, i]));
    expect(answers[2]?.[1].messages).toHaveLength(1);
    expect(answers[5]?.[1].messages.map(({ content }: Parsed) => content)).toEqual(['text 0', 'text 4']);
    expect(answers[5]?.[1].messages[0]).toEqual({
      message_id: 1,
      from_id: alice.id,
      from_name: alice.username,
      content: 'text 0',
      content_type: 'text/plain',
      content_time: expect.any(Number),
    });
    await socket.close();
  });

  it('makes chats, takes in members, pages back and leaves', async () => {
    const [alice, bob, carol] = (await people(3)) as [Account, Account, Account];
    const socket = await server.socket(`/?token=${alice.tokens.token}`);
    const made = await socket.ask({ mode: 'createChat', chat_type: 'group', chat_name: 'g', members: [bob.username] });
    expect(made).toMatchObject({ mode: 'createChat', status: 200, chat_id: expect.any(Number) });
    const { chat_id } = made;
    expect(await socket.ask({ mode: 'addMembers', chat_id, members: [carol.username] })).toMatchObject({ status: 200 });
    expect(await socket.ask({ mode: 'addMembers', chat_id, members: ['nobody-at-all'] })).toMatchObject({ status: 400 });
    for (let i = 1; i <= 5; i++) await socket.ask({ mode: 'sendGroupMessage', chat_id, content: `${i}` });
    const newest = await socket.ask({ mode: 'getMessages', chat_id, limit: 2 });
    expect(newest.messages.map(({ content }: Parsed) => content)).toEqual(['4', '5']);
    const before = await socket.ask({ mode: 'getMessages', chat_id, limit: 2, before: newest.messages[0].message_id });
    expect(before.messages.map(({ content }: Parsed) => content)).toEqual(['2', '3']);
    expect(await socket.ask({ mode: 'getMessages', chat_id, limit: 201 })).toMatchObject({ status: 400 });
    expect(await socket.ask({ mode: 'sendMessage', chat_id, content: 'x' })).toMatchObject({ status: 400 });
    expect(await socket.ask({ mode: 'leaveChat', chat_id })).toMatchObject({ mode: 'leaveChat', status: 200 });
    expect(await socket.ask({ mode: 'getMessages', chat_id })).toMatchObject({ status: 404 });
    await socket.close();
    const anonymous = await server.socket('/');
    expect(await anonymous.ask({ mode: 'getChats' })).toMatchObject({ status: 401 });
    expect(await anonymous.ask({ mode: 'getChats', token: bob.tokens.token })).toMatchObject({ status: 200 });
    await anonymous.close();
  });
});

describe('the routes', () => {
  it('are the commands, with faults named where they are', async () => {
    const [alice, bob] = (await people(2)) as [Account, Account];
    const chat = await makeChat('group', alice);
    const { client } = alice;
    const url = `/api/v1/chats/${chat}`;
    const key = { 'idempotency-key': 'k1' };
    const first = await client.post(`${url}/messages`, { content: 'one', client_msg_id: 'other' }, key);
    expect(first.body).toMatchObject({ seq: 1, duplicate: false });
    expect((await client.post(`${url}/messages`, { content: 'one' }, key)).body).toEqual({ ...first.body, duplicate: true });
    expect(await client.post(`${url}/messages`, { content: 'two' }, key)).toMatchObject({ status: 409 });
    const tooLong = await client.post(`${url}/messages`, { content: 'x' }, { 'idempotency-key': 'x'.repeat(129) });
    expect([tooLong.status, tooLong.body.detail[0].loc]).toEqual([422, ['header', 'Idempotency-Key']]);
    const badName = await client.post('/api/v1/chats', { chat_type: 'group', members: ['nobody-at-all'] });
    expect([badName.status, badName.body.detail[0].loc]).toEqual([422, ['body', 'members', 0]]);
    expect((await client.get(`${url}/messages?limit=0`)).body.detail[0].loc).toEqual(['query', 'limit']);
    const edit = { method: 'PATCH', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ content: 'uno' }) };
    expect((await client.raw(`${url}/messages/1`, edit)).body).toMatchObject({ seq: 2, target_seq: 1 });
    expect((await client.raw(`${url}/members/${bob.id}`, { method: 'PUT' })).body.members).toHaveLength(2);
    const role = { method: 'PUT', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ role: 'admin' }) };
    expect((await client.raw(`${url}/members/${bob.id}`, role)).body.members[1]).toMatchObject({ role: 'admin' });
    expect((await client.raw(`${url}/members/9000000`, { method: 'PUT' })).status).toBe(404);
    expect((await bob.client.post(`${url}/read`, { seq: 1 })).body).toEqual({ chat_id: chat, read_seq: 3 });
    expect((await bob.client.delete(`${url}/messages/1`)).body).toMatchObject({ seq: 4, target_seq: 1 });
    expect((await bob.client.delete(`${url}/members/${bob.id}`)).body).toEqual({
      chat_id: chat,
      seq: 5,
      created_at: expect.any(String),
    });
    expect((await client.get(url)).body).toMatchObject({ last_seq: 5, members: [{ user_id: alice.id, online: false }] });
    expect((await client.get(`${url}/messages`)).body.messages).toEqual([]);
  });
});

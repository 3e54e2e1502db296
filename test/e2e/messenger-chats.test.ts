import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Parsed } from '../support/http-client.js';
import type { RawSocket } from '../support/raw-socket.js';
import { type Account, TestServer } from '../support/server.js';

let server: TestServer;
let alice: Account;
let bob: Account;
const sockets: RawSocket[] = [];
beforeAll(async () => {
  server = await TestServer.start();
  [alice, bob] = [await server.user(), await server.user()];
});
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.terminate();
});
afterAll(() => server.stop());

const open = async (account?: Account): Promise<RawSocket> => {
  const socket = await server.socket(account ? `/?token=${account.tokens.token}` : '/');
  sockets.push(socket);
  return socket;
};
const makeChat = async (chat_type: string, owner: Account, ...others: Account[]): Promise<number> =>
  (await owner.client.post('/api/v1/chats', { chat_type, members: others.map(({ username }) => username) })).body.chat_id;
const timestamp = expect.any(Number);
const contentsOf = ({ messages }: Parsed): string[] => messages.map(({ content }: Parsed) => content);

describe('answers', () => {
  it('have exactly the fields of the document', async () => {
    const carol = await server.user();
    const socket = await open(carol);
    const { token } = carol.tokens;
    const ask = (mode: string, fields: object = {}): Promise<Parsed> =>
      socket.ask({ mode, timestamp: 1735689600, token, request_id: 'r', ...fields });
    const head = (mode: string): object => ({ mode, timestamp, status: 200, request_id: 'r' });
    const chat_id = expect.any(Number);

    const group = await ask('createChat', { chat_type: 'group', chat_name: 'the group', members: [alice.username] });
    expect(group).toEqual({ ...head('createChat'), chat_id });
    const personal = await ask('createChat', { chat_type: 'personal', members: [bob.username] });
    expect(personal).toEqual({ ...head('createChat'), chat_id });
    expect((await ask('createChat', { chat_type: 'personal', members: [bob.username] })).chat_id).toBe(personal.chat_id);

    const inGroup = { chat_id: group.chat_id, content: 'one', content_type: 'text/plain' };
    expect(await ask('sendGroupMessage', inGroup)).toEqual({ ...head('sendGroupMessage'), message_id: 1 });
    expect(await ask('getChats')).toEqual({
      ...head('getChats'),
      chats: [
        { chat_id: group.chat_id, chat_name: 'the group', chat_type: 'group' },
        { chat_id: personal.chat_id, chat_name: bob.username, chat_type: 'personal' },
      ],
    });
    const sticker = { chat_id: personal.chat_id, content: ':-)', content_type: 'sticker' };
    expect(await ask('sendMessage', sticker)).toEqual({ ...head('sendMessage'), message_id: 1 });
    const { chats } = await ask('getChats');
    expect(chats.map((chat: Parsed) => chat.chat_id)).toEqual([personal.chat_id, group.chat_id]);
    const before = Date.now() / 1000;
    const { messages, ...rest } = await ask('getMessages', { chat_id: personal.chat_id });
    expect(rest).toEqual(head('getMessages'));
    expect(messages).toEqual([
      {
        message_id: 1,
        from_id: carol.id,
        from_name: carol.username,
        content: ':-)',
        content_type: 'sticker',
        content_time: expect.any(Number),
      },
    ]);
    expect(Math.abs(messages[0].content_time - before)).toBeLessThan(30);
    expect(messages[0].content_time * 1000).toBeCloseTo(Math.round(messages[0].content_time * 1000), 3);

    const more = { chat_id: group.chat_id, members: [bob.username] };
    expect(await ask('addMembers', more)).toEqual(head('addMembers'));
    expect(await ask('markAsRead', { chat_id: group.chat_id, message_id: 9 })).toEqual({ ...head('markAsRead'), message_id: 2 });
    socket.send({ mode: 'leaveChat', token, request_id: 'r', chat_id: group.chat_id });
    expect(await socket.nextThat(({ mode }) => mode === 'leaveChat')).toEqual(head('leaveChat'));
  });

  it.each([
    ['getMessages', { before: 'x' }, 'before: value is not a valid integer'],
    ['getMessages', { before: -1 }, 'before: ensure this value is greater than or equal to 0'],
    ['getMessages', { limit: 0 }, 'limit: ensure this value is greater than or equal to 1'],
    ['getMessages', { limit: 201 }, 'limit: ensure this value is less than or equal to 200'],
    ['getMessages', { chat_id: undefined }, 'chat_id: field required'],
    ['getMessages', { chat_id: '1' }, 'chat_id: value is not a valid integer'],
    ['sendMessage', {}, 'content: field required'],
    ['sendMessage', { content: '' }, 'content: ensure this value has at least 1 characters'],
    ['sendMessage', { content: 'x'.repeat(65_537) }, 'content: ensure this value has at most 65536 characters'],
    ['sendMessage', { content: 'x', content_type: '\n' }, 'content_type: '],
    ['sendGroupMessage', { content: 'x' }, 'chat_id: the chat is not a group one'],
    ['createChat', { members: [] }, 'chat_type: field required'],
    ['createChat', { chat_type: 'group' }, 'members: field required'],
    ['createChat', { chat_type: 'group', members: ['nobody-at-all'] }, 'members.0: no such user'],
  ])('say in one sentence what is wrong with %s %j', async (mode, fields, sentence) => {
    const chat_id = await makeChat('personal', alice, bob);
    const socket = await open(alice);
    const answer = await socket.ask({ mode, chat_id, ...fields });
    expect(answer).toEqual({ mode, timestamp, status: 400, error: expect.stringContaining(sentence) });
    expect(answer.error.startsWith(sentence)).toBe(true);
  });

  it('are 409 for what does not go with what is there', async () => {
    const chat_id = await makeChat('personal', alice, bob);
    const socket = await open(alice);
    expect(await socket.ask({ mode: 'addMembers', chat_id, members: [bob.username] })).toMatchObject({ status: 409 });
    const sent = { mode: 'sendMessage', chat_id, content: 'x', client_msg_id: 'm' };
    const { message_id } = await socket.ask(sent);
    expect(await socket.ask(sent)).toMatchObject({ status: 200, message_id });
    expect(await socket.ask({ ...sent, content: 'y' })).toMatchObject({ status: 409 });
  });
});

describe('pages', () => {
  it('have the last 50 messages unless another number is said, and lead back to the first', async () => {
    const chat_id = await makeChat('group', alice);
    const socket = await open(alice);
    for (let i = 1; i <= 60; i++) socket.send({ mode: 'sendGroupMessage', chat_id, content: `${i}` });
    for (let i = 1; i <= 60; i++) expect(await socket.next()).toMatchObject({ status: 200, message_id: i });
    const all = Array.from({ length: 60 }, (_unused, i) => `${i + 1}`);
    const newest = await socket.ask({ mode: 'getMessages', chat_id });
    expect(contentsOf(newest)).toEqual(all.slice(10));
    const rest = await socket.ask({ mode: 'getMessages', chat_id, before: newest.messages[0].message_id });
    expect(contentsOf(rest)).toEqual(all.slice(0, 10));
    expect(contentsOf(await socket.ask({ mode: 'getMessages', chat_id, before: 1 }))).toEqual([]);
    expect(contentsOf(await socket.ask({ mode: 'getMessages', chat_id, limit: 200 }))).toEqual(all);
  });

  it('show what stands: edits applied, deleted messages and members who come and go left out', async () => {
    const chat_id = await makeChat('group', alice);
    const url = `/api/v1/chats/${chat_id}`;
    for (const content of ['one', 'two', 'three']) await alice.client.post(`${url}/messages`, { content });
    await alice.client.send('PATCH', `${url}/messages/1`, { content: 'uno' });
    await alice.client.delete(`${url}/messages/2`);
    await alice.client.put(`${url}/members/${bob.id}`, {});
    const socket = await open(bob);
    const page = await socket.ask({ mode: 'getMessages', chat_id });
    expect(page.messages.map(({ message_id, content }: Parsed) => [message_id, content])).toEqual([
      [1, 'uno'],
      [3, 'three'],
    ]);
  });
});

describe('newMessage', () => {
  it('has exactly its fields, and is all that these clients receive of what is said', async () => {
    const chat_id = await makeChat('group', alice, bob);
    const socket = await open(bob);
    // Whatever is told to this socket is told before its own answer.
    await socket.ask({ mode: 'getChats' });
    const url = `/api/v1/chats/${chat_id}`;
    const { body: sent } = await alice.client.post(`${url}/messages`, { content: 'one' });
    await alice.client.send('PATCH', `${url}/messages/1`, { content: 'uno' });
    await alice.client.post('/api/v1/commands/chat/typing', { chat_id });
    await alice.client.post(`${url}/read`, { seq: 1 });
    await alice.client.delete(`${url}/messages/1`);
    const carol = await server.user();
    await alice.client.put(`${url}/members/${carol.id}`, {});
    await makeChat('group', alice, bob);
    await alice.client.post(`${url}/messages`, { content: 'two' });
    expect(await socket.next()).toEqual({
      mode: 'newMessage',
      timestamp,
      status: 200,
      chat_id,
      message: {
        message_id: 1,
        from_id: alice.id,
        from_name: alice.username,
        content: 'one',
        content_type: 'text/plain',
        content_time: Date.parse(sent.created_at) / 1000,
      },
    });
    expect(await socket.next()).toMatchObject({ mode: 'addedToChat' });
    expect(await socket.next()).toMatchObject({ mode: 'newMessage', message: { content: 'two' } });
  });

  it("comes to the sender's other sockets, and not to the one that is answered", async () => {
    const chat_id = await makeChat('personal', alice, bob);
    const [sending, other] = [await open(alice), await open(alice)];
    await other.ask({ mode: 'getChats' });
    const answer = await sending.ask({ mode: 'sendMessage', chat_id, content: 'from here' });
    const told = await other.next();
    expect(told).toMatchObject({ mode: 'newMessage', chat_id, message: { message_id: answer.message_id, content: 'from here' } });
    expect(await sending.ask({ mode: 'getChats' })).toMatchObject({ mode: 'getChats' });
  });

  it('comes to a socket as soon as a token or a log-in has bound it, and no more after the log-out', async () => {
    const carol = await server.user();
    const chat_id = await makeChat('personal', alice, carol);
    const say = (content: string): Promise<unknown> => alice.client.post(`/api/v1/chats/${chat_id}/messages`, { content });
    const socket = await open();
    expect(await socket.ask({ mode: 'getMessages', chat_id })).toMatchObject({ mode: 'getMessages', status: 401 });
    await say('unheard');
    const page = await socket.ask({ mode: 'getMessages', chat_id, token: carol.tokens.token });
    expect(contentsOf(page)).toEqual(['unheard']);
    await say('heard');
    expect(await socket.next()).toMatchObject({ mode: 'newMessage', message: { content: 'heard' } });
    // Bound, so that further requests need no token.
    expect(contentsOf(await socket.ask({ mode: 'getMessages', chat_id }))).toEqual(['unheard', 'heard']);
    const logOut = { mode: 'logout', token: carol.tokens.token, username: carol.username };
    expect(await socket.ask(logOut)).toMatchObject({ mode: 'logout', status: 200 });
    await say('unheard again');
    expect(await socket.ask({ mode: 'getMessages', chat_id })).toMatchObject({ mode: 'getMessages', status: 401 });
  });

  it("is for whose token signed last: another user's token changes who hears", async () => {
    const chat_id = await makeChat('group', alice);
    const socket = await open(bob);
    expect(await socket.ask({ mode: 'getMessages', chat_id })).toMatchObject({ status: 404 });
    const signed = { mode: 'getMessages', chat_id, token: alice.tokens.token };
    expect(await socket.ask(signed)).toMatchObject({ status: 200 });
    await alice.client.post(`/api/v1/chats/${chat_id}/messages`, { content: 'for alice' });
    expect(await socket.next()).toMatchObject({ mode: 'newMessage', message: { content: 'for alice' } });
    const wrong = { mode: 'getMessages', chat_id, token: 'no token' };
    expect(await socket.ask(wrong)).toMatchObject({ status: 401 });
  });
});

describe('markAsRead', () => {
  it('reads a chat up to a message on every device, the highest counts, and nothing beyond the end', async () => {
    const chat_id = await makeChat('group', alice, bob);
    for (const content of ['one', 'two', 'three']) await alice.client.post(`/api/v1/chats/${chat_id}/messages`, { content });
    const other = await server.socket(`/v1/connect?token=${bob.tokens.token}`);
    sockets.push(other);
    const socket = await open(bob);
    const mark = (message_id: unknown): Promise<Parsed> => socket.ask({ mode: 'markAsRead', chat_id, message_id });
    expect(await mark(2)).toMatchObject({ status: 200, message_id: 2 });
    expect((await other.nextThat(({ event }) => event === 'read')).data).toEqual({ chat_id, user_id: bob.id, seq: 2 });
    const unread = async (): Promise<number> => (await bob.client.get(`/api/v1/chats/${chat_id}`)).body.unread;
    expect(await unread()).toBe(1);
    expect(await mark(1)).toMatchObject({ status: 200, message_id: 2 });
    expect(await mark(1_000)).toMatchObject({ status: 200, message_id: 3 });
    expect(await unread()).toBe(0);
    expect(await mark('x')).toMatchObject({ status: 400, error: 'message_id: value is not a valid integer' });
    expect(await mark(undefined)).toMatchObject({ status: 400, error: 'message_id: field required' });
    const stranger = await open(await server.user());
    expect(await stranger.ask({ mode: 'markAsRead', chat_id, message_id: 1 })).toMatchObject({ status: 404 });
  });
});

describe('addedToChat and removedFromChat', () => {
  const fields = (mode: string, chat_id: number): object => ({ mode, timestamp, status: 200, chat_id });

  it('come to the one who is added, removed or leaves, on every other device, and to nobody else', async () => {
    const carol = await server.user();
    const [bobs, carols, others] = [await open(bob), await open(carol), await open(carol)];
    const chat_id = await makeChat('group', alice, bob);
    expect(await bobs.next()).toEqual(fields('addedToChat', chat_id));
    await alice.client.put(`/api/v1/chats/${chat_id}/members/${carol.id}`, {});
    for (const socket of [carols, others]) expect(await socket.next()).toEqual(fields('addedToChat', chat_id));
    await alice.client.post(`/api/v1/chats/${chat_id}/messages`, { content: 'hello' });
    for (const socket of [carols, others]) expect(await socket.next()).toMatchObject({ mode: 'newMessage', chat_id });
    await alice.client.delete(`/api/v1/chats/${chat_id}/members/${carol.id}`);
    for (const socket of [carols, others]) expect(await socket.next()).toEqual(fields('removedFromChat', chat_id));
    await alice.client.put(`/api/v1/chats/${chat_id}/members/${carol.id}`, {});
    for (const socket of [carols, others]) expect(await socket.next()).toEqual(fields('addedToChat', chat_id));
    carols.send({ mode: 'leaveChat', chat_id });
    expect(await others.next()).toEqual(fields('removedFromChat', chat_id));
    // Bob, who stays, has received the message and nothing of those who came and went.
    expect(await bobs.next()).toMatchObject({ mode: 'newMessage', chat_id });
    await bobs.ask({ mode: 'getChats' });
    expect(bobs.pending()).toEqual([]);
  });
});

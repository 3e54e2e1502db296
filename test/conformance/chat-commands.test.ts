import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connect, connected } from './drivers/socketio.js';
import type { Parsed } from '../support/http-client.js';
import { type Account, TestServer } from '../support/server.js';

/** Runs commands by one transport, for one account. */
interface Runner {
  run(name: string, payload?: Record<string, unknown>): Promise<Parsed>;
  close(): void;
}

type Open = (server: TestServer, account: Account) => Promise<Runner>;

const overRaw =
  (path: (account: Account) => string): Open =>
  async (server, account) => {
    const socket = await server.socket(`${path(account)}?token=${account.tokens.token}`);
    return { run: (name, payload = {}) => socket.command(name, payload), close: () => socket.terminate() };
  };

const overSocketIo =
  (transport: 'websocket' | 'polling'): Open =>
  async (server, { tokens }) => {
    const socket = await connected(connect(server, transport, { auth: { token: tokens.token } }));
    const run: Runner['run'] = (name, payload = {}) => {
      const [domain, command] = name.split('.');
      return socket.emitWithAck('command', { request_id: 'r', domain, command, payload });
    };
    return { run, close: () => void socket.disconnect() };
  };

const overHttp: Open = async (server, { tokens }) => {
  const run: Runner['run'] = async (name, payload = {}) =>
    (await server.client(tokens.token).post(`/api/v1/commands/${name.replace('.', '/')}`, payload)).body;
  return Promise.resolve({ run, close: () => undefined });
};

const RUNNERS: Readonly<Record<string, Open>> = {
  game: overRaw(() => '/v1/connect'),
  rest: overRaw(({ id }) => `/ws/runner-${id}`),
  'socketio over websocket': overSocketIo('websocket'),
  'socketio over polling': overSocketIo('polling'),
  http: overHttp,
};

let server: TestServer;
beforeAll(async () => {
  server = await TestServer.start();
});
afterAll(() => server.stop());

describe.each(Object.entries(RUNNERS))('the commands of chats over %s', (kind, open) => {
  let alice: Account;
  let bob: Account;
  let owner: Runner;
  let member: Runner;
  let chat_id: number;

  beforeAll(async () => {
    [alice, bob] = [await server.user(), await server.user()];
    [owner, member] = [await open(server, alice), await open(server, bob)];
  });
  afterAll(() => {
    owner.close();
    member.close();
  });

  it('create', async () => {
    const { success, data } = await owner.run('chat.create', { chat_type: 'group', chat_name: 'g', members: [bob.username] });
    expect([success, data.chat_type, data.chat_name, data.last_seq, data.members.length]).toEqual([true, 'group', 'g', 0, 2]);
    ({ chat_id } = data);
    expect(await owner.run('chat.create', { chat_type: 'group' })).toMatchObject({
      code: 'invalid_payload',
      errors: [{ loc: ['payload', 'members'], type: 'value_error.missing' }],
    });
  });

  it('send, once for each client_msg_id', async () => {
    const first = await owner.run('chat.send', { chat_id, content: 'one', client_msg_id: 'm1' });
    expect(first.data).toMatchObject({ chat_id, seq: 1, id: 1, duplicate: false });
    const again = await owner.run('chat.send', { chat_id, content: 'one', client_msg_id: 'm1' });
    expect(again.data).toEqual({ ...first.data, duplicate: true });
    expect(await owner.run('chat.send', { chat_id, content: 'two', client_msg_id: 'm1' })).toMatchObject({ code: 'conflict' });
    expect((await member.run('chat.send', { chat_id, content: 'two', content_type: 'text/markdown' })).data.seq).toBe(2);
  });

  it('list, get and read', async () => {
    const { data } = await owner.run('chat.list');
    expect(data.chats).toMatchObject([{ chat_id, unread: 1, last_seq: 2, last_message: { content: 'two' } }]);
    expect((await owner.run('chat.read', { chat_id, seq: 2 })).data).toEqual({ chat_id, read_seq: 2 });
    expect((await owner.run('chat.get', { chat_id })).data).toMatchObject({ read_seq: 2, unread: 0 });
  });

  it('edit and delete', async () => {
    expect((await member.run('chat.edit', { chat_id, seq: 2, content: 'zwei' })).data).toMatchObject({ seq: 3, target_seq: 2 });
    expect(await member.run('chat.edit', { chat_id, seq: 1, content: 'x' })).toMatchObject({ code: 'forbidden' });
    const { data } = await owner.run('chat.delete', { chat_id, seq: 1 });
    expect(data).toMatchObject({ seq: 4, target_seq: 1 });
    // Repeated, as after an answer that was lost.
    expect((await owner.run('chat.delete', { chat_id, seq: 1 })).data).toEqual(data);
  });

  it('history and sync', async () => {
    const history = (await member.run('chat.history', { chat_id })).data;
    expect(history).toMatchObject({ messages: [{ seq: 2, content: 'zwei', edited_seq: 3 }], last_seq: 4, has_more: false });
    const log = (await member.run('chat.sync', { chat_id, after_seq: 0 })).data;
    expect(log.messages.map(({ kind: of }: Parsed) => of)).toEqual(['message', 'message', 'edited', 'deleted']);
  });

  it('typing', async () => {
    expect(await member.run('chat.typing', { chat_id })).toMatchObject({ success: true, data: {} });
  });

  it('members', async () => {
    const carol = await server.user();
    const { data } = await owner.run('chat.add_members', { chat_id, members: [carol.username] });
    expect(data.members).toHaveLength(3);
    expect(await member.run('chat.remove_member', { chat_id, user_id: carol.id })).toMatchObject({ code: 'forbidden' });
    expect((await owner.run('chat.remove_member', { chat_id, user_id: carol.id })).data).toEqual({
      chat_id,
      seq: 6,
      created_at: expect.any(String),
    });
    expect((await member.run('chat.leave', { chat_id })).data).toEqual({ chat_id, seq: 7, created_at: expect.any(String) });
    expect(await member.run('chat.get', { chat_id })).toMatchObject({ code: 'not_found' });
  });

  it('resume', async () => {
    const cut = await open(server, alice);
    const answer = await cut.run('system.resume', { cursors: [{ chat_id, after_seq: 6 }] });
    if (kind === 'http') expect(answer).toMatchObject({ code: 'conflict' });
    else expect(answer.data).toEqual({ chats: [{ chat_id, recovered: true, last_seq: 7, has_more: false }] });
    cut.close();
  });
});

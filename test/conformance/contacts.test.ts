import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Listener, LISTENERS } from './drivers/chats.js';
import { connect, connected } from './drivers/socketio.js';
import { ask, contacts, group, say } from '../support/contacts.js';
import type { Parsed } from '../support/http-client.js';
import { type Account, TestServer } from '../support/server.js';
import { until } from '../support/until.js';

/** What a road answers: whether it was done, and with what. */
interface Answer {
  readonly done: boolean;
  readonly data: Parsed;
}

type Act = 'requests' | 'accept' | 'decline' | 'leave' | 'hide' | 'list' | 'send' | 'history' | 'block' | 'unblock' | 'blocked';

/** One way to do these things. */
interface Road {
  run(act: Act, payload?: Parsed): Promise<Answer>;
  close(): void;
}

type Open = (server: TestServer, account: Account) => Promise<Road>;

const COMMANDS: Readonly<Record<Act, string>> = {
  requests: 'chat.requests',
  accept: 'chat.accept',
  decline: 'chat.decline',
  leave: 'chat.leave',
  hide: 'chat.hide',
  list: 'chat.list',
  send: 'chat.send',
  history: 'chat.history',
  block: 'contacts.block',
  unblock: 'contacts.unblock',
  blocked: 'contacts.blocked',
};

const overRaw =
  (path: (account: Account) => string): Open =>
  async (server, account) => {
    const socket = await server.socket(path(account), { authorization: `Bearer ${account.tokens.token}` });
    const run: Road['run'] = async (act, payload = {}) => {
      const { success, data } = await socket.command(COMMANDS[act], payload);
      return { done: success, data };
    };
    return { run, close: () => socket.terminate() };
  };

const overSocketIo: Open = async (server, { tokens }) => {
  const socket = await connected(connect(server, 'websocket', { auth: { token: tokens.token } }));
  const run: Road['run'] = async (act, payload = {}) => {
    const [domain, command] = COMMANDS[act].split('.');
    const { success, data } = await socket.emitWithAck('command', { request_id: 'r', domain, command, payload });
    return { done: success, data };
  };
  return { run, close: () => void socket.disconnect() };
};

const overCommands: Open = (server, { tokens }) => {
  const client = server.client(tokens.token);
  const run: Road['run'] = async (act, payload = {}) => {
    const { body } = await client.post(`/api/v1/commands/${COMMANDS[act].replace('.', '/')}`, payload);
    return { done: body.success, data: body.data };
  };
  return Promise.resolve({ run, close: () => undefined });
};

const ROUTES: Readonly<Record<Act, (payload: Parsed) => readonly [method: string, path: string, body?: object]>> = {
  requests: () => ['GET', '/chats/requests'],
  accept: ({ chat_id }) => ['POST', `/chats/${chat_id}/accept`],
  decline: ({ chat_id }) => ['POST', `/chats/${chat_id}/decline`],
  leave: ({ chat_id, own }) => ['DELETE', `/chats/${chat_id}/members/${own}`],
  hide: ({ chat_id }) => ['POST', `/chats/${chat_id}/hide`],
  list: () => ['GET', '/chats'],
  send: ({ chat_id, content }) => ['POST', `/chats/${chat_id}/messages`, { content }],
  history: ({ chat_id }) => ['GET', `/chats/${chat_id}/messages`],
  block: ({ user_id }) => ['PUT', `/blocks/${user_id}`],
  unblock: ({ user_id }) => ['DELETE', `/blocks/${user_id}`],
  blocked: () => ['GET', '/blocks'],
};

const overRoutes: Open = (server, { id, tokens }) => {
  const client = server.client(tokens.token);
  const run: Road['run'] = async (act, payload = {}) => {
    const [method, path, body] = ROUTES[act]({ ...payload, own: id });
    const answer = await client.send(method, `/api/v1${path}`, body as Record<string, unknown> | undefined);
    return { done: answer.status === 200, data: answer.body };
  };
  return Promise.resolve({ run, close: () => undefined });
};

const MODES: Readonly<Record<Act, string>> = {
  requests: 'getRequests',
  accept: 'acceptChat',
  decline: 'declineChat',
  leave: 'leaveChat',
  hide: 'hideChat',
  list: 'getChats',
  send: 'sendMessage',
  history: 'getMessages',
  block: 'blockUser',
  unblock: 'unblockUser',
  blocked: 'getBlocked',
};

const overMessenger: Open = async (server, { tokens }) => {
  const socket = await server.socket('/');
  const run: Road['run'] = async (act, payload = {}) => {
    const mode = MODES[act];
    socket.send({ mode, timestamp: 1735689600, token: tokens.token, content_type: 'text/plain', ...payload });
    const data = await socket.nextThat((frame) => frame.mode === mode);
    return { done: data.status === 200, data };
  };
  return { run, close: () => socket.terminate() };
};

const ROADS: readonly (readonly [name: string, open: Open])[] = [
  ['game', overRaw(() => '/v1/connect')],
  ['a rest socket', overRaw(({ id }) => `/ws/contacts-${id}`)],
  ['socketio', overSocketIo],
  ['commands over HTTP', overCommands],
  ['the routes', overRoutes],
  ['messenger', overMessenger],
];

let server: TestServer;
beforeAll(async () => {
  server = await TestServer.start();
});
afterAll(() => server.stop());

const open: { close(): void }[] = [];
afterEach(() => {
  for (const { close } of open.splice(0)) close();
});

describe.each(ROADS)('over %s', (_name, openRoad) => {
  const begin = async (): Promise<{ ann: Account; ben: Account; road: Road; listeners: Listener[] }> => {
    const [ann, ben] = [await server.user(), await server.user()];
    const road = await openRoad(server, ben);
    const listeners = await Promise.all(LISTENERS.map((listenTo) => listenTo(server, ben)));
    open.push(road, ...listeners);
    return { ann, ben, road, listeners };
  };
  const done = async (road: Road, act: Act, payload?: Parsed): Promise<Parsed> => {
    const answer = await road.run(act, payload);
    expect([act, answer.done]).toEqual([act, true]);
    return answer.data;
  };

  it('who has left is asked, accepts or declines, and hides what they have', async () => {
    const { ann, ben, road, listeners } = await begin();
    const [chat_id, room] = [await contacts(ann, ben), await group(ann, ben)];
    await done(road, 'leave', { chat_id });
    await done(road, 'leave', { chat_id: room });
    await say(ann, chat_id, 'come back');
    await ask(ann, 'chat.add_members', { chat_id: room, members: [ben.username] });
    for (const { kind, heard } of listeners) {
      const isAsked = ({ event, data }: Parsed) => event === 'requested' || (kind === 'messenger' && data.mode === 'newRequest');
      await until(() => heard.filter(isAsked).length === 2);
    }
    const { requests, next_cursor } = await done(road, 'requests');
    expect(next_cursor).toBeNull();
    expect(requests.map((one: Parsed) => [one.chat_id, one.chat_type, one.chat_name, one.from_id, one.from_name])).toEqual([
      [room, 'group', 'g', ann.id, ann.username],
      [chat_id, 'personal', ann.username, ann.id, ann.username],
    ]);
    expect(await done(road, 'accept', { chat_id })).toMatchObject({ chat_id, chat_name: ann.username });
    await done(road, 'decline', { chat_id: room });
    expect((await done(road, 'requests')).requests).toEqual([]);
    expect((await road.run('accept', { chat_id: room + 1_000 })).done).toBe(false);
    expect((await done(road, 'list')).chats.map((one: Parsed) => one.chat_id)).toEqual([chat_id]);
    await done(road, 'hide', { chat_id });
    expect((await done(road, 'list')).chats).toEqual([]);
    await say(ann, chat_id, 'something new');
    expect((await done(road, 'list')).chats).toHaveLength(1);
  });

  it('who is blocked is read by no road, and not written to', async () => {
    const { ann, ben, road, listeners } = await begin();
    const chat_id = await contacts(ann, ben);
    expect(await done(road, 'block', { user_id: ann.id })).toMatchObject({ user_id: ann.id, username: ann.username });
    expect((await done(road, 'blocked')).blocked).toMatchObject([{ user_id: ann.id, username: ann.username }]);
    await say(ann, chat_id, 'withheld');
    expect((await road.run('send', { chat_id, content: 'x' })).done).toBe(false);
    expect((await done(road, 'history', { chat_id })).messages.map(({ content }: Parsed) => content)).toEqual(['hello']);
    expect(await done(road, 'unblock', { user_id: ann.id })).toMatchObject({ user_id: ann.id });
    await say(ann, chat_id, 'after it');
    for (const { kind, heard } of listeners) {
      await until(() => heard.some(({ data }) => data.content === 'after it'));
      const entries = heard.filter(
        ({ data }) => data.chat_id === chat_id && ['withheld', 'after it'].includes(data.content ?? ''),
      );
      expect([kind, entries.map(({ event }) => event)]).toEqual([kind, ['message']]);
      const places = heard.filter(({ event }) => event === 'withheld');
      expect([kind, places.length]).toEqual([kind, kind === 'messenger' ? 0 : 1]);
    }
  });
});

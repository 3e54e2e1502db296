import { connect, connected } from './socketio.js';
import type { Parsed } from '../../support/http-client.js';
import { type Account, TestServer } from '../../support/server.js';

/** An event of the domain `chat`, whatever protocol told of it. */
export interface Heard {
  readonly event: string;
  readonly data: Parsed;
}

/** One connection that listens. */
export interface Listener {
  readonly kind: ListenerKind;
  /** What came so far, in order; frames of another form than the protocol's own are kept as event `?`. */
  readonly heard: readonly Heard[];
  close(): void;
}

export type ListenerKind = 'game' | 'rest' | 'messenger' | 'socketio';

/** Runs commands of the domain `chat` for one account. */
export interface Actor {
  run(command: string, payload: Readonly<Record<string, unknown>>): Promise<Parsed>;
  close(): void;
}

type Open<T> = (server: TestServer, account: Account) => Promise<T>;

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/;
const keys = (frame: object): string => Object.keys(frame).join();

/** Other modes that are pushed, by what they mean. */
const MESSENGER_PUSHES: Readonly<Record<string, string>> = {
  addedToChat: 'added',
  removedFromChat: 'removed',
  memberUpdated: 'member_updated',
};

/** How each protocol over a raw WebSocket tells of an event (§§5, 6, 8); undefined where it is another frame. */
const READ: Readonly<Record<Exclude<ListenerKind, 'socketio'>, (frame: Parsed) => Heard | undefined>> = {
  game: (frame) =>
    keys(frame) === 'type,v,domain,event,data' && frame.type === 'event' && frame.v === 1 && frame.domain === 'chat'
      ? { event: frame.event, data: frame.data }
      : undefined,
  rest: (frame) =>
    keys(frame) === 'type,data,timestamp' && /^chat\.\w+$/.test(frame.type) && TIME.test(frame.timestamp)
      ? { event: frame.type.slice('chat.'.length), data: frame.data }
      : undefined,
  messenger: ({ mode, timestamp, status, ...rest }) => {
    if (typeof timestamp !== 'number' || status !== 200) return undefined;
    if (mode === 'newMessage' && keys(rest) === 'chat_id,message') {
      return { event: 'message', data: { chat_id: rest.chat_id, ...rest.message } };
    }
    const event = MESSENGER_PUSHES[mode];
    return event ? { event, data: rest } : undefined;
  },
};

const PATHS: Readonly<Record<Exclude<ListenerKind, 'socketio'>, (account: Account) => string>> = {
  game: () => '/v1/connect',
  rest: ({ id }) => `/ws/listener-${id}`,
  messenger: () => '/',
};

const listenRaw =
  (kind: Exclude<ListenerKind, 'socketio'>): Open<Listener> =>
  async (server, account) => {
    const socket = await server.socket(PATHS[kind](account), { authorization: `Bearer ${account.tokens.token}` });
    if (kind === 'game') await socket.next();
    const heard: Heard[] = [];
    socket.socket.on('message', (data: Buffer) => {
      const frame: Parsed = JSON.parse(String(data));
      heard.push(READ[kind](frame) ?? { event: '?', data: frame });
    });
    return { kind, heard, close: () => socket.terminate() };
  };

const listenSocketIo: Open<Listener> = async (server, { tokens }) => {
  const socket = connect(server, 'websocket', { auth: { token: tokens.token } });
  const heard: Heard[] = [];
  socket.onAny((name: string, { type: event, ...data }: Parsed) => {
    if (name !== 'hello') heard.push({ event: name === 'chat' ? event : '?', data });
  });
  await connected(socket);
  return { kind: 'socketio', heard, close: () => void socket.disconnect() };
};

/** Every kind of socket that hears of chats. */
export const LISTENERS: readonly Open<Listener>[] = [
  listenRaw('game'),
  listenRaw('rest'),
  listenRaw('messenger'),
  listenSocketIo,
];

const actRaw =
  (path: (account: Account) => string): Open<Actor> =>
  async (server, account) => {
    const socket = await server.socket(path(account), { authorization: `Bearer ${account.tokens.token}` });
    const run: Actor['run'] = async (command, payload) => (await socket.command(`chat.${command}`, payload)).data;
    return { run, close: () => socket.terminate() };
  };

const actSocketIo: Open<Actor> = async (server, { tokens }) => {
  const socket = await connected(connect(server, 'websocket', { auth: { token: tokens.token } }));
  const run: Actor['run'] = async (command, payload) =>
    (await socket.emitWithAck('command', { request_id: 'r', domain: 'chat', command, payload })).data;
  return { run, close: () => void socket.disconnect() };
};

const actCommands: Open<Actor> = (server, { tokens }) => {
  const client = server.client(tokens.token);
  const run: Actor['run'] = async (command, payload) =>
    (await client.post(`/api/v1/commands/chat/${command}`, { ...payload })).body.data;
  return Promise.resolve({ run, close: () => undefined });
};

/** The route of each command; user names become ids, for members have routes of their own. */
const routeOf = (command: string, { chat_id: chat, seq, user_id: user }: Parsed): readonly [method: string, path: string] => {
  switch (command) {
    case 'create':
      return ['POST', ''];
    case 'send':
      return ['POST', `/${chat}/messages`];
    case 'edit':
      return ['PATCH', `/${chat}/messages/${seq}`];
    case 'delete':
      return ['DELETE', `/${chat}/messages/${seq}`];
    case 'read':
      return ['POST', `/${chat}/read`];
    case 'add_members':
      return ['PUT', `/${chat}/members/${user}`];
    case 'remove_member':
      return ['DELETE', `/${chat}/members/${user}`];
    default:
      throw new Error(`there is no route of chat.${command}`);
  }
};

const actRoutes: Open<Actor> = (server, { tokens }) => {
  const client = server.client(tokens.token);
  const run: Actor['run'] = async (command, payload) => {
    const [method, path] = routeOf(command, payload);
    const body = method === 'DELETE' ? undefined : { ...payload };
    return (await client.send(method, `/api/v1/chats${path}`, body)).body;
  };
  return Promise.resolve({ run, close: () => undefined });
};

/** Every way to run the commands of chats, by name. */
export const ACTORS: Readonly<Record<string, Open<Actor>>> = {
  game: actRaw(() => '/v1/connect'),
  'a rest socket': actRaw(({ id }) => `/ws/actor-${id}`),
  socketio: actSocketIo,
  'commands over HTTP': actCommands,
  'the routes': actRoutes,
};

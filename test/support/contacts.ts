import type { Parsed } from './http-client.js';
import type { RawSocket } from './raw-socket.js';
import type { Account, TestServer } from './server.js';

/** Runs a command over HTTP, as `chat.create`. @returns the answer's status with its body */
export async function command(who: Account, name: string, payload: Record<string, unknown> = {}): Promise<Parsed> {
  const { status, body } = await who.client.post(`/api/v1/commands/${name.replace('.', '/')}`, payload);
  return { status, ...body };
}

/** As `command`, of one that has to succeed. @returns its data */
export async function ask(who: Account, name: string, payload: Record<string, unknown> = {}): Promise<Parsed> {
  const { status, data, detail } = await command(who, name, payload);
  if (status !== 200) throw new Error(`${name} answered ${status}: ${detail}`);
  return data;
}

export const personal = async (who: Account, other: Account): Promise<number> =>
  (await ask(who, 'chat.create', { chat_type: 'personal', members: [other.username] })).chat_id;

export const group = async (owner: Account, ...others: Account[]): Promise<number> =>
  (await ask(owner, 'chat.create', { chat_type: 'group', chat_name: 'g', members: others.map(({ username }) => username) }))
    .chat_id;

export const say = async (who: Account, chatId: number, content = 'hello'): Promise<number> =>
  (await ask(who, 'chat.send', { chat_id: chatId, content })).seq;

/** A personal chat in which both have said something. */
export async function contacts(one: Account, other: Account): Promise<number> {
  const chat = await personal(one, other);
  await say(one, chat);
  await say(other, chat);
  return chat;
}

export const memberIds = async (who: Account, chatId: number): Promise<number[]> =>
  (await ask(who, 'chat.get', { chat_id: chatId })).members
    .map(({ user_id }: Parsed) => user_id)
    .toSorted((a: number, b: number) => a - b);

export const contentsOf = async (who: Account, chatId: number): Promise<string[]> =>
  (await ask(who, 'chat.history', { chat_id: chatId })).messages.map(({ content }: Parsed) => content);

export const chatIds = async (who: Account, payload: Record<string, unknown> = {}): Promise<number[]> =>
  (await ask(who, 'chat.list', payload)).chats.map(({ chat_id }: Parsed) => chat_id);

/** Who wants a user where. */
export const requestsOf = async (who: Account): Promise<[chatId: number, fromId: number][]> =>
  (await ask(who, 'chat.requests')).requests.map(({ chat_id, from_id }: Parsed) => [chat_id, from_id]);

/** An event of any domain, as it came over a `game` socket. */
export interface Heard {
  readonly name: string;
  readonly data: Parsed;
}

/** A connection of `game`, with every event that it received. */
export interface Listener {
  readonly socket: RawSocket;
  readonly heard: readonly Heard[];
  /** The data of all events of a name, such as `chat.message`, in the order in which they came. */
  of(name: string): Parsed[];
  command(name: string, payload?: object): Promise<Parsed>;
}

/** Opens a connection; it is listening when this returns. */
export async function listen(server: TestServer, { tokens }: Account): Promise<Listener> {
  const socket = await server.socket(`/v1/connect?token=${tokens.token}`);
  const heard: Heard[] = [];
  socket.socket.on('message', (bytes: Buffer) => {
    const { type, domain, event, data }: Parsed = JSON.parse(bytes.toString('utf8'));
    if (type === 'event') heard.push({ name: `${domain}.${event}`, data });
  });
  await socket.nextThat(({ type }) => type === 'hello');
  // Nothing is held back for a connection that has resumed.
  await socket.command('system.resume', { cursors: [] });
  return {
    socket,
    heard,
    of: (name) => heard.flatMap((each) => (each.name === name ? [each.data] : [])),
    command: (name, payload = {}) => socket.command(name, payload),
  };
}

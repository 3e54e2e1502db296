import type { Parsed } from './http-client.js';
import { type Account, PASSWORD, type TestServer } from './server.js';

const answerOf = async (account: Account, command: string, payload: object): Promise<Parsed> => {
  const [domain, name] = command.split('.');
  return (await account.client.post(`/api/v1/commands/${domain}/${name}`, { ...payload })).body;
};

/** Runs a command over HTTP that has to succeed; @returns its data */
export async function run(account: Account, command: string, payload: object): Promise<Parsed> {
  const body = await answerOf(account, command, payload);
  if (!body.success) throw new Error(`${command}: ${JSON.stringify(body)}`);
  return body.data;
}

/** The code with which a command fails; `ok` if it does not. */
export async function codeOf(account: Account, command: string, payload: object): Promise<string> {
  const body = await answerOf(account, command, payload);
  return body.success ? 'ok' : body.code;
}

/** A group of its maker and others. */
export async function group(maker: Account, ...others: readonly Account[]): Promise<number> {
  const members = others.map(({ username }) => username);
  return (await run(maker, 'chat.create', { chat_type: 'group', chat_name: 'a group', members })).chat_id;
}

export const personal = async (maker: Account, other: Account): Promise<number> =>
  (await run(maker, 'chat.create', { chat_type: 'personal', members: [other.username] })).chat_id;

/** Says something; @returns its number */
export const say = async (account: Account, chatId: number, content: string): Promise<number> =>
  (await run(account, 'chat.send', { chat_id: chatId, content })).seq;

/** Reports something for abuse; @returns the id of the report */
export const report = async (by: Account, payload: object): Promise<number> =>
  (await run(by, 'moderation.report', { reason: 'abuse', ...payload })).report_id;

export interface Scene {
  readonly root: Account;
  readonly alice: Account;
  readonly bob: Account;
  readonly chatId: number;
}

/** A superuser, and a group of two others that the superuser is not in. */
export async function sceneOf(server: TestServer): Promise<Scene> {
  const root = await server.user({ isSuperuser: true });
  const [alice, bob] = [await server.user(), await server.user()];
  return { root, alice, bob, chatId: await group(alice, bob) };
}

/** The time `seconds` from now, as text. */
export const inSeconds = (seconds: number): string => new Date(Date.now() + seconds * 1000).toISOString();
export const TOMORROW = inSeconds(86_400);

/** The status with which `rest` answers a log-in with the right password. */
export const logInStatus = async (server: TestServer, { username }: Pick<Account, 'username'>): Promise<number> =>
  (await server.client().post('/api/v1/auth/login', { username, password: PASSWORD })).status;

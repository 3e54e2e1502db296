import type { Parsed } from './http-client.js';
import type { Account, TestServer } from './server.js';

/** Runs a command over HTTP that has to succeed; @returns its data */
export async function run(account: Account, command: string, payload: object): Promise<Parsed> {
  const [domain, name] = command.split('.');
  const { body } = await account.client.post<Parsed>(`/api/v1/commands/${domain}/${name}`, { ...payload });
  if (!body.success) throw new Error(`${command}: ${JSON.stringify(body)}`);
  return body.data;
}

/** A group of its maker and others. */
async function group(maker: Account, ...others: readonly Account[]): Promise<number> {
  const members = others.map(({ username }) => username);
  return (await run(maker, 'chat.create', { chat_type: 'group', chat_name: 'a group', members })).chat_id;
}

/** Says something; @returns its number */
export const say = async (account: Account, chatId: number, content: string): Promise<number> =>
  (await run(account, 'chat.send', { chat_id: chatId, content })).seq;

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

import { runSql } from './database.js';
import type { Account, TestServer } from './server.js';

/** Makes a group in the database itself; its first member owns it. */
export async function makeGroup(databaseUrl: string, memberIds: readonly number[]): Promise<number> {
  const [row] = await runSql<{ id: string }>(
    databaseUrl,
    `WITH chat AS (INSERT INTO chats (chat_type, name) VALUES ('group', 'a group') RETURNING id),
       members AS (INSERT INTO chat_members (chat_id, user_id, role)
         SELECT chat.id, u.id, CASE WHEN u.place = 1 THEN 'owner' ELSE 'member' END
         FROM chat, unnest($1::bigint[]) WITH ORDINALITY AS u (id, place))
     SELECT id FROM chat`,
    [memberIds],
  );
  return Number(row?.id);
}

/** Makes users in the database itself, who cannot log in. @param nameOf the user name of the nth, from 1 on, as SQL */
export async function makeUsers(databaseUrl: string, count: number, nameOf: string): Promise<number[]> {
  const rows = await runSql<{ id: string }>(
    databaseUrl,
    `INSERT INTO users (username, username_fold, username_skeleton, username_lookalike, password_hash)
     SELECT name, name, name, name, '-' FROM (SELECT ${nameOf} AS name FROM generate_series(1, $1::int) n) x RETURNING id`,
    [count],
  );
  return rows.map(({ id }) => Number(id));
}

/** What the log of a chat holds. */
export function logOf(
  databaseUrl: string,
  chatId: number,
): Promise<{ seq: number; content: string; client_msg_id: string | null }[]> {
  return runSql(databaseUrl, 'SELECT seq::int, content, client_msg_id FROM messages WHERE chat_id = $1 ORDER BY seq', [chatId]);
}

/** Makes accounts. */
export async function makeAccounts(server: TestServer, count: number): Promise<Account[]> {
  return Promise.all(Array.from({ length: count }, () => server.user()));
}

/** Says something in a chat, over HTTP. @returns the number of the message */
export async function say({ client }: Account, chatId: number, content: string): Promise<number> {
  const { status, body } = await client.post<{ seq: number }>(`/api/v1/chats/${chatId}/messages`, { content });
  if (status !== 200) throw new Error(`The message was answered ${status}`);
  return body.seq;
}

/** A personal chat in which both have said something, which makes them contacts. */
export async function personalChat(one: Account, other: Account): Promise<number> {
  const request = { chat_type: 'personal', members: [other.username] };
  const { body } = await one.client.post<{ chat_id: number }>('/api/v1/chats', request);
  await say(one, body.chat_id, `Hello, ${other.username}`);
  await say(other, body.chat_id, `Hello, ${one.username}`);
  return body.chat_id;
}

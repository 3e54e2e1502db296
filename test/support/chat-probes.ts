import type { Answer, Client, Parsed } from './http-client.js';
import { runSql } from './database.js';

/** What each command about one chat takes beside `chat_id`: of somebody who would like to be in it, and of a member of it. */
export const payloadsOf = (
  outsider: { readonly username: string },
  member: { readonly id: number },
): Readonly<Record<string, object>> => ({
  accept: {},
  add_members: { members: [outsider.username] },
  decline: {},
  delete: { seq: 1 },
  edit: { seq: 1, content: 'x' },
  get: {},
  hide: {},
  history: {},
  leave: {},
  read: { seq: 1 },
  remove_member: { user_id: member.id },
  send: { content: 'x', client_msg_id: 'probe' },
  sync: { after_seq: 0 },
  typing: {},
  unhide: {},
});
export const ABOUT_ONE = Object.keys(payloadsOf({ username: '' }, { id: 0 }));
/** Commands of chats that are not about one chat. */
export const OF_NONE = ['create', 'list', 'requests'];
/** Commands that only routes and modes run. */
export const INTERNAL = ['announce', 'names', 'post', 'put_member'];

export const runCommand = (client: Client, name: string, payload: object): Promise<Answer<Parsed>> =>
  client.post(`/api/v1/commands/chat/${name}`, payload as Record<string, unknown>);

/** A digest of everything that is stored of chats. */
export const storedOfChats = (databaseUrl: string): Promise<object[]> =>
  runSql(
    databaseUrl,
    `SELECT (SELECT md5(string_agg(c::text, '|' ORDER BY c.id)) FROM chats c) AS chats,
       (SELECT md5(string_agg(m::text, '|' ORDER BY m.chat_id, m.user_id)) FROM chat_members m) AS members,
       (SELECT md5(string_agg(x::text, '|' ORDER BY x.chat_id, x.seq)) FROM messages x) AS messages`,
  );

import type { EventDocs } from '../realtime/events.js';
import type { JsonSchema } from '../validation/fields.js';
import { CHAT_EXAMPLE, CHAT_SCHEMA } from './chat.schemas.js';
import { MESSAGE_EXAMPLE, MESSAGE_SCHEMA, WITHHELD_EXAMPLE, WITHHELD_SCHEMA } from './message.schemas.js';

const SILENT = { content: null, content_type: null, client_msg_id: null };
const MEMBER = { member_id: 3, member_name: 'carol' };

/** An entry of a log, of one kind. */
const entry = (kind: string, summary: string, own: readonly string[], example: object): EventDocs => ({
  name: `chat.${kind}`,
  summary,
  data: { allOf: [MESSAGE_SCHEMA, { type: 'object', properties: { kind: { const: kind } }, required: ['kind', ...own] }] },
  example: { ...MESSAGE_EXAMPLE, kind, ...example },
});

const ids = (...names: readonly string[]): Record<string, JsonSchema> =>
  Object.fromEntries(names.map((name) => [name, { type: 'integer' }]));

/** What members hear of their chats: the entries of the log, and what is never stored. */
export const CHAT_EVENTS: readonly EventDocs[] = [
  entry('message', 'Something was said in a chat. Members hear it; the connection that said it is answered instead.', [], {}),
  entry(
    'edited',
    'A message says something else now. Members hear it; the connection that changed it is answered instead.',
    ['target_seq'],
    {
      ...{ id: 43, seq: 43, content: 'Hello, all!', client_msg_id: null, target_seq: 42 },
    },
  ),
  entry('deleted', 'A message was taken back. Members hear it; the connection that did so is answered instead.', ['target_seq'], {
    ...SILENT,
    id: 43,
    seq: 43,
    target_seq: 42,
  }),
  entry(
    'joined',
    'Somebody was taken into a group. Members receive it, except the connection that did so.',
    ['member_id', 'member_name'],
    { ...SILENT, ...MEMBER },
  ),
  entry(
    'left',
    'Somebody has left a group, or was removed. Members receive it, except the connection that did so; whose membership ended, as the last of the chat.',
    ['member_id', 'member_name'],
    { ...SILENT, ...MEMBER },
  ),
  {
    name: 'chat.withheld',
    summary:
      'Somebody whom the user has blocked has said something in a chat, or changed it: the place in the log, without the words.',
    data: WITHHELD_SCHEMA,
    example: WITHHELD_EXAMPLE,
  },
  {
    name: 'chat.created',
    summary: 'There is a new chat, and the user is in it.',
    data: CHAT_SCHEMA,
    example: CHAT_EXAMPLE,
  },
  {
    name: 'chat.member_updated',
    summary:
      'Somebody who shares a chat with the user has another name, or their account was deactivated, suspended, activated again or deleted.',
    data: {
      type: 'object',
      properties: {
        user_id: { type: 'integer' },
        username: { type: 'string', description: 'As it is now; `deleted user` after a deletion' },
        is_active: { type: 'boolean', description: 'Whether the account can be used: false while deactivated or suspended' },
        is_deleted: { type: 'boolean' },
      },
      required: ['user_id', 'username', 'is_active', 'is_deleted'],
    },
    example: { user_id: 2, username: 'bob_the_second', is_active: true, is_deleted: false },
  },
  {
    name: 'chat.typing',
    summary:
      'A member writes something: shown for 6 s, or until that member sends a message. Comes at most every 3 s for each writer and chat.',
    data: {
      type: 'object',
      properties: { ...ids('chat_id', 'user_id'), username: { type: 'string' } },
      required: ['chat_id', 'user_id', 'username'],
    },
    example: { chat_id: 7, user_id: 1, username: 'alice' },
    ephemeral: true,
  },
  {
    name: 'chat.read',
    summary: 'A member has read a chat up to an entry.',
    data: { type: 'object', properties: ids('chat_id', 'user_id', 'seq'), required: ['chat_id', 'user_id', 'seq'] },
    example: { chat_id: 7, user_id: 1, seq: 42 },
    ephemeral: true,
  },
  {
    name: 'chat.presence',
    summary: 'Somebody who shares a chat with the user has come, or has been gone for 10 s.',
    data: {
      type: 'object',
      properties: { ...ids('user_id'), online: { type: 'boolean' } },
      required: ['user_id', 'online'],
    },
    example: { user_id: 1, online: true },
    ephemeral: true,
  },
];

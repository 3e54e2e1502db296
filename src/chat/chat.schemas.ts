import type { JsonSchema } from '../validation/fields.js';
import { MESSAGE_EXAMPLE, PREVIEW_SCHEMA } from './message.schemas.js';

const time: JsonSchema = { type: 'string', format: 'date-time' };

const SUMMARY = {
  chat_id: { type: 'integer' },
  chat_type: { type: 'string', enum: ['personal', 'group'] },
  chat_name: { type: 'string', description: "Of a personal chat: the other's user name" },
  last_seq: { type: 'integer', description: 'Where its log ends' },
  read_seq: { type: 'integer', description: 'The last entry that the caller has read' },
  unread: { type: 'integer', description: "Others' messages after read_seq, counted up to 999" },
  created_at: time,
  last_activity_at: time,
};

const MEMBER_SCHEMA: JsonSchema = {
  title: 'Member',
  type: 'object',
  properties: {
    user_id: { type: 'integer' },
    username: { type: 'string' },
    role: { type: 'string', enum: ['owner', 'admin', 'member'] },
    read_seq: { type: 'integer' },
    online: { type: 'boolean' },
    is_active: {
      const: false,
      description: 'Only of a member whose account cannot be used now: it was deactivated or suspended',
    },
  },
  required: ['user_id', 'username', 'role', 'read_seq', 'online'],
};

export const CHAT_SCHEMA: JsonSchema = {
  title: 'Chat',
  type: 'object',
  properties: {
    ...SUMMARY,
    members: { type: 'array', items: MEMBER_SCHEMA },
    has_more: { const: true, description: 'Only if there are more members than fit into an answer' },
    next_cursor: { type: 'string', description: 'With has_more: where they go on, for chat.get' },
    invited: {
      type: 'array',
      items: { type: 'integer' },
      description: 'After adding others: ids of the users who were asked instead, and join when they accept',
    },
    seqs: {
      type: 'array',
      items: { type: 'integer' },
      description: 'After a change of members: the entries of the log that record it, which this connection does not receive',
    },
  },
  required: [...Object.keys(SUMMARY), 'members'],
};

export const CHATS_SCHEMA: JsonSchema = {
  title: 'Chats',
  type: 'object',
  properties: {
    chats: {
      type: 'array',
      items: {
        type: 'object',
        properties: { ...SUMMARY, last_message: { oneOf: [PREVIEW_SCHEMA, { type: 'null' }] } },
        required: [...Object.keys(SUMMARY), 'last_message'],
      },
    },
    next_cursor: { type: ['string', 'null'], description: 'For the next page; null after the last' },
  },
  required: ['chats', 'next_cursor'],
};

const SUMMARY_EXAMPLE = {
  chat_id: 7,
  chat_type: 'group',
  chat_name: 'The readers',
  last_seq: 42,
  read_seq: 41,
  unread: 1,
  created_at: '2024-02-10T00:00:00.000Z',
  last_activity_at: '2024-02-11T00:00:00.000Z',
};

export const CHAT_EXAMPLE = {
  ...SUMMARY_EXAMPLE,
  members: [
    { user_id: 1, username: 'alice', role: 'owner', read_seq: 42, online: true },
    { user_id: 2, username: 'bob', role: 'member', read_seq: 41, online: false },
  ],
};

export const CHATS_EXAMPLE = { chats: [{ ...SUMMARY_EXAMPLE, last_message: MESSAGE_EXAMPLE }], next_cursor: null };

/** The answer to what is itself an entry of the log. */
export const CHANGE_SCHEMA: JsonSchema = {
  type: 'object',
  properties: {
    chat_id: { type: 'integer' },
    seq: { type: 'integer', description: 'Of the entry that this made' },
    id: { type: 'integer' },
    target_seq: { type: 'integer', description: 'The message that was changed' },
    created_at: time,
  },
  required: ['chat_id', 'seq', 'id', 'target_seq', 'created_at'],
};

export const CHANGE_EXAMPLE = { chat_id: 7, seq: 43, id: 43, target_seq: 42, created_at: '2024-02-11T00:01:00.000Z' };

export const LEFT_SCHEMA: JsonSchema = {
  type: 'object',
  properties: {
    chat_id: { type: 'integer' },
    seq: { type: 'integer', description: 'Of the entry that says so' },
    created_at: time,
  },
  required: ['chat_id', 'seq', 'created_at'],
};

export const LEFT_EXAMPLE = { chat_id: 7, seq: 44, created_at: '2024-02-11T00:02:00.000Z' };

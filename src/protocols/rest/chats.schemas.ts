import type { JsonSchema } from '../../validation/fields.js';

const time: JsonSchema = { type: 'string', format: 'date-time' };

const REST_MESSAGE_SCHEMA: JsonSchema = {
  title: 'ChatMessage',
  type: 'object',
  properties: {
    id: { type: 'integer', description: 'Unique in its chat: equal to seq' },
    chat_id: { type: 'integer' },
    seq: { type: 'integer', description: '1, 2, 3 … without holes in the log' },
    kind: { type: 'string', enum: ['message', 'edited', 'deleted', 'joined', 'left'] },
    from_id: { type: 'integer' },
    from_name: { type: 'string' },
    content: { type: ['string', 'null'] },
    content_type: { type: ['string', 'null'] },
    created_at: time,
    client_msg_id: { type: ['string', 'null'] },
    edited_seq: { type: 'integer', description: 'The entry by which it was last changed' },
  },
  required: ['id', 'chat_id', 'seq', 'kind', 'from_id', 'from_name', 'content', 'content_type', 'created_at', 'client_msg_id'],
};

const REST_PREVIEW_SCHEMA: JsonSchema = {
  ...REST_MESSAGE_SCHEMA,
  title: 'ChatMessagePreview',
  properties: {
    ...(REST_MESSAGE_SCHEMA.properties as Readonly<Record<string, JsonSchema>>),
    truncated: { const: true, description: 'Only if the content goes on after 512 characters' },
  },
};

const REST_MESSAGE_EXAMPLE = {
  id: 42,
  chat_id: 7,
  seq: 42,
  kind: 'message',
  from_id: 1,
  from_name: 'alice',
  content: 'Hello!',
  content_type: 'text/plain',
  created_at: '2024-02-11T00:00:00.000Z',
  client_msg_id: null,
};

const SUMMARY = {
  chat_id: { type: 'integer' },
  chat_type: { type: 'string', enum: ['personal', 'group'] },
  chat_name: { type: 'string', description: "Of a personal chat: the other's user name" },
  last_seq: { type: 'integer' },
  read_seq: { type: 'integer' },
  unread: { type: 'integer', description: "Others' messages after read_seq, counted up to 999" },
  created_at: time,
  last_activity_at: time,
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

/** Of an object type, or null where there is none. */
const orNull = (schema: JsonSchema): JsonSchema => ({ oneOf: [schema, { type: 'null' }] });

const object = (title: string, properties: Record<string, JsonSchema>): JsonSchema => ({
  title,
  type: 'object',
  properties,
  required: Object.keys(properties),
});

const MEMBER = object('ChatMember', {
  user_id: { type: 'integer' },
  username: { type: 'string' },
  role: { type: 'string', enum: ['owner', 'admin', 'member'] },
  read_seq: { type: 'integer' },
  online: { type: 'boolean' },
});

const WITH_MEMBERS = object('ChatRecord', { ...SUMMARY, members: { type: 'array', items: MEMBER } });
const CHAT_RECORD: JsonSchema = {
  ...WITH_MEMBERS,
  properties: {
    ...(WITH_MEMBERS.properties as Readonly<Record<string, JsonSchema>>),
    has_more: { const: true, description: 'Only if there are more members than fit into an answer' },
    next_cursor: { type: 'string', description: 'With has_more: the `cursor` by which they go on' },
  },
};

export const CHAT = {
  description: 'The chat with its members',
  schema: CHAT_RECORD,
  example: { ...SUMMARY_EXAMPLE, members: [{ user_id: 1, username: 'alice', role: 'owner', read_seq: 42, online: true }] },
};

/** What is answered to who takes others in. */
const invited: JsonSchema = {
  type: 'array',
  items: { type: 'integer' },
  description: 'Ids of the users who were asked instead, and join when they accept',
};

/** Of answers to who changes who is in a chat. */
const seqs: JsonSchema = { type: 'array', items: { type: 'integer' }, description: 'The entries of the log that say so' };

export const JOINED_CHAT = {
  ...CHAT,
  example: { ...CHAT.example, seqs: [43] },
  schema: {
    ...CHAT_RECORD,
    title: 'JoinedChatRecord',
    properties: { ...SUMMARY, members: { type: 'array', items: MEMBER }, seqs },
  },
};

export const NEW_CHAT = {
  ...CHAT,
  schema: {
    ...CHAT_RECORD,
    title: 'NewChatRecord',
    properties: { ...SUMMARY, members: { type: 'array', items: MEMBER }, invited, seqs },
  },
};

export const TAKEN_IN = {
  description: 'The chat with its members, and who was asked instead',
  schema: object('ChatInvitations', { ...SUMMARY, members: { type: 'array', items: MEMBER }, invited, seqs }),
  example: { ...CHAT.example, invited: [], seqs: [43] },
};

export const CHATS = {
  description: 'A page of chats',
  schema: object('ChatList', {
    chats: { type: 'array', items: object('ChatSummary', { ...SUMMARY, last_message: orNull(REST_PREVIEW_SCHEMA) }) },
    next_cursor: { type: ['string', 'null'] },
  }),
  example: { chats: [{ ...SUMMARY_EXAMPLE, last_message: REST_MESSAGE_EXAMPLE }], next_cursor: null },
};

export const MESSAGES = {
  description: 'A page of messages, oldest first',
  schema: object('ChatMessages', {
    messages: { type: 'array', items: REST_MESSAGE_SCHEMA },
    last_seq: { type: 'integer' },
    has_more: { type: 'boolean' },
  }),
  example: { messages: [REST_MESSAGE_EXAMPLE], last_seq: 42, has_more: false },
};

export const SENT = {
  description: 'It is stored',
  schema: object('ChatSent', {
    chat_id: { type: 'integer' },
    seq: { type: 'integer' },
    id: { type: 'integer' },
    created_at: time,
    duplicate: { type: 'boolean', description: 'It had been stored before, under the same key' },
  }),
  example: { chat_id: 7, seq: 42, id: 42, created_at: '2024-02-11T00:00:00.000Z', duplicate: false },
};

export const CHANGED = {
  description: 'The entry of the log that this made',
  schema: object('ChatChange', {
    chat_id: { type: 'integer' },
    seq: { type: 'integer' },
    id: { type: 'integer' },
    target_seq: { type: 'integer' },
    created_at: time,
  }),
  example: { chat_id: 7, seq: 43, id: 43, target_seq: 42, created_at: '2024-02-11T00:01:00.000Z' },
};

export const LEFT = {
  description: 'The entry of the log that says so',
  schema: object('ChatLeft', { chat_id: { type: 'integer' }, seq: { type: 'integer' }, created_at: time }),
  example: { chat_id: 7, seq: 44, created_at: '2024-02-11T00:02:00.000Z' },
};

export const CHAT_ID = {
  description: 'It is done',
  schema: object('ChatId', { chat_id: { type: 'integer' } }),
  example: { chat_id: 7 },
};

const REQUEST = object('ChatRequestRecord', {
  chat_id: { type: 'integer' },
  chat_type: { type: 'string', enum: ['personal', 'group'] },
  chat_name: { type: 'string', description: 'Of a personal chat: the name of the user who asks' },
  from_id: { type: 'integer', description: 'Who asks' },
  from_name: { type: 'string' },
  created_at: time,
});

export const REQUESTS = {
  description: 'A page of requests',
  schema: object('ChatRequestList', { requests: { type: 'array', items: REQUEST }, next_cursor: { type: ['string', 'null'] } }),
  example: {
    requests: [
      {
        chat_id: 9,
        chat_type: 'personal',
        chat_name: 'bob',
        from_id: 2,
        from_name: 'bob',
        created_at: '2024-02-11T00:00:00.000Z',
      },
    ],
    next_cursor: null,
  },
};

const BLOCKED_USER = object('BlockedUserRecord', {
  user_id: { type: 'integer' },
  username: { type: 'string' },
  created_at: time,
});
const BLOCKED_EXAMPLE = { user_id: 2, username: 'bob', created_at: '2024-02-11T00:00:00.000Z' };

export const BLOCKED = { description: 'The user is blocked', schema: BLOCKED_USER, example: BLOCKED_EXAMPLE };

export const BLOCKED_LIST = {
  description: 'A page of blocked users',
  schema: object('BlockedUserList', {
    blocked: { type: 'array', items: BLOCKED_USER },
    next_cursor: { type: ['string', 'null'] },
  }),
  example: { blocked: [BLOCKED_EXAMPLE], next_cursor: null },
};

export const UNBLOCKED = {
  description: 'The user is not blocked',
  schema: object('UnblockedUser', { user_id: { type: 'integer' } }),
  example: { user_id: 2 },
};

export const PRIVACY = {
  description: 'What others see of the caller',
  schema: object('PrivacyRecord', { share_presence: { type: 'boolean' } }),
  example: { share_presence: true },
};

export const READ = {
  description: 'How far the caller has read now',
  schema: object('ChatRead', { chat_id: { type: 'integer' }, read_seq: { type: 'integer' } }),
  example: { chat_id: 7, read_seq: 42 },
};

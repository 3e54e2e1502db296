import type { JsonSchema } from '../validation/fields.js';

/** An entry of a chat's log, for the documentation. */
export const MESSAGE_SCHEMA: JsonSchema = {
  title: 'Message',
  type: 'object',
  properties: {
    id: { type: 'integer', description: 'Unique in its chat: equal to seq' },
    chat_id: { type: 'integer' },
    seq: { type: 'integer', description: '1, 2, 3 … without holes' },
    kind: { type: 'string', enum: ['message', 'edited', 'deleted', 'joined', 'left'] },
    from_id: { type: 'integer' },
    from_name: { type: 'string' },
    content: { type: ['string', 'null'], description: 'null after the message was deleted, also in its edits' },
    content_type: { type: ['string', 'null'] },
    created_at: { type: 'string', format: 'date-time' },
    client_msg_id: { type: ['string', 'null'] },
    target_seq: { type: 'integer', description: 'Of edited and deleted: the message that it changes' },
    member_id: { type: 'integer', description: 'Of joined and left: whom it is about' },
    member_name: { type: 'string' },
    edited_seq: { type: 'integer', description: 'In a history: the entry by which the message was last changed' },
    deleted_seq: { type: 'integer', description: 'In the log, of a message that was deleted: the entry that says so' },
  },
  required: ['id', 'chat_id', 'seq', 'kind', 'from_id', 'from_name', 'content', 'content_type', 'created_at', 'client_msg_id'],
};

/** A message as a list of chats shows it. */
export const PREVIEW_SCHEMA: JsonSchema = {
  ...MESSAGE_SCHEMA,
  title: 'MessagePreview',
  description: 'At most 512 characters of the content',
  properties: {
    ...(MESSAGE_SCHEMA.properties as Readonly<Record<string, JsonSchema>>),
    truncated: { const: true, description: 'Only if the content goes on' },
  },
};

export const MESSAGE_EXAMPLE = {
  id: 42,
  chat_id: 7,
  seq: 42,
  kind: 'message',
  from_id: 1,
  from_name: 'alice',
  content: 'Hello!',
  content_type: 'text/plain',
  created_at: '2024-02-11T00:00:00.000Z',
  client_msg_id: '7c9e6679-7425-40de-944b-e07fc1f90ae7',
};

const NOTHING: JsonSchema = { type: 'null' };

/** What stands for an entry by somebody whom the reader has blocked. */
export const WITHHELD_SCHEMA: JsonSchema = {
  title: 'Withheld',
  description: 'In the place of a message or an edit of somebody whom the reader has blocked',
  type: 'object',
  properties: {
    id: { type: 'integer' },
    chat_id: { type: 'integer' },
    seq: { type: 'integer' },
    kind: { const: 'withheld' },
    from_id: NOTHING,
    from_name: NOTHING,
    content: NOTHING,
    content_type: NOTHING,
    created_at: { type: 'string', format: 'date-time' },
    client_msg_id: NOTHING,
  },
  required: ['id', 'chat_id', 'seq', 'kind', 'from_id', 'from_name', 'content', 'content_type', 'created_at', 'client_msg_id'],
};

export const WITHHELD_EXAMPLE = {
  id: 42,
  chat_id: 7,
  seq: 42,
  kind: 'withheld',
  from_id: null,
  from_name: null,
  content: null,
  content_type: null,
  created_at: '2024-02-11T00:00:00.000Z',
  client_msg_id: null,
};

export const SENT_SCHEMA: JsonSchema = {
  title: 'Sent',
  type: 'object',
  properties: {
    chat_id: { type: 'integer' },
    seq: { type: 'integer' },
    id: { type: 'integer' },
    created_at: { type: 'string', format: 'date-time' },
    duplicate: { type: 'boolean', description: 'It had been stored before, under the same client_msg_id' },
  },
  required: ['chat_id', 'seq', 'id', 'created_at', 'duplicate'],
};

export const SENT_EXAMPLE = { chat_id: 7, seq: 42, id: 42, created_at: '2024-02-11T00:00:00.000Z', duplicate: false };

const pageOf = (title: string, items: JsonSchema): JsonSchema => ({
  title,
  type: 'object',
  properties: {
    messages: { type: 'array', items, description: 'Oldest first' },
    last_seq: { type: 'integer', description: 'Where the log ends' },
    has_more: { type: 'boolean', description: 'Whether there is more in the direction that was asked for' },
  },
  required: ['messages', 'last_seq', 'has_more'],
});

export const PAGE_SCHEMA = pageOf('Page', MESSAGE_SCHEMA);
export const LOG_PAGE_SCHEMA = pageOf('LogPage', { oneOf: [MESSAGE_SCHEMA, WITHHELD_SCHEMA] });

export const PAGE_EXAMPLE = { messages: [MESSAGE_EXAMPLE], last_seq: 42, has_more: false };

export const RESUMED_SCHEMA: JsonSchema = {
  type: 'object',
  properties: {
    chats: {
      type: 'array',
      items: {
        type: 'object',
        properties: {
          chat_id: { type: 'integer' },
          recovered: {
            type: 'boolean',
            description: 'Nothing is missing between the cursor, what was replayed and what comes live',
          },
          last_seq: { type: ['integer', 'null'], description: 'Where the live events go on from; null for a non-member' },
          has_more: { type: 'boolean', description: 'Some of what lies before last_seq is to be fetched with chat.sync' },
        },
        required: ['chat_id', 'recovered', 'last_seq', 'has_more'],
      },
    },
  },
  required: ['chats'],
};

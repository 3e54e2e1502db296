import type { JsonSchema } from '../../validation/fields.js';

const time: JsonSchema = { type: 'string', format: 'date-time' };
const id: JsonSchema = { type: 'integer' };
const cursor: JsonSchema = { type: ['string', 'null'], description: 'For the next page; null after the last' };

const object = (properties: Readonly<Record<string, JsonSchema>>, title?: string): JsonSchema => ({
  ...(title === undefined ? {} : { title }),
  type: 'object',
  properties,
  required: Object.keys(properties),
});

export const REQUEST_SCHEMA = object(
  {
    chat_id: id,
    chat_type: { type: 'string', enum: ['personal', 'group'] },
    chat_name: { type: 'string', description: 'Of a personal chat: the name of the user who asks' },
    from_id: { type: 'integer', description: 'Who asks' },
    from_name: { type: 'string' },
    created_at: time,
  },
  'ChatRequest',
);

export const REQUEST_EXAMPLE = {
  chat_id: 9,
  chat_type: 'personal',
  chat_name: 'bob',
  from_id: 2,
  from_name: 'bob',
  created_at: '2024-02-11T00:00:00.000Z',
};

export const REQUESTS_SCHEMA = object({ requests: { type: 'array', items: REQUEST_SCHEMA }, next_cursor: cursor });
export const REQUESTS_EXAMPLE = { requests: [REQUEST_EXAMPLE], next_cursor: null };

export const CHAT_ID_SCHEMA = object({ chat_id: id });
export const HIDDEN_SCHEMA = object({ chat_id: id, hidden: { type: 'boolean' } });

export const BLOCKED_SCHEMA = object(
  { user_id: id, username: { type: 'string' }, created_at: { ...time, description: 'Since when' } },
  'BlockedUser',
);
export const BLOCKED_EXAMPLE = { user_id: 2, username: 'bob', created_at: '2024-02-11T00:00:00.000Z' };
export const BLOCKED_PAGE_SCHEMA = object({ blocked: { type: 'array', items: BLOCKED_SCHEMA }, next_cursor: cursor });

export const USER_ID_SCHEMA = object({ user_id: id });

export const PRIVACY_SCHEMA = object(
  { share_presence: { type: 'boolean', description: "Whether others see the user's presence, typing and read positions" } },
  'Privacy',
);

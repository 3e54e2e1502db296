import type { JsonSchema } from '../../validation/fields.js';

/** The answers of this protocol, as `/docs` shows them. */
export const TOKEN_SCHEMA: JsonSchema = {
  title: 'Token',
  type: 'object',
  properties: { access_token: { type: 'string' }, token_type: { const: 'bearer' } },
  required: ['access_token', 'token_type'],
};
export const TOKEN_EXAMPLE = { access_token: 'eyJhbGciOiJFUzI1NiIs…', token_type: 'bearer' };

const time = { type: 'string', format: 'date-time' };

export const SESSION_SCHEMA: JsonSchema = {
  title: 'Session',
  type: 'object',
  properties: {
    id: { type: 'string', format: 'uuid' },
    protocol: { type: 'string' },
    ip: { type: 'string' },
    user_agent: { type: ['string', 'null'] },
    created_at: time,
    last_used_at: time,
    expires_at: time,
    current: { type: 'boolean', description: 'Whether the request itself was made with it' },
  },
};
export const SESSION_EXAMPLE = {
  id: '0b9bb9a0-5c1e-4a5e-9d3c-6d0a3a1c7f10',
  protocol: 'game',
  ip: '192.0.2.7',
  user_agent: 'Game/1.4',
  created_at: '2024-02-11T00:00:00Z',
  last_used_at: '2024-02-11T00:05:00Z',
  expires_at: '2024-03-12T00:00:00Z',
  current: false,
};

export const CLIENT_SCHEMA: JsonSchema = {
  title: 'SocketClient',
  type: 'object',
  properties: { client_id: { type: 'string' }, first_seen: time, last_seen: time, online: { type: 'boolean' } },
  required: ['client_id', 'first_seen', 'last_seen', 'online'],
};
export const CLIENT_EXAMPLE = {
  client_id: 'user-123',
  first_seen: '2024-02-11T00:00:00Z',
  last_seen: '2024-02-11T00:05:00Z',
  online: true,
};

export const MESSAGE_SCHEMA: JsonSchema = {
  title: 'Message',
  type: 'object',
  properties: { message: { type: 'string' } },
  required: ['message'],
};

export const listOf = (items: JsonSchema): JsonSchema => ({ type: 'array', items });

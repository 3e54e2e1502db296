import { AUDIT_ACTIONS } from '../../auth/audit.js';
import type { JsonSchema } from '../../validation/fields.js';

const time: JsonSchema = { type: 'string', format: 'date-time' };
const count: JsonSchema = { type: 'integer', minimum: 0 };

/** An object all of whose fields are always there. */
const full = (title: string, properties: Readonly<Record<string, JsonSchema>>): JsonSchema => ({
  title,
  type: 'object',
  properties,
  required: Object.keys(properties),
});

export const CONNECTION_SCHEMA = full('Connection', {
  id: { type: 'string' },
  protocol: { type: 'string' },
  user_id: { type: ['integer', 'null'], description: 'null while anonymous' },
  username: { type: ['string', 'null'] },
  session_id: { type: ['string', 'null'], format: 'uuid' },
  client_id: { type: ['string', 'null'], description: 'The id that the client gave itself, where its protocol has one' },
  ip: { type: 'string' },
  user_agent: { type: ['string', 'null'] },
  connected_at: time,
  last_seen_at: { ...time, description: 'When its last frame came, or its answer to a ping' },
  node: { type: 'string', description: 'The node that it is connected to' },
});
export const CONNECTION_EXAMPLE = {
  id: 'Jb0vKzq3TbmpH1rPZ0c2Yg',
  protocol: 'rest',
  user_id: 1,
  username: 'alice',
  session_id: '0b9bb9a0-5c1e-4a5e-9d3c-6d0a3a1c7f10',
  client_id: 'user-123',
  ip: '192.0.2.7',
  user_agent: 'Mozilla/5.0',
  connected_at: '2024-02-11T00:00:00Z',
  last_seen_at: '2024-02-11T00:05:00Z',
  node: '3f2a9c1e',
};

export const AUDIT_SCHEMA = full('AuditEntry', {
  id: { type: 'integer' },
  at: time,
  action: { type: 'string', enum: AUDIT_ACTIONS },
  actor_id: {
    type: ['integer', 'null'],
    description: 'Who did it; null for somebody without an account and for the owner of the server',
  },
  actor_name: { type: ['string', 'null'], description: 'What that account is called now; null where it is gone' },
  user_id: { type: ['integer', 'null'], description: 'To whose account' },
  username: { type: ['string', 'null'] },
  protocol: { type: ['string', 'null'] },
  ip: { type: ['string', 'null'] },
  user_agent: { type: ['string', 'null'] },
  details: { type: 'object', additionalProperties: true },
});
export const AUDIT_EXAMPLE = {
  id: 42,
  at: '2024-02-11T00:00:00Z',
  action: 'login_failed',
  actor_id: null,
  actor_name: null,
  user_id: 1,
  username: 'alice',
  protocol: 'game',
  ip: '192.0.2.7',
  user_agent: 'Game/1.4',
  details: { reason: 'password' },
};

export const FIGURES_SCHEMA = full('Figures', {
  at: { ...time, description: 'When they were read' },
  node: { type: 'string', description: 'The node that answers' },
  nodes: { type: 'integer', minimum: 1, description: 'How many nodes they are the sum of' },
  uptime_sec: { type: 'number', description: 'Of the node that answers' },
  users_total: { ...count, description: 'Accounts there are' },
  users_online: { ...count, description: 'Users with connections; one who is connected to several nodes is counted by each' },
  connections: { type: 'object', additionalProperties: count, description: 'Open sockets by protocol' },
  messages_total: { ...count, description: 'Messages stored' },
  logins: full('LoginFigures', { ok: count, failed: count, throttled: count, unavailable: count }),
  errors_total: { ...count, description: 'Requests, frames and upgrades that failed by a fault of the server' },
  requests_total: { ...count, description: 'HTTP requests answered' },
  frames_total: { ...count, description: 'Frames received' },
  memory_bytes: count,
  event_loop_lag_ms: {
    type: 'number',
    description: 'For how long something that was ready to run had to wait just now; of several nodes the longest',
  },
});
export const FIGURES_EXAMPLE = {
  at: '2024-02-11T00:00:00.000Z',
  node: '3f2a9c1e',
  nodes: 1,
  uptime_sec: 3600.5,
  users_total: 120,
  users_online: 14,
  connections: { rest: 11, game: 5 },
  messages_total: 5230,
  logins: { ok: 310, failed: 4, throttled: 0, unavailable: 0 },
  errors_total: 0,
  requests_total: 10250,
  frames_total: 23480,
  memory_bytes: 157286400,
  event_loop_lag_ms: 0.1,
};

/** Of answers that several nodes make together. */
export const MISSING_HEADER = {
  'X-Nodes-Missing':
    'How many other nodes did not answer in time, so that theirs is missing; `unknown` where they cannot be asked',
};

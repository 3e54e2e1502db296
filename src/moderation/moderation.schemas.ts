import type { JsonSchema } from '../validation/fields.js';
import { ACTIONS, REPORT_REASONS } from './report.js';

const time: JsonSchema = { type: 'string', format: 'date-time' };
const text: JsonSchema = { type: 'string' };
const id: JsonSchema = { type: 'integer' };
const orNull = ({ type, ...rest }: JsonSchema): JsonSchema => ({ ...rest, type: [type, 'null'] });

/** An object all of whose fields are always there. */
const full = (properties: Readonly<Record<string, JsonSchema>>, title?: string): JsonSchema => ({
  ...(title === undefined ? {} : { title }),
  type: 'object',
  properties,
  required: Object.keys(properties),
});

const RESOLUTION = full(
  {
    action: { type: 'string', enum: ACTIONS },
    note: { ...orNull(text), description: 'What the superuser wrote; of a suspension, its reason' },
    until: { ...orNull(time), description: 'When the suspension ends' },
    by_id: id,
    by_name: text,
    at: time,
  },
  'Resolution',
);

const SUMMARY: Readonly<Record<string, JsonSchema>> = {
  report_id: id,
  state: { type: 'string', enum: ['open', 'closed'] },
  reason: { type: 'string', enum: REPORT_REASONS },
  comment: orNull(text),
  reporter_id: id,
  reporter_name: { ...text, description: 'Names are as they were at the time of the report' },
  user_id: { ...id, description: 'Who is reported: the author of the message, or the user' },
  username: text,
  chat_id: { ...orNull(id), description: 'Of a message: where it is; null in the report of a user' },
  chat_type: { type: ['string', 'null'], enum: ['personal', 'group', null] },
  chat_name: { ...orNull(text), description: 'Of a group' },
  seq: orNull(id),
  excerpt: { ...orNull(text), description: 'The first 200 characters of the message' },
  created_at: time,
  resolution: { anyOf: [RESOLUTION, { type: 'null' }], description: 'null while the report is open' },
};

const VERSION = full({
  seq: id,
  content: orNull(text),
  created_at: time,
  truncated: { type: 'boolean', description: 'Only the beginning was kept' },
});

const REPORTED = full(
  {
    seq: id,
    from_id: id,
    from_name: text,
    content_type: orNull(text),
    created_at: time,
    deleted: { type: 'boolean', description: 'Whether it was deleted before the report' },
    versions: {
      type: 'array',
      items: VERSION,
      description: 'Oldest first: what it said first, up to eight edits in between, what it said last',
    },
  },
  'ReportedMessage',
);

const CONTEXT = full(
  {
    seq: id,
    kind: text,
    from_id: id,
    from_name: text,
    content: orNull(text),
    content_type: orNull(text),
    truncated: { type: 'boolean' },
    created_at: time,
    deleted: { type: 'boolean' },
    member_id: { ...orNull(id), description: 'Of joined and left: whom it is about' },
    member_name: orNull(text),
  },
  'ContextEntry',
);

const REPORT_SUMMARY_SCHEMA = full(SUMMARY, 'ReportSummary');

export const REPORT_SCHEMA = full(
  {
    ...SUMMARY,
    message: { anyOf: [REPORTED, { type: 'null' }], description: 'The copy that was made for the report' },
    context: { type: 'array', items: CONTEXT, description: 'Up to five entries of the log before it, oldest first' },
  },
  'Report',
);

export const REPORTS_SCHEMA = full(
  {
    reports: { type: 'array', items: REPORT_SUMMARY_SCHEMA, description: 'Newest first' },
    next_cursor: { type: ['string', 'null'], description: 'Where the next page begins; null after the last' },
    total_open: { type: 'integer', description: 'How many reports are open, counted up to 10,000' },
  },
  'Reports',
);

const AT = '2024-02-11T00:00:00.000Z';

const SUMMARY_EXAMPLE = {
  report_id: 12,
  state: 'open',
  reason: 'abuse',
  comment: 'Third time today',
  reporter_id: 1,
  reporter_name: 'alice',
  user_id: 2,
  username: 'bob',
  chat_id: 7,
  chat_type: 'group',
  chat_name: 'The readers',
  seq: 42,
  excerpt: 'You fool',
  created_at: AT,
  resolution: null,
};

export const REPORTS_EXAMPLE = { reports: [SUMMARY_EXAMPLE], next_cursor: null, total_open: 1 };

export const REPORT_EXAMPLE = {
  ...SUMMARY_EXAMPLE,
  message: {
    seq: 42,
    from_id: 2,
    from_name: 'bob',
    content_type: 'text/plain',
    created_at: AT,
    deleted: false,
    versions: [{ seq: 42, content: 'You fool', created_at: AT, truncated: false }],
  },
  context: [
    {
      seq: 41,
      kind: 'message',
      from_id: 1,
      from_name: 'alice',
      content: 'Hello!',
      content_type: 'text/plain',
      truncated: false,
      created_at: AT,
      deleted: false,
      member_id: null,
      member_name: null,
    },
  ],
};

export const RESOLVED_EXAMPLE = {
  ...REPORT_EXAMPLE,
  state: 'closed',
  resolution: { action: 'delete', note: null, until: null, by_id: 3, by_name: 'root', at: AT },
};

export const FILED_SCHEMA = full({ report_id: id });
export const FILED_EXAMPLE = { report_id: 12 };

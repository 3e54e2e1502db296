import type { JsonSchema } from '../validation/fields.js';

const time = { type: 'string', format: 'date-time' } as const;

const PROPERTIES: Readonly<Record<string, JsonSchema>> = {
  id: { type: 'integer' },
  email: { type: ['string', 'null'] },
  username: { type: 'string' },
  full_name: { type: ['string', 'null'] },
  is_active: { type: 'boolean' },
  is_superuser: { type: 'boolean' },
  created_at: time,
  updated_at: time,
};

/** An account as answers and events show it, for the documents: its eight fields. */
export const USER_SCHEMA: JsonSchema = {
  title: 'User',
  type: 'object',
  properties: PROPERTIES,
  required: Object.keys(PROPERTIES),
};

/** The same as superusers see it. */
export const ADMIN_USER_SCHEMA: JsonSchema = {
  title: 'AdminUser',
  type: 'object',
  properties: {
    ...PROPERTIES,
    suspended_until: { ...time, description: 'When the suspension ends. Only superusers see it, and only while it lasts' },
    suspension_reason: { type: ['string', 'null'], description: 'Why. Only superusers see it, and only while it lasts' },
  },
  required: Object.keys(PROPERTIES),
};

export const USER_EXAMPLE = {
  id: 1,
  email: 'user@example.com',
  username: 'alice',
  full_name: 'Alice Liddell',
  is_active: true,
  is_superuser: false,
  created_at: '2024-02-11T00:00:00Z',
  updated_at: '2024-02-11T00:00:00Z',
};

export const SUSPENDED_USER_EXAMPLE = {
  ...USER_EXAMPLE,
  suspended_until: '2034-02-11T00:00:00Z',
  suspension_reason: 'Spam in three groups',
};

import type { JsonSchema } from '../validation/fields.js';

const time = { type: 'string', format: 'date-time' };

/** An account as answers and events show it, for the documents: its eight fields. */
export const USER_SCHEMA: JsonSchema = {
  title: 'User',
  type: 'object',
  properties: {
    id: { type: 'integer' },
    email: { type: ['string', 'null'] },
    username: { type: 'string' },
    full_name: { type: ['string', 'null'] },
    is_active: { type: 'boolean' },
    is_superuser: { type: 'boolean' },
    created_at: time,
    updated_at: time,
  },
  required: ['id', 'email', 'username', 'full_name', 'is_active', 'is_superuser', 'created_at', 'updated_at'],
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

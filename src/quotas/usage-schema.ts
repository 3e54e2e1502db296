import type { JsonSchema } from '../validation/fields.js';
import type { QuotaUse } from './quotas.js';

export interface Usage {
  readonly quotas: readonly QuotaUse[];
}

export const USAGE_SCHEMA: JsonSchema = {
  title: 'Usage',
  type: 'object',
  properties: {
    quotas: {
      type: 'array',
      items: {
        title: 'QuotaUse',
        type: 'object',
        properties: {
          kind: {
            type: 'string',
            description: 'messages, bytes, chats, members, lookups, reports, mails; matches where they are served',
          },
          used: { type: 'integer' },
          limit: { type: ['integer', 'null'], description: 'null where there is none' },
          resets_at: {
            type: ['string', 'null'],
            format: 'date-time',
            description: 'When `used` begins at 0 again; null for what is open at once, such as matches',
          },
        },
        required: ['kind', 'used', 'limit', 'resets_at'],
      },
    },
  },
  required: ['quotas'],
};

export const USAGE_EXAMPLE: Usage = {
  quotas: [
    { kind: 'messages', used: 312, limit: 50_000, resets_at: '2026-01-02T00:00:00.000Z' },
    { kind: 'matches', used: 1, limit: 20, resets_at: null },
  ],
};

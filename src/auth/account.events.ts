import type { EventDocs } from '../realtime/events.js';
import { USER_EXAMPLE, USER_SCHEMA } from '../users/user-schema.js';

/** What an account's own connections hear. */
export const ACCOUNT_EVENTS: readonly EventDocs[] = [
  {
    name: 'user.updated',
    summary: 'The account was changed; its own connections receive the new record.',
    data: USER_SCHEMA,
    example: USER_EXAMPLE,
  },
];

import type { EventDocs } from '../../realtime/events.js';
import {
  BLOCKED_EXAMPLE,
  BLOCKED_SCHEMA,
  CHAT_ID_SCHEMA,
  HIDDEN_SCHEMA,
  PRIVACY_SCHEMA,
  REQUEST_EXAMPLE,
  REQUEST_SCHEMA,
  USER_ID_SCHEMA,
} from './contacts.schemas.js';

/** What users learn of requests for them, and of what they change by another of their connections. */
export const CONTACT_EVENTS: readonly EventDocs[] = [
  {
    name: 'chat.requested',
    summary: 'Somebody wants the user in a chat. It waits until the user accepts or declines.',
    data: REQUEST_SCHEMA,
    example: REQUEST_EXAMPLE,
  },
  {
    name: 'chat.request_closed',
    summary: 'A request waits no longer: it was accepted, declined or taken back.',
    data: CHAT_ID_SCHEMA,
    example: { chat_id: 9 },
  },
  {
    name: 'chat.hidden',
    summary: 'The user has hidden a chat, or shows it again, by another connection.',
    data: HIDDEN_SCHEMA,
    example: { chat_id: 7, hidden: true },
  },
  {
    name: 'contacts.blocked',
    summary: 'The user has blocked somebody by another connection.',
    data: BLOCKED_SCHEMA,
    example: BLOCKED_EXAMPLE,
  },
  {
    name: 'contacts.unblocked',
    summary: 'The user has ended a block by another connection.',
    data: USER_ID_SCHEMA,
    example: { user_id: 2 },
  },
  {
    name: 'contacts.privacy',
    summary: 'The user has changed what others see by another connection.',
    data: PRIVACY_SCHEMA,
    example: { share_presence: false },
  },
];

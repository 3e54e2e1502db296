import { MAX_REASON } from '../auth/suspensions.js';
import { CoreError, type Issue, invalidInput } from '../errors/catalogue.js';
import { Int, Text } from '../validation/fields.js';
import { Timestamp } from '../validation/timestamp.js';
import { type Action, ACTIONS, REPORT_REASONS, type ReportReason } from './report.js';
import type { ReportState } from './reports.sql.js';

const MAX_COMMENT = 1_000;

class Grounds {
  @Text({ choices: REPORT_REASONS, example: 'abuse' })
  reason!: ReportReason;

  @Text({
    optional: true,
    nullable: true,
    max: MAX_COMMENT,
    description: 'For the superuser who reads it',
    example: 'Third time today',
  })
  comment?: string | null;
}

/** Of protocols that report messages only. */
export class ReportMessagePayload extends Grounds {
  @Int({ description: 'The chat', example: 7 })
  chat_id!: number;

  @Int({ description: 'The message', example: 42 })
  seq!: number;
}

export class ReportPayload extends Grounds {
  @Int({ optional: true, nullable: true, description: 'Of a message: its chat', example: 7 })
  chat_id?: number | null;

  @Int({ optional: true, nullable: true, description: 'Of a message: its number', example: 42 })
  seq?: number | null;

  @Int({ optional: true, nullable: true, description: 'A user instead of a message: somebody with whom one shares a chat' })
  user_id?: number | null;
}

export class ReportsPayload {
  @Text({ optional: true, nullable: true, choices: ['open', 'closed'], description: 'All unless said', example: 'open' })
  state?: ReportState | null;

  @Int({ optional: true, nullable: true, min: 1, max: 200, description: 'Reports at most; 50 unless said' })
  limit?: number | null;

  @Text({
    optional: true,
    nullable: true,
    pattern: /^[0-9]{1,15}$/,
    allowed: 'cursors that a page before gave',
    description: '`next_cursor` of the page before',
  })
  cursor?: string | null;
}

export class ReportIdPayload {
  @Int({ description: 'The report', example: 12 })
  report_id!: number;
}

export class ResolvePayload extends ReportIdPayload {
  @Text({ choices: ACTIONS, description: 'Delete the message, suspend its author, or neither', example: 'delete' })
  action!: Action;

  @Text({
    optional: true,
    nullable: true,
    max: MAX_REASON,
    description: 'Kept with the report; of a suspension (where it has to be given) what the user gets by mail',
  })
  reason?: string | null;

  @Timestamp({ optional: true, nullable: true, description: 'When a suspension (which needs it) ends: at most ten years ahead' })
  until?: string | null;
}

export class UserPayload {
  @Int({ description: 'The user', example: 2 })
  user_id!: number;
}

export class SuspendPayload extends UserPayload {
  @Text({ min: 1, max: MAX_REASON, description: 'What the user gets by mail', example: 'Spam in three groups' })
  reason!: string;

  @Timestamp({ description: 'When it ends: at most ten years ahead', example: '2034-02-11T00:00:00Z' })
  until!: string;
}

/** What a report is about. */
export type Target = { readonly chatId: number; readonly seq: number } | { readonly userId: number };

const missing = (field: string): Issue => ({ loc: ['payload', field], msg: 'field required', type: 'value_error.missing' });

/** @throws CoreError `invalid_input` where it is neither a message nor a user, or both */
export function targetOf({ chat_id: chatId = null, seq = null, user_id: userId = null }: ReportPayload): Target {
  if (userId !== null && (chatId !== null || seq !== null)) {
    throw invalidInput({ loc: ['payload', 'user_id'], msg: 'give a message or a user, not both', type: 'value_error' });
  }
  if (userId !== null) return { userId };
  if (chatId === null || seq === null) {
    throw invalidInput(...(chatId === null ? [missing('chat_id')] : []), ...(seq === null ? [missing('seq')] : []));
  }
  return { chatId, seq };
}

/** The suspension that resolves a report. @throws CoreError `invalid_input` where its reason or its end is missing */
export function suspensionOf({ reason = null, until = null }: ResolvePayload): { readonly reason: string; readonly until: Date } {
  if (!reason || until === null) {
    throw new CoreError('invalid_input', {
      issues: [...(reason ? [] : [missing('reason')]), ...(until === null ? [missing('until')] : [])],
    });
  }
  return { reason, until: new Date(until) };
}

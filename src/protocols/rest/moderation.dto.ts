import { Int, Text } from '../../validation/fields.js';
import { Timestamp } from '../../validation/timestamp.js';

const REASONS = ['spam', 'abuse', 'illegal', 'impersonation', 'other'];

/** Field names are the wire's own, and the same as those of the commands. */
export class RestReportBody {
  @Text({ choices: REASONS, example: 'abuse' })
  reason!: string;

  @Text({
    optional: true,
    nullable: true,
    max: 1_000,
    description: 'For the superuser who reads it',
    example: 'Third time today',
  })
  comment?: string | null;

  @Int({ optional: true, nullable: true, description: 'Of a message: its chat', example: 7 })
  chat_id?: number | null;

  @Int({ optional: true, nullable: true, description: 'Of a message: its number', example: 42 })
  seq?: number | null;

  @Int({ optional: true, nullable: true, description: 'A user instead of a message: somebody with whom one shares a chat' })
  user_id?: number | null;
}

export class RestReportsQuery {
  @Text({ optional: true, choices: ['open', 'closed'], description: 'All unless said' })
  state?: string;

  @Int({ optional: true, min: 1, max: 200, description: 'Reports at most; 50 unless said' })
  limit?: number;

  @Text({
    optional: true,
    pattern: /^[0-9]{1,15}$/,
    allowed: 'cursors that a page before gave',
    description: '`next_cursor` of the page before',
  })
  cursor?: string;
}

export class RestResolveBody {
  @Text({ choices: ['delete', 'suspend', 'dismiss'], example: 'delete' })
  action!: string;

  @Text({
    optional: true,
    nullable: true,
    max: 500,
    description: 'Kept with the report; of a suspension (where it has to be given) what the user gets by mail',
  })
  reason?: string | null;

  @Timestamp({ optional: true, nullable: true, description: 'When a suspension (which needs it) ends: at most ten years ahead' })
  until?: string | null;
}

export class RestSuspensionBody {
  @Text({ min: 1, max: 500, description: 'What the user gets by mail', example: 'Spam in three groups' })
  reason!: string;

  @Timestamp({ description: 'When it ends: at most ten years ahead', example: '2034-02-11T00:00:00Z' })
  until!: string;
}

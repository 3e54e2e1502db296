import { Int, ObjectList, Text } from '../validation/fields.js';

/** A MIME type with its parameters, or a short word such as `sticker`. */
const CONTENT_TYPE = /^[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,63}(\/[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,63})?( ?;[ -~]{1,64})?$/;

export const DEFAULT_CONTENT_TYPE = 'text/plain';
/** Characters of a message. */
export const MAX_CONTENT = 65_536;

export class ChatPayload {
  @Int({ description: 'The chat', example: 7 })
  chat_id!: number;
}

export class SendPayload extends ChatPayload {
  @Text({ min: 1, max: MAX_CONTENT, example: 'Hello!' })
  content!: string;

  @Text({
    optional: true,
    nullable: true,
    max: 128,
    pattern: CONTENT_TYPE,
    allowed: 'MIME types such as text/plain, and short words',
    description: 'A MIME type or a short word; text/plain unless said',
    example: 'text/plain',
  })
  content_type?: string | null;

  @Text({
    optional: true,
    nullable: true,
    min: 1,
    max: 128,
    description: 'Made by the client: sent again, the message is stored once and answered as the first time',
    example: '7c9e6679-7425-40de-944b-e07fc1f90ae7',
  })
  client_msg_id?: string | null;
}

/** Of protocols that have one request for each type of chat. */
export class PostPayload extends SendPayload {
  @Text({ choices: ['personal', 'group'] })
  chat_type!: 'personal' | 'group';
}

export class HistoryPayload extends ChatPayload {
  @Int({ optional: true, nullable: true, min: 0, description: 'Only what was said before this entry' })
  before_seq?: number | null;

  @Int({ optional: true, nullable: true, min: 0, description: 'Only what was said after this entry, from the oldest on' })
  after_seq?: number | null;

  @Int({ optional: true, nullable: true, min: 1, max: 200, description: 'Messages at most; 50 unless said' })
  limit?: number | null;
}

export class SyncPayload extends ChatPayload {
  @Int({ min: 0, description: 'The last entry that the client has', example: 41 })
  after_seq!: number;

  @Int({ optional: true, nullable: true, min: 1, max: 1_000, description: 'Entries at most; 200 unless said' })
  limit?: number | null;
}

export class CursorPayload extends ChatPayload {
  @Int({ min: 0, description: 'The last entry before which nothing is missing', example: 41 })
  after_seq!: number;
}

export class ResumePayload {
  @ObjectList(CursorPayload, { max: 128, description: 'Where the client stands, chat by chat' })
  cursors!: CursorPayload[];
}

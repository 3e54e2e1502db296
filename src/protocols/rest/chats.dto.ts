import { Flag, Int, Text, TextList } from '../../validation/fields.js';

const MAX_CONTENT = 65_536;

/** Field names are the wire's own, and the same as those of the commands. */
export class RestCreateChatBody {
  @Text({ choices: ['personal', 'group'], example: 'group' })
  chat_type!: string;

  @Text({ optional: true, nullable: true, min: 1, max: 200, example: 'The readers' })
  chat_name?: string | null;

  @TextList({ max: 1_000, description: 'User names', example: ['bob'] }, { min: 1, max: 64, trim: true })
  members!: string[];

  @Text({
    optional: true,
    nullable: true,
    min: 1,
    max: 128,
    description: 'Sent again under the same one, the chat is made once; the header `Idempotency-Key` goes before it',
    example: '0f8fad5b-d9cb-469f-a165-70867728950e',
  })
  client_chat_id?: string | null;
}

export class RestChatsQuery {
  @Int({ optional: true, min: 1, max: 200, description: 'Chats at most; 100 unless said' })
  limit?: number;

  @Text({ optional: true, max: 300, description: '`next_cursor` of the page before' })
  cursor?: string;

  @Flag({ optional: true, description: 'Those that the caller has hidden, instead of the others' })
  hidden?: boolean;
}

export class RestChatQuery {
  @Text({ optional: true, max: 64, description: '`next_cursor` of the page before: the members from there on' })
  cursor?: string;
}

/** A page of requests, or of blocked users. */
export class RestPageQuery {
  @Int({ optional: true, min: 1, max: 200, description: 'At most; 100 by default' })
  limit?: number;

  @Text({ optional: true, max: 64, description: '`next_cursor` of the page before' })
  cursor?: string;
}

export class RestPrivacyBody {
  @Flag({ description: "Whether others see the caller's presence, typing and read positions", example: false })
  share_presence!: boolean;
}

export class RestMessagesQuery {
  @Int({ optional: true, min: 0, description: 'Only what was said before this entry' })
  before_seq?: number;

  @Int({ optional: true, min: 0, description: 'Only what was said after this entry, from the oldest on' })
  after_seq?: number;

  @Int({ optional: true, min: 1, max: 200, description: 'Messages at most; 50 unless said' })
  limit?: number;
}

export class RestMessageBody {
  @Text({ min: 1, max: MAX_CONTENT, example: 'Hello!' })
  content!: string;

  @Text({ optional: true, nullable: true, max: 128, description: 'A MIME type or a short word', example: 'text/plain' })
  content_type?: string | null;

  @Text({
    optional: true,
    nullable: true,
    min: 1,
    max: 128,
    description: 'Sent again under the same one, the message is stored once; the header `Idempotency-Key` goes before it',
    example: '7c9e6679-7425-40de-944b-e07fc1f90ae7',
  })
  client_msg_id?: string | null;
}

export class RestEditBody {
  @Text({ min: 1, max: MAX_CONTENT, example: 'Hello, all!' })
  content!: string;
}

export class RestReadBody {
  @Int({ min: 0, description: 'The last entry that was read', example: 42 })
  seq!: number;
}

export class RestMemberBody {
  @Text({ optional: true, nullable: true, choices: ['admin', 'member'], description: "The owner's to give" })
  role?: string | null;
}

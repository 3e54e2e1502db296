import { Flag, Int, Text, TextList } from '../validation/fields.js';
import { ChatPayload, MAX_CONTENT } from './message.payloads.js';
import type { GivenRole } from './members.service.js';

const NAMES = { max: 1_000, description: 'User names', example: ['bob'] } as const;
const NAME = { min: 1, max: 64, trim: true } as const;

export class CreatePayload {
  @Text({ choices: ['personal', 'group'], example: 'group' })
  chat_type!: 'personal' | 'group';

  @Text({
    optional: true,
    nullable: true,
    min: 1,
    max: 200,
    description: 'Of a group; without one it goes by the names of its first members',
    example: 'The readers',
  })
  chat_name?: string | null;

  @TextList(NAMES, NAME)
  members!: string[];

  @Text({
    optional: true,
    nullable: true,
    min: 1,
    max: 128,
    description: 'Made by the client: sent again, the chat is made once and answered as it is by then',
    example: '0f8fad5b-d9cb-469f-a165-70867728950e',
  })
  client_chat_id?: string | null;
}

export class ChatOfPayload extends ChatPayload {
  @Text({ optional: true, nullable: true, max: 64, description: '`next_cursor` of the page before: the members from there on' })
  cursor?: string | null;
}

/** Chats that are listed at once where only their names are. */
export const MAX_NAMES = 1_000;

export class NamesPayload {
  @Int({ optional: true, nullable: true, min: 1, max: MAX_NAMES, description: 'Chats at most; 1,000 by default' })
  limit?: number | null;

  @Text({ optional: true, nullable: true, max: 300, description: '`next_cursor` of the page before' })
  cursor?: string | null;
}

export class ListPayload {
  @Int({ optional: true, nullable: true, min: 1, max: 200, description: 'Chats at most; 100 unless said' })
  limit?: number | null;

  @Text({ optional: true, nullable: true, max: 300, description: '`next_cursor` of the page before' })
  cursor?: string | null;

  @Flag({ optional: true, nullable: true, description: 'Those that the caller has hidden, instead of the others' })
  hidden?: boolean | null;
}

export class MessagePayload extends ChatPayload {
  @Int({ description: 'The message', example: 42 })
  seq!: number;
}

export class EditPayload extends MessagePayload {
  @Text({ min: 1, max: MAX_CONTENT, example: 'Hello, all!' })
  content!: string;
}

export class ReadPayload extends ChatPayload {
  @Int({ min: 0, description: 'The last entry that was read', example: 42 })
  seq!: number;
}

export class AddMembersPayload extends ChatPayload {
  @TextList({ ...NAMES, min: 1 }, NAME)
  members!: string[];

  @Text({ optional: true, nullable: true, choices: ['admin', 'member'], description: "The owner's to give" })
  role?: GivenRole | null;
}

export class MemberPayload extends ChatPayload {
  @Int({ description: 'The member', example: 2 })
  user_id!: number;
}

export class PutMemberPayload extends MemberPayload {
  @Text({ optional: true, nullable: true, choices: ['admin', 'member'] })
  role?: GivenRole | null;
}

import { Flag, Int, Text } from '../../validation/fields.js';

export class RequestsPayload {
  @Int({ optional: true, nullable: true, min: 1, max: 200, description: 'Requests at most; 100 by default' })
  limit?: number | null;

  @Text({ optional: true, nullable: true, max: 64, description: '`next_cursor` of the page before' })
  cursor?: string | null;
}

export class BlockedPayload {
  @Int({ optional: true, nullable: true, min: 1, max: 200, description: 'Users at most; 100 by default' })
  limit?: number | null;

  @Text({ optional: true, nullable: true, max: 64, description: '`next_cursor` of the page before' })
  cursor?: string | null;
}

export class ContactPayload {
  @Int({ optional: true, nullable: true, description: 'The user by id; either this or the name', example: 2 })
  user_id?: number | null;

  @Text({ optional: true, nullable: true, min: 1, max: 64, description: 'The user by name', example: 'bob' })
  username?: string | null;
}

export class PrivacyPayload {
  @Flag({ description: "Whether others see the caller's presence, typing and read positions", example: false })
  share_presence!: boolean;
}

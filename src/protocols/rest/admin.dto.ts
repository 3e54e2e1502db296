import { AUDIT_ACTIONS, type AuditAction } from '../../auth/audit.js';
import { Int, Text } from '../../validation/fields.js';
import { Timestamp } from '../../validation/timestamp.js';

const MAX_LISTED = 1_000;

export class RestOwnConnectionsQuery {
  @Text({ max: 64, optional: true, description: 'Only connections of this protocol' })
  protocol?: string;

  @Int({ min: 1, max: MAX_LISTED, optional: true, description: 'The most connections to list' })
  limit = 200;
}

export class RestConnectionsQuery extends RestOwnConnectionsQuery {
  @Int({ min: 1, optional: true, description: 'Only connections of this user' })
  user_id?: number;
}

export class RestAuditQuery {
  @Int({ min: 1, optional: true, description: 'Only what was done to this account' })
  user_id?: number;

  @Int({ min: 1, optional: true, description: 'Only what this account did' })
  actor_id?: number;

  @Text({ choices: AUDIT_ACTIONS, optional: true, description: 'Only this' })
  action?: AuditAction;

  @Text({ max: 64, optional: true, description: 'Only what was done through this protocol' })
  protocol?: string;

  @Text({ max: 64, optional: true, description: 'Only what came from this address' })
  ip?: string;

  @Timestamp({ optional: true, description: 'Only entries from this time on, such as `2024-02-11T00:00:00Z`' })
  since?: string;

  @Timestamp({ optional: true, description: 'Only entries before this time' })
  until?: string;

  @Int({ min: 1, optional: true, description: 'Only entries before this id; the `Link` header gives the next page by it' })
  before?: number;

  @Int({ min: 1, max: MAX_LISTED, optional: true, description: 'Entries on a page' })
  limit = 100;
}

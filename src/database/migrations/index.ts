import { Accounts1763676000000 } from './0001-accounts.js';
import { Chats1763700000000 } from './0002-chats.js';
import { AuditIndexes1763900000000 } from './0003-audit-indexes.js';
import { Unread1764100000000 } from './0004-unread.js';
import { Consent1764200000000 } from './0005-consent.js';
import { Moderation1764300000000 } from './0006-moderation.js';
import { Quotas1764400000000 } from './0007-quotas.js';
import { Deletion1764500000000 } from './0008-deletion.js';
import { ChatKeys1764600000000 } from './0009-chat-keys.js';
import { LostAnswers1764800000000 } from './0011-lost-answers.js';
import { RequestsByOne1764900000000 } from './0012-requests-by-one.js';
import { UserSearch1765200000000 } from './0013-user-search.js';

/** All migrations, oldest first. One that has landed is never rewritten. */
export const migrations = [
  Accounts1763676000000,
  Chats1763700000000,
  AuditIndexes1763900000000,
  Unread1764100000000,
  Consent1764200000000,
  Moderation1764300000000,
  Quotas1764400000000,
  Deletion1764500000000,
  ChatKeys1764600000000,
  LostAnswers1764800000000,
  RequestsByOne1764900000000,
  UserSearch1765200000000,
];

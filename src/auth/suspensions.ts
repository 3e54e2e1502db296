import { Injectable } from '@nestjs/common';
import { Sql, type SqlTx } from '../database/sql.js';
import { CoreError, type Issue, invalidInput } from '../errors/catalogue.js';
import type { LiveSession, Origin } from '../identity/identity.js';
import { type AdminUserRecord, adminRecordOf } from '../users/user-record.js';
import { UsersRepository } from '../users/users.repository.js';
import { lengthOf } from '../validation/fields.js';
import { isActiveSuperuser, lockAccount } from './account-locks.js';
import { AccountNotices } from './account-notices.js';
import { Audit } from './audit.js';
import { RecoveryTokens } from './recovery-tokens.js';
import { SessionsService } from './sessions.service.js';

/** Ten years and a day: a client may count its ten years by a clock that is ahead of ours. */
const LONGEST_MS = (10 * 365.25 + 1) * 86_400_000;
/** Characters of a reason. */
export const MAX_REASON = 500;

export interface Suspension {
  readonly until: Date;
  /** For the owner of the account, who gets it by mail. */
  readonly reason: string;
}

const alone = (): Promise<void> => Promise.resolve();

/**
 * Shuts accounts out for a time. While a suspension lasts the account is as an inactive one to everybody but superusers. No job ends it:
 * every read compares its end with the clock of the database.
 */
@Injectable()
export class Suspensions {
  constructor(
    private readonly sql: Sql,
    private readonly users: UsersRepository,
    private readonly recovery: RecoveryTokens,
    private readonly sessions: SessionsService,
    private readonly audit: Audit,
    private readonly notices: AccountNotices,
  ) {}

  /**
   * Suspends an account, or gives its suspension another end and reason. All of its sessions end, and its owner gets a mail.
   * @param by null for the owner of the server
   * @param alongside what has to happen in the same transaction, before anything else; what it throws prevents the suspension
   * @throws CoreError `invalid_input` for an end that is past or more than ten years ahead, and a reason that is none; `forbidden` for oneself and for the last
   * active superuser; `not_found`; `unavailable`
   */
  async suspend(
    id: number,
    { until, reason }: Suspension,
    by: LiveSession | null,
    origin: Origin,
    alongside: (tx: SqlTx) => Promise<void> = alone,
  ): Promise<AdminUserRecord> {
    allow(by);
    check(until, reason);
    if (by?.userId === id) throw new CoreError('forbidden');
    const { after, ended } = await this.sql.transaction(async (tx) => {
      await alongside(tx);
      const { user, otherSuperusers } = await lockAccount(this.users, tx, id, by, { isPrivileged: true, withSuperusers: true });
      if (isActiveSuperuser(user) && otherSuperusers === 0) throw new CoreError('forbidden');
      const suspended = await this.users.suspend(tx, id, until, reason);
      await this.recovery.end(tx, id);
      const sessions = await this.sessions.revokeAllIn(tx, id, 'suspended');
      const details = { until: until.toISOString(), reason };
      await this.audit.write(tx, { action: 'user_suspended', actorId: by?.userId ?? null, userId: id, origin, details });
      return { after: suspended, ended: sessions };
    });
    this.notices.suspensionChanged(after, ended);
    return adminRecordOf(after);
  }

  /**
   * Lifts a suspension; an account that is not suspended stays as it is.
   * @param by null for the owner of the server
   * @throws CoreError `forbidden`, `not_found`, `unavailable`
   */
  async lift(id: number, by: LiveSession | null, origin: Origin): Promise<AdminUserRecord> {
    allow(by);
    const { after, isLifted } = await this.sql.transaction(async (tx) => {
      const { user } = await lockAccount(this.users, tx, id, by, { isPrivileged: true });
      if (!user.isSuspended) return { after: user, isLifted: false };
      const lifted = await this.users.suspend(tx, id, null, null);
      await this.audit.write(tx, { action: 'user_unsuspended', actorId: by?.userId ?? null, userId: id, origin });
      return { after: lifted, isLifted: true };
    });
    if (isLifted) this.notices.suspensionChanged(after, []);
    return adminRecordOf(after);
  }
}

function allow(by: LiveSession | null): void {
  if (by && !by.isSuperuser) throw new CoreError('forbidden');
}

function check(until: Date, reason: string): void {
  const ahead = until.getTime() - Date.now();
  const length = lengthOf(reason);
  const issues: Issue[] = [];
  const fault = (field: string, type: string, msg: string) => issues.push({ loc: ['payload', field], type, msg });
  if (length < 1 || length > MAX_REASON) {
    fault('reason', 'value_error.any_str', `ensure this value has 1 to ${MAX_REASON} characters`);
  }
  if (!(ahead > 0 && ahead <= LONGEST_MS)) {
    fault('until', 'value_error.datetime', 'ensure this time is in the future and at most ten years ahead');
  }
  if (issues.length > 0) throw invalidInput(...issues);
}

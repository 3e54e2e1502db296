import { Injectable } from '@nestjs/common';
import { Sql, type SqlTx } from '../database/sql.js';
import { CoreError, invalidInput } from '../errors/catalogue.js';
import type { LiveSession, Origin } from '../identity/identity.js';
import type { User } from '../users/user.entity.js';
import { adminRecordOf, type AdminUserRecord, recordOf } from '../users/user-record.js';
import { type UserFields, UsersRepository } from '../users/users.repository.js';
import { isActiveSuperuser, lockAccount } from './account-locks.js';
import { AccountNotices } from './account-notices.js';
import { Audit, type AuditAction } from './audit.js';
import { NewPasswords } from './new-passwords.js';
import { RecoveryTokens } from './recovery-tokens.js';
import { SessionsService } from './sessions.service.js';

/** What is to become of an account; what is left out stays. It has passed the rules of `users/fields.ts`. */
export interface Changes {
  readonly username?: string | undefined;
  /** null only where there is none. */
  readonly email?: string | null | undefined;
  readonly full_name?: string | null | undefined;
  readonly password?: string | undefined;
  readonly is_active?: boolean | undefined;
  readonly is_superuser?: boolean | undefined;
}

/** An address cannot be taken away, only replaced. */
const NO_NULL_EMAIL = { loc: ['body', 'email'], msg: 'none is not an allowed value', type: 'type_error.none.not_allowed' };

/** Changes and removes accounts. */
@Injectable()
export class AccountChanges {
  constructor(
    private readonly sql: Sql,
    private readonly users: UsersRepository,
    private readonly passwords: NewPasswords,
    private readonly recovery: RecoveryTokens,
    private readonly sessions: SessionsService,
    private readonly audit: Audit,
    private readonly notices: AccountNotices,
  ) {}

  /** See `AccountsService.update`. */
  async update(id: number, changes: Changes, by: LiveSession | null, origin: Origin): Promise<AdminUserRecord> {
    const isPrivileged = allow(id, changes, by);
    if (changes.email === null) throw invalidInput(NO_NULL_EMAIL);
    const passwordHash = await this.newHash(id, changes);
    const { before, after, ended } = await this.sql.transaction(async (tx) => {
      const withSuperusers = changes.is_active === false || changes.is_superuser === false;
      const { user, otherSuperusers } = await lockAccount(this.users, tx, id, by, { isPrivileged, withSuperusers });
      const wanted = apply(user, changes, passwordHash);
      const isLast = isActiveSuperuser(user) && otherSuperusers === 0;
      if (isLast && !isActiveSuperuser({ ...wanted, isSuspended: user.isSuspended })) throw new CoreError('forbidden');
      if (isSame(user, wanted)) return { before: user, after: user, ended: [] };
      const changed = await this.users.update(tx, id, wanted);
      const sessions = await this.endSessions(tx, user, changed, by);
      for (const [action, details] of auditEntriesOf(user, changed)) {
        await this.audit.write(tx, { action, actorId: by?.userId ?? null, userId: id, origin, details });
      }
      return { before: user, after: changed, ended: sessions };
    });
    if (before !== after) this.notices.changed(before, after, ended);
    return by && !by.isSuperuser ? recordOf(after) : adminRecordOf(after);
  }

  /** See `AccountsService.remove`. */
  async remove(id: number, by: LiveSession | null, origin: Origin): Promise<void> {
    const isPrivileged = allow(id, {}, by);
    const ended = await this.sql.transaction(async (tx) => {
      const { user, otherSuperusers } = await lockAccount(this.users, tx, id, by, { isPrivileged, withSuperusers: true });
      if (isActiveSuperuser(user) && otherSuperusers === 0) throw new CoreError('forbidden');
      // Revoked first: that tells every node which sessions are over, and the rows themselves go with the account's.
      const sessions = await this.sessions.revokeAllIn(tx, id, 'deleted');
      await this.users.remove(tx, id);
      const details = { username: user.username };
      await this.audit.write(tx, { action: 'user_deleted', actorId: by?.userId ?? null, userId: id, origin, details });
      return sessions;
    });
    this.notices.removed(id, ended);
  }

  /** Hashed before the transaction: no row stays locked while a processor works. */
  private async newHash(id: number, { password, username, email }: Changes): Promise<string | undefined> {
    if (password === undefined) return undefined;
    const present = await this.users.findById(id);
    if (!present) throw new CoreError('not_found');
    return this.passwords.hash(password, { username: username ?? present.username, email: email ?? present.email });
  }

  /** Ends what the account's former state gave: sessions, and recovery links that would undo the change or went to the old address. */
  private async endSessions(tx: SqlTx, before: User, after: User, by: LiveSession | null): Promise<string[]> {
    const isDeactivated = before.isActive && !after.isActive;
    const hasNewPassword = before.passwordHash !== after.passwordHash;
    if (isDeactivated || hasNewPassword || before.emailFold !== after.emailFold) await this.recovery.end(tx, after.id);
    if (isDeactivated) return this.sessions.revokeAllIn(tx, after.id, 'deactivated');
    if (!hasNewPassword) return [];
    return this.sessions.revokeAllIn(tx, after.id, 'password_changed', by?.userId === after.id ? by.id : undefined);
  }
}

/**
 * What can be said without looking: others than oneself, and rights, are for superusers and the owner of the server (null).
 * @returns whether a superuser's right is needed
 */
function allow(id: number, { is_active, is_superuser }: Changes, by: LiveSession | null): boolean {
  if (!by) return true;
  const isPrivileged = id !== by.userId || is_active !== undefined || is_superuser !== undefined;
  if (isPrivileged && !by.isSuperuser) throw new CoreError('forbidden');
  return isPrivileged;
}

function apply(user: User, changes: Changes, passwordHash: string | undefined): UserFields {
  return {
    username: changes.username ?? user.username,
    email: changes.email ?? user.email,
    fullName: changes.full_name === undefined ? user.fullName : changes.full_name,
    passwordHash: passwordHash ?? user.passwordHash,
    isActive: changes.is_active ?? user.isActive,
    isSuperuser: changes.is_superuser ?? user.isSuperuser,
  };
}

function isSame(user: User, fields: UserFields): boolean {
  return (Object.keys(fields) as (keyof UserFields)[]).every((name) => user[name] === fields[name]);
}

type AuditEntry = readonly [AuditAction, Readonly<Record<string, string | boolean | null>>];

function auditEntriesOf(before: User, after: User): readonly AuditEntry[] {
  const entries: AuditEntry[] = [];
  if (before.passwordHash !== after.passwordHash) entries.push(['password_changed', {}]);
  if (before.email !== after.email) entries.push(['email_changed', { from: before.email, to: after.email }]);
  if (before.username !== after.username) entries.push(['username_changed', { from: before.username, to: after.username }]);
  if (before.isSuperuser !== after.isSuperuser) entries.push(['role_changed', { superuser: after.isSuperuser }]);
  if (before.isActive !== after.isActive) entries.push([after.isActive ? 'activated' : 'deactivated', {}]);
  return entries;
}

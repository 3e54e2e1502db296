import { Injectable } from '@nestjs/common';
import { Sql, type SqlTx } from '../database/sql.js';
import { CoreError } from '../errors/catalogue.js';
import type { LiveSession, Origin } from '../identity/identity.js';
import type { User } from '../users/user.entity.js';
import { recordOf, type UserRecord } from '../users/user-record.js';
import { type UserFields, UsersRepository } from '../users/users.repository.js';
import { AccountNotices } from './account-notices.js';
import { Audit, type AuditAction } from './audit.js';
import { LiveSessions } from './live-sessions.js';
import { NewPasswords } from './new-passwords.js';
import { SessionsService } from './sessions.service.js';

/** What is to become of an account; what is left out stays. It has passed the rules of `users/fields.ts`. */
export interface Changes {
  readonly username?: string | undefined;
  readonly email?: string | undefined;
  readonly full_name?: string | null | undefined;
  readonly password?: string | undefined;
  readonly is_active?: boolean | undefined;
  readonly is_superuser?: boolean | undefined;
}

/** What a transaction did, for those who are told after its commit. */
interface Outcome {
  readonly before: User;
  readonly after: User;
  /** Sessions that it ended. */
  readonly ended: readonly string[];
}

interface LockOptions {
  /** Whether who acts has to be a superuser. */
  readonly isPrivileged: boolean;
  /** Whether every active superuser is locked, too. */
  readonly withSuperusers: boolean;
}

interface Locked {
  readonly user: User;
  /** Active superusers among the locked, without `user`. */
  readonly otherSuperusers: number;
}

/** Changes and removes accounts. */
@Injectable()
export class AccountChanges {
  constructor(
    private readonly sql: Sql,
    private readonly users: UsersRepository,
    private readonly passwords: NewPasswords,
    private readonly audit: Audit,
    private readonly sessions: SessionsService,
    private readonly live: LiveSessions,
    private readonly notices: AccountNotices,
  ) {}

  /** See `AccountsService.update`. */
  async update(id: number, changes: Changes, by: LiveSession, origin: Origin): Promise<UserRecord> {
    const isPrivileged = allow(id, changes, by);
    const passwordHash = await this.newHash(id, changes);
    const outcome = await this.sql.transaction(async (tx): Promise<Outcome> => {
      const withSuperusers = changes.is_active === false || changes.is_superuser === false;
      const { user: before, otherSuperusers } = await this.lock(tx, id, by, { isPrivileged, withSuperusers });
      const wanted = apply(before, changes, passwordHash);
      if (isActiveSuperuser(before) && !isActiveSuperuser(wanted) && otherSuperusers === 0) throw new CoreError('forbidden');
      if (isSame(before, wanted)) return { before, after: before, ended: [] };
      const after = await this.users.update(tx, id, wanted);
      const ended = await this.endSessions(tx, before, after, by);
      await this.endRecovery(tx, before, after);
      for (const [action, details] of auditOf(before, after)) {
        await this.audit.write(tx, { action, actorId: by.userId, userId: id, origin, details });
      }
      return { before, after, ended };
    });
    return this.tell(outcome);
  }

  /** See `AccountsService.remove`. */
  async remove(id: number, by: LiveSession, origin: Origin): Promise<void> {
    const isPrivileged = allow(id, {}, by);
    const ended = await this.sql.transaction(async (tx) => {
      const { user, otherSuperusers } = await this.lock(tx, id, by, { isPrivileged, withSuperusers: true });
      if (isActiveSuperuser(user) && otherSuperusers === 0) throw new CoreError('forbidden');
      // Revoked first: that tells every node which sessions are over, and the rows themselves go with the account's.
      const sessions = await this.sessions.revokeAllIn(tx, id, 'deleted');
      await this.users.remove(tx, id);
      const { username } = user;
      await this.audit.write(tx, { action: 'user_deleted', actorId: by.userId, userId: id, origin, details: { username } });
      return sessions;
    });
    this.live.invalidateSessions(ended);
    this.live.invalidateUser(id);
  }

  /**
   * Makes sure, by the table and until the transaction ends, that somebody is an active superuser.
   * @throws CoreError `forbidden`
   */
  async requireSuperuser(tx: SqlTx, by: LiveSession): Promise<void> {
    const locked = await this.users.lock(tx, [by.userId], false);
    if (!locked.some(isActiveSuperuser)) throw new CoreError('forbidden');
  }

  /** Hashed before the transaction: no row stays locked while a processor works. */
  private async newHash(id: number, { password, username, email }: Changes): Promise<string | undefined> {
    if (password === undefined) return undefined;
    const present = await this.users.findById(id);
    if (!present) throw new CoreError('not_found');
    return this.passwords.hash(password, { username: username ?? present.username, email: email ?? present.email });
  }

  /**
   * Locks the account, and who acts on it if that is somebody else; `withSuperusers` all superusers too, so that two of them
   * cannot remove each other at the same time. The session's own word for who is a superuser may be a moment old: the table's counts.
   */
  private async lock(tx: SqlTx, id: number, by: LiveSession, { isPrivileged, withSuperusers }: LockOptions): Promise<Locked> {
    const locked = await this.users.lock(tx, id === by.userId ? [id] : [id, by.userId], withSuperusers);
    const actor = locked.find((user) => user.id === by.userId);
    if (!actor?.isActive) throw new CoreError('not_authenticated');
    if (isPrivileged && !actor.isSuperuser) throw new CoreError('forbidden');
    const user = locked.find((candidate) => candidate.id === id);
    if (!user) throw new CoreError('not_found');
    return { user, otherSuperusers: locked.filter((other) => other.id !== id && isActiveSuperuser(other)).length };
  }

  private async endSessions(tx: SqlTx, before: User, after: User, by: LiveSession): Promise<string[]> {
    if (before.isActive && !after.isActive) return this.sessions.revokeAllIn(tx, after.id, 'deactivated');
    if (before.passwordHash === after.passwordHash) return [];
    return this.sessions.revokeAllIn(tx, after.id, 'password_changed', by.userId === after.id ? by.id : undefined);
  }

  /** A link that was asked for before must not undo a new password, and one that went to the old address is not the owner's any more. */
  private async endRecovery(tx: SqlTx, before: User, after: User): Promise<void> {
    const isSafe = before.passwordHash === after.passwordHash && before.emailFold === after.emailFold && after.isActive;
    if (!isSafe) await tx.affected('DELETE FROM recovery_tokens WHERE user_id = $1', [after.id]);
  }

  private tell({ before, after, ended }: Outcome): UserRecord {
    const record = recordOf(after);
    if (before === after) return record;
    this.live.invalidateSessions(ended);
    const isSeenBySessions =
      before.username !== after.username || before.isSuperuser !== after.isSuperuser || before.isActive !== after.isActive;
    if (isSeenBySessions) this.live.invalidateUser(after.id);
    this.notices.changed(before, after);
    return record;
  }
}

const isActiveSuperuser = ({ isActive, isSuperuser }: Pick<User, 'isActive' | 'isSuperuser'>): boolean => isActive && isSuperuser;

/**
 * What can be said without looking: others than oneself, and rights, are for superusers.
 * @returns whether a superuser's right is needed
 */
function allow(id: number, { is_active, is_superuser }: Changes, by: LiveSession): boolean {
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

type Deed = readonly [AuditAction, Readonly<Record<string, string | boolean | null>>];

function auditOf(before: User, after: User): readonly Deed[] {
  const deeds: Deed[] = [];
  if (before.passwordHash !== after.passwordHash) deeds.push(['password_changed', {}]);
  if (before.email !== after.email) deeds.push(['email_changed', { from: before.email, to: after.email }]);
  if (before.username !== after.username) deeds.push(['username_changed', { from: before.username, to: after.username }]);
  if (before.isSuperuser !== after.isSuperuser) deeds.push(['role_changed', { superuser: after.isSuperuser }]);
  if (before.isActive !== after.isActive) deeds.push([after.isActive ? 'activated' : 'deactivated', {}]);
  return deeds;
}

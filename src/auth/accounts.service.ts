import { Injectable } from '@nestjs/common';
import { Sql } from '../database/sql.js';
import { CoreError } from '../errors/catalogue.js';
import type { LiveSession, Origin } from '../identity/identity.js';
import { AddressLookups } from '../quotas/address-lookups.js';
import type { User } from '../users/user.entity.js';
import { type AdminUserRecord, recordOf, type UserRecord } from '../users/user-record.js';
import { UsersRepository } from '../users/users.repository.js';
import { AccountChanges, type Changes } from './account-changes.js';
import { lockSuperuser } from './account-locks.js';
import { Audit, type AuditAction } from './audit.js';
import { Credentials } from './credentials.js';
import { NewPasswords } from './new-passwords.js';

/** What an account is made of. It has passed the rules of `users/fields.ts`. */
export interface NewAccount {
  readonly username: string;
  readonly email: string | null;
  readonly password: string;
  readonly fullName?: string | null;
}

export interface NewAccountWithRights extends NewAccount {
  readonly isActive?: boolean;
  readonly isSuperuser?: boolean;
}

/** Everything that makes, proves, changes or removes an account, for every protocol. */
@Injectable()
export class AccountsService {
  constructor(
    private readonly sql: Sql,
    private readonly users: UsersRepository,
    private readonly passwords: NewPasswords,
    private readonly credentials: Credentials,
    private readonly changes: AccountChanges,
    private readonly audit: Audit,
    private readonly lookups: AddressLookups,
  ) {}

  /**
   * Makes an account for whoever asks.
   * @throws CoreError `taken`; `invalid_input` for a password that is too easily guessed; `too_many_requests`; `unavailable`
   */
  async register({ username, email, password, fullName }: NewAccount, origin: Origin): Promise<User> {
    // Named one by one: whatever else the caller's object holds, rights are not given here.
    return this.showing(origin, () => this.insert({ username, email, password, fullName }, 'register', null, origin));
  }

  /**
   * Makes an account on somebody's word.
   * @param by a superuser; null for the owner of the server
   * @throws CoreError as `register`, and `forbidden` where `by` is no superuser
   */
  async create(account: NewAccountWithRights, by: LiveSession | null, origin: Origin | null): Promise<UserRecord> {
    if (by && !by.isSuperuser) throw new CoreError('forbidden');
    return recordOf(await this.insert(account, 'user_created', by, origin));
  }

  /**
   * The account that `login` (a user name or an e-mail address) and the password prove.
   * @throws CoreError `wrong_credentials`, the same and after the same time whatever was wrong; `too_many_requests`; `unavailable`
   */
  verifyCredentials(login: string, password: string, origin: Origin): Promise<User> {
    return this.credentials.verify(login, password, origin);
  }

  /**
   * Changes an account. A changed password ends its other sessions, deactivation all of them, and the person is told by mail.
   * @param by null for the owner of the server
   * @returns the account as `by` may see it
   * @throws CoreError `forbidden`, `not_found`, `taken`, `invalid_input`, `too_many_requests`, `unavailable`
   */
  async update(id: number, changes: Changes, by: LiveSession | null, origin: Origin): Promise<AdminUserRecord> {
    const isNamed = changes.username !== undefined || changes.email !== undefined;
    // Superusers see all accounts anyway.
    if (!isNamed || !by || by.isSuperuser) return this.changes.update(id, changes, by, origin);
    const user = await this.showing(origin, () => this.changes.update(id, changes, by, origin));
    this.lookups.showName(origin.address);
    return user;
  }

  /**
   * Removes an account for ever and ends its sessions.
   * @param by null for the owner of the server
   * @throws CoreError `forbidden` (also for the last active superuser), `not_found`, `unavailable`
   */
  remove(id: number, by: LiveSession | null, origin: Origin): Promise<void> {
    return this.changes.remove(id, by, origin);
  }

  /** Does what shows whether a name or an e-mail address is taken, and counts where it is. */
  private async showing<T>({ address }: Origin, work: () => Promise<T>): Promise<T> {
    await this.lookups.checkNames(address);
    try {
      return await work();
    } catch (thrown) {
      if (thrown instanceof CoreError && thrown.code === 'taken') this.lookups.showName(address);
      throw thrown;
    }
  }

  private async insert(
    account: NewAccountWithRights,
    action: AuditAction,
    by: LiveSession | null,
    origin: Origin | null,
  ): Promise<User> {
    const { username, email, password, fullName = null, isActive = true, isSuperuser = false } = account;
    // Hashing is the dear part: a name that is obviously taken does not get that far. The table's keys decide.
    if (await this.users.isTaken(username, email)) throw new CoreError('taken');
    const passwordHash = await this.passwords.hash(password, { username, email });
    return this.sql.transaction(async (tx) => {
      if (by) await lockSuperuser(this.users, tx, by);
      const user = await this.users.insert(tx, { username, email, fullName, passwordHash, isActive, isSuperuser });
      const actorId = by?.userId ?? (action === 'register' ? user.id : null);
      await this.audit.write(tx, { action, actorId, userId: user.id, origin, details: { username, superuser: isSuperuser } });
      return user;
    });
  }
}

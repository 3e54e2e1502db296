import { Injectable } from '@nestjs/common';
import { Settings } from '../config/settings.js';
import { CoreError } from '../errors/catalogue.js';
import type { LiveSession, Origin } from '../identity/identity.js';
import { AddressLookups } from '../quotas/address-lookups.js';
import type { User } from '../users/user.entity.js';
import { type AdminUserRecord, recordOf, type UserRecord } from '../users/user-record.js';
import { UsersRepository } from '../users/users.repository.js';
import { AccountChanges, type Changes } from './account-changes.js';
import { AccountMaker, type NewAccount, type NewAccountWithRights } from './account-maker.js';
import { Credentials } from './credentials.js';
import { NewPasswords } from './new-passwords.js';

/**
 * Whether a registration that is sent once more, with the same data, gets the account that the first one made: its answer may be lost. That
 * the client has it shows where it logged in (`before-log-in`), or in what the caller knows (`never`).
 */
export type Repeat = 'never' | 'before-log-in' | 'always';

/** Everything that makes, proves, changes or removes an account, for every protocol. */
@Injectable()
export class AccountsService {
  constructor(
    private readonly users: UsersRepository,
    private readonly maker: AccountMaker,
    private readonly passwords: NewPasswords,
    private readonly credentials: Credentials,
    private readonly changes: AccountChanges,
    private readonly lookups: AddressLookups,
    private readonly settings: Settings,
  ) {}

  /**
   * Makes an account for anybody who asks.
   * @param repeat whether it may be a repetition, within LOST_ANSWER_SEC
   * @throws CoreError `registration_closed`; `taken`; `invalid_input` for a password that is too easily guessed; `too_many_requests`; `unavailable`
   */
  async register({ username, email, password, fullName }: NewAccount, origin: Origin, repeat: Repeat = 'never'): Promise<User> {
    if (this.settings.REGISTRATION === 'closed') throw new CoreError('registration_closed');
    // Named one by one: whatever else the caller's object holds, rights are not given here.
    const account: NewAccount = { username, email, password, fullName };
    return this.showing(origin, async () => {
      try {
        return await this.maker.make(account, 'register', null, origin);
      } catch (thrown) {
        const isTaken = thrown instanceof CoreError && thrown.code === 'taken';
        const made = isTaken && repeat !== 'never' ? await this.findMade(account, repeat) : null;
        if (!made) throw thrown;
        return made;
      }
    });
  }

  /**
   * Makes an account on somebody's word.
   * @param by a superuser; null for the owner of the server
   * @throws CoreError as `register`, and `forbidden` where `by` is no superuser
   */
  async create(account: NewAccountWithRights, by: LiveSession | null, origin: Origin | null): Promise<UserRecord> {
    if (by && !by.isSuperuser) throw new CoreError('forbidden');
    return recordOf(await this.maker.make(account, 'user_created', by, origin));
  }

  /**
   * The account that `login` (a user name or an e-mail address) and the password prove.
   * @throws CoreError `wrong_credentials`, the same and after the same time whatever was wrong; `too_many_requests`; `unavailable`
   */
  verifyCredentials(login: string, password: string, origin: Origin): Promise<User> {
    return this.credentials.verify(login, password, origin);
  }

  /**
   * Changes an account; fields that are as they were count as left out. A changed password ends its other sessions, deactivation ends all
   * of them, and the user gets a mail.
   * @param by null for the owner of the server
   * @returns the account as `by` may see it
   * @throws CoreError `forbidden`, `not_found`, `taken`, `invalid_input`, `too_many_requests`, `unavailable`
   */
  async update(id: number, changes: Changes, by: LiveSession | null, origin: Origin): Promise<AdminUserRecord> {
    const asked = by?.userId === id || by?.isSuperuser !== false ? await this.withoutUnchanged(id, changes) : changes;
    return this.change(id, asked, by, origin);
  }

  /** What is as it was, as in a record that was read and is written back, asks for no rights and counts as left out. */
  private async withoutUnchanged(id: number, changes: Changes): Promise<Changes> {
    const user = await this.users.findById(id);
    if (!user) return changes;
    const present: Changes = {
      username: user.username,
      email: user.email,
      full_name: user.fullName,
      is_active: user.isActive,
      is_superuser: user.isSuperuser,
    };
    const isChanged = (name: string): boolean => Reflect.get(changes, name) !== Reflect.get(present, name);
    return Object.fromEntries(Object.entries(changes).filter(([name]) => isChanged(name)));
  }

  private async change(id: number, changes: Changes, by: LiveSession | null, origin: Origin): Promise<AdminUserRecord> {
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

  /** The account that the same registration has just made. */
  private async findMade({ username, email, password, fullName = null }: NewAccount, repeat: Repeat): Promise<User | null> {
    const user = await this.users.findNew(username, this.settings.LOST_ANSWER_SEC, repeat === 'always');
    if (!user || user.username !== username || user.email !== email || user.fullName !== fullName || user.isSuperuser)
      return null;
    return (await this.passwords.matches(user.passwordHash, password)) ? user : null;
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
}

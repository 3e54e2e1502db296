import { Injectable } from '@nestjs/common';
import { Sql } from '../database/sql.js';
import { CoreError } from '../errors/catalogue.js';
import type { LiveSession, Origin } from '../identity/identity.js';
import type { User } from '../users/user.entity.js';
import { UsersRepository } from '../users/users.repository.js';
import { lockSuperuser } from './account-locks.js';
import { Audit, type AuditAction } from './audit.js';
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

/** Puts new accounts into the table. */
@Injectable()
export class AccountMaker {
  constructor(
    private readonly sql: Sql,
    private readonly users: UsersRepository,
    private readonly passwords: NewPasswords,
    private readonly audit: Audit,
  ) {}

  /** @throws CoreError `taken`; `invalid_input` for a password that is too easily guessed; `forbidden`, `unavailable` */
  async make(account: NewAccountWithRights, action: AuditAction, by: LiveSession | null, origin: Origin | null): Promise<User> {
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

import { Injectable } from '@nestjs/common';
import { Sql } from '../database/sql.js';
import { CoreError } from '../errors/catalogue.js';
import type { LiveSession, Origin } from '../identity/identity.js';
import { fieldsOf, UsersRepository } from '../users/users.repository.js';
import { lockAccount } from './account-locks.js';
import { AccountNotices } from './account-notices.js';
import { Audit } from './audit.js';
import { NewPasswords } from './new-passwords.js';
import { type IssuedRecovery, RecoveryTokens } from './recovery-tokens.js';
import { SessionsService } from './sessions.service.js';

/** Tokens handed over by the owner of the server, and the use of tokens whichever way they came. */
@Injectable()
export class PasswordResets {
  constructor(
    private readonly sql: Sql,
    private readonly users: UsersRepository,
    private readonly tokens: RecoveryTokens,
    private readonly passwords: NewPasswords,
    private readonly sessions: SessionsService,
    private readonly audit: Audit,
    private readonly notices: AccountNotices,
  ) {}

  /** See `RecoveryService.issueByOwner`. */
  async issue(userId: number, by: LiveSession | null, origin: Origin | null): Promise<IssuedRecovery> {
    if (by && !by.isSuperuser) throw new CoreError('forbidden');
    const { issued, ended } = await this.sql.transaction(async (tx) => {
      await lockAccount(this.users, tx, userId, by, { isPrivileged: true });
      const token = await this.tokens.issue(tx, userId);
      const sessions = await this.sessions.revokeAllIn(tx, userId, 'password_reset');
      const details = { by_owner: true };
      await this.audit.write(tx, { action: 'password_reset_requested', actorId: by?.userId ?? null, userId, origin, details });
      return { issued: token, ended: sessions };
    });
    this.notices.sessionsEnded(ended);
    return issued;
  }

  /** See `RecoveryService.reset`. */
  async reset(token: string, password: string, origin: Origin): Promise<void> {
    // Looked at before the password is hashed: a made-up token must not cost more than an index look-up.
    const owner = await this.tokens.find(token);
    if (!owner) return this.repeat(token, password);
    const passwordHash = await this.passwords.hash(password, owner);
    const change = await this.sql.transaction(async (tx) => {
      const [user] = await this.users.lock(tx, [owner.id], false);
      if (!user || !(await this.tokens.consume(tx, user.id, token))) return null;
      const changed = await this.users.update(tx, user.id, { ...fieldsOf(user), passwordHash });
      const sessions = await this.sessions.revokeAllIn(tx, user.id, 'password_reset');
      await this.audit.write(tx, { action: 'password_reset', actorId: user.id, userId: user.id, origin });
      return { before: user, after: changed, ended: sessions };
    });
    if (!change) return this.repeat(token, password);
    this.notices.changed(change.before, change.after, change.ended);
  }

  /**
   * Answers a client that did not get the answer: a client that sends the token it has just used, with the password that is set, asks for
   * nothing new. Changes nothing.
   * @throws CoreError `bad_recovery_token`
   */
  private async repeat(token: string, password: string): Promise<void> {
    const userId = await this.tokens.findSpent(token);
    const user = userId === null ? null : await this.users.findById(userId);
    if (!user || !(await this.passwords.matches(user.passwordHash, password))) throw new CoreError('bad_recovery_token');
  }
}

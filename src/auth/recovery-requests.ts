import { setTimeout as sleep } from 'node:timers/promises';
import { type BeforeApplicationShutdown, Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { Settings } from '../config/settings.js';
import { Sql } from '../database/sql.js';
import { CoreError } from '../errors/catalogue.js';
import { stackOf } from '../errors/thrown.js';
import type { Origin } from '../identity/identity.js';
import { isUsable } from '../users/user.entity.js';
import { UsersRepository } from '../users/users.repository.js';
import { Audit } from './audit.js';
import { type Mail, recoveryMail } from './mail-texts.js';
import { RecoveryMails } from './recovery-mails.js';
import { recoveryLink, RecoveryTokens } from './recovery-tokens.js';
import { Semaphore } from './semaphore.js';

const MAX_WAITING = 1_000;
/** Milliseconds in which the answer leaves: what an account costs afterwards must not delay it. */
const HEAD_START_MS = 5;
/** Milliseconds that a shutdown waits for requests that were answered already. */
const PATIENCE_MS = 2_000;

/** Works requests for recovery off behind the back of who made them, so that neither the answer nor its time tells whether there is an account. */
@Injectable()
export class RecoveryRequests implements BeforeApplicationShutdown, OnApplicationShutdown {
  private readonly log = new Logger('Recovery');
  /** One at a time: of two requests for one account the later mail has the token that counts. */
  private readonly queue = new Semaphore(1, MAX_WAITING);

  constructor(
    private readonly settings: Settings,
    private readonly sql: Sql,
    private readonly users: UsersRepository,
    private readonly tokens: RecoveryTokens,
    private readonly audit: Audit,
    private readonly mails: RecoveryMails,
  ) {}

  /**
   * Returns at once; the mail follows if there is an account with an address that is neither inactive nor suspended.
   * @param login a user name or an e-mail address
   * @throws CoreError `unavailable` where too many requests wait already
   */
  add(login: string, origin: Origin): void {
    if (this.queue.queued >= MAX_WAITING) throw new CoreError('unavailable');
    this.queue
      .run(() => this.answer(login, origin))
      .catch((error: unknown) => this.log.error('A recovery was not begun', stackOf(error)));
  }

  /** Resolves when nothing waits. */
  idle(): Promise<void> {
    return this.queue.idle();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.settle();
  }

  /** Once more: requests in flight were still answered since. */
  async onApplicationShutdown(): Promise<void> {
    await this.settle();
  }

  private async settle(): Promise<void> {
    const isIdle = await Promise.race([this.idle().then(() => true), sleep(PATIENCE_MS, false, { ref: false })]);
    if (!isIdle) this.log.error('The server stopped before all recoveries were begun');
  }

  private async answer(login: string, origin: Origin): Promise<void> {
    await sleep(HEAD_START_MS);
    const found = await this.users.findForLogin(login);
    if (!found || !isUsable(found) || found.email === null) return;
    // Before there is a token: a new one makes the one of the last mail worthless.
    if (!(await this.mails.mayBeSent(found.email, found.id, origin))) return;
    const mail = await this.sql.transaction(async (tx): Promise<Mail | undefined> => {
      const [user] = await this.users.lock(tx, [found.id], false);
      if (!user || !isUsable(user) || user.email === null) return undefined;
      const { token, expires_in } = await this.tokens.issue(tx, user.id);
      await this.audit.write(tx, { action: 'password_reset_requested', actorId: null, userId: user.id, origin });
      return recoveryMail(user.email, user.username, recoveryLink(this.settings, token), expires_in);
    });
    if (mail) this.mails.send(mail);
  }
}

import { Injectable } from '@nestjs/common';
import type { User } from '../users/user.entity.js';
import { recordOf } from '../users/user-record.js';
import { AccountEvents } from './account-events.js';
import { emailChangedMail, passwordChangedMail } from './mail-texts.js';
import { Mailer } from './mailer.js';

/** Tells people what became of their account, after the commit: their connections at once, and themselves by mail. */
@Injectable()
export class AccountNotices {
  constructor(
    private readonly mailer: Mailer,
    private readonly events: AccountEvents,
  ) {}

  /** The mails go to the address that was the account's before: who took an account over may have changed it. */
  changed(before: User, after: User): void {
    this.events.updated(recordOf(after));
    if (before.email === null) return;
    if (before.passwordHash !== after.passwordHash) this.mailer.send(passwordChangedMail(before.email, after.username));
    if (before.emailFold !== after.emailFold) this.mailer.send(emailChangedMail(before.email, after.username));
  }

  passwordReset({ email, username }: Pick<User, 'email' | 'username'>): void {
    if (email !== null) this.mailer.send(passwordChangedMail(email, username));
  }
}

import { Injectable } from '@nestjs/common';
import type { User } from '../users/user.entity.js';
import { recordOf } from '../users/user-record.js';
import { AccountEvents } from './account-events.js';
import { LiveSessions } from './live-sessions.js';
import { emailChangedMail, passwordChangedMail, suspendedMail, unsuspendedMail } from './mail-texts.js';
import { Mailer } from './mailer.js';

/**
 * What has to be known once a change of an account is committed: this node's sessions at once (the others hear it from the
 * database), the account's connections everywhere, and the person by mail.
 */
@Injectable()
export class AccountNotices {
  constructor(
    private readonly live: LiveSessions,
    private readonly events: AccountEvents,
    private readonly mailer: Mailer,
  ) {}

  /** @param ended sessions that the change has ended */
  changed(before: User, after: User, ended: readonly string[]): void {
    this.live.invalidateSessions(ended);
    const isSeenBySessions =
      before.username !== after.username || before.isSuperuser !== after.isSuperuser || before.isActive !== after.isActive;
    if (isSeenBySessions) this.live.invalidateUser(after.id);
    this.events.updated(recordOf(after));
    // To the address that was the account's before: who took it over may have changed it.
    if (before.email === null) return;
    if (before.passwordHash !== after.passwordHash) this.mailer.send(passwordChangedMail(before.email, after.username), after.id);
    if (before.emailFold !== after.emailFold) this.mailer.send(emailChangedMail(before.email, after.username), after.id);
  }

  /** A suspension has begun, has another end or reason now, or was lifted. @param ended sessions that it has ended */
  suspensionChanged(user: User, ended: readonly string[]): void {
    this.live.invalidateSessions(ended);
    this.live.invalidateUser(user.id);
    const { email, username, suspendedUntil, suspensionReason } = user;
    if (email === null) return;
    const mail = suspendedUntil
      ? suspendedMail(email, username, suspensionReason ?? '', suspendedUntil)
      : unsuspendedMail(email, username);
    this.mailer.send(mail, user.id);
  }

  removed(id: number, ended: readonly string[]): void {
    this.live.invalidateSessions(ended);
    this.live.invalidateUser(id);
  }

  sessionsEnded(ended: readonly string[]): void {
    this.live.invalidateSessions(ended);
  }
}

import { Module } from '@nestjs/common';
import { QuotasModule } from '../quotas/quotas.module.js';
import { UsersModule } from '../users/users.module.js';
import { AccountChanges } from './account-changes.js';
import { AccountEvents } from './account-events.js';
import { AccountMaker } from './account-maker.js';
import { AccountNotices } from './account-notices.js';
import { AccountsService } from './accounts.service.js';
import { Audit } from './audit.js';
import { AuditLog } from './audit-log.js';
import { Credentials } from './credentials.js';
import { FirstSuperuser } from './first-superuser.js';
import { JwksController } from './jwks.controller.js';
import { KnownAddresses } from './known-addresses.js';
import { LoginThrottle } from './login-throttle.js';
import { MailQuotas } from './mail-quotas.js';
import { Mailer } from './mailer.js';
import { NewPasswords } from './new-passwords.js';
import { PasswordBlocklist } from './password-blocklist.js';
import { PasswordHasher } from './password-hasher.js';
import { PasswordResets } from './password-resets.js';
import { RecoveryMails } from './recovery-mails.js';
import { RecoveryRequests } from './recovery-requests.js';
import { RecoveryService } from './recovery.service.js';
import { RecoveryTokens } from './recovery-tokens.js';
import { RecoveryWarnings } from './recovery-warnings.js';
import { SESSION_EXPORTS, SESSION_PROVIDERS } from './sessions.providers.js';
import { Suspensions } from './suspensions.js';

const ACCOUNT_PROVIDERS = [
  AccountChanges,
  AccountEvents,
  AccountMaker,
  AccountNotices,
  AccountsService,
  Audit,
  AuditLog,
  Credentials,
  FirstSuperuser,
  KnownAddresses,
  LoginThrottle,
  MailQuotas,
  Mailer,
  NewPasswords,
  PasswordBlocklist,
  PasswordHasher,
  PasswordResets,
  RecoveryMails,
  RecoveryRequests,
  RecoveryService,
  RecoveryTokens,
  RecoveryWarnings,
  Suspensions,
];

/** Accounts, their passwords, sessions and tokens. */
@Module({
  imports: [UsersModule, QuotasModule],
  controllers: [JwksController],
  providers: [...ACCOUNT_PROVIDERS, ...SESSION_PROVIDERS],
  exports: [UsersModule, AccountsService, RecoveryService, Suspensions, Audit, AuditLog, Mailer, ...SESSION_EXPORTS],
})
export class AuthModule {}

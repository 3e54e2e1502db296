import { Global, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { AccountsService } from '../auth/accounts.service.js';
import { Audit } from '../auth/audit.js';
import { AUTH_ENTITIES } from '../auth/auth.entities.js';
import { AuthModule } from '../auth/auth.module.js';
import { NewPasswords } from '../auth/new-passwords.js';
import { recoveryLink } from '../auth/recovery-tokens.js';
import { RecoveryService } from '../auth/recovery.service.js';
import { SessionsService } from '../auth/sessions.service.js';
import { SigningKeys } from '../auth/signing-keys.js';
import { Suspensions } from '../auth/suspensions.js';
import { BusModule } from '../bus/bus.module.js';
import type { Settings } from '../config/settings.js';
import { SettingsModule } from '../config/settings.module.js';
import { DatabaseModule } from '../database/database.module.js';
import { Sql } from '../database/sql.js';
import { Metrics } from '../ops/metrics.js';
import { RateLimits } from '../ops/rate-limits.js';
import { RealtimeModule } from '../realtime/realtime.module.js';
import { User } from '../users/user.entity.js';
import { UsersRepository } from '../users/users.repository.js';
import { UsersService } from '../users/users.service.js';
import { withDatabase } from './with-database.js';

/** The services of the server, in this process: what they refuse there they refuse here. */
export interface Rooms {
  readonly accounts: AccountsService;
  readonly recovery: RecoveryService;
  readonly sessions: SessionsService;
  readonly suspensions: Suspensions;
  readonly keys: SigningKeys;
  readonly users: UsersService;
  /** For what no service does: the demo writes many accounts and their chats at once. */
  readonly sql: Sql;
  readonly table: UsersRepository;
  readonly passwords: NewPasswords;
  readonly audit: Audit;
  readonly settings: Settings;
  /** The address at which a recovery token is used up. */
  readonly linkOf: (token: string) => string;
}

/** One command at a time needs two, a lock beside its transactions; a third is kept back, as in every pool (`sharedConnections`). */
const POOL = 3;

/** What the rooms need of `OpsModule`, whose other parts need an HTTP server. */
@Global()
@Module({ providers: [Metrics, RateLimits], exports: [Metrics, RateLimits] })
class FiguresModule {}

/**
 * Opens the rooms, without a listener, for as long as `work` takes. The database is brought up to date before.
 * @throws SettingsError, DatabaseStartError, AppSecretError, and what `work` throws
 */
export function withRooms<T>(work: (rooms: Rooms) => Promise<T>): Promise<T> {
  return withDatabase(async ({ url }, settings) => {
    @Module({
      imports: [
        SettingsModule.forRoot(settings),
        DatabaseModule.forRoot({ url, pool: POOL, entities: [User, ...AUTH_ENTITIES] }),
        BusModule.forRoot(settings),
        FiguresModule,
        RealtimeModule,
        AuthModule,
      ],
    })
    class CliModule {}

    const app = await NestFactory.createApplicationContext(CliModule, { abortOnError: false });
    try {
      return await work({
        accounts: app.get(AccountsService),
        recovery: app.get(RecoveryService),
        sessions: app.get(SessionsService),
        suspensions: app.get(Suspensions),
        keys: app.get(SigningKeys),
        users: app.get(UsersService),
        sql: app.get(Sql),
        table: app.get(UsersRepository),
        passwords: app.get(NewPasswords),
        audit: app.get(Audit),
        settings,
        linkOf: (token) => recoveryLink(settings, token),
      });
    } finally {
      await app.close();
    }
  });
}

import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Global, type INestApplicationContext, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { AUTH_ENTITIES } from '../../src/auth/auth.entities.js';
import { AuthModule } from '../../src/auth/auth.module.js';
import { AccountsService } from '../../src/auth/accounts.service.js';
import { RecoveryService } from '../../src/auth/recovery.service.js';
import { type IssuedTokens, SessionsService } from '../../src/auth/sessions.service.js';
import { BusModule } from '../../src/bus/bus.module.js';
import { SettingsModule } from '../../src/config/settings.module.js';
import { Settings } from '../../src/config/settings.js';
import { DatabaseModule } from '../../src/database/database.module.js';
import { Sql } from '../../src/database/sql.js';
import { coreErrorOf } from '../../src/errors/core-error-of.js';
import type { LiveSession, Origin } from '../../src/identity/identity.js';
import { Metrics } from '../../src/ops/metrics.js';
import { RateLimits } from '../../src/ops/rate-limits.js';
import { RealtimeModule } from '../../src/realtime/realtime.module.js';
import { User } from '../../src/users/user.entity.js';
import { UsersService } from '../../src/users/users.service.js';
import { createDatabase, type TestDatabase } from './database.js';

@Global()
@Module({ providers: [Metrics, RateLimits], exports: [Metrics, RateLimits] })
class FiguresModule {}

/** The rooms of accounts over a real database, without protocols. */
export interface AccountsApp {
  readonly app: INestApplicationContext;
  readonly settings: Settings;
  readonly sql: Sql;
  readonly accounts: AccountsService;
  readonly recovery: RecoveryService;
  readonly sessions: SessionsService;
  readonly users: UsersService;
  /** Closes the application; the database and the data stay. */
  stop(): Promise<void>;
}

export const PASSWORD = 'correct horse battery';

export const originFrom = (address: string, protocol = 'rest'): Origin => ({ protocol, address, userAgent: 'test' });
export const HERE = originFrom('192.0.2.1');

/** A folder of a test's own, readable for whoever runs a database in it. */
export async function newDataDir(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'switchboard-data-'));
  await chmod(folder, 0o755);
  return folder;
}

/** Starts a node. Several may share a database and a folder. */
export async function startNode(database: TestDatabase, variables: Readonly<Record<string, string>>): Promise<AccountsApp> {
  const settings = Settings.from({ LOG_LEVEL: 'silent', APP_SECRET: 'a secret of thirty-two bytes at least', ...variables });

  @Module({
    imports: [
      SettingsModule.forRoot(settings),
      DatabaseModule.forRoot({ url: database.url, pool: settings.DATABASE_POOL, entities: [User, ...AUTH_ENTITIES] }),
      BusModule.forRoot(settings),
      FiguresModule,
      RealtimeModule,
      AuthModule,
    ],
  })
  class TestModule {}

  const app = await NestFactory.createApplicationContext(TestModule, { logger: false, abortOnError: false });
  return {
    app,
    settings,
    sql: app.get(Sql),
    accounts: app.get(AccountsService),
    recovery: app.get(RecoveryService),
    sessions: app.get(SessionsService),
    users: app.get(UsersService),
    stop: () => app.close(),
  };
}

/** A node with a database and a folder of its own; `close` removes everything. */
export async function startAccounts(variables: Readonly<Record<string, string>> = {}) {
  const database = await createDatabase();
  const dataDir = await newDataDir();
  const node = await startNode(database, { DATA_DIR: dataDir, ...variables }).catch(async (error: unknown) => {
    await database.drop();
    throw error;
  });
  const close = async (): Promise<void> => {
    await node.stop();
    await database.drop();
    await rm(dataDir, { recursive: true, force: true });
  };
  return { ...node, database, dataDir, close };
}

/** The code of the core error that something fails with; `ok` where it does not fail. Any other error is thrown. */
export async function codeOf(attempt: Promise<unknown>): Promise<string> {
  try {
    await attempt;
    return 'ok';
  } catch (error) {
    // A database that was too busy throws the driver's own error, which transports translate like this.
    const { code } = coreErrorOf(error);
    if (code === 'internal') throw error;
    return code;
  }
}

export async function logIn(node: AccountsApp, login: string, password = PASSWORD, origin = HERE): Promise<IssuedTokens> {
  return node.sessions.open(await node.accounts.verifyCredentials(login, password, origin), origin, { refresh: true });
}

/** Makes an account and logs it in. */
export async function member(node: AccountsApp, username: string, rights: { isSuperuser?: boolean } = {}): Promise<LiveSession> {
  await node.accounts.create({ username, email: `${username}@example.com`, password: PASSWORD, ...rights }, null, null);
  return (await logIn(node, username)).session;
}

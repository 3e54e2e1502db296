import type { DataSourceOptions } from 'typeorm';
import { connectionConfig } from './connection.js';
import { DatabaseClient } from './database-client.js';
import { LanedPool } from './laned-pool.js';
import { migrations } from './migrations/index.js';
import { PostgresNaming } from './naming.js';

/** Milliseconds that a caller waits for a connection of the pool; after that the answer is `unavailable`. */
const POOL_WAIT_MS = 1_000;
/** Milliseconds that a statement waits for a lock. Together with the wait for a connection this stays below two seconds. */
const LOCK_WAIT_MS = 900;
/** Milliseconds after which the server cancels a statement, or ends a session that sits in an open transaction. */
const STATEMENT_MS = 10_000;
/** Milliseconds after which a server that says nothing at all is given up (`Sql` does so earlier where it can); above `STATEMENT_MS`, so that its own word comes first. */
const SILENCE_MS = 12_000;

/** How a server uses its pool. */
export interface PoolOptions {
  /** The most connections at once. */
  readonly pool: number;
  /** Classes (or, for the command line, globs) of entities; they live in rooms above this one. */
  readonly entities: NonNullable<DataSourceOptions['entities']>;
}

const LIMITS = {
  statement_timeout: STATEMENT_MS,
  idle_in_transaction_session_timeout: STATEMENT_MS,
  lock_timeout: LOCK_WAIT_MS,
} as const;

/** The only place where the data source is configured: for the server, the command line and the tests. */
export function dataSourceOptions(url: string, { pool, entities }: PoolOptions) {
  return {
    type: 'postgres',
    // All that TypeORM takes of the driver.
    driver: { Pool: LanedPool },
    entities,
    migrations,
    migrationsTableName: 'schema_migrations',
    migrationsTransactionMode: 'each',
    migrationsRun: false,
    synchronize: false,
    installExtensions: false,
    namingStrategy: new PostgresNaming(),
    poolErrorHandler: () => undefined, // an idle connection broke: the pool drops it and opens another when needed
    extra: {
      ...connectionConfig(url, 'switchboard', LIMITS),
      Client: DatabaseClient,
      max: pool,
      connectionTimeoutMillis: POOL_WAIT_MS,
      idleTimeoutMillis: 60_000,
      query_timeout: SILENCE_MS,
      // With it a query that runs into `query_timeout` takes its connection along, instead of leaving it to block the next one.
      pipeline: true,
    },
  } satisfies DataSourceOptions;
}

/** The data source of migrations: few connections, no entities, and as much time as a large table takes. */
export function migrationOptions(url: string) {
  const { extra, driver: _laned, ...options } = dataSourceOptions(url, { pool: 2, entities: [] });
  const { connectionTimeoutMillis } = connectionConfig(url);
  const session = { ...extra.session, ...Object.fromEntries(Object.keys(LIMITS).map((name) => [name, 0])) };
  return { ...options, extra: { ...extra, session, query_timeout: 0, connectionTimeoutMillis } } satisfies DataSourceOptions;
}

import { Logger } from '@nestjs/common';
import { DataSource, MigrationExecutor, type QueryRunner } from 'typeorm';
import { migrationOptions } from './options.js';
import { refuseSharedSessions } from './pooler.js';
import { DatabaseStartError } from './start-error.js';

/** The advisory lock that says «migrating»; any number will do as long as it never changes. No server starts while somebody holds it. */
export const MIGRATING = 7_264_310_951;
const POLL_MS = 100;
const PATIENCE_MS = 5_000;
const OLDEST = 140_000;

const SETTINGS = [
  'server_version',
  'server_version_num',
  'fsync',
  'full_page_writes',
  'synchronous_commit',
  'server_encoding',
] as const;
type ServerSettings = Record<(typeof SETTINGS)[number], string>;

const log = new Logger('Database');

/**
 * Refuses a server on which an answer could be lost, or that is too old.
 * @throws DatabaseStartError with one line that says what is wrong and what to do
 */
export async function checkServer(query: (text: string) => Promise<ServerSettings[]>): Promise<void> {
  const columns = SETTINGS.map((name) => `current_setting('${name}') AS ${name}`).join(', ');
  const [row] = await query(`SELECT ${columns}`);
  if (Number(row?.server_version_num) < OLDEST) {
    throw new DatabaseStartError(`The database server is PostgreSQL ${row?.server_version}; version 14 or newer is needed.`);
  }
  for (const name of ['fsync', 'full_page_writes', 'synchronous_commit'] as const) {
    if (row?.[name] === 'off') {
      throw new DatabaseStartError(
        `The database server runs with ${name}=off and could lose what was acknowledged; set ${name}=on.`,
      );
    }
  }
  if (row?.server_encoding !== 'UTF8') {
    throw new DatabaseStartError(`The database is encoded in ${row?.server_encoding}; create it with ENCODING 'UTF8'.`);
  }
}

/**
 * Takes the lock by asking again and again: a session that waits inside `pg_advisory_lock` holds a snapshot, and a
 * `CREATE INDEX CONCURRENTLY` of the node that migrates would wait for that snapshot for ever.
 */
async function takeLock(runner: QueryRunner): Promise<void> {
  const started = performance.now();
  let told = false;
  for (;;) {
    const [row] = (await runner.query('SELECT pg_try_advisory_lock($1) AS taken', [MIGRATING])) as { taken: boolean }[];
    if (row?.taken) return;
    if (!told && performance.now() - started > PATIENCE_MS) {
      told = true;
      log.log('Waiting for another node that is migrating the database');
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

/**
 * Brings the schema up to date. Any number of nodes may call this at once on one database: one migrates, the others wait.
 * The lock and the migrations share one session, so that a lock lost with its connection takes its migration along.
 *
 * @returns the names of the migrations that were run here
 * @throws DatabaseStartError where the server cannot be used as it is
 */
export async function migrate(url: string): Promise<string[]> {
  await refuseSharedSessions(url);
  const dataSource = await new DataSource(migrationOptions(url)).initialize();
  const runner = dataSource.createQueryRunner();
  try {
    await runner.connect();
    await checkServer((text) => runner.query(text));
    await takeLock(runner);
    const executor = new MigrationExecutor(dataSource, runner);
    executor.transaction = 'each';
    const done = await executor.executePendingMigrations();
    await runner.query('SELECT pg_advisory_unlock($1)', [MIGRATING]);
    return done.map(({ name }) => name);
  } finally {
    // Closes the session; a lock that is still held after a failed migration goes with it.
    await runner.release();
    await dataSource.destroy();
  }
}

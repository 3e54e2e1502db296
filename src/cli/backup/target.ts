import { MIGRATING } from '../../database/migrate.js';
import { Refusal } from '../failures.js';
import { type Ask, FILLED_BY_START, listOf, MIGRATIONS_TABLE, presentTables } from './tables.js';

/** Milliseconds that a server which is just going down has to let go of the database. */
const PATIENCE_MS = 3_000;
const PAUSE_MS = 100;

const unchanged = (reason: string): Refusal => new Refusal(`${reason} Nothing was changed.`);

const SESSIONS = `
  SELECT count(*)::int AS count FROM pg_stat_activity
  WHERE datname = current_database() AND application_name = 'switchboard' AND pid <> pg_backend_pid()`;

/**
 * Takes the database for this session alone: no server may use it, and none may start on it until the session ends.
 * @throws Refusal
 */
export async function claim(ask: Ask): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  const isLate = async (): Promise<boolean> => {
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    return performance.now() > deadline;
  };
  // A session that has just ended may hold it for a moment still.
  for (;;) {
    const [row] = await ask<{ taken: boolean }>('SELECT pg_try_advisory_lock($1) AS taken', [MIGRATING]);
    if (row?.taken) break;
    if (await isLate()) throw unchanged('Another restore, or a server that starts, is changing this database just now.');
  }
  for (;;) {
    const [sessions] = await ask<{ count: number }>(SESSIONS);
    if (!sessions?.count) return;
    if (await isLate()) {
      throw unchanged(`A server runs on this database (${sessions.count} connections). Stop it on every node, then restore.`);
    }
  }
}

/** What a database holds before it is restored into. */
export interface Target {
  /** The database's own name. */
  readonly name: string;
  /** How many migrations were run in it. */
  readonly migrations: number;
}

/**
 * Looks whether the database may be filled: it is empty but for what a first start leaves, or it was named to be replaced.
 * @param force the name of the database that may be replaced
 * @param known the migrations of this program
 * @throws Refusal
 */
export async function examine(ask: Ask, force: string | undefined, known: readonly string[]): Promise<Target> {
  const [row] = await ask<{ name: string; migrated: boolean }>(
    `SELECT current_database()::text AS name, to_regclass('${MIGRATIONS_TABLE}') IS NOT NULL AS migrated`,
  );
  const name = row?.name ?? '';
  const done = row?.migrated ? await ask<{ name: string }>(`SELECT name FROM ${MIGRATIONS_TABLE}`) : [];
  const tables = await presentTables(ask);
  if (force !== undefined && force !== name) {
    throw unchanged(`The database is called ${name}, not ${force}: --force takes the name of the one to be replaced.`);
  }
  if (done.some((migration) => !known.includes(migration.name))) {
    throw unchanged(`The database ${name} was made by a newer version of Switchboard; use that one, or an empty database.`);
  }
  if (done.length === 0 && tables.length > 0) {
    throw unchanged(`The database ${name} has tables of something else (${tables.join(', ')}); use an empty one.`);
  }
  if (force === undefined) await expectEmpty(ask, name, tables);
  return { name, migrations: done.length };
}

async function expectEmpty(ask: Ask, name: string, tables: readonly string[]): Promise<void> {
  for (const table of tables.filter((one) => !FILLED_BY_START.includes(one))) {
    const [row] = await ask<{ full: boolean }>(`SELECT EXISTS (SELECT FROM ${listOf([table])}) AS full`);
    if (!row?.full) continue;
    throw unchanged(`The database ${name} is not empty (it has ${table}). To replace everything in it: --force ${name}.`);
  }
}

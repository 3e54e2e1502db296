import { refusedBy } from '../database/connect-faults.js';
import { connectionConfig } from '../database/connection.js';
import { DatabaseClient } from '../database/database-client.js';
import { migrate } from '../database/migrate.js';
import { migrations } from '../database/migrations/index.js';

export interface SchemaStatus {
  /** Of PostgreSQL, such as `18.4`. */
  readonly version: string;
  /** Names of migrations, oldest first. */
  readonly done: readonly string[];
  readonly pending: readonly string[];
  /** Those that were run by a version of the server that knows more of them than this one. */
  readonly unknown: readonly string[];
}

/**
 * Runs the migrations that were not run yet.
 * @returns their names
 * @throws DatabaseStartError
 */
export const migrateSchema = (url: string): Promise<string[]> => reaching(url, () => migrate(url));

/**
 * What a database is and how far it has come. Writes nothing.
 * @throws DatabaseStartError
 */
export function schemaStatus(url: string): Promise<SchemaStatus> {
  return reaching(url, async () => {
    const client = new DatabaseClient(connectionConfig(url, 'switchboard-cli'));
    client.on('error', () => undefined); // the query that it breaks says so
    try {
      await client.connect();
      return await readStatus(client);
    } finally {
      await client.end();
    }
  });
}

async function readStatus(client: DatabaseClient): Promise<SchemaStatus> {
  const { rows } = await client.query<{ version: string; migrated: boolean }>(
    `SELECT current_setting('server_version') AS version, to_regclass('schema_migrations') IS NOT NULL AS migrated`,
  );
  const [{ version, migrated } = { version: '', migrated: false }] = rows;
  const run = migrated ? await client.query<{ name: string }>('SELECT name FROM schema_migrations ORDER BY id') : { rows: [] };
  const done = run.rows.map(({ name }) => name);
  const known = migrations.map(({ name }) => name);
  return {
    version,
    done,
    pending: known.filter((name) => !done.includes(name)),
    unknown: done.filter((name) => !known.includes(name)),
  };
}

/**
 * Does something with the database at `url`, and says in one line, without the password, which one could not be had.
 * @throws DatabaseStartError
 */
export async function reaching<T>(url: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (thrown) {
    throw refusedBy(url, thrown);
  }
}

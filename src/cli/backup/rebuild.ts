import { escapeIdentifier } from 'pg';
import { DataSource, MigrationExecutor, type QueryRunner } from 'typeorm';
import { migrationOptions } from '../../database/options.js';
import { notABackup } from './format.js';
import { type Ask, identitiesOf, listOf, type SequenceState } from './tables.js';

/** What migrations write for tables that are in use. */
const CONCURRENTLY = /\b((?:CREATE\s+(?:UNIQUE\s+)?|DROP\s+)INDEX)\s+CONCURRENTLY\b/gi;

/**
 * Lets every migration run inside a transaction. Nobody uses the tables of one that makes them, so that an index is made in the ordinary way,
 * which gives the same index.
 */
function inTransaction(runner: QueryRunner): QueryRunner {
  const query = runner.query.bind(runner) as (text: string, ...rest: unknown[]) => Promise<unknown>;
  return Object.assign(runner, {
    query: (text: string, ...rest: unknown[]) => query(text.replace(CONCURRENTLY, '$1'), ...rest),
  });
}

/** A connection on which one transaction makes a schema, fills it and brings it up to date. */
export class Rebuild {
  private readonly all: readonly DataSource['migrations'][number][];

  private constructor(
    private readonly dataSource: DataSource,
    readonly runner: QueryRunner,
  ) {
    this.all = [...dataSource.migrations];
  }

  static async open(url: string): Promise<Rebuild> {
    const { extra, ...options } = migrationOptions(url);
    // COPY takes the connection for itself: nothing may be sent ahead.
    const dataSource = await new DataSource({
      ...options,
      // Says what fails by throwing it, and nothing on standard output.
      logger: 'debug',
      extra: { ...extra, max: 1, pipeline: false },
    }).initialize();
    return new Rebuild(dataSource, inTransaction(dataSource.createQueryRunner()));
  }

  readonly ask: Ask = async (text, values) => (await this.runner.query(text, values as unknown[])) as never;

  /** Undoes as many migrations as were done, the last one first. */
  async undo(count: number): Promise<void> {
    for (let left = count; left > 0; left -= 1) await this.executor().undoLastMigration();
  }

  /** Runs those of the named migrations that were not run yet; all of them where none are named. */
  async migrate(names?: readonly string[]): Promise<string[]> {
    const { migrations } = this.dataSource;
    const wanted = names === undefined ? this.all : this.all.filter(({ name }) => name !== undefined && names.includes(name));
    migrations.splice(0, migrations.length, ...wanted);
    try {
      return (await this.executor().executePendingMigrations()).map(({ name }) => name);
    } finally {
      migrations.splice(0, migrations.length, ...this.all);
    }
  }

  private executor(): MigrationExecutor {
    const executor = new MigrationExecutor(this.dataSource, this.runner);
    // There is one already, around everything.
    executor.transaction = 'none';
    return executor;
  }

  /** Closes the session; a transaction that is still open is undone with it. */
  async close(): Promise<void> {
    await this.runner.release();
    await this.dataSource.destroy();
  }
}

interface Constraint {
  readonly table: string;
  readonly name: string;
  readonly definition: string;
}

const FOREIGN_KEYS = `
  SELECT c.conrelid::regclass::text AS "table", c.conname::text AS name, pg_get_constraintdef(c.oid) AS definition
  FROM pg_constraint c JOIN unnest($1::text[]) AS t (name) ON c.conrelid = to_regclass(t.name)
  WHERE c.contype = 'f' AND c.conparentid = 0 ORDER BY 1, 2`;

/**
 * Empties the tables and takes away what would act on every row that comes: triggers, which would count rows once more and tell every node
 * of them, and foreign keys, which are checked for all rows at once when they come back. All of it a table's owner may do.
 * @returns what puts them back
 */
export async function bareTables(ask: Ask, tables: readonly string[]): Promise<() => Promise<void>> {
  const keys = await ask<Constraint>(FOREIGN_KEYS, [tables]);
  for (const { table, name } of keys) await ask(`ALTER TABLE ${table} DROP CONSTRAINT ${escapeIdentifier(name)}`);
  for (const table of tables) await ask(`ALTER TABLE ${listOf([table])} DISABLE TRIGGER USER`);
  await ask(`TRUNCATE ${listOf(tables)}`);
  return async () => {
    for (const { table, name, definition } of keys) {
      await ask(`ALTER TABLE ${table} ADD CONSTRAINT ${escapeIdentifier(name)} ${definition}`);
    }
    for (const table of tables) await ask(`ALTER TABLE ${listOf([table])} ENABLE TRIGGER USER`);
  };
}

/**
 * Lets the sequences go on where they were: an id that was given once is never given again, whether or not its row is still there.
 * @throws Refusal where these are not the sequences of the tables
 */
export async function setSequences(ask: Ask, tables: readonly string[], states: readonly SequenceState[]): Promise<void> {
  const identities = await identitiesOf(ask, tables);
  if (identities.length !== states.length) throw notABackup('its sequences are not those of its tables');
  for (const { table, column, sequence } of identities) {
    const state = states.find((one) => one.table === table && one.column === column);
    if (!state) throw notABackup(`it does not say how far ${table}.${column} has come`);
    await ask('SELECT setval($1::regclass, $2::bigint, $3)', [sequence, state.last, state.called]);
    const newest = `SELECT max(${escapeIdentifier(column)}) AS id FROM ${escapeIdentifier(table)}`;
    // Never below a row that is there, whatever the archive says.
    await ask(`SELECT setval($1::regclass, m.id) FROM (${newest}) m WHERE m.id > $2::bigint OR (m.id = $2::bigint AND NOT $3)`, [
      sequence,
      state.last,
      state.called,
    ]);
  }
}

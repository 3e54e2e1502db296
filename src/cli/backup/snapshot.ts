import { to as copyTo } from 'pg-copy-streams';
import { connectionConfig } from '../../database/connection.js';
import { DatabaseClient } from '../../database/database-client.js';
import { Refusal } from '../failures.js';
import { reaching } from '../schema.js';
import type { AddFile } from './archive-writer.js';
import { ofDatabase } from './database-fault.js';
import { Digest } from './digest.js';
import { FORMAT, HEADER, type Header, MANIFEST, type Manifest, partName } from './format.js';
import { productVersion } from './product-version.js';
import { type Ask, listOf, MIGRATIONS_TABLE, presentTables, sequencesOf, shapesOf, TABLES, type TableShape } from './tables.js';

/** Bytes of one file of the archive: what is in memory at a time. */
const PART_BYTES = 4_194_304;
/** Milliseconds that a migration or the like may hold a table. */
const LOCK_WAIT_MS = 10_000;

/** What every value is written as, whatever the server's own defaults are. */
const SETTINGS = `
  SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0; SET lock_timeout = ${LOCK_WAIT_MS};
  SET client_encoding = 'UTF8'; SET datestyle = 'ISO'; SET intervalstyle = 'postgres'; SET bytea_output = 'hex'; SET extra_float_digits = 3;
  SET row_security = off`;

/** All of the data at one moment, for as long as the transaction that it belongs to is open. */
export interface Snapshot {
  readonly header: Header;
  /** How many rows there are, by the statistics of the database. */
  readonly estimate: number;
  /** Tables that are not ours and therefore not in it. */
  readonly left: readonly string[];
  /** Writes it down. @param written is told of every row or so. @returns the manifest, which was written last */
  readonly write: (add: AddFile, written: (rows: number) => void) => Promise<Manifest>;
}

/**
 * Looks at all data as of one moment, while others go on writing.
 * @throws Refusal where there is nothing to look at, or nothing that we may see
 * @throws DatabaseStartError where the database cannot be had
 */
export async function withSnapshot<T>(url: string, work: (snapshot: Snapshot) => Promise<T>): Promise<T> {
  const client = new DatabaseClient(connectionConfig(url, 'switchboard-cli'));
  client.on('error', () => undefined); // the query that it breaks says so
  await reaching(url, () => client.connect());
  try {
    return await work(await open(client));
  } catch (thrown) {
    throw ofDatabase(thrown, 'Nothing was backed up.');
  } finally {
    await client.end();
  }
}

async function open(client: DatabaseClient): Promise<Snapshot> {
  const ask: Ask = async (text, values) => (await client.query(text, values as unknown[])).rows as never;
  await client.query(SETTINGS);
  const tables = await presentTables(ask);
  const [{ migrated } = { migrated: false }] = await ask<{ migrated: boolean }>(
    `SELECT to_regclass('${MIGRATIONS_TABLE}') IS NOT NULL AS migrated`,
  );
  if (!migrated || tables.length === 0) throw new Refusal('There is no data in this database yet; nothing was backed up.');
  await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
  // Before the snapshot, which the first question takes: nobody changes the tables themselves until we are done.
  await client.query(`LOCK TABLE ${listOf([MIGRATIONS_TABLE, ...tables])} IN ACCESS SHARE MODE`);
  const shapes = await shapesOf(ask, tables);
  const header: Header = {
    product: 'switchboard',
    format: FORMAT,
    version: await productVersion(),
    ...(await originOf(ask)),
    tables: shapes.map(({ name, columns }) => ({ name, columns: [...columns] })),
  };
  return {
    header,
    ...(await surveyOf(ask, tables)),
    write: (add, written) => write({ client, ask, header, shapes }, add, written),
  };
}

async function originOf(ask: Ask): Promise<Pick<Header, 'made_at' | 'postgresql' | 'migrations'>> {
  const rows = await ask<{ name: string }>(`SELECT name FROM ${MIGRATIONS_TABLE} ORDER BY id`);
  const [row] = await ask<{ now: Date; version: string }>(`SELECT now(), current_setting('server_version') AS version`);
  return {
    made_at: (row?.now ?? new Date()).toISOString(),
    postgresql: row?.version ?? '',
    migrations: rows.map(({ name }) => name),
  };
}

// The statistics of a partitioned table are those of its partitions. A table that was never analysed has none: 150 bytes a row is a guess.
const ESTIMATE = `
  SELECT coalesce(sum(CASE WHEN c.reltuples > 0 THEN c.reltuples ELSE pg_relation_size(c.oid) / 150 END), 0)::float8 AS rows
  FROM unnest($1::text[]) AS t (name) JOIN pg_class c
    ON c.oid = to_regclass(t.name) OR c.oid IN (SELECT inhrelid FROM pg_inherits WHERE inhparent = to_regclass(t.name))
  WHERE c.relkind = 'r'`;
const OTHERS = `
  SELECT c.relname::text AS name FROM pg_class c
  WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relname <> ALL ($1)
  ORDER BY 1`;

async function surveyOf(ask: Ask, tables: readonly string[]): Promise<Pick<Snapshot, 'estimate' | 'left'>> {
  const [statistics] = await ask<{ rows: number }>(ESTIMATE, [tables]);
  const others = await ask<{ name: string }>(OTHERS, [[...TABLES, MIGRATIONS_TABLE]]);
  return { estimate: statistics?.rows ?? 0, left: others.map(({ name }) => name) };
}

interface Source {
  readonly client: DatabaseClient;
  readonly ask: Ask;
  readonly header: Header;
  readonly shapes: readonly TableShape[];
}

async function write({ client, ask, header, shapes }: Source, add: AddFile, written: (rows: number) => void): Promise<Manifest> {
  await add(HEADER, textOf(header));
  const tables: Manifest['tables'] = [];
  for (const shape of shapes) {
    const digest = await writeTable(client, shape, add, written);
    const { rows, bytes } = digest;
    tables.push({ name: shape.name, columns: [...shape.columns], rows, bytes, sha256: digest.sha256() });
  }
  const sequences = await sequencesOf(
    ask,
    shapes.map(({ name }) => name),
  );
  const manifest = { ...header, tables, sequences };
  await add(MANIFEST, textOf(manifest));
  return manifest;
}

const textOf = (value: object): Buffer => Buffer.from(`${JSON.stringify(value, null, 2)}\n`);

async function writeTable(
  client: DatabaseClient,
  { name, columns }: TableShape,
  add: AddFile,
  written: (rows: number) => void,
): Promise<Digest> {
  const digest = new Digest();
  // As a query, since a table of partitions cannot be copied by its name.
  const rows = client.query(copyTo(`COPY (SELECT ${listOf(columns)} FROM ${listOf([name])}) TO STDOUT`));
  let parts = 0;
  let waiting: Buffer[] = [];
  let bytes = 0;
  const flush = async (): Promise<void> => {
    if (bytes === 0) return;
    await add(partName(name, parts), Buffer.concat(waiting));
    parts += 1;
    waiting = [];
    bytes = 0;
  };
  for await (const chunk of rows as AsyncIterable<Buffer>) {
    written(digest.update(chunk));
    waiting.push(chunk);
    bytes += chunk.length;
    if (bytes >= PART_BYTES) await flush();
  }
  await flush();
  return digest;
}

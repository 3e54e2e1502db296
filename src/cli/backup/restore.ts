import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { DatabaseError, type PoolClient } from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { checkServer } from '../../database/migrate.js';
import { migrations as migrationClasses } from '../../database/migrations/index.js';
import { Refusal } from '../failures.js';
import { visible } from '../print.js';
import { reaching } from '../schema.js';
import { type ArchiveFile, textOf } from './archive-reader.js';
import { ofDatabase } from './database-fault.js';
import { Digest } from './digest.js';
import { HEADER, type Header, MANIFEST, type Manifest, notABackup, partName, readHeader, readManifest } from './format.js';
import { bareTables, Rebuild, setSequences } from './rebuild.js';
import { claim, examine } from './target.js';
import { listOf, presentTables, shapesOf, type TableShape } from './tables.js';

/** Bytes of one row at most: far above what the limits of the server let anybody write. */
const MAX_ROW_BYTES = 67_108_864;
/** Milliseconds that somebody else may hold a table. */
const LOCK_WAIT_MS = 10_000;

/** What was restored. */
export interface Restored {
  readonly manifest: Manifest;
  readonly database: string;
  /** Migrations that were run afterwards, since the backup is older than this version. */
  readonly migrated: readonly string[];
}

export interface RestoreOptions {
  readonly url: string;
  /** The name of the database that may be replaced. */
  readonly force?: string | undefined;
}

/** Files of an archive, of which the first one that was not used yet can be looked at. */
class Files {
  private constructor(
    private readonly files: AsyncIterator<ArchiveFile, void>,
    public next: ArchiveFile | undefined,
  ) {}

  static async of(files: AsyncIterator<ArchiveFile, void>): Promise<Files> {
    return new Files(files, await first(files));
  }

  async advance(): Promise<void> {
    this.next = await first(this.files);
  }

  /** @throws Refusal where another file comes, or none */
  expect(name: string): ArchiveFile {
    if (this.next?.name === name) return this.next;
    if (!this.next) throw notABackup(`it ends where ${name} should come; it was cut off`);
    throw notABackup(`it holds ${visible(this.next.name).slice(0, 80)} where ${name} should come`);
  }
}

async function first(files: AsyncIterator<ArchiveFile, void>): Promise<ArchiveFile | undefined> {
  const result = await files.next();
  return result.done ? undefined : result.value;
}

/**
 * Puts a backup into a database, all of it or, where anything fails, none.
 * @throws Refusal, DatabaseStartError
 */
export async function restore(archive: AsyncGenerator<ArchiveFile, void>, { url, force }: RestoreOptions): Promise<Restored> {
  const known = migrationClasses.map(({ name }) => name);
  try {
    const files = await Files.of(archive);
    const header = readHeader(await textOf(files.expect(HEADER)));
    checkMigrations(header, known);
    await files.advance();
    const rebuild = await reaching(url, () => Rebuild.open(url));
    try {
      await checkServer((text) => rebuild.runner.query(text));
      await claim(rebuild.ask);
      const target = await examine(rebuild.ask, force, known);
      return { database: target.name, ...(await inOne(rebuild, () => refill(rebuild, files, header, target.migrations))) };
    } finally {
      await rebuild.close();
    }
  } catch (thrown) {
    throw ofDatabase(thrown, 'Nothing was changed.');
  } finally {
    await archive.return(undefined);
  }
}

/** A backup has the migrations of one version: the first few of those that there are. */
function checkMigrations({ migrations, version }: Header, known: readonly string[]): void {
  if (migrations.some((name) => !known.includes(name))) {
    throw new Refusal(
      `The backup was made by a newer version of Switchboard (${visible(version)}); bring this one up to date first. Nothing was changed.`,
    );
  }
  if (migrations.some((name, index) => name !== known[index])) throw notABackup('its migrations are in no order of ours');
}

async function inOne<T>(rebuild: Rebuild, work: () => Promise<T>): Promise<T> {
  await rebuild.runner.startTransaction();
  await rebuild.ask(`SET LOCAL lock_timeout = ${LOCK_WAIT_MS}`);
  // Whatever the role has as its own.
  await rebuild.ask('SET LOCAL statement_timeout = 0');
  await rebuild.ask('SET LOCAL idle_in_transaction_session_timeout = 0');
  // What throws leaves it open, and it ends with its session: after a fault in the middle of COPY the connection takes no more commands.
  const result = await work();
  await rebuild.runner.commitTransaction();
  return result;
}

async function refill(
  rebuild: Rebuild,
  files: Files,
  header: Header,
  migrationsBefore: number,
): Promise<Omit<Restored, 'database'>> {
  const { ask } = rebuild;
  await rebuild.undo(migrationsBefore);
  await rebuild.migrate(header.migrations);
  const tables = await presentTables(ask);
  checkTables(header, await shapesOf(ask, tables));
  const putBack = await bareTables(ask, tables);
  const client = (await rebuild.runner.connect()) as PoolClient;
  const digests: Digest[] = [];
  for (const table of header.tables) digests.push(await fill(client, table, files));
  const manifest = readManifest(await textOf(files.expect(MANIFEST)), header);
  await files.advance();
  if (files.next) throw notABackup(`it goes on after ${MANIFEST}`);
  compare(manifest, digests);
  await setSequences(ask, tables, manifest.sequences);
  await putBack();
  const migrated = await rebuild.migrate();
  for (const table of await presentTables(ask)) await ask(`ANALYZE ${listOf([table])}`);
  return { manifest, migrated };
}

function checkTables({ tables }: Header, shapes: readonly TableShape[]): void {
  const keyOf = (some: readonly TableShape[]): string =>
    some
      .map(({ name, columns }) => JSON.stringify([name, ...[...columns].sort()]))
      .sort()
      .join('\n');
  if (keyOf(tables) !== keyOf(shapes)) throw notABackup('its tables are not those of its migrations');
}

async function fill(client: PoolClient, { name, columns }: TableShape, files: Files): Promise<Digest> {
  const digest = new Digest();
  const rows = client.query(copyFrom(`COPY ${listOf([name])} (${listOf(columns)}) FROM STDIN`));
  try {
    await pipeline(Readable.from(contentOf(name, files, digest), { objectMode: false }), rows);
  } catch (thrown) {
    // Its words may quote the row.
    if (!(thrown instanceof DatabaseError)) throw thrown;
    throw notABackup(`rows of ${name} cannot be (${thrown.message.replaceAll(/"[^"]*"?/g, '…')}, ${thrown.code})`);
  }
  if (rows.rowCount !== digest.rows) throw notABackup(`rows of ${name} are cut in other places than it says`);
  return digest;
}

/** What all files of a table hold together. */
async function* contentOf(table: string, files: Files, digest: Digest): AsyncGenerator<Buffer, void> {
  for (let index = 0; files.next?.name === partName(table, index); index += 1) {
    for await (const chunk of files.next.content) {
      digest.update(chunk);
      if (digest.open > MAX_ROW_BYTES) throw notABackup(`a row of ${table} is too long`);
      yield chunk;
    }
    await files.advance();
  }
}

function compare({ tables }: Manifest, digests: readonly Digest[]): void {
  for (const [index, { name, rows, bytes, sha256 }] of tables.entries()) {
    const digest = digests[index];
    if (digest?.rows !== rows || digest.bytes !== bytes || digest.sha256() !== sha256) {
      throw notABackup(`${name} is not what was backed up (${digest?.rows ?? 0} rows of ${rows})`);
    }
  }
}

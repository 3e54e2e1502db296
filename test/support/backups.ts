import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { gunzipSync, gzipSync } from 'node:zlib';
import { extract, type Header, pack } from 'tar-stream';
import { TABLES } from '../../src/cli/backup/tables.js';
import { runSql } from './database.js';

/** Of each of our tables how many rows it has and a hash over all of them, whatever their order. */
export async function contentOf(url: string): Promise<Record<string, string>> {
  const questions = TABLES.map(
    (table) =>
      `SELECT '${table}' AS name, count(*) || ' ' || coalesce(md5(string_agg(t::text, E'\\n' ORDER BY t::text)), '') AS hash FROM ${table} t`,
  );
  const rows = await runSql<{ name: string; hash: string }>(url, questions.join(' UNION ALL '));
  return Object.fromEntries(rows.map(({ name, hash }) => [name, hash]));
}

const SCHEMA = `
  SELECT 'constraint ' || conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid) || ' ' || convalidated::text AS line
    FROM pg_constraint WHERE connamespace = 'public'::regnamespace
  UNION ALL SELECT 'trigger ' || tgrelid::regclass || ' ' || tgname || ' ' || tgenabled::text FROM pg_trigger WHERE NOT tgisinternal
  UNION ALL SELECT 'index ' || indexdef FROM pg_indexes WHERE schemaname = 'public'
  UNION ALL SELECT 'function ' || oid::regprocedure FROM pg_proc WHERE pronamespace = 'public'::regnamespace
  UNION ALL SELECT 'column ' || attrelid::regclass || ' ' || attname || ' ' || atttypid::regtype
    FROM pg_attribute JOIN pg_class c ON c.oid = attrelid WHERE c.relnamespace = 'public'::regnamespace AND attnum > 0
  UNION ALL SELECT 'migration ' || name FROM schema_migrations
  ORDER BY 1`;

/** Everything that makes up the schema: what a restore takes away for a while has to be back. */
export const schemaOf = async (url: string): Promise<string[]> =>
  (await runSql<{ line: string }>(url, SCHEMA)).map(({ line }) => line);

/** A file of an archive, with a header that a test may make as strange as it likes. */
export interface Packed {
  readonly header: Partial<Header> & Pick<Header, 'name'>;
  readonly content: Buffer;
}

export async function unpack(archive: Buffer): Promise<Packed[]> {
  const tar = extract();
  tar.end(gunzipSync(archive));
  const files: Packed[] = [];
  for await (const entry of tar) {
    files.push({ header: { name: entry.header.name }, content: await buffer(entry as AsyncIterable<Buffer>) });
  }
  return files;
}

export async function repack(files: readonly Packed[]): Promise<Buffer> {
  const tar = pack();
  for (const { header, content } of files) tar.entry({ ...header }, content);
  tar.finalize();
  return gzipSync(await buffer(Readable.from(tar, { objectMode: false })));
}

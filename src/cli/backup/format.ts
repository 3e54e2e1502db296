import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { Refusal } from '../failures.js';
import { visible } from '../print.js';

/*
 * A backup is a gzipped tar of plain files, in this order: HEADER; of each table in the order of the header `data/<table>/0`, `/1`, … (the
 * text format of COPY, cut anywhere); MANIFEST. The manifest repeats the header and adds what is known only at the end. What has no
 * manifest was cut off.
 */

/** Raised when a backup can no longer be read by what wrote those before. */
export const FORMAT = 1;
export const HEADER = 'switchboard-backup.json';
export const MANIFEST = 'manifest.json';

export const partName = (table: string, index: number): string => `data/${table}/${index}`;

/** Bytes that a header or a manifest may have at most: they are read as a whole. */
export const MAX_TEXT_BYTES = 1_048_576;

const name = z.string().min(1).max(63);
const count = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);

const headerFields = {
  product: z.literal('switchboard'),
  format: z.number().int(),
  version: z.string().max(50),
  made_at: z.iso.datetime(),
  postgresql: z.string().max(100),
  migrations: z.array(z.string().min(1).max(200)).min(1).max(10_000),
};
const shape = { name, columns: z.array(name).min(1).max(1_600) };

const headerSchema = z.strictObject({ ...headerFields, tables: z.array(z.strictObject(shape)).max(1_000) });
const manifestSchema = z.strictObject({
  ...headerFields,
  tables: z.array(z.strictObject({ ...shape, rows: count, bytes: count, sha256: z.string().regex(/^[0-9a-f]{64}$/) })).max(1_000),
  sequences: z
    .array(z.strictObject({ table: name, column: name, last: z.string().regex(/^[1-9]\d{0,18}$/), called: z.boolean() }))
    .max(1_000),
});

export type Header = z.output<typeof headerSchema>;
export type Manifest = z.output<typeof manifestSchema>;

/** What is said of bytes that are no backup of ours; `reason` says what was found. */
export const notABackup = (reason: string): Refusal =>
  new Refusal(`This is no backup of Switchboard, or it is damaged: ${visible(reason).slice(0, 200)}. Nothing was changed.`);

function parsed<T>(schema: z.ZodType<T>, file: string, bytes: Buffer): T {
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString('utf8'));
  } catch {
    throw notABackup(`${file} is no JSON`);
  }
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  throw notABackup(`${file} has ${issue?.path.join('.') || 'fields'} that cannot be (${issue?.message ?? 'unknown'})`);
}

/**
 * Reads the first file of an archive.
 * @throws Refusal where it is none of ours, or of a format that this version does not know
 */
export function readHeader(bytes: Buffer): Header {
  const header = parsed(z.looseObject({ product: z.literal('switchboard'), format: z.number().int() }), HEADER, bytes);
  if (header.format !== FORMAT) {
    throw new Refusal(
      `The backup is of format ${header.format}; this version of Switchboard knows ${FORMAT}. Restore it with the version that made it. Nothing was changed.`,
    );
  }
  return parsed(headerSchema, HEADER, bytes);
}

/**
 * Reads the last file of an archive.
 * @throws Refusal where it does not belong to that header
 */
export function readManifest(bytes: Buffer, header: Header): Manifest {
  const manifest = parsed(manifestSchema, MANIFEST, bytes);
  const { sequences: _sequences, ...rest } = manifest;
  const repeated = { ...rest, tables: rest.tables.map(({ name: table, columns }) => ({ name: table, columns })) };
  if (!isDeepStrictEqual(repeated, header)) throw notABackup(`${MANIFEST} and ${HEADER} differ`);
  return manifest;
}

import { once } from 'node:events';
import { pipeline, type Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { type Extract, extract } from 'tar-stream';
import { codeOf, reasonOf } from '../../errors/thrown.js';
import { Refusal } from '../failures.js';
import { visible } from '../print.js';
import { MAX_TEXT_BYTES, notABackup } from './format.js';

type Entry = Extract extends AsyncIterable<infer Source> ? Source : never;

/** One file of an archive. Its content has to be read before the next one is asked for. */
export interface ArchiveFile {
  /** Whatever the archive says: it is compared, and never used as a path. */
  readonly name: string;
  readonly content: AsyncIterable<Buffer>;
}

/**
 * The files of a gzipped tar, one after the other, in constant memory.
 * @throws Refusal where the bytes are damaged, cut off, or no such thing
 */
export async function* readArchive(source: Readable): AsyncGenerator<ArchiveFile, void> {
  const gunzip = createGunzip();
  // What goes wrong here is thrown where it is read from.
  pipeline(source, gunzip, () => undefined);
  const tar = extract();
  const over = new AbortController();
  const feeding = feed(gunzip, tar, over.signal);
  try {
    for await (const entry of tar) yield fileOf(entry);
    await feeding;
  } catch (thrown) {
    throw readable(thrown);
  } finally {
    over.abort();
    source.destroy();
    gunzip.destroy();
    tar.destroy(null);
    await feeding;
  }
}

/** Never rejects: what happens is thrown by the reading side. */
async function feed(from: AsyncIterable<Buffer>, tar: Extract, signal: AbortSignal): Promise<void> {
  try {
    for await (const chunk of from) if (!tar.write(chunk)) await once(tar, 'drain', { signal });
    tar.end(null);
  } catch (error) {
    if (!signal.aborted) tar.destroy(error instanceof Error ? error : new Error(String(error)));
  }
}

function fileOf(entry: Entry): ArchiveFile {
  const { name, type } = entry.header;
  if (type !== 'file') throw notABackup(`it holds ${visible(name).slice(0, 100)}, which is no file`);
  return { name, content: contentOf(entry) };
}

async function* contentOf(entry: Entry): AsyncGenerator<Buffer, void> {
  try {
    for await (const chunk of entry as AsyncIterable<Buffer>) yield chunk;
  } catch (thrown) {
    throw readable(thrown);
  }
}

/** Faults of the bytes are for people; those of the disk keep their own words. */
function readable(thrown: unknown): unknown {
  if (thrown instanceof Refusal) return thrown;
  const code = codeOf(thrown);
  if (/^E[A-Z]+$/.test(code)) return new Refusal(`The backup cannot be read: ${reasonOf(thrown)}. Nothing was changed.`);
  return notABackup(reasonOf(thrown));
}

/**
 * The whole content of a small file.
 * @throws Refusal where it is no small one
 */
export async function textOf({ name, content }: ArchiveFile): Promise<Buffer> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of content) {
    bytes += part.length;
    if (bytes > MAX_TEXT_BYTES) throw notABackup(`${name} is too large`);
    parts.push(part);
  }
  return Buffer.concat(parts);
}

import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createWriteStream, rmSync, type Stats } from 'node:fs';
import { link, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Writable } from 'node:stream';
import { syncFolder } from '../../database/sync-folder.js';
import { codeOf, reasonOf } from '../../errors/thrown.js';
import { Refusal } from '../failures.js';

/** Systems of files that know no second name for a file. */
const NO_LINKS = ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EINVAL'];

/** What stands there may be a device, such as /dev/null, which everything else on the machine needs. */
const noFile = (path: string): Refusal =>
  new Refusal(`${path} is no ordinary file, and is not replaced; - writes to standard output.`);

const taken = (path: string): Refusal => new Refusal(`${path} is there already; --force replaces it.`);

/**
 * Writes a file that only its owner can read, and that appears under its name when it is complete and on the disk, or not at all.
 * @param replace whether it may take the place of another
 * @param write writes and ends the stream
 * @returns its size in bytes
 * @throws Refusal where it cannot be had or is there already; what `write` throws
 */
export async function writeNewFile(path: string, replace: boolean, write: (to: Writable) => Promise<void>): Promise<number> {
  const there = await lookAt(path);
  if (there && !there.isFile()) throw noFile(path);
  if (there && !replace) throw taken(path);
  const draft = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString('hex')}.part`);
  // A signal ends the process without coming back here.
  const clear = (): void => rmSync(draft, { force: true });
  process.once('exit', clear);
  try {
    const file = createWriteStream(draft, { flags: 'wx', mode: 0o600, flush: true });
    await once(file, 'open');
    await write(file);
    const { size } = await stat(draft);
    await (replace ? rename(draft, path) : appear(draft, path));
    await syncFolder(dirname(path));
    return size;
  } catch (thrown) {
    throw ofFile(thrown, path);
  } finally {
    process.off('exit', clear);
    await rm(draft, { force: true });
  }
}

/** Unlike `rename`, a link never takes the place of a file that has come in the meantime. */
async function appear(draft: string, path: string): Promise<void> {
  try {
    await link(draft, path);
  } catch (thrown) {
    if (codeOf(thrown) === 'EEXIST') throw taken(path);
    if (!NO_LINKS.includes(codeOf(thrown))) throw thrown;
    if (await lookAt(path)) throw taken(path);
    await rename(draft, path);
  }
}

async function lookAt(path: string): Promise<Stats | undefined> {
  try {
    return await stat(path);
  } catch (thrown) {
    if (codeOf(thrown) === 'ENOENT') return undefined;
    throw ofFile(thrown, path);
  }
}

function ofFile(thrown: unknown, path: string): unknown {
  const isOfFile = thrown instanceof Error && 'syscall' in thrown && 'path' in thrown;
  // A full disk is told of a handle, without a path.
  if (!isOfFile && !['ENOSPC', 'EDQUOT', 'EIO', 'EFBIG'].includes(codeOf(thrown))) return thrown;
  return new Refusal(`${path} cannot be written: ${reasonOf(thrown)}.`);
}

import { randomUUID } from 'node:crypto';
import { chmod, copyFile, lstat, mkdir, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';

/**
 * Copies PostgreSQL's programs to a place that everybody can reach and nobody else can change, and keeps the copy for later
 * starts: the system's folder for caches first, since temporary folders are swept while a server still runs.
 *
 * @param check tells whether the copy at a place can be used, by using it
 * @returns what `check` returned for the first place that serves, or undefined where none does
 */
export async function copyToReachablePlace<T>(
  native: string,
  check: (place: string) => Promise<T | undefined>,
): Promise<T | undefined> {
  const root = process.getuid?.() === 0;
  const owner = root ? 'switchboard' : `switchboard-${process.getuid?.() ?? 'user'}`;
  const parents = root && process.platform !== 'win32' ? ['/var/cache', tmpdir()] : [tmpdir()];
  const name = `postgresql-${await releaseOf(native)}`;
  for (const parent of parents) {
    const folder = join(parent, owner);
    if (!(await makeOwnFolder(folder))) continue;
    const place = join(folder, name);
    try {
      if (!(await sameFiles(native, place))) await replaceByCopy(native, place);
      const result = await check(place);
      if (result !== undefined) return result;
    } catch {
      // No room, mounted read-only or `noexec`: the next place.
    }
  }
  return undefined;
}

async function releaseOf(native: string): Promise<string> {
  const text = await readFile(join(dirname(native), 'package.json'), 'utf8').catch(() => '{}');
  const { version = 'unknown' } = JSON.parse(text) as { version?: string };
  return `${version}-${process.platform}-${process.arch}`;
}

/** Programs are run from here: it has to be ours, no link that somebody else planted, and closed to their writing. */
async function makeOwnFolder(folder: string): Promise<boolean> {
  try {
    await mkdir(folder, { mode: 0o755 }).catch((thrown: NodeJS.ErrnoException) => {
      if (thrown.code !== 'EEXIST') throw thrown;
    });
    const found = await lstat(folder);
    if (!found.isDirectory() || found.uid !== process.getuid?.() || (found.mode & 0o022) !== 0) return false;
    await chmod(folder, 0o755); // against our umask
    return true;
  } catch {
    return false;
  }
}

async function* filesOf(folder: string): AsyncGenerator<string> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* filesOf(path);
    else if (entry.isFile()) yield path; // links are made anew by the check
  }
}

async function sameFiles(source: string, copy: string): Promise<boolean> {
  try {
    for await (const path of filesOf(source)) {
      const twin = await lstat(join(copy, relative(source, path)));
      if (!twin.isFile() || twin.size !== (await stat(path)).size || twin.uid !== process.getuid?.()) return false;
    }
    return true;
  } catch {
    return false;
  }
}

async function replaceByCopy(source: string, place: string): Promise<void> {
  const unfinished = `${place}.${randomUUID()}`;
  try {
    for await (const path of filesOf(source)) {
      const twin = join(unfinished, relative(source, path));
      await makeOpen(unfinished, dirname(twin));
      await copyFile(path, twin);
      await chmod(twin, (await stat(path)).mode & 0o100 ? 0o755 : 0o644);
    }
    const old = `${unfinished}.old`;
    await rename(place, old).catch(() => undefined);
    await rename(unfinished, place).catch(async (thrown: unknown) => {
      if (!(await sameFiles(source, place))) throw thrown; // else another start was quicker
    });
    await rm(old, { recursive: true, force: true });
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
}

async function makeOpen(top: string, folder: string): Promise<void> {
  const first = await mkdir(folder, { recursive: true });
  if (first === undefined) return;
  for (let made = folder; made.startsWith(top); made = dirname(made)) await chmod(made, 0o755);
}

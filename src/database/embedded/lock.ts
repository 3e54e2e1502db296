import { createHash } from 'node:crypto';
import { unlinkSync } from 'node:fs';
import { readdir, readFile, readlink, stat, unlink, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { DatabaseStartError } from '../start-error.js';
import { startOf } from './processes.js';

/** Somebody else has it. */
export class DataDirInUseError extends DatabaseStartError {
  constructor(
    folder: string,
    readonly pid: number,
  ) {
    super(`Another Switchboard server (process ${pid}) runs on ${folder}; stop it first, or give this one its own DATA_DIR.`);
    this.name = 'DataDirInUseError';
  }
}

export interface Lock {
  release(): void;
}

interface Claim {
  readonly file: string;
  readonly place: string;
  readonly pid: number;
  readonly start: string;
}

const TOUCH_EVERY_MS = 5_000;
/** A claim from where we cannot see processes counts as given up when it has not been touched for so long. */
const GIVEN_UP_AFTER_MS = 15_000;
const TIES_MS = 1_000;
const POLL_MS = 50;

/** What this process holds: its claims all bear one name. */
const heldHere = new Set<string>();

/**
 * Takes `folder` for this process, until `release` or the process ends.
 *
 * Every process that wants the folder puts down a claim: a file of its own, named by its process number and start time. Who sees no
 * other live claim AFTER its own was down has the folder. Two at once therefore never both have it; of two that see each
 * other, the one whose name sorts later takes its claim back. A name never comes back, so anybody may remove the claims of the dead.
 *
 * @param dataDir how the folder is called in the error
 * @throws DataDirInUseError
 */
export async function takeLock(folder: string, dataDir: string): Promise<Lock> {
  const [place, start] = await Promise.all([placeOfProcesses(), startOf(process.pid)]);
  const mine = claimOf(`${place}.${process.pid}.${start ?? 'unknown'}`) as Claim;
  const path = join(folder, mine.file);
  if (heldHere.has(path)) throw new DataDirInUseError(dataDir, process.pid);
  heldHere.add(path);
  try {
    await win(folder, path, mine, dataDir);
  } catch (thrown) {
    heldHere.delete(path);
    throw thrown;
  }
  return held(path);
}

async function win(folder: string, path: string, mine: Claim, dataDir: string): Promise<void> {
  const tiesUntil = performance.now() + TIES_MS;
  for (;;) {
    await writeFile(path, '');
    const other = await liveClaim(folder, mine);
    if (!other) return;
    const yields = other.file < mine.file;
    if (yields) await unlink(path);
    // From elsewhere: its holder may have been killed along with its container, which its age will show.
    const patience = other.place === mine.place ? tiesUntil : tiesUntil + GIVEN_UP_AFTER_MS;
    if (performance.now() > patience) {
      if (!yields) await unlink(path);
      throw new DataDirInUseError(dataDir, other.pid);
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

function held(path: string): Lock {
  const touch = setInterval(() => {
    const now = new Date();
    utimes(path, now, now).catch(() => undefined);
  }, TOUCH_EVERY_MS);
  touch.unref();
  const release = (): void => {
    clearInterval(touch);
    heldHere.delete(path);
    process.off('exit', release);
    try {
      unlinkSync(path);
    } catch {
      // DATA_DIR itself was removed.
    }
  };
  process.once('exit', release);
  return { release };
}

async function liveClaim(folder: string, mine: Claim): Promise<Claim | undefined> {
  for (const name of (await readdir(folder)).sort()) {
    const claim = claimOf(name);
    if (!claim || claim.file === mine.file) continue;
    if (await isLive(claim, mine.place, join(folder, name))) return claim;
    await unlink(join(folder, name)).catch(() => undefined);
  }
  return undefined;
}

async function isLive(claim: Claim, here: string, path: string): Promise<boolean> {
  if (claim.place === here) return (await startOf(claim.pid)) === claim.start;
  const found = await stat(path).catch(() => undefined);
  return found !== undefined && Date.now() - found.mtimeMs < GIVEN_UP_AFTER_MS;
}

function claimOf(file: string): Claim | undefined {
  const match = /^([0-9a-f]{12})\.(\d+)\.([\w-]+)$/.exec(file);
  return match ? { file, place: match[1] as string, pid: Number(match[2]), start: match[3] as string } : undefined;
}

/** Names what process numbers are good for: this boot of this machine, or of this container. */
async function placeOfProcesses(): Promise<string> {
  const parts = await Promise.all([
    readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => hostname()),
    readlink('/proc/self/ns/pid').catch(() => ''),
  ]);
  return createHash('sha256').update(parts.join()).digest('hex').slice(0, 12);
}

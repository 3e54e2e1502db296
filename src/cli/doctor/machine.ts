import { access, constants, readFile, stat, statfs } from 'node:fs/promises';
import { availableParallelism, totalmem } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import type { Settings } from '../../config/settings.js';
import { codeOf } from '../../errors/thrown.js';
import { type Finding, fault, ok, warning } from './finding.js';

/** As `engines` of package.json has it. */
const OLDEST_NODE = [20, 19] as const;

export function checkNode(version = process.versions.node): Finding {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const isOld = major < OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor < OLDEST_NODE[1]);
  if (isOld) return fault('node', `Node ${version}`, `Install Node ${OLDEST_NODE.join('.')} or newer.`);
  return ok('node', `Node ${version}`);
}

const MIB = 1_048_576;
const GIB = 1_073_741_824;
/** Bytes that a server and its database take before anybody comes, and some more. */
const LITTLE_MEMORY = 512 * MIB;

/** In a container the limit is that of the container. */
function memoryLimit(): number {
  const limit = process.constrainedMemory();
  return limit > 0 && limit < totalmem() ? limit : totalmem();
}

export function checkMemory(bytes = memoryLimit()): Finding {
  const found = `${bytes >= GIB ? `${(bytes / GIB).toFixed(1)} GiB` : `${Math.round(bytes / MIB)} MiB`} of memory, ${availableParallelism()} cores`;
  if (bytes >= LITTLE_MEMORY) return ok('machine', found);
  return warning('machine', found, 'Give the server 512 MiB or more: each password that is checked takes 19 MiB for a moment.');
}

/** Files that are open beside sockets: the pool, logs, the program itself. */
const OTHER_FILES = 200;
const FEW_FILES = 4_096;

/** How many sockets there is room for: each is an open file. */
export async function checkOpenFiles(source = '/proc/self/limits'): Promise<Finding[]> {
  const text = await readFile(source, 'utf8').catch(() => '');
  const [, soft] = /^Max open files\s+(\S+)/m.exec(text) ?? [];
  if (soft === undefined) return []; // a system that does not say
  const limit = soft === 'unlimited' ? Number.POSITIVE_INFINITY : Number(soft);
  const found = `${soft} files may be open: room for about ${Math.max(0, limit - OTHER_FILES)} sockets`;
  if (limit >= FEW_FILES) return [ok('open files', found)];
  return [
    warning('open files', found, 'Raise it where the server is started: ulimit -n 65536, or LimitNOFILE=65536 in its service.'),
  ];
}

/** Node's default of threads for files, host names and passwords. */
const THREADS = 4;

export function checkThreads(value = process.env['UV_THREADPOOL_SIZE'], cores = availableParallelism()): Finding {
  const check = 'threads';
  // As many passwords as there are cores are checked at once, each on a thread.
  const needed = cores + 1;
  const threads = value === undefined ? THREADS : Number(value) || 1;
  const found = `${threads} for files, host names and passwords, on ${cores} cores`;
  if (threads >= needed) return ok(check, found);
  return warning(check, found, `Set UV_THREADPOOL_SIZE=${needed} in the environment (not in .env) before the server starts.`);
}

/** Free bytes of a disk below which it is time to do something, and below which nothing works for long. */
const LITTLE_DISK = GIB;
const NO_DISK = 128 * MIB;

/** Room where the server writes: its database without DATABASE_URL, its secret, mails that are not sent. */
export async function checkDataDir({ DATA_DIR, DATABASE_URL, APP_SECRET, SMTP_URL }: Settings): Promise<Finding[]> {
  if (DATABASE_URL && APP_SECRET && SMTP_URL) return [];
  const check = 'data folder';
  const folder = resolve(DATA_DIR);
  const place = await existing(folder);
  const unusable = await faultOf(place);
  if (unusable !== undefined) {
    return [fault(check, `${folder} cannot be used: ${unusable}`, 'Set DATA_DIR to a folder of the user that runs the server.')];
  }
  const { bavail, bsize } = await statfs(place);
  const free = bavail * bsize;
  const found = `${folder}: ${(free / GIB).toFixed(1)} GiB free`;
  const findings: Finding[] = [];
  const mend = 'Make room on that disk, or set DATA_DIR to a folder on another one.';
  if (free < NO_DISK) findings.push(fault(check, found, mend));
  else findings.push(free < LITTLE_DISK ? warning(check, found, mend) : ok(check, found));
  return [...findings, ...(await checkSecretFile(folder))];
}

/** The folder, or the nearest one above it that is there. */
async function existing(folder: string): Promise<string> {
  const isThere = await stat(folder).then(
    () => true,
    (thrown: unknown) => {
      if (codeOf(thrown) === 'ENOENT') return false;
      throw thrown;
    },
  );
  return isThere || dirname(folder) === folder ? folder : existing(dirname(folder));
}

/** Why this user can keep nothing there; undefined where it can. */
async function faultOf(place: string): Promise<string | undefined> {
  if (!(await stat(place)).isDirectory()) return `${place} is no folder`;
  return access(place, constants.W_OK | constants.X_OK).then(
    () => undefined,
    () => `this user may not write to ${place}`,
  );
}

async function checkSecretFile(folder: string): Promise<Finding[]> {
  const path = join(folder, 'app-secret');
  const found = await stat(path).catch(() => null);
  if (!found || process.platform === 'win32' || (found.mode & 0o077) === 0) return [];
  return [warning('data folder', `other users of this machine may read ${path}`, `chmod 600 ${path}`)];
}

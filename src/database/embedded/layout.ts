import { randomBytes } from 'node:crypto';
import { mkdir, open, readFile, realpath, rename } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { codeOf, reasonOf } from '../../errors/thrown.js';
import { DatabaseStartError } from '../start-error.js';
import { syncFolder } from '../sync-folder.js';
import { closedFolder } from './account.js';

/** Where in DATA_DIR what lies. */
export interface Layout {
  /** DATA_DIR itself, without symbolic links. */
  readonly dataDir: string;
  /** The database cluster (`PGDATA`). */
  readonly cluster: string;
  readonly passwordFile: string;
  readonly locks: string;
}

/** What clusters that are being made are called; whatever bears such a name was left unfinished. */
export const UNFINISHED = 'postgres.new-';

/**
 * Makes DATA_DIR where it is missing.
 * @throws DatabaseStartError that names the folder which is closed to us
 */
export async function prepareLayout(given: string): Promise<Layout> {
  const wanted = resolve(given);
  try {
    await mkdir(wanted, { recursive: true, mode: 0o755 });
    const dataDir = await realpath(wanted);
    const locks = join(dataDir, 'lock');
    await mkdir(locks, { recursive: true, mode: 0o755 });
    return { dataDir, locks, cluster: join(dataDir, 'postgres'), passwordFile: join(dataDir, 'postgres.password') };
  } catch (thrown) {
    const reason = reasonOf(thrown);
    const closed = codeOf(thrown) === 'EACCES' ? await closedFolder(wanted) : undefined;
    const line = closed
      ? `DATA_DIR ${wanted} cannot be used: the folder ${closed} is closed to this user; set DATA_DIR to a folder of your own.`
      : `DATA_DIR ${wanted} cannot be used: ${reason}`;
    throw new DatabaseStartError(line, { cause: thrown });
  }
}

/** The password that `passwordFile` keeps, or undefined where there is none. */
export async function readPassword({ passwordFile }: Layout): Promise<string | undefined> {
  try {
    return (await readFile(passwordFile, 'utf8')).trim() || undefined;
  } catch (thrown) {
    if (codeOf(thrown) === 'ENOENT') return undefined;
    throw new DatabaseStartError(`The password of the embedded database cannot be read from ${passwordFile} by this user.`, {
      cause: thrown,
    });
  }
}

/** Makes the password of a cluster that is about to be made; it is on the disk before the cluster is. */
export async function createPassword({ passwordFile }: Layout): Promise<string> {
  const password = randomBytes(24).toString('base64url');
  const unfinished = `${passwordFile}.${process.pid}`;
  const file = await open(unfinished, 'w', 0o600);
  try {
    await file.writeFile(`${password}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(unfinished, passwordFile);
  await syncFolder(dirname(passwordFile));
  return password;
}

import { execFile } from 'node:child_process';
import { access, constants, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { promisify } from 'node:util';
import { reasonOf } from '../../errors/thrown.js';
import { DatabaseStartError } from '../start-error.js';

const run = promisify(execFile);

/** As whom PostgreSQL runs: it refuses to run as root. */
export interface Account {
  readonly name: string;
  /** Ourselves, under a user id that this system has no name for. */
  readonly isNameless?: boolean;
  /** Undefined: as ourselves. */
  readonly ids?: { readonly uid: number; readonly gid: number };
}

// Debian, Red Hat and most others; then BusyBox (Alpine).
const WAYS_TO_ADD = [
  [
    'useradd',
    '--system',
    '--user-group',
    '--no-create-home',
    '--home-dir',
    '/nonexistent',
    '--shell',
    '/usr/sbin/nologin',
    'postgres',
  ],
  ['adduser', '-S', '-D', '-H', '-h', '/nonexistent', '-s', '/sbin/nologin', 'postgres'],
] as const;

const SEARCH_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/**
 * As ourselves; as root, as the owner of the cluster if there is one already, else as `postgres`, who is made where missing.
 * @throws DatabaseStartError where that cannot be
 */
export async function accountFor(cluster: string): Promise<Account> {
  const owner = await ownerOf(cluster);
  const self = process.getuid?.();
  if (self === undefined) return { name: 'this user' };
  if (self !== 0) {
    if (owner && owner.uid !== self) {
      const who = (await nameOf(owner.uid)) ?? `uid ${owner.uid}`;
      throw new DatabaseStartError(
        `The database in ${cluster} belongs to the OS user ${who}; start as root or as that user, or set another DATA_DIR.`,
      );
    }
    const name = await nameOf(self);
    return name === undefined ? { name: `uid ${self}`, isNameless: true } : { name };
  }
  if (owner && owner.uid !== 0) return { name: (await nameOf(owner.uid)) ?? `uid ${owner.uid}`, ids: owner };
  const ids = (await idsOf('postgres')) ?? (await addAccount());
  return { name: 'postgres', ids };
}

async function ownerOf(path: string): Promise<{ uid: number; gid: number } | undefined> {
  const found = await stat(path).catch(() => undefined);
  return found && { uid: found.uid, gid: found.gid };
}

async function nameOf(uid: number): Promise<string | undefined> {
  const answer = await run('id', ['-un', String(uid)]).catch(() => undefined);
  return answer?.stdout.trim() || undefined;
}

async function idsOf(name: string): Promise<{ uid: number; gid: number } | undefined> {
  try {
    const [uid, gid] = await Promise.all([run('id', ['-u', name]), run('id', ['-g', name])]);
    return { uid: Number(uid.stdout), gid: Number(gid.stdout) };
  } catch {
    return undefined;
  }
}

async function addAccount(): Promise<{ uid: number; gid: number }> {
  const reasons: string[] = [];
  for (const [command, ...args] of WAYS_TO_ADD) {
    try {
      await run(command, args, { env: { PATH: SEARCH_PATH } });
      break;
    } catch (thrown) {
      reasons.push(reasonOf(thrown).replace(/\s+/g, ' ').trim());
    }
  }
  const ids = await idsOf('postgres'); // after a failure too: another start may have been quicker
  if (ids) return ids;
  throw new DatabaseStartError(
    `PostgreSQL does not run as root, and the OS user "postgres" could not be made (${reasons.join('; ')}); start as an ordinary user, or set DATABASE_URL.`,
  );
}

/**
 * The first folder on the way to `path` (from the root down) that `account` may not pass, or undefined if none is in the way.
 * Folders that do not exist are in nobody's way. `path` holds no symbolic links, or they are not looked through.
 */
export async function closedFolder(path: string, account?: Account): Promise<string | undefined> {
  const folders: string[] = [];
  for (let folder = dirname(resolve(path)); ; folder = dirname(folder)) {
    folders.unshift(folder);
    if (folder === dirname(folder)) break;
  }
  for (const folder of folders) {
    if (!(await passable(folder, account))) return folder;
  }
  return undefined;
}

async function passable(folder: string, account: Account | undefined): Promise<boolean> {
  if (!account?.ids) {
    return access(folder, constants.X_OK).then(
      () => true,
      (thrown: NodeJS.ErrnoException) => thrown.code !== 'EACCES',
    );
  }
  const found = await stat(folder).catch(() => undefined);
  if (!found) return true;
  if (found.uid === account.ids.uid) return (found.mode & 0o100) !== 0;
  if (found.gid === account.ids.gid) return (found.mode & 0o010) !== 0;
  return (found.mode & 0o001) !== 0;
}

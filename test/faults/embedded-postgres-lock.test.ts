import { mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { DataDirInUseError, takeLock } from '../../src/database/embedded/lock.js';
import { EmbeddedProgram, ended, keep, kept, type Failed, type Started } from '../support/embedded.js';
import { runSql } from '../support/database.js';
import { until } from '../support/until.js';

// Each starts several servers, on a machine that may be busy.
vi.setConfig({ testTimeout: 90_000, hookTimeout: 90_000 });

describe('the lock on a folder', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'switchboard-lock-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('is held by one at a time, and free after its release', async () => {
    const lock = await takeLock(folder, folder);
    await expect(takeLock(folder, folder)).rejects.toBeInstanceOf(DataDirInUseError);
    lock.release();
    lock.release();
    (await takeLock(folder, folder)).release();
    expect(await readdir(folder)).toEqual([]);
  });

  it('is taken over from the dead: another process of the same number, or one that was never seen to live', async () => {
    const lock = await takeLock(folder, folder);
    const [mine = ''] = await readdir(folder);
    lock.release();
    const [place, pid] = mine.split('.');
    await writeFile(join(folder, `${place}.${pid}.1`), ''); // this number, started at another time
    await writeFile(join(folder, `${place}.4194304.77`), ''); // beyond the largest number that Linux gives
    (await takeLock(folder, folder)).release();
    expect(await readdir(folder)).toEqual([]);
  });

  it('is left to a holder whom we cannot see until it has given no sign of life for 15 seconds', async () => {
    const elsewhere = join(folder, '0123456789ab.7.1');
    await writeFile(elsewhere, '');
    const lastSign = new Date(Date.now() - 14_000);
    await utimes(elsewhere, lastSign, lastSign);
    (await takeLock(folder, folder)).release();
    expect(Date.now() - lastSign.getTime()).toBeGreaterThanOrEqual(15_000);
    expect(await readdir(folder)).toEqual([]);
  });

  it('is not disturbed by files that are no claims', async () => {
    await writeFile(join(folder, 'README'), '');
    (await takeLock(folder, folder)).release();
    expect(await readdir(folder)).toEqual(['README']);
  });
});

describe('several processes on one DATA_DIR', () => {
  let embedded: EmbeddedProgram;
  beforeAll(async () => {
    embedded = await EmbeddedProgram.make();
  });
  afterAll(() => embedded.close());

  it('refuses a second server with one line that names the first, and leaves that one alone', async () => {
    const dataDir = await embedded.dataDir();
    const first = await embedded.start(dataDir);
    const { failed, name } = await embedded.fail(dataDir);
    expect(failed).toMatch(
      new RegExp(`^Another Switchboard server \\(process ${first.program.pid}\\) [^\\n]*${dataDir}[^\\n]*$`),
    );
    expect(name).toBe('DataDirInUseError');
    await keep(first.url, 'still here');
  });

  it('lets exactly one of many that start at once have it', async () => {
    const dataDir = await embedded.dataDir();
    const programs = [1, 2, 3, 4, 5].map(() => embedded.run('serve', dataDir));
    const answers = await Promise.all(programs.map((program) => program.next<Started | Failed>()));
    const started = answers.filter((answer) => 'url' in answer);
    expect(started).toHaveLength(1);
    for (const answer of answers) if ('failed' in answer) expect(answer.name).toBe('DataDirInUseError');
    await Promise.all(programs.map((program) => program.end()));
    const next = await embedded.start(dataDir); // takes over from the winner, killed like the rest
    expect(next.pid).toBe(started[0]?.pid);
  });

  it('lets the command line join a server that runs, and leave it running', async () => {
    const dataDir = await embedded.dataDir();
    const server = await embedded.start(dataDir);
    await keep(server.url, 'of the server');
    const tool = await embedded.start(dataDir, {}, 'tool');
    expect(tool).toMatchObject({ url: server.url, pid: server.pid });
    expect(await kept(tool.url)).toEqual(['of the server']);
    tool.program.kill('SIGTERM');
    await tool.program.exited;
    expect(await runSql(server.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  it('lets the command line wait for a server that is just starting', async () => {
    const dataDir = await embedded.dataDir();
    const server = embedded.run('serve', dataDir);
    const tool = embedded.run('tool', dataDir);
    const [one, other] = await Promise.all([server.next<Started | Failed>(), tool.next<Started | Failed>()]);
    // Whoever was first has it; a server that comes second says so, a tool that comes second joins.
    if ('failed' in one) expect(one.name).toBe('DataDirInUseError');
    else expect(other).toMatchObject({ url: one.url, pid: one.pid });
    expect(other).toHaveProperty('url');
  });

  it('starts PostgreSQL for the command line where no server runs, and stops it again', async () => {
    const dataDir = await embedded.dataDir();
    const tool = await embedded.start(dataDir, {}, 'tool');
    await keep(tool.url, 'by the tool');
    tool.program.kill('SIGTERM');
    await tool.program.exited;
    expect(await ended(tool.pid)).toBe(true);
    expect(await kept((await embedded.start(dataDir)).url)).toEqual(['by the tool']);
  });

  it('lets a second command finish what it does with the PostgreSQL that the first has started', async () => {
    const dataDir = await embedded.dataDir();
    const first = await embedded.start(dataDir, {}, 'tool');
    const second = await embedded.start(dataDir, {}, 'tool');
    expect(second).toMatchObject({ url: first.url, pid: first.pid });
    first.program.kill('SIGTERM');
    await until(() => first.program.errors.includes('waiting for another command'), 30_000);
    await keep(second.url, 'by the second');
    // Who comes now waits, and has it afterwards.
    const third = embedded.run('tool', dataDir);
    second.program.kill('SIGTERM');
    await Promise.all([first.program.exited, second.program.exited]);
    expect(await ended(first.pid)).toBe(true);
    expect(await kept((await third.next<Started>()).url)).toEqual(['by the second']);
  });

  it('stops the PostgreSQL of the first command when the second was killed', async () => {
    const dataDir = await embedded.dataDir();
    const first = await embedded.start(dataDir, {}, 'tool');
    const second = await embedded.start(dataDir, {}, 'tool');
    first.program.kill('SIGTERM');
    await until(() => first.program.errors.includes('waiting for another command'), 30_000);
    second.program.kill('SIGKILL');
    await first.program.exited;
    expect(await ended(first.pid)).toBe(true);
  });
});

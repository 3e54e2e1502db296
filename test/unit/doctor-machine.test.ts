import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { within } from '../../src/cli/doctor/finding.js';
import { checkDataDir, checkMemory, checkNode, checkOpenFiles, checkThreads } from '../../src/cli/doctor/machine.js';
import { maskOf } from '../../src/cli/doctor/mask.js';
import { Settings } from '../../src/config/settings.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'switchboard-doctor-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('the machine', () => {
  it('has a Node that is new enough', () => {
    expect(['18.20.1', '20.18.9', '20.19.0', '24.1.0'].map((version) => checkNode(version).level)).toEqual([
      'fault',
      'fault',
      'ok',
      'ok',
    ]);
    expect(checkNode().level).toBe('ok');
  });

  it('has memory', () => {
    expect(checkMemory(256 * 1_048_576)).toMatchObject({
      level: 'warning',
      found: expect.stringMatching(/^256 MiB of memory, \d+ cores$/),
    });
    expect(checkMemory(4 * 1_073_741_824)).toMatchObject({ level: 'ok', found: expect.stringMatching(/^4\.0 GiB/) });
    expect(checkMemory().found).toMatch(/^\d+(\.\d)? [GM]iB of memory/);
  });

  it('lets enough files be open', async () => {
    const limits = join(folder, 'limits');
    const level = async (soft: string): Promise<string[]> => {
      await writeFile(
        limits,
        `Limit      Soft Limit   Hard Limit  Units\nMax open files            ${soft}      524288      files\n`,
      );
      return (await checkOpenFiles(limits)).map((finding) => `${finding.level} ${finding.found}`);
    };
    expect(await level('1024')).toEqual(['warning 1024 files may be open: room for about 824 sockets']);
    expect(await level('65536')).toEqual(['ok 65536 files may be open: room for about 65336 sockets']);
    expect((await level('unlimited'))[0]).toMatch(/^ok/);
    expect(await checkOpenFiles(join(folder, 'none'))).toEqual([]);
  });

  it('has threads for its cores', () => {
    expect(checkThreads(undefined, 2).level).toBe('ok');
    expect(checkThreads(undefined, 8)).toMatchObject({ level: 'warning', mend: expect.stringContaining('UV_THREADPOOL_SIZE=9') });
    expect(checkThreads('16', 8).level).toBe('ok');
    expect([checkThreads('', 2), checkThreads('many', 2)].map(({ level }) => level)).toEqual(['warning', 'warning']);
  });

  it('has a folder to write to', async () => {
    const file = join(folder, 'a-file');
    await writeFile(file, '');
    const of = async (DATA_DIR: string) =>
      (await checkDataDir(Settings.from({ DATA_DIR }))).map(({ level, found }) => `${level} ${found}`);
    expect(await of(file)).toEqual([`fault ${file} cannot be used: ${file} is no folder`]);
    expect(await of(join(folder, 'not', 'yet'))).toEqual([expect.stringMatching(/^ok .*GiB free$/)]);
  });

  it('keeps its own secret to itself', async () => {
    const settings = Settings.from({ DATA_DIR: folder });
    await writeFile(join(folder, 'app-secret'), 'x');
    await chmod(join(folder, 'app-secret'), 0o644);
    const secretOf = async () => (await checkDataDir(settings)).filter(({ found }) => found.includes('app-secret'));
    expect(await secretOf()).toMatchObject([{ level: 'warning', mend: expect.stringContaining('chmod 600') }]);
    await chmod(join(folder, 'app-secret'), 0o600);
    expect(await secretOf()).toEqual([]);
    const away = { DATABASE_URL: 'postgres://x', APP_SECRET: 'x'.repeat(32), SMTP_URL: 'smtp://x' };
    expect(await checkDataDir(Settings.from({ DATA_DIR: folder, ...away }))).toEqual([]);
  });
});

describe('a check', () => {
  it('has a limit, and never throws', async () => {
    let given: AbortSignal | undefined;
    const late = await within('one', (signal) => new Promise(() => (given = signal)), 30);
    expect(late).toMatchObject([{ check: 'one', level: 'fault', found: expect.stringMatching(/no answer within/) }]);
    expect(given?.aborted).toBe(true);
    const broken = await within('two', () => Promise.reject(new Error('on fire')));
    expect(broken).toMatchObject([{ check: 'two', level: 'fault', found: 'cannot be checked: on fire' }]);
  });

  it('shows no secret, whoever quotes it', () => {
    const mask = maskOf({
      APP_SECRET: 'the root of all',
      DATABASE_URL: 'postgres://me:p%40ss%2Fword@db/x',
      FIRST_SUPERUSER_PASSWORD: 'hush hush',
    });
    const words = 'the root of all; p@ss/word; p%40ss%2Fword; hush hush; postgres://other:thing@host/x; https://plain.example/x';
    const found = mask({ check: 'x', level: 'fault', found: words, mend: words });
    expect(found.found).toBe('•••; •••; •••; •••; postgres://•••@host/x; https://plain.example/x');
    expect(found.mend).toBe(found.found);
    expect(maskOf({})({ check: 'x', level: 'ok', found: 'y' })).toEqual({ check: 'x', level: 'ok', found: 'y' });
  });

  it.each([
    ['PUBLIC_URL', 'https://me:half@secret@example.com'],
    ['PUBLIC_URL', 'https://me:se:cr:et@example.com'],
    ['DATABASE_URL', 'postgres://me@example.com/db?password=a-whole-secret'],
  ])('and nothing of one that is written carelessly: %s=%s', (name, value) => {
    const { found } = maskOf({ [name]: value })({ check: 'x', level: 'ok', found: `what about ${value}, then` });
    expect(found).not.toMatch(/secret|half|se:cr/);
    expect(found).toMatch(/^what about (https|postgres):.*example\.com.*, then$/);
  });
});

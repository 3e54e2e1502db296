import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Pool } from 'pg';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { startEmbeddedPostgres } from '../../src/database/embedded/embedded-postgres.js';
import { runSql } from '../support/database.js';
import { EmbeddedProgram, ended, keep, kept, postmasterIn } from '../support/embedded.js';
import { until } from '../support/until.js';

// Each starts several servers, on a machine that may be busy.
vi.setConfig({ testTimeout: 90_000, hookTimeout: 90_000 });

let embedded: EmbeddedProgram;
beforeAll(async () => {
  embedded = await EmbeddedProgram.make();
});
afterAll(() => embedded.close());

describe('an embedded PostgreSQL', () => {
  it('is made durable, in UTF-8, behind a password, on loopback only, and sees nothing of our environment', async () => {
    const dataDir = await embedded.dataDir();
    const { program, url, superuserUrl, pid, directory } = await embedded.start(dataDir, { MARKED: 'secret of ours' });
    const names = [
      'fsync',
      'synchronous_commit',
      'full_page_writes',
      'data_checksums',
      'server_encoding',
      'listen_addresses',
      'unix_socket_directories',
    ];
    const rows = await runSql<{ name: string; setting: string }>(
      url,
      'SELECT name, setting FROM pg_settings WHERE name = ANY($1)',
      [names],
    );
    expect(Object.fromEntries(rows.map(({ name, setting }) => [name, setting]))).toEqual({
      fsync: 'on',
      synchronous_commit: 'on',
      full_page_writes: 'on',
      data_checksums: 'on',
      server_encoding: 'UTF8',
      listen_addresses: '127.0.0.1',
    });
    const [sorted] = await runSql(
      url,
      `SELECT datlocprovider AS provider, datlocale AS locale, upper('straße é') AS upper FROM pg_database WHERE datname = current_database()`,
    );
    expect(sorted).toEqual({ provider: 'b', locale: 'C.UTF-8', upper: 'STRAßE É' });

    const [role] = await runSql(url, 'SELECT rolsuper, rolcreaterole, rolcreatedb FROM pg_roles WHERE rolname = current_user');
    expect(role).toEqual({ rolsuper: false, rolcreaterole: false, rolcreatedb: false });
    for (const each of [url, superuserUrl]) {
      const wrong = new URL(each);
      wrong.password = 'wrong';
      await expect(runSql(wrong.href, 'SELECT 1')).rejects.toMatchObject({ code: '28P01' });
    }
    const [stored] = await runSql<{ rolpassword: string }>(
      superuserUrl,
      `SELECT rolpassword FROM pg_authid WHERE rolname = 'switchboard'`,
    );
    expect(stored?.rolpassword).toMatch(/^SCRAM-SHA-256\$/);

    expect((await stat(join(dataDir, 'postgres.password'))).mode & 0o777).toBe(0o600);
    expect((await stat(directory)).mode & 0o777).toBe(0o700);
    if (process.platform === 'linux') {
      const environment = await readFile(`/proc/${pid}/environ`, 'utf8');
      expect(environment.split('\0').filter(Boolean).sort()).toEqual(['LC_ALL=C', 'PATH=/usr/bin:/bin', 'TZ=UTC']);
    }
    program.kill('SIGTERM');
    await program.exited;
    expect(program.exitCode).toBe(0);
    expect(await ended(pid)).toBe(true);
    expect(await readdir(join(dataDir, 'lock'))).toEqual([]);
  });

  it('is found and taken over after a kill -9 of the server, with all that was acknowledged', async () => {
    const dataDir = await embedded.dataDir();
    const first = await embedded.start(dataDir);
    await keep(first.url, 'before');
    await first.program.end();
    expect(await ended(first.pid)).toBe(false);
    const second = await embedded.start(dataDir);
    expect(second).toMatchObject({ pid: first.pid, url: first.url });
    expect(second.program.errors).toContain(`process ${first.pid}`);
    expect(await kept(second.url)).toEqual(['before']);
    // Taken over, it is looked after like any other.
    process.kill(first.pid, 'SIGKILL');
    await until(
      () =>
        keep(second.url, 'after').then(
          () => true,
          () => false,
        ),
      15_000,
    );
    second.program.kill('SIGTERM');
    await second.program.exited;
    expect(await postmasterIn(second.directory)).toBeUndefined();
    const third = await embedded.start(dataDir);
    expect(await kept(third.url)).toEqual(['after', 'before']);
  });

  it('is stopped and started again when what was left behind does not answer', async () => {
    const dataDir = await embedded.dataDir();
    const first = await embedded.start(dataDir);
    await keep(first.url, 'before');
    await first.program.end();
    process.kill(first.pid, 'SIGSTOP');
    const second = await embedded.start(dataDir);
    expect(second.pid).not.toBe(first.pid);
    expect(await ended(first.pid)).toBe(true);
    expect(second.program.errors).toMatch(/does not answer; stopping it/);
    expect(await kept(second.url)).toEqual(['before']);
  });

  it('starts after everything was killed at once, in the middle of writing', async () => {
    const dataDir = await embedded.dataDir();
    let { program, url, pid } = await embedded.start(dataDir);
    const acknowledged: string[] = [];
    for (const round of [1, 2]) {
      const writing = (async () => {
        for (let n = 1000; ; n += 1) {
          await keep(url, `${round}-${n}`);
          acknowledged.push(`${round}-${n}`);
        }
      })().catch(() => undefined);
      await until(() => acknowledged.length >= round * 20, 15_000);
      process.kill(pid, 'SIGKILL');
      await Promise.all([program.end(), writing]);
      ({ program, url, pid } = await embedded.start(dataDir));
      const found = await kept(url);
      expect(found).toEqual(expect.arrayContaining(acknowledged));
      expect(found.length - acknowledged.length).toBeLessThanOrEqual(round); // the one on its way may have got through
    }
  });

  it('is whole or not there at all when the process was killed while making it', async () => {
    for (let kills = 0; kills < 3; kills += 1) {
      const dataDir = await embedded.dataDir();
      const program = embedded.run('serve', dataDir);
      // Somewhere between the first file and the last: initdb writes about a thousand.
      const files = async (): Promise<number> => (await readdir(dataDir, { recursive: true }).catch(() => [])).length;
      await until(async () => (await files()) > 5 + 300 * kills, 10_000);
      await program.end();
      const { url } = await embedded.start(dataDir);
      await keep(url, 'works');
      expect(await kept(url)).toEqual(['works']);
    }
  });

  it('is started again on the same port when it dies, so that pools find it', async () => {
    const lines: string[] = [];
    const server = await startEmbeddedPostgres({
      dataDir: await embedded.dataDir(),
      connections: 10,
      log: (line) => lines.push(line),
    });
    const pool = new Pool({ connectionString: server.url, max: 2 });
    pool.on('error', () => undefined);
    try {
      const before = server.pid;
      await pool.query('CREATE TABLE kept (note text)');
      await pool.query(`INSERT INTO kept VALUES ('before')`);
      for (const signal of ['SIGKILL', 'SIGQUIT'] as const) {
        const pid = server.pid;
        process.kill(pid, signal);
        await until(() => ended(pid));
        await until(
          () =>
            pool.query('SELECT 1').then(
              () => true,
              () => false,
            ),
          15_000,
        );
        expect(server.pid).not.toBe(pid);
      }
      expect((await pool.query('SELECT note FROM kept')).rows).toEqual([{ note: 'before' }]);
      expect(lines.join('\n')).toMatch(new RegExp(`process ${before}.* ended unexpectedly .*SIGKILL`));
    } finally {
      await pool.end();
      await server.stop();
    }
    expect(await ended(server.pid)).toBe(true);
  });

  it('stops when it had died just before, and when it is told twice', async () => {
    const server = await startEmbeddedPostgres({ dataDir: await embedded.dataDir(), connections: 10, log: () => undefined });
    const { pid } = server;
    process.kill(pid, 'SIGKILL');
    await Promise.all([server.stop(), server.stop()]);
    await server.stop();
    expect(await ended(server.pid)).toBe(true);
    expect(await postmasterIn(server.directory).then((left) => left === undefined || left === pid)).toBe(true);
  });

  it('goes on answering when Ctrl-C reaches the whole process group, until the server stops it', async () => {
    const { program, pid } = await embedded.start(await embedded.dataDir());
    program.interrupt();
    expect(await program.next()).toEqual({ answered: true });
    await program.exited;
    expect(program.exitCode).toBe(0);
    expect(await ended(pid)).toBe(true);
  });

  it('starts though the number in its pid file belongs to another program by now', async () => {
    const dataDir = await embedded.dataDir();
    const { program, url, directory, pid } = await embedded.start(dataDir);
    await keep(url, 'before');
    process.kill(pid, 'SIGSTOP'); // so that it leaves its pid file behind
    await program.end();
    const pidFile = await readFile(join(directory, 'postmaster.pid'), 'utf8');
    process.kill(pid, 'SIGKILL');
    await until(() => ended(pid));
    const stranger = await embedded.start(await embedded.dataDir()); // a PostgreSQL even, of the same user, but of another cluster
    await writeFile(join(directory, 'postmaster.pid'), pidFile.replace(/^\d+/, String(stranger.pid)));
    const second = await embedded.start(dataDir);
    expect(await kept(second.url)).toEqual(['before']);
    expect(await ended(stranger.pid)).toBe(false);
  });

  it('refuses, with one line each, a cluster of another release, a lost password and a folder that is something else', async () => {
    const dataDir = await embedded.dataDir();
    const { program, directory } = await embedded.start(dataDir);
    program.kill('SIGTERM');
    await program.exited;
    const version = join(directory, 'PG_VERSION');
    await writeFile(version, '17\n');
    expect((await embedded.fail(dataDir)).failed).toMatch(/^[^\n]*PostgreSQL 17[^\n]*$/);
    await writeFile(version, '18\n');
    const password = join(dirname(directory), 'postgres.password');
    const text = await readFile(password);
    await writeFile(password, '');
    expect((await embedded.fail(dataDir)).failed).toMatch(/^[^\n]*postgres\.password is missing[^\n]*$/);
    await writeFile(password, 'another\n');
    expect((await embedded.fail(dataDir)).failed).toMatch(/^[^\n]*refuses its own password file[^\n]*$/);
    expect(await postmasterIn(directory)).toBeUndefined();
    await writeFile(password, text);
    await embedded.start(dataDir);
  });
});

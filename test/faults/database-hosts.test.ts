import { execFile } from 'node:child_process';
import { chmod, chown, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createApp } from '../../src/app.setup.js';
import { Settings } from '../../src/config/settings.js';
import { connectDatabase } from '../../src/database/connect.js';
import { connectionConfig } from '../../src/database/connection.js';
import { DatabaseClient } from '../../src/database/database-client.js';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/database/embedded/embedded-postgres.js';
import { Notifications } from '../../src/database/notifications.js';
import { Sql } from '../../src/database/sql.js';
import { reasonOf } from '../../src/errors/thrown.js';
import { has, programOf } from '../support/capabilities.js';
import { Cli } from '../support/cli.js';
import { Daemon } from '../support/daemon.js';
import { createDatabase, runSql, type TestDatabase } from '../support/database.js';
import { until } from '../support/until.js';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 90_000 });

const OPTIONS = { pool: 3, entities: [] };
const run = promisify(execFile);

let cli: Cli;
beforeAll(async () => {
  cli = await Cli.make({});
});
afterAll(() => cli.close());

/** What a start says of a database, or `up`. */
const startAt = (url: string): Promise<string> =>
  connectDatabase(url, OPTIONS, 3_000).then(
    async (dataSource) => {
      await dataSource.destroy();
      return 'up';
    },
    (thrown: unknown) => reasonOf(thrown),
  );

describe.runIf(has.openssl)('a database with TLS and a certificate of its own', () => {
  let server: EmbeddedPostgres;
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'switchboard-tls-'));
    await chmod(folder, 0o755);
    server = await startEmbeddedPostgres({ dataDir: join(folder, 'data'), connections: 20, log: () => undefined });
    const [key, cert] = [join(server.directory, 'tls.key'), join(folder, 'ca.pem')];
    const subject = ['-subj', '/CN=db.example', '-addext', 'subjectAltName=DNS:db.example'];
    const made = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', ...subject, '-keyout', key, '-out', cert];
    await run(programOf('openssl'), made);
    const { uid, gid } = await stat(server.directory);
    await chown(key, uid, gid);
    await chmod(key, 0o600);
    for (const [name, value] of [
      ['ssl_cert_file', cert],
      ['ssl_key_file', key],
      ['ssl', 'on'],
    ]) {
      await runSql(server.superuserUrl, `ALTER SYSTEM SET ${name} = '${value}'`);
    }
    await runSql(server.superuserUrl, 'SELECT pg_reload_conf()');
    await until(async () => {
      const [row] = await runSql<{ ssl: string }>(server.superuserUrl, `SELECT current_setting('ssl') AS ssl`);
      return row?.ssl === 'on';
    });
  });

  afterAll(async () => {
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const at = (parameters: string): string =>
    server.url.replace(/\?.*/, `?${parameters.replaceAll('CA', join(folder, 'ca.pem'))}`);

  async function isEncrypted(parameters: string): Promise<boolean> {
    const client = new DatabaseClient(connectionConfig(at(parameters)));
    await client.connect();
    try {
      const { rows } = await client.query<{ ssl: boolean }>('SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()');
      return rows[0]?.ssl === true;
    } finally {
      await client.end();
    }
  }

  it.each([
    ['', false],
    ['sslmode=disable', false],
    ['sslmode=allow', true],
    ['sslmode=prefer', true],
    ['sslmode=require', true],
    ['ssl=true', true],
    ['sslmode=no-verify', true],
    ['sslmode=require&channel_binding=require', true],
    ['sslmode=require&uselibpqcompat=true', true],
    ['sslmode=require&sslrootcert=CA', true],
    ['sslmode=verify-ca&sslrootcert=CA', true],
  ])('is reached with ?%s as by psql: encrypted %s', async (parameters, encrypted) => {
    expect(await isEncrypted(parameters)).toBe(encrypted);
  });

  it('is used by the whole server, and by the command line, with sslmode=require', async () => {
    expect(await startAt(at('sslmode=require'))).toBe('up');
    const { code, out } = await cli.run(['db', 'status'], { variables: { DATABASE_URL: at('sslmode=require') } });
    expect([code, out]).toEqual([0, expect.stringMatching(/still to be run {2}none/)]);
  });

  it.each([
    ['sslmode=verify-full', /self-signed certificate; add sslrootcert=FILE .*sslmode=require/],
    ['sslmode=verify-ca', /self-signed certificate; add sslrootcert=FILE/],
    ['sslrootcert=system&sslmode=verify-full', /self-signed certificate; add sslrootcert=FILE/],
    ['sslmode=verify-full&sslrootcert=CA', /altnames.*; connect by a name that the certificate has, or take sslmode=verify-ca/i],
    ['sslmode=verify-ca&sslrootcert=/nowhere.pem', /^sslrootcert of DATABASE_URL cannot be used: ENOENT/],
  ])('is refused at once with ?%s, and the line says what to do', async (parameters, line) => {
    expect(await startAt(at(parameters))).toMatch(line);
  });

  it('says what to set where the host wants TLS, and where it has none', async () => {
    const hba = join(server.directory, 'pg_hba.conf');
    const before = await readFile(hba, 'utf8');
    await writeFile(hba, 'hostssl all all all scram-sha-256\n');
    await runSql(`${server.superuserUrl.replace(/\?.*/, '')}?sslmode=no-verify`, 'SELECT pg_reload_conf()');
    try {
      await until(async () => (await startAt(at('sslmode=disable'))) !== 'up');
      expect(await startAt(at('sslmode=disable'))).toMatch(/no encryption; it wants TLS: add sslmode=require/);
    } finally {
      await writeFile(hba, before);
      await runSql(`${server.superuserUrl.replace(/\?.*/, '')}?sslmode=no-verify`, 'SELECT pg_reload_conf()');
    }
  });
});

describe('a database without TLS', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createDatabase();
  });
  afterAll(() => database.drop());

  const at = (mode: string): string => database.url.replace(/\?.*/, `?sslmode=${mode}`);

  it('is used in the clear with sslmode=prefer, and refused with sslmode=require in a line that says what to do', async () => {
    expect(await startAt(at('prefer'))).toBe('up');
    expect(await startAt(at('require'))).toMatch(/does not support SSL connections; switch TLS on there/);
  });
});

describe.runIf(has.pgbouncer)('PgBouncer as Debian has it', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createDatabase();
  });
  afterAll(() => database.drop());

  const pooler = (mode: string): Promise<Daemon> => {
    const { hostname, port, username, password, pathname } = new URL(database.url);
    const to = `host=${hostname} port=${port} user=${username} password=${decodeURIComponent(password)} dbname=${pathname.slice(1)}`;
    return Daemon.start({
      program: programOf('pgbouncer'),
      files: (at) => ({
        'pgbouncer.ini': `[databases]\napp = ${to}\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = ${at}\nauth_type = any\nunix_socket_dir =\n${mode}\n`,
      }),
      arguments: () => [...(process.getuid?.() === 0 ? ['-u', 'nobody'] : []), 'pgbouncer.ini'],
    });
  };
  const through = ({ port }: Daemon): string => `postgres://app:any@127.0.0.1:${port}/app`;

  it('serves the server in session mode with its defaults, and what a session is set to holds', async () => {
    const bouncer = await pooler('');
    const variables = { HOST: '127.0.0.1', PORT: '0', LOG_LEVEL: 'silent', APP_SECRET: 'a secret of thirty-two bytes at least' };
    const settings = Settings.from({ ...variables, DATA_DIR: bouncer.folder, DATABASE_URL: through(bouncer) });
    const app = await createApp({ settings, databaseUrl: through(bouncer) });
    try {
      await app.init();
      const rows = await app
        .get(Sql)
        .rows(
          `SELECT name, setting FROM pg_settings WHERE name IN ('lock_timeout', 'statement_timeout', 'synchronous_commit', 'TimeZone') ORDER BY lower(name)`,
        );
      expect(rows.map((row) => Object.values(row))).toEqual([
        ['lock_timeout', '900'],
        ['statement_timeout', '10000'],
        ['synchronous_commit', 'on'],
        ['TimeZone', 'UTC'],
      ]);
      const notifications = app.get(Notifications);
      await until(() => notifications.trusted);
      const heard: string[] = [];
      notifications.on('probe', (subject) => heard.push(subject));
      await app.get(Sql).rows(`SELECT pg_notify('switchboard', 'probe:7')`);
      await until(() => heard.length > 0);
      expect(heard).toEqual(['7']);
    } finally {
      await app.close();
      await bouncer.stop();
    }
  });

  it.each(['transaction', 'statement'])('is refused at once in %s mode, by the start and by the doctor', async (mode) => {
    const bouncer = await pooler(`pool_mode = ${mode}`);
    try {
      const began = performance.now();
      expect(await startAt(through(bouncer))).toMatch(
        /a pooler in transaction mode stands before the database.*pool_mode = session/,
      );
      expect(performance.now() - began).toBeLessThan(10_000);
      const { out } = await cli.run(['doctor'], { variables: { DATABASE_URL: through(bouncer) } });
      expect(out).toMatch(/a pooler in transaction mode/);
    } finally {
      await bouncer.stop();
    }
  });

  it('refuses a parameter of DATABASE_URL that it does not know, and the line says that it is a pooler', async () => {
    const bouncer = await pooler('');
    try {
      const began = performance.now();
      expect(await startAt(`${through(bouncer)}?options=-c%20work_mem%3D8MB`)).toMatch(
        /unsupported startup parameter: options; a pooler stands/,
      );
      expect(performance.now() - began).toBeLessThan(10_000);
    } finally {
      await bouncer.stop();
    }
  });
});

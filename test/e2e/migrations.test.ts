import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Client } from 'pg';
import { DataSource } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AUTH_ENTITIES } from '../../src/auth/auth.entities.js';
import { CHAT_ENTITIES } from '../../src/chat/chat.entities.js';
import { connectDatabase } from '../../src/database/connect.js';
import { checkServer, migrate } from '../../src/database/migrate.js';
import { migrations } from '../../src/database/migrations/index.js';
import { dataSourceOptions, migrationOptions } from '../../src/database/options.js';
import { DatabaseStartError } from '../../src/database/start-error.js';
import { User } from '../../src/users/user.entity.js';
import { compile, linkPackages, Program } from '../support/compiled.js';
import { createDatabase, runSql, type TestDatabase } from '../support/database.js';
import { until } from '../support/until.js';

const names = migrations.map(({ name }) => name);

/** Everything of ours in a database: tables, indexes, sequences, functions, triggers. */
const contents = async (url: string): Promise<string[]> => {
  const rows = await runSql<{ what: string }>(
    url,
    `SELECT relkind::text || ' ' || relname AS what FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relname NOT LIKE 'schema_migrations%'
     UNION ALL SELECT 'function ' || proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace
     UNION ALL SELECT 'trigger ' || tgname FROM pg_trigger WHERE NOT tgisinternal ORDER BY 1`,
  );
  return rows.map(({ what }) => what);
};

const addUser = async (url: string, name: string): Promise<number> => {
  const [row] = await runSql<{ id: string }>(
    url,
    `INSERT INTO users (username, username_fold, username_skeleton, username_lookalike, password_hash)
     VALUES ($1, $1, $1, $1, '-') RETURNING id`,
    [name],
  );
  return Number(row?.id);
};

describe('migrations', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createDatabase('bare');
  });
  afterAll(() => database.drop());

  it('run once, when several processes and data sources start on an empty database at once', async () => {
    const folder = await compile('test/support/programs/migrate.ts');
    await linkPackages(folder);
    const programs = [1, 2].map(() => new Program(join(folder, 'test/support/programs/migrate.js'), [database.url]));
    try {
      for (const program of programs) expect(await program.next()).toBe('ready');
      for (const program of programs) program.tell('go');
      const results = await Promise.all([
        ...programs.map((program) => program.next<string[]>()),
        migrate(database.url),
        migrate(database.url),
      ]);
      expect(results.flat()).toEqual(names);
    } finally {
      await Promise.all(programs.map((program) => program.end()));
      await rm(folder, { recursive: true, force: true });
    }
    const done = await runSql<{ name: string }>(database.url, 'SELECT name FROM schema_migrations ORDER BY id');
    expect(done.map(({ name }) => name)).toEqual(names);
  });

  it('leave no lock and no connection behind', async () => {
    const left = await until(async () => {
      const rows = await runSql(
        database.url,
        `SELECT FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
         UNION ALL SELECT FROM pg_locks WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
      );
      return rows.length === 0;
    });
    expect(left).toBe(true);
  });

  it('go down to nothing and up again to the same', async () => {
    const before = await contents(database.url);
    expect(before).toContain('r users');
    const dataSource = await new DataSource(migrationOptions(database.url)).initialize();
    try {
      for (const _ of names) await dataSource.undoLastMigration({ transaction: 'each' });
    } finally {
      await dataSource.destroy();
    }
    expect(await contents(database.url)).toEqual([]);
    expect(await migrate(database.url)).toEqual(names);
    expect(await contents(database.url)).toEqual(before);
    expect(await migrate(database.url)).toEqual([]);
  });

  it('roll back and give the lock free when one fails', async () => {
    const other = await createDatabase('bare');
    try {
      await runSql(other.url, 'CREATE TABLE counters (in_the_way int)');
      await expect(migrate(other.url)).rejects.toThrow(/counters/);
      expect(await contents(other.url)).toEqual(['r counters']);
      await runSql(other.url, 'DROP TABLE counters');
      expect(await migrate(other.url)).toEqual(names);
    } finally {
      await other.drop();
    }
  });
});

describe('the schema', () => {
  let database: TestDatabase;
  let listener: Client;
  const heard: string[] = [];

  beforeAll(async () => {
    database = await createDatabase();
    listener = new Client(database.url);
    await listener.connect();
    listener.on('notification', ({ payload }) => heard.push(payload ?? ''));
    await listener.query('LISTEN switchboard');
  });
  afterAll(async () => {
    await listener.end();
    await database.drop();
  });

  /** What is told during `work`. */
  const told = async (work: () => Promise<unknown>): Promise<string[]> => {
    const mark = async (): Promise<number> => {
      const text = randomUUID();
      await runSql(database.url, `SELECT pg_notify('switchboard', $1)`, [text]);
      await until(() => heard.includes(text));
      return heard.indexOf(text);
    };
    const before = await mark();
    await work();
    return heard.slice(before + 1, await mark());
  };

  it('is what the entities say: nothing is left for a generated migration', async () => {
    const entities = [User, ...AUTH_ENTITIES, ...CHAT_ENTITIES];
    const dataSource = await new DataSource(dataSourceOptions(database.url, { pool: 2, entities })).initialize();
    try {
      const { upQueries } = await dataSource.driver.createSchemaBuilder().log();
      expect(upQueries.map(({ query }) => query)).toEqual([]);
    } finally {
      await dataSource.destroy();
    }
  });

  const counted = async (): Promise<number> => {
    const [row] = await runSql<{ value: string }>(database.url, `SELECT value FROM counters WHERE name = 'users'`);
    return Number(row?.value);
  };

  it('counts users through inserts, conflicts, rollbacks, deletes and truncates', async () => {
    expect(await counted()).toBe(0);
    const bulk = `INSERT INTO users (username, username_fold, username_skeleton, username_lookalike, password_hash)
      SELECT 'n' || n, 'n' || n, 'n' || n, 'n' || n, '-' FROM generate_series(1, 50) n`;
    await runSql(database.url, bulk);
    await runSql(database.url, `${bulk} ON CONFLICT DO NOTHING`);
    await expect(runSql(database.url, bulk)).rejects.toThrow(/duplicate key/);
    expect(await counted()).toBe(50);
    await runSql(database.url, `DELETE FROM users WHERE username_fold < 'n2'`);
    const [{ count } = { count: '' }] = await runSql<{ count: string }>(database.url, 'SELECT count(*) FROM users');
    expect(await counted()).toBe(Number(count));
    await runSql(database.url, 'TRUNCATE users CASCADE');
    expect(await counted()).toBe(0);
  });

  it('tells of accounts whose name or rights changed or that are gone, and of nothing else about them', async () => {
    const id = await addUser(database.url, 'mary');
    const change = (what: string) => told(() => runSql(database.url, `UPDATE users SET ${what} WHERE id = $1`, [id]));
    expect(await change(`username = 'Mary', full_name = 'M'`)).toEqual([`user:${id}`]);
    expect(await change('is_active = false')).toEqual([`user:${id}`]);
    expect(await change('is_superuser = true')).toEqual([`user:${id}`]);
    expect(await change(`suspended_until = now() + interval '1 day', suspension_reason = 'x'`)).toEqual([`user:${id}`]);
    expect(await change(`suspended_until = NULL, suspension_reason = NULL`)).toEqual([`user:${id}`]);
    expect(
      await change(`full_name = 'Mary', email = 'm@x.org', suspension_reason = 'y', updated_at = now(), is_active = false`),
    ).toEqual([]);
    expect(await told(() => runSql(database.url, 'DELETE FROM users WHERE id = $1', [id]))).toEqual([`user:${id}`]);
  });

  it('tells of sessions at their revocation, once, and of keys at every change', async () => {
    const [userId, id] = [await addUser(database.url, 'joe'), randomUUID()];
    const open = `INSERT INTO sessions (id, user_id, protocol, ip, expires_at) VALUES ($1, $2, 'rest', '::1', now() + interval '1 day')`;
    const revoke = `UPDATE sessions SET revoked_at = now(), revoked_reason = 'log-out' WHERE id = $1`;
    expect(await told(() => runSql(database.url, open, [id, userId]))).toEqual([]);
    expect(await told(() => runSql(database.url, 'UPDATE sessions SET last_used_at = now() WHERE id = $1', [id]))).toEqual([]);
    expect(await told(() => runSql(database.url, revoke, [id]))).toEqual([`session:${id}`]);
    expect(await told(() => runSql(database.url, revoke, [id]))).toEqual([]);
    const key = `INSERT INTO signing_keys (kid, alg, public_jwk, sealed_private) VALUES ('k', 'EdDSA', '{}', '')`;
    expect(await told(() => runSql(database.url, key))).toEqual(['keys']);
    expect(await told(() => runSql(database.url, 'UPDATE signing_keys SET retired_at = now()'))).toEqual(['keys']);
    expect(await told(() => runSql(database.url, 'DELETE FROM signing_keys'))).toEqual(['keys']);
  });

  it('takes everything of an account along, except what the audit log says of it', async () => {
    const [userId, session] = [await addUser(database.url, 'ann'), randomUUID()];
    await runSql(
      database.url,
      `INSERT INTO sessions (id, user_id, protocol, ip, expires_at) VALUES ($1, $2, 'rest', '::1', now())`,
      [session, userId],
    );
    await runSql(database.url, `INSERT INTO refresh_tokens (hash, session_id, expires_at) VALUES ('h', $1, now())`, [session]);
    await runSql(database.url, `INSERT INTO recovery_tokens (user_id, hash, expires_at) VALUES ($1, 'h', now())`, [userId]);
    await runSql(database.url, `INSERT INTO client_links (user_id, client_id) VALUES ($1, 'phone')`, [userId]);
    await runSql(database.url, `INSERT INTO audit_log (action, user_id) VALUES ('log_in', $1)`, [userId]);
    await runSql(database.url, 'DELETE FROM users WHERE id = $1', [userId]);
    const [left] = await runSql<object>(
      database.url,
      `SELECT (SELECT count(*) FROM sessions WHERE user_id = $1)::int AS sessions, (SELECT count(*) FROM refresh_tokens WHERE session_id = $2)::int AS tokens,
        (SELECT count(*) FROM recovery_tokens WHERE user_id = $1)::int AS recoveries, (SELECT count(*) FROM client_links WHERE user_id = $1)::int AS links,
        (SELECT count(*) FROM audit_log WHERE user_id = $1)::int AS audits`,
      [userId, session],
    );
    expect(left).toEqual({ sessions: 0, tokens: 0, recoveries: 0, links: 0, audits: 1 });
  });
});

describe('the check at the start', () => {
  const good = {
    server_version: '14.2',
    server_version_num: '140002',
    fsync: 'on',
    full_page_writes: 'on',
    synchronous_commit: 'on',
    server_encoding: 'UTF8',
  };
  const check = (row: object): Promise<void> => checkServer(() => Promise.resolve([{ ...good, ...row }]));

  it('takes a sound server, and refuses any other with one line that names the fault', async () => {
    await expect(check({})).resolves.toBeUndefined();
    await expect(check({ server_version: '13.9', server_version_num: '130009' })).rejects.toThrow(/^[^\n]*13\.9[^\n]*14[^\n]*$/);
    await expect(check({ fsync: 'off' })).rejects.toThrow(/^[^\n]*fsync=off[^\n]*$/);
    await expect(check({ full_page_writes: 'off' })).rejects.toThrow(/^[^\n]*full_page_writes=off[^\n]*$/);
    await expect(check({ server_encoding: 'SQL_ASCII' })).rejects.toThrow(/^[^\n]*SQL_ASCII[^\n]*$/);
  });

  it('refuses, without trying for long, what will not get better', async () => {
    const database = await createDatabase('bare');
    try {
      const options = { pool: 2, entities: [] };
      const lossy = new URL(database.url);
      lossy.searchParams.set('options', '-c synchronous_commit=off');
      await expect(connectDatabase(lossy.href, options)).rejects.toThrow(/synchronous_commit=off/);
      const wrong = new URL(database.url);
      wrong.password = 'wrong';
      await expect(connectDatabase(wrong.href, options)).rejects.toThrow(/^The database at 127[^\n]*password[^\n]*$/);
      await expect(connectDatabase(wrong.href, options)).rejects.toBeInstanceOf(DatabaseStartError);
      await expect(connectDatabase(wrong.href, options)).rejects.not.toThrow(/:wrong/);
    } finally {
      await database.drop();
    }
  });
});

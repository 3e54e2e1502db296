import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, readFile, readlink, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough, Writable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeArchive } from '../../src/cli/backup/archive-writer.js';
import { withSnapshot } from '../../src/cli/backup/snapshot.js';
import { TABLES } from '../../src/cli/backup/tables.js';
import { newDataDir } from '../support/accounts.js';
import { contentOf, schemaOf } from '../support/backups.js';
import { Cli, type Outcome } from '../support/cli.js';
import { createDatabase, runSql, type TestDatabase } from '../support/database.js';
import { PASSWORD, TestServer } from '../support/server.js';
import { until } from '../support/until.js';

const APP_SECRET = 'a secret of thirty-two bytes at least';
/** A process of its own takes a while to start on a busy machine; each test runs a few. */
const PATIENCE = 120_000;
/** What the text format of COPY writes in other ways than it is, and what it must not confuse with that. */
const ODD = 'tab\t newline\n return\r backslash \\ \\n \\. \\N quote \' " 🦄 \u202e ünï \\\n.';

interface Filled {
  readonly username: string;
  readonly refreshToken: string;
  readonly chatId: number;
  readonly lastSeq: number;
  readonly lastUserId: number;
}

/** A server's life in small: accounts, sessions, chats with changes in them, an account that went. */
async function fill(database: TestDatabase): Promise<Filled> {
  const server = await TestServer.start({ database });
  try {
    const [alice, bob, gone] = [await server.user({ isSuperuser: true }), await server.user(), await server.user()];
    const members = [bob.username, gone.username];
    const made = await alice.client.post('/api/v1/chats', { chat_type: 'group', chat_name: 'a group', members });
    const chatId = made.body.chat_id as number;
    const url = `/api/v1/chats/${chatId}`;
    for (const content of ['one', 'two', 'three'])
      expect((await alice.client.post(`${url}/messages`, { content })).status).toBe(200);
    await alice.client.raw(`${url}/messages/1`, {
      method: 'PATCH',
      headers: { 'content-type': 'application/json' },
      body: '{"content": "edited"}',
    });
    await alice.client.delete(`${url}/messages/3`);
    await runSql(database.url, 'UPDATE messages SET content = $1 WHERE chat_id = $2 AND seq = 2', [ODD, chatId]);
    await alice.client.put(`/api/v1/users/${bob.id}/suspension`, { reason: ODD, until: '2034-02-11T00:00:00Z' });
    await gone.client.post('/api/v1/reports', { chat_id: chatId, seq: 2, reason: 'abuse', comment: ODD });
    await gone.client.post('/api/v1/reports', { user_id: alice.id, reason: 'other' });
    await alice.client.post('/api/v1/reports/2/resolve', { action: 'dismiss' });
    await alice.client.delete(`/api/v1/users/${gone.id}`);
    await alice.client.put(`/api/v1/users/${alice.id}`, { full_name: 'A\\N "ñ" 🦄' });
    await until(async () => (await runSql(database.url, 'SELECT FROM departed_users')).length === 0);
    const { body } = await alice.client.get(url);
    return {
      username: alice.username,
      refreshToken: alice.tokens.refreshToken,
      chatId,
      lastSeq: body.last_seq,
      lastUserId: gone.id,
    };
  } finally {
    await server.stop();
  }
}

/** Refused in one readable line, with nothing on stdout. */
function expectRefusal({ code, out, err }: Outcome, words: RegExp): void {
  expect({ code, out, err }).toEqual({ code: 1, out: '', err: expect.stringMatching(/^[^\n]+\n$/) });
  expect(err).toMatch(words);
  expect(err).not.toMatch(/\.js:\d|\n\s+at /);
}

let cli: Cli;
let source: TestDatabase;
let dataDir: string;
let filled: Filled;
let file: string;

beforeAll(async () => {
  [source, dataDir] = await Promise.all([createDatabase(), newDataDir()]);
  cli = await Cli.make({ DATABASE_URL: source.url, DATA_DIR: dataDir, APP_SECRET });
  filled = await fill(source);
  file = join(cli.folder, 'all.tar.gz');
  await cli.json(['db', 'backup', file]);
}, PATIENCE);
afterAll(async () => {
  await cli?.close();
  await source?.drop();
  await rm(dataDir, { recursive: true, force: true });
});

/** Does something with a database that is dropped afterwards. */
async function withFresh<T>(how: 'migrated' | 'bare', work: (database: TestDatabase) => Promise<T>): Promise<T> {
  const database = await createDatabase(how);
  try {
    return await work(database);
  } finally {
    await database.drop();
  }
}

const restoreInto = ({ url }: TestDatabase, ...more: string[]): Promise<Outcome> =>
  cli.run(['db', 'restore', file, ...more], { variables: { DATABASE_URL: url } });

describe('a backup', { timeout: PATIENCE }, () => {
  it('takes every table that there is', async () => {
    const tables = await runSql<{ name: string }>(
      source.url,
      `SELECT relname AS name FROM pg_class
       WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition AND relname <> 'schema_migrations'`,
    );
    expect(tables.map(({ name }) => name).sort()).toEqual([...TABLES].sort());
  });

  it('is a file for its owner alone, which says what is in it', async () => {
    const path = join(cli.folder, 'json.tar.gz');
    const answer = (await cli.json(['db', 'backup', path])) as unknown as Record<string, unknown>;
    const { mode, size } = await stat(path);
    expect(mode & 0o777).toBe(0o600);
    const [{ rows } = { rows: 0 }] = await runSql<{ rows: number }>(source.url, 'SELECT count(*)::int AS rows FROM messages');
    expect(answer).toMatchObject({ file: path, bytes: size, migrations: expect.arrayContaining([]), not_included: [] });
    expect(answer['tables']).toContainEqual({ name: 'messages', rows });
    expect(rows).toBeGreaterThan(3);
    expect((await readdir(cli.folder)).filter((name) => name.includes('.part'))).toEqual([]);
  });

  it('takes the place of nothing unless it is told to', async () => {
    const path = join(cli.folder, 'precious');
    await writeFile(path, 'precious');
    expectRefusal(await cli.run(['db', 'backup', path]), /precious is there already; --force/);
    expect(await readFile(path, 'utf8')).toBe('precious');
    expect((await cli.run(['db', 'backup', path, '--force'])).out).toMatch(
      /^Backed up \d+ rows of \d+ tables in .*kB.*secrets.*APP_SECRET/s,
    );
    expect((await readFile(path)).subarray(0, 2)).toEqual(Buffer.of(0x1f, 0x8b));
    expectRefusal(await cli.run(['db', 'backup', join(cli.folder, 'no', 'where')]), /cannot be written: ENOENT/);
    expect((await readdir(cli.folder)).filter((name) => name.includes('.part'))).toEqual([]);
  });

  it('takes the place of no device, even if it is told to', async () => {
    const path = join(cli.folder, 'device');
    await symlink('/dev/null', path);
    expectRefusal(await cli.run(['db', 'backup', path, '--force']), /device is no ordinary file, and is not replaced/);
    expect(await readlink(path)).toBe('/dev/null');
  });

  it('ends in one line where the database or what it is written to goes away', async () => {
    const wrong = new URL(source.url);
    wrong.password = 'a-wrong-one';
    for (const args of [
      ['db', 'backup', join(cli.folder, 'never')],
      ['db', 'restore', file],
    ]) {
      const refused = await cli.run(args, { variables: { DATABASE_URL: wrong.href } });
      expectRefusal(refused, /refuses: password authentication failed/);
      expect(refused.err).not.toContain('a-wrong-one');
    }
    expectRefusal(await cli.run(['db', 'backup', '-'], { deaf: true }), /Standard output took only a part/);
    const full = new Writable({ write: (_chunk, _encoding, done) => done(new Error('no space left')) });
    const filling = writeArchive(full, async (add) => {
      for (let i = 0; i < 10; i += 1) await add(String(i), randomBytes(100_000));
    });
    await expect(filling).rejects.toThrow('no space left');
    const broken = writeArchive(new PassThrough().resume(), async (add) => {
      await add('one', Buffer.from('1'));
      throw new Error('the database is away');
    });
    await expect(broken).rejects.toThrow('the database is away');
  });

  it('is refused where there is nothing to take', async () => {
    await withFresh('bare', async ({ url }) => {
      const path = join(cli.folder, 'nothing');
      expectRefusal(await cli.run(['db', 'backup', path], { variables: { DATABASE_URL: url } }), /no data/);
      await expect(stat(path)).rejects.toThrow(/ENOENT/);
    });
  });

  it('is of one moment, however much is written meanwhile', async () => {
    await withFresh('migrated', async (database) => {
      const pair = async (): Promise<void> => {
        await runSql(
          database.url,
          `WITH a AS (INSERT INTO audit_log (action) VALUES ('pair') RETURNING id) INSERT INTO departed_users (user_id) SELECT id FROM a`,
        );
      };
      for (let i = 0; i < 3; i += 1) await pair();
      const parts: Buffer[] = [];
      const target = new Writable({ write: (chunk: Buffer, _encoding, done) => (parts.push(chunk), done()) });
      const manifest = await withSnapshot(database.url, async (snapshot) => {
        let result: Awaited<ReturnType<typeof snapshot.write>> | undefined;
        await writeArchive(target, async (add) => {
          result = await snapshot.write(
            async (name, content) => {
              await pair();
              await add(name, content);
            },
            () => undefined,
          );
        });
        return result;
      });
      const rowsOf = (table: string) => manifest?.tables.find(({ name }) => name === table)?.rows;
      expect([rowsOf('audit_log'), rowsOf('departed_users')]).toEqual([3, 3]);
      const [after] = await runSql<{ count: number }>(database.url, 'SELECT count(*)::int AS count FROM departed_users');
      expect(after?.count).toBeGreaterThan(3);
      await writeFile(join(cli.folder, 'moment'), Buffer.concat(parts));
    });
    await withFresh('bare', async ({ url }) => {
      const variables = { DATABASE_URL: url };
      expect(await cli.run(['db', 'restore', join(cli.folder, 'moment')], { variables })).toMatchObject({ code: 0, err: '' });
      // The ids that were given away while it was written are not given away again.
      const [row] = await runSql<{ id: string }>(url, `INSERT INTO audit_log (action) VALUES ('next') RETURNING id`);
      expect(Number(row?.id)).toBeGreaterThan(3);
    });
  });
});

describe('a restore', { timeout: PATIENCE }, () => {
  it('is the same row for row, in a database without tables and in one that has been started once', async () => {
    const [content, schema] = [await contentOf(source.url), await schemaOf(source.url)];
    for (const how of ['bare', 'migrated'] as const) {
      await withFresh(how, async (database) => {
        const { code, out, err } = await restoreInto(database);
        expect({ how, code, err }).toEqual({ how, code: 0, err: '' });
        expect(out).toMatch(
          /^Restored \d+ rows of \d+ tables, as of 20\S+Z, into the database test_\w+\.\nAPP_SECRET is the one/,
        );
        expect(await contentOf(database.url)).toEqual(content);
        expect(await schemaOf(database.url)).toEqual(schema);
      });
    }
  });

  it('lets everybody go on: passwords, sessions, chats, ids, counts', async () => {
    await withFresh('bare', async (database) => {
      await restoreInto(database);
      const server = await TestServer.start({ database });
      try {
        const cookie = { cookie: `refresh_token=${filled.refreshToken}` };
        const refreshed = await server.client().post('/api/v1/auth/refresh', undefined, cookie);
        expect(refreshed.status).toBe(200);
        const { token } = await server.client().logIn(filled.username, PASSWORD);
        const url = `/api/v1/chats/${filled.chatId}/messages`;
        const sent = await server.client(token).post(url, { content: 'after' });
        expect(sent).toMatchObject({ status: 200, body: { seq: filled.lastSeq + 1 } });
        const page = await server.client(token).get(`${url}?limit=100`);
        expect(JSON.stringify(page.body)).toContain(JSON.stringify(ODD).slice(1, -1));
        const newcomer = await server.user();
        expect(newcomer.id).toBe(filled.lastUserId + 1);
        const [counted] = await runSql<{ same: boolean }>(
          database.url,
          `SELECT value = (SELECT count(*) FROM users) AS same FROM counters WHERE name = 'users'`,
        );
        expect(counted).toEqual({ same: true });
      } finally {
        await server.stop();
      }
    });
  });

  it('says so where APP_SECRET is not the one of the backup', async () => {
    await withFresh('bare', async ({ url }) => {
      const restored = await cli.run(['db', 'restore', file], {
        variables: { DATABASE_URL: url, APP_SECRET: 'another secret of thirty-two bytes, or more' },
      });
      expect(restored).toMatchObject({ code: 0, out: expect.stringMatching(/another one than that of the backup/) });
    });
    await withFresh('bare', async ({ url }) => {
      const variables = { DATABASE_URL: url, APP_SECRET: '' };
      expect(await cli.json(['db', 'restore', file], { variables })).toMatchObject({ app_secret: 'missing', migrated: [] });
    });
    expect(await readdir(dataDir)).not.toContain('app-secret');
  });

  it('goes into an empty database only, or into the one that is named', async () => {
    await withFresh('migrated', async (database) => {
      const name = new URL(database.url).pathname.slice(1);
      await runSql(database.url, `INSERT INTO chats (chat_type, name) VALUES ('group', 'mine')`);
      await runSql(database.url, 'CREATE TABLE of_mine (note text)');
      const before = await contentOf(database.url);
      expectRefusal(await restoreInto(database), new RegExp(`not empty \\(it has chats\\).*--force ${name}\\. Nothing`));
      expectRefusal(await restoreInto(database, '--force', 'another'), /is called test_\w+, not another/);
      expect(await contentOf(database.url)).toEqual(before);
      expect(await restoreInto(database, '--force', name)).toMatchObject({ code: 0, err: '' });
      expect(await contentOf(database.url)).toEqual(await contentOf(source.url));
      // What is not of Switchboard is left alone, and is in no backup, which has to be asked for.
      expect(await runSql(database.url, 'SELECT * FROM of_mine')).toEqual([]);
      const variables = { DATABASE_URL: database.url };
      const file = join(cli.folder, 'again');
      const refused = await cli.run(['db', 'backup', file], { variables });
      expect([refused.code, refused.out]).toEqual([1, '']);
      expect(refused.err).toMatch(/^Nothing was backed up: [^\n]*\(of_mine\)[^\n]*--leave-out of_mine\n$/);
      expect(existsSync(file)).toBe(false);
      const again = await cli.json(['db', 'backup', file, '--leave-out', 'of_mine'], { variables });
      expect(again).toMatchObject({ not_included: ['of_mine'] });
    });
    await withFresh('bare', async (database) => {
      await runSql(database.url, 'CREATE TABLE users (id int)');
      expectRefusal(await restoreInto(database), /has tables of something else \(users\)/);
    });
    await withFresh('migrated', async (database) => {
      await runSql(database.url, `INSERT INTO schema_migrations (timestamp, name) VALUES (9, 'FromTomorrow9')`);
      expectRefusal(await restoreInto(database), /made by a newer version/);
    });
  });

  it('is refused while a server runs on the database, or starts there', async () => {
    await withFresh('migrated', async (database) => {
      const server = await TestServer.start({ database });
      const before = await contentOf(database.url);
      try {
        expectRefusal(await restoreInto(database), /A server runs on this database/);
      } finally {
        await server.stop();
      }
      expect(await contentOf(database.url)).toEqual(before);
      expect(await restoreInto(database)).toMatchObject({ code: 0 });
    });
  });

  it('brings what an older version has left up to date', async () => {
    const names = (await runSql<{ name: string }>(source.url, 'SELECT name FROM schema_migrations ORDER BY id')).map(
      ({ name }) => name,
    );
    const old = join(cli.folder, 'old');
    await withFresh('migrated', async ({ url }) => {
      const { Rebuild } = await import('../../src/cli/backup/rebuild.js');
      const rebuild = await Rebuild.open(url);
      await rebuild.undo(names.length - 1);
      await rebuild.close();
      await runSql(url, `INSERT INTO audit_log (action) VALUES ('login')`);
      expect(await cli.json(['db', 'backup', old], { variables: { DATABASE_URL: url } })).toMatchObject({
        migrations: names.slice(0, 1),
      });
    });
    await withFresh('bare', async ({ url }) => {
      const answer = await cli.json(['db', 'restore', old], { variables: { DATABASE_URL: url } });
      expect(answer).toMatchObject({ migrated: names.slice(1) });
      expect(await schemaOf(url)).toEqual(await schemaOf(source.url));
      expect(await runSql(url, 'SELECT action FROM audit_log')).toEqual([{ action: 'login' }]);
    });
  });

  it('works through pipes, and into an embedded database', async () => {
    const bytes = await cli.bytes(['db', 'backup', '-']);
    const folder = await newDataDir();
    try {
      const variables = { DATABASE_URL: '', DATA_DIR: folder };
      const restored = await cli.run(['db', 'restore', '-'], { variables, input: bytes });
      expect(restored).toMatchObject({ code: 0, err: '', out: expect.stringMatching(/into the database switchboard\./) });
      const here = join(cli.folder, 'embedded');
      await cli.json(['db', 'backup', here], { variables });
      expect(await cli.json(['users', 'list'], { variables })).toEqual(await cli.json(['users', 'list']));
      // Back again: what went through the embedded one is still the same.
      await withFresh('bare', async ({ url }) => {
        await cli.json(['db', 'restore', here], { variables: { DATABASE_URL: url } });
        expect(await contentOf(url)).toEqual(await contentOf(source.url));
      });
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});

import { createHash } from 'node:crypto';
import { Readable, Writable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readArchive } from '../../src/cli/backup/archive-reader.js';
import { writeArchive } from '../../src/cli/backup/archive-writer.js';
import type { Manifest } from '../../src/cli/backup/format.js';
import { restore } from '../../src/cli/backup/restore.js';
import { withSnapshot } from '../../src/cli/backup/snapshot.js';
import { Refusal } from '../../src/cli/failures.js';
import { contentOf, type Packed, repack, schemaOf, unpack } from '../support/backups.js';
import { createDatabase, runSql, type TestDatabase } from '../support/database.js';
import { until } from '../support/until.js';

const PATIENCE = 120_000;
const MARK = 'do-not-quote-me';

let source: TestDatabase;
let target: TestDatabase;
let good: Buffer;
let files: Packed[];
let before: { readonly content: Record<string, string>; readonly schema: readonly string[] };

/** A few rows in every kind of table, without a server. */
const ROWS = `
  INSERT INTO users (username, username_fold, username_skeleton, username_lookalike, password_hash)
    SELECT n, n, n, n, '${MARK}' FROM (SELECT 'user' || i AS n FROM generate_series(1, 20) i) x;
  INSERT INTO sessions (id, user_id, protocol, ip, expires_at) SELECT gen_random_uuid(), id, 'rest', '::1', now() FROM users;
  INSERT INTO chats (chat_type, name) VALUES ('group', 'g');
  INSERT INTO chat_members (chat_id, user_id, role) SELECT 1, id, 'member' FROM users;
  INSERT INTO messages (chat_id, seq, kind, sender_id, content, created_at)
    SELECT 1, i, 'message', 1, repeat('message ' || i, 20), now() FROM generate_series(1, 500) i;`;

async function backUp(url: string): Promise<Buffer> {
  const chunks: Buffer[] = [];
  const into = new Writable({
    write(chunk: Buffer, _encoding, done) {
      chunks.push(chunk);
      done();
    },
  });
  await withSnapshot(url, (snapshot) => writeArchive(into, async (add) => void (await snapshot.write(add, () => undefined))));
  return Buffer.concat(chunks);
}

beforeAll(async () => {
  [source, target] = await Promise.all([createDatabase(), createDatabase()]);
  await runSql(source.url, ROWS);
  good = await backUp(source.url);
  files = await unpack(good);
  before = { content: await contentOf(target.url), schema: await schemaOf(target.url) };
}, PATIENCE);
afterAll(async () => {
  await source?.drop();
  await target?.drop();
});

const restoreBytes = (bytes: Buffer, url = target.url) => restore(readArchive(Readable.from([bytes])), { url });

/** Refused in one line that quotes no row, and the database is what it was. */
async function expectRefused(bytes: Buffer, words: RegExp): Promise<void> {
  const outcome: unknown = await restoreBytes(bytes).catch((thrown: unknown) => thrown);
  expect(outcome).toBeInstanceOf(Refusal);
  const { message } = outcome as Refusal;
  expect(message).toMatch(words);
  expect(message).toMatch(/Nothing was changed\.$/);
  expect(message.length).toBeLessThan(400);
  expect(message).not.toContain(MARK);
  expect(message).not.toMatch(/[\p{Cc}\p{Bidi_Control}]/u);
  expect(await contentOf(target.url)).toEqual(before.content);
  const sessions = `SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND state LIKE 'idle in%'`;
  await until(async () => (await runSql(target.url, sessions)).length === 0);
}

const json = (name: string): Record<string, never> =>
  JSON.parse(String(files.find(({ header }) => header.name === name)?.content)) as Record<string, never>;
const asJson = (value: object): Buffer => Buffer.from(JSON.stringify(value));

/** The archive with some of its files changed, and the manifest that fits them. */
function changed(change: (packed: Packed) => Packed | Packed[]): Promise<Buffer> {
  return repack(files.flatMap(change));
}

/** With other rows of a table, and sums that are right all the same: what somebody makes who knows how. */
function withRows(table: string, edit: (rows: string) => string, more: (manifest: Manifest) => void = () => undefined) {
  const name = `data/${table}/0`;
  const content = Buffer.from(edit(String(files.find(({ header }) => header.name === name)?.content)));
  const manifest = json('manifest.json') as unknown as Manifest;
  const entry = manifest.tables.find((one) => one.name === table);
  if (!entry) throw new Error(table);
  entry.rows = content.filter((byte) => byte === 10).length;
  entry.bytes = content.length;
  entry.sha256 = createHash('sha256').update(content).digest('hex');
  more(manifest);
  return changed((packed) => {
    if (packed.header.name === name) return { ...packed, content };
    return packed.header.name === 'manifest.json' ? { ...packed, content: asJson(manifest) } : packed;
  });
}

const edited = (name: string, edit: (value: Record<string, unknown>) => object): Promise<Buffer> =>
  changed((packed) => (packed.header.name === name ? { ...packed, content: asJson(edit(json(name))) } : packed));

/** Header and manifest edited in the same way, as one who forges both would. */
const both = (edit: (value: Record<string, unknown>) => object): Promise<Buffer> =>
  changed((packed) =>
    packed.header.name.endsWith('.json') ? { ...packed, content: asJson(edit(json(packed.header.name))) } : packed,
  );

describe('a backup that cannot be used is refused, and nothing is changed:', { timeout: PATIENCE }, () => {
  it('one that was cut off, anywhere', async () => {
    const tar = await repack(files.slice(0, -1));
    await expectRefused(tar, /ends where manifest\.json should come; it was cut off/);
    await expectRefused(await repack([]), /ends where switchboard-backup\.json should come/);
    for (const part of [0, 0.01, 0.3, 0.6, 0.9, 0.999]) {
      await expectRefused(good.subarray(0, Math.floor(good.length * part)), /no backup of Switchboard, or it is damaged/);
    }
  });

  it('one in which bytes have changed', async () => {
    for (const part of [0.05, 0.25, 0.5, 0.75, 0.95]) {
      const bytes = Buffer.from(good);
      const at = Math.floor(bytes.length * part);
      bytes[at] = (bytes[at] ?? 0) ^ 0x55;
      await expectRefused(bytes, /damaged/);
    }
    const swapped = await changed((packed) =>
      packed.header.name === 'data/messages/0'
        ? { ...packed, content: Buffer.from(String(packed.content).replace('message 7message 7', 'message 8message 8')) }
        : packed,
    );
    await expectRefused(swapped, /messages is not what was backed up/);
    const fewer = await changed((packed) =>
      packed.header.name === 'data/users/0'
        ? { ...packed, content: packed.content.subarray(packed.content.indexOf(10) + 1) }
        : packed,
    );
    await expectRefused(fewer, /users is not what was backed up \(19 rows of 20\)/);
  });

  it('what is something else', async () => {
    await expectRefused(Buffer.from('SELECT 1;\n'.repeat(100)), /incorrect header check/);
    await expectRefused(gzipSync('PGDMP and so on '.repeat(100)), /damaged/);
    await expectRefused(
      await repack([{ header: { name: 'etc/passwd' }, content: Buffer.from('root') }]),
      /it holds etc\/passwd where/,
    );
    await expectRefused(await edited('switchboard-backup.json', (header) => ({ ...header, product: 'other' })), /product/);
    await expectRefused(await edited('switchboard-backup.json', () => []), /damaged/);
    const noJson = await changed((packed) =>
      packed.header.name === 'switchboard-backup.json' ? { ...packed, content: Buffer.from('{') } : packed,
    );
    await expectRefused(noJson, /is no JSON/);
  });

  it('one of a newer version, or of another order of things', async () => {
    await expectRefused(await both((value) => ({ ...value, format: 2 })), /of format 2; this version of Switchboard knows 1/);
    const future = (value: Record<string, unknown>) => ({
      ...value,
      version: '9.9.9',
      migrations: [...(value['migrations'] as string[]), 'Next9'],
    });
    await expectRefused(await both(future), /newer version of Switchboard \(9\.9\.9\)/);
    const backwards = (value: Record<string, unknown>) => ({
      ...value,
      migrations: (value['migrations'] as string[]).toReversed(),
    });
    await expectRefused(await both(backwards), /no order of ours/);
    await expectRefused(await edited('manifest.json', (value) => ({ ...value, version: 'other' })), /differ/);
    await expectRefused(await edited('manifest.json', (value) => ({ ...value, more: 1 })), /manifest\.json has/);
    await expectRefused(await edited('manifest.json', (value) => ({ ...value, sequences: [] })), /sequences are not those/);
  });

  it('one that names what is not its own: paths, tables, columns, files of other kinds', async () => {
    const insert = (...extra: Packed[]): Promise<Buffer> => repack([...files.slice(0, 1), ...extra, ...files.slice(1)]);
    const content = Buffer.from('x');
    await expectRefused(
      await insert({ header: { name: '../../etc/cron.d/evil' }, content }),
      /it holds \.\.\/\.\.\/etc\/cron\.d\/evil/,
    );
    await expectRefused(await insert({ header: { name: '/etc/passwd' }, content }), /it holds \/etc\/passwd/);
    await expectRefused(await insert({ header: { name: `${'long/'.repeat(60_000)}x` }, content }), /it holds long\/long/);
    await expectRefused(await insert({ header: { name: 'x\u001b]0;owned\u0007\u202e' }, content }), /it holds x/);
    await expectRefused(
      await insert({ header: { name: 'data/users/0', type: 'symlink', linkname: '/etc/passwd' }, content: Buffer.alloc(0) }),
      /which is no file/,
    );
    await expectRefused(await insert({ header: { name: 'data/pg_authid/0' }, content }), /it holds data\/pg_authid\/0/);
    await expectRefused(await repack([...files, { header: { name: 'more' }, content }]), /goes on after manifest/);
    await expectRefused(await repack([...files].reverse()), /where switchboard-backup\.json should come/);
    const tables = (edit: (tables: { name: string; columns: string[] }[]) => object[]) => (value: Record<string, unknown>) => ({
      ...value,
      tables: edit(value['tables'] as { name: string; columns: string[] }[]),
    });
    const foreign = /tables are not those of its migrations/;
    await expectRefused(await both(tables((all) => all.slice(1))), foreign);
    await expectRefused(
      await both(tables((all) => all.map((one) => ({ ...one, name: one.name.replace('users', 'pg_authid') })))),
      foreign,
    );
    await expectRefused(
      await both(tables(([one, ...rest]) => [{ ...one, columns: ["id) FROM PROGRAM 'id' --"] }, ...rest])),
      foreign,
    );
    await expectRefused(await both(tables(([one, ...rest]) => [one ?? {}, one ?? {}, ...rest])), foreign);
    const huge = await changed((packed) =>
      packed.header.name === 'switchboard-backup.json' ? { ...packed, content: Buffer.alloc(2_000_000, ' ') } : packed,
    );
    await expectRefused(huge, /too large/);
  });

  it('one whose rows break the rules of the tables, with sums that are right', async () => {
    await expectRefused(
      await withRows('users', (rows) => rows.replace(/^1\t/m, `${MARK}\t`)),
      /rows of users cannot be \(invalid input syntax/,
    );
    await expectRefused(await withRows('users', (rows) => rows + rows), /rows of users cannot be \(duplicate key/);
    await expectRefused(await withRows('users', (rows) => rows.replace(/^1\t/m, '')), /rows of users cannot be/);
    // A session of nobody, and a personal chat without its two.
    await expectRefused(await withRows('sessions', (rows) => rows.replace(/\t7\t/, '\t777\t')), /foreign key/);
    await expectRefused(await withRows('chats', (rows) => rows.replace('group', 'personal')), /rows of chats cannot be/);
    await expectRefused(
      await withRows('chat_members', (rows) => `${rows}\\.\n${rows}`),
      /rows of chat_members are cut in other places/,
    );
    const far = (manifest: Manifest) => {
      for (const sequence of manifest.sequences) sequence.last = '9999999999999999999';
    };
    await expectRefused(await withRows('users', (rows) => rows, far), /database refuses/);
  });

  it('and the unchanged one is taken, after all of that', async () => {
    expect(await schemaOf(target.url)).toEqual(before.schema);
    await restoreBytes(good);
    expect(await contentOf(target.url)).toEqual(await contentOf(source.url));
    expect(await schemaOf(target.url)).toEqual(await schemaOf(source.url));
    // Sequences never fall behind the rows, whatever an archive says of them.
    const fresh = await createDatabase('bare');
    const heard: string[] = [];
    const listener = new Client(fresh.url);
    listener.on('error', () => undefined).on('notification', ({ payload = '' }) => heard.push(payload));
    await listener.connect();
    await listener.query('LISTEN switchboard');
    try {
      await restoreBytes(
        await withRows(
          'users',
          (rows) => rows,
          ({ sequences }) => {
            for (const sequence of sequences) sequence.last = '1';
          },
        ),
        fresh.url,
      );
      await listener.query('SELECT 1'); // what was told before has come by now
      expect(heard).toEqual([]);
      const insert = `INSERT INTO chats (chat_type, name) VALUES ('group', 'next') RETURNING id::int`;
      expect(await runSql(fresh.url, insert)).toEqual([{ id: 2 }]);
    } finally {
      await listener.end();
      await fresh.drop();
    }
  });
});

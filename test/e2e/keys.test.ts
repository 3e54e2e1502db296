import { chmod, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { AppSecret, AppSecretError } from '../../src/auth/app-secret.js';
import { makeKeyPair, unseal } from '../../src/auth/key-pair.js';
import { SigningKeys } from '../../src/auth/signing-keys.js';
import { Notifications } from '../../src/database/notifications.js';
import { Sql } from '../../src/database/sql.js';
import { TokenReader } from '../../src/realtime/ports.js';
import type { User } from '../../src/users/user.entity.js';
import { type AccountsApp, HERE, member, newDataDir, PASSWORD, startNode } from '../support/accounts.js';
import { createDatabase, type TestDatabase } from '../support/database.js';
import { kidOf } from '../support/tokens.js';
import { until } from '../support/until.js';

const SECRET = 'a secret of thirty-two bytes at least';
const folders: string[] = [];

async function newFolder(): Promise<string> {
  const folder = await newDataDir();
  folders.push(folder);
  return folder;
}

afterEach(() => {
  vi.restoreAllMocks();
});
afterAll(async () => {
  for (const folder of folders) await rm(folder, { recursive: true, force: true });
});

describe('signing keys', () => {
  let database: TestDatabase;
  let nodes: AccountsApp[];
  let user: User;

  beforeAll(async () => {
    database = await createDatabase();
    const variables = { DATA_DIR: await newFolder() };
    nodes = await Promise.all([startNode(database, variables), startNode(database, variables), startNode(database, variables)]);
    await member(node(0), 'alice');
    user = await node(0).accounts.verifyCredentials('alice', PASSWORD, HERE);
  });
  afterAll(async () => {
    await Promise.all((nodes ?? []).map((one) => one.stop()));
    await database?.drop();
  });

  const node = (n: number): AccountsApp => nodes[n] as AccountsApp;
  const keysOf = (n: number): SigningKeys => node(n).app.get(SigningKeys);
  const kidsOf = (n: number): string[] =>
    keysOf(n)
      .jwks()
      .keys.map(({ kid }) => kid);
  const tokenOf = async (n: number): Promise<string> => (await node(n).sessions.open(user, HERE, { refresh: true })).token;
  const isGood = async (n: number, token: string): Promise<boolean> =>
    (await node(n).app.get(TokenReader).identify(token)) !== null;
  const rows = () =>
    node(0).sql.rows<{ kid: string; sealed_private: Buffer; public_jwk: object; retired: boolean }>(
      'SELECT kid, sealed_private, public_jwk, retired_at IS NOT NULL AS retired FROM signing_keys ORDER BY created_at',
    );

  test('of several nodes that start at once on an empty table are one key', async () => {
    expect(await rows()).toHaveLength(1);
    expect([kidsOf(0), kidsOf(1), kidsOf(2)]).toEqual([kidsOf(0), kidsOf(0), kidsOf(0)]);
    const token = await tokenOf(0);
    expect(await Promise.all([isGood(0, token), isGood(1, token), isGood(2, token)])).toEqual([true, true, true]);
  });

  test('lie sealed in the table, and only their public half is shown', async () => {
    const [row] = await rows();
    if (!row) throw new Error('no key');
    const sealingKey = new AppSecret(SECRET).keyFor('switchboard signing keys');
    const privateKey = unseal(row.sealed_private, row.kid, sealingKey);
    expect(privateKey?.type).toBe('private');
    const secretPart = Buffer.from(privateKey?.export({ format: 'jwk' }).d ?? '', 'base64url');
    expect(secretPart.length).toBe(32);
    expect(row.sealed_private.includes(secretPart)).toBe(false);
    expect(Object.keys(row.public_jwk).sort()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y']);
    expect(keysOf(0).jwks().keys).toEqual([row.public_jwk]);
  });

  test('are changed everywhere at once, and the one before still verifies', async () => {
    const before = await tokenOf(0);
    const kid = await keysOf(0).rotate();
    const after = await tokenOf(0);
    expect([kidOf(after), kidOf(before) === kid]).toEqual([kid, false]);
    // The other nodes may not have been told yet: they look.
    expect(await Promise.all([isGood(1, after), isGood(2, after)])).toEqual([true, true]);
    expect(await Promise.all([isGood(0, before), isGood(1, before), isGood(2, before)])).toEqual([true, true, true]);
    for (const n of [0, 1, 2]) {
      await until(() => kidsOf(n).length === 2);
      expect(kidsOf(n)).toEqual([kid, kidOf(before)]);
      expect(kidOf(await tokenOf(n))).toBe(kid);
    }
    const [retired, active] = await rows();
    expect(retired).toMatchObject({ retired: true, sealed_private: Buffer.alloc(0) });
    expect(active).toMatchObject({ kid, retired: false });
    const noted = await node(0).sql.rows<{ details: object }>(`SELECT details FROM audit_log WHERE action = 'key_rotated'`);
    expect(noted).toEqual([{ details: { kid, retired: kidOf(before) } }]);
  });

  test('are looked for by a node that has read them a moment ago and has not been told', async () => {
    const fresh = await startNode(database, { DATA_DIR: await newFolder() });
    try {
      await fresh.app.get(Notifications).onApplicationShutdown();
      await keysOf(0).rotate();
      const token = await tokenOf(0);
      expect((await fresh.app.get(TokenReader).identify(token)) !== null).toBe(true);
    } finally {
      await fresh.stop();
    }
  });

  test('that two nodes change at once end with one active key', async () => {
    await Promise.all([keysOf(0).rotate(), keysOf(1).rotate()]);
    const all = await rows();
    expect(all.filter(({ retired }) => !retired)).toHaveLength(1);
    for (const n of [0, 1, 2]) await until(() => kidsOf(n).length === all.length);
    const active = all.find(({ retired }) => !retired)?.kid;
    for (const n of [0, 1, 2]) expect(kidOf(await tokenOf(n))).toBe(active);
  });

  test('that are long retired are cleared away, and what they signed is refused, seen before or not', async () => {
    const token = await tokenOf(0);
    expect(await isGood(1, token)).toBe(true);
    await keysOf(0).rotate();
    await node(0).sql.rows(`UPDATE signing_keys SET retired_at = now() - interval '31 days' WHERE kid = $1`, [kidOf(token)]);
    for (const n of [0, 1, 2]) await until(async () => !(await isGood(n, token)));
    expect(await keysOf(0).purge()).toBe(1);
    expect((await rows()).map(({ kid }) => kid)).not.toContain(kidOf(token));
    expect(kidsOf(1)).not.toContain(kidOf(token));
  });

  test('that nobody has made are looked for once a second at most, however many are named', async () => {
    const [header, ...rest] = (await tokenOf(0)).split('.');
    const forged = Array.from({ length: 200 }, () => {
      const named = { ...JSON.parse(Buffer.from(header ?? '', 'base64url').toString()), kid: makeKeyPair().jwk.kid };
      return [Buffer.from(JSON.stringify(named)).toString('base64url'), ...rest].join('.');
    });
    const begin = performance.now();
    const asked = vi.spyOn(node(2).app.get(Sql), 'rows');
    for (const token of forged) expect(await isGood(2, token)).toBe(false);
    expect(await Promise.all(forged.map((token) => isGood(2, token)))).not.toContain(true);
    expect(asked.mock.calls.length).toBeLessThanOrEqual(1 + (performance.now() - begin) / 1000);
  });

  test('sealed under another secret end the start with one line', async () => {
    const starting = startNode(database, {
      DATA_DIR: await newFolder(),
      APP_SECRET: 'another secret of thirty-two bytes or more',
    });
    const error: unknown = await starting.catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(AppSecretError);
    const { message } = error as AppSecretError;
    expect(message).toMatch(/^APP_SECRET .*signing keys/);
    expect(message).not.toContain('\n');
    expect(message).not.toContain('another secret');
  });
});

describe('without APP_SECRET', () => {
  const load = (DATA_DIR: string) => AppSecret.load({ DATA_DIR, APP_SECRET: undefined });
  const keyOf = (secret: AppSecret): string => secret.keyFor('test').toString('hex');

  test('a secret is made, for its owner only, and found again', async () => {
    const folder = join(await newFolder(), 'a', 'b');
    const first = await load(folder);
    const path = join(folder, 'app-secret');
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    const text = await readFile(path, 'utf8');
    expect(Buffer.from(text.trim(), 'base64url').length).toBe(32);
    expect(keyOf(await load(folder))).toBe(keyOf(first));
    expect(await readdir(folder)).toEqual(['app-secret']);
  });

  test('many that start at once get the same', async () => {
    const folder = await newFolder();
    const keys = await Promise.all(Array.from({ length: 25 }, async () => keyOf(await load(folder))));
    expect(new Set(keys).size).toBe(1);
    expect(await readdir(folder)).toEqual(['app-secret']);
  });

  test('a file that others could read is closed to them', async () => {
    const folder = await newFolder();
    await load(folder);
    await chmod(join(folder, 'app-secret'), 0o644);
    await load(folder);
    expect((await stat(join(folder, 'app-secret'))).mode & 0o777).toBe(0o600);
  });

  test('a file that holds too little, or is none, ends the start with one line', async () => {
    const folder = await newFolder();
    await writeFile(join(folder, 'app-secret'), 'short\n');
    await expect(load(folder)).rejects.toThrow(/^\S+app-secret holds less than 32 bytes; .*APP_SECRET\.$/);
    const other = await newFolder();
    await mkdir(join(other, 'app-secret'));
    const error: unknown = await load(other).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(AppSecretError);
    expect((error as Error).message).toMatch(/cannot be had \(.*\); make DATA_DIR writable or set APP_SECRET\.$/);
  });

  test('another purpose is another key', async () => {
    const secret = new AppSecret(SECRET);
    expect(secret.keyFor('one')).toEqual(secret.keyFor('one'));
    expect(secret.keyFor('one')).not.toEqual(secret.keyFor('two'));
    expect(secret.keyFor('one').length).toBe(32);
  });
});

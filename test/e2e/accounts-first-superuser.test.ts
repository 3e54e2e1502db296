import { rm } from 'node:fs/promises';
import { Logger } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { SettingsError } from '../../src/config/settings.js';
import { HERE, newDataDir, type AccountsApp, startNode } from '../support/accounts.js';
import { createDatabase, runSql, type TestDatabase } from '../support/database.js';

const FIRST = {
  FIRST_SUPERUSER_USERNAME: 'Boss',
  FIRST_SUPERUSER_EMAIL: 'boss@example.com',
  FIRST_SUPERUSER_PASSWORD: 'the password of the boss',
};

let database: TestDatabase;
let dataDir: string;
let nodes: AccountsApp[];

beforeEach(async () => {
  database = await createDatabase();
  dataDir = await newDataDir();
  nodes = [];
});
afterEach(async () => {
  await Promise.all(nodes.map((node) => node.stop()));
  await database.drop();
  await rm(dataDir, { recursive: true, force: true });
});

async function start(variables: Readonly<Record<string, string>>): Promise<AccountsApp> {
  const node = await startNode(database, { DATA_DIR: dataDir, ...variables });
  nodes.push(node);
  return node;
}
/** The line with which a start ends. */
async function refusalOf(variables: Readonly<Record<string, string>>): Promise<string> {
  try {
    await start(variables);
  } catch (error) {
    if (error instanceof SettingsError) return error.message;
    throw error;
  }
  return 'started';
}
const accounts = () => runSql<object>(database.url, 'SELECT username, email, is_active, is_superuser FROM users ORDER BY id');

describe('the first superuser', () => {
  it('is made at the start and can log in', async () => {
    const node = await start(FIRST);
    expect(await accounts()).toEqual([{ username: 'Boss', email: 'boss@example.com', is_active: true, is_superuser: true }]);
    expect(await node.accounts.verifyCredentials('boss', 'the password of the boss', HERE)).toMatchObject({ isSuperuser: true });
  });

  it('needs no address', async () => {
    const { FIRST_SUPERUSER_EMAIL: _, ...withoutAddress } = FIRST;
    await start(withoutAddress);
    expect(await accounts()).toMatchObject([{ username: 'Boss', email: null }]);
  });

  it('is left as it is at later starts, by name or by address', async () => {
    await start(FIRST);
    const node = await start({ ...FIRST, FIRST_SUPERUSER_PASSWORD: 'quite another password' });
    await start({ ...FIRST, FIRST_SUPERUSER_USERNAME: 'SomebodyElse' });
    await start({ ...FIRST, FIRST_SUPERUSER_USERNAME: 'BOSS', FIRST_SUPERUSER_EMAIL: 'else@example.com' });
    expect(await accounts()).toHaveLength(1);
    await node.accounts.verifyCredentials('boss', 'the password of the boss', HERE);
  });

  it('is not made where another account has the address, and the log says so', async () => {
    await start(FIRST);
    const warn = vi.spyOn(Logger.prototype, 'warn');
    try {
      await start(FIRST);
      expect(warn.mock.calls.flat().join()).not.toContain('FIRST_SUPERUSER');
      await start({ ...FIRST, FIRST_SUPERUSER_USERNAME: 'SomebodyElse' });
      expect(warn).toHaveBeenCalledWith('FIRST_SUPERUSER_EMAIL belongs to Boss: no account SomebodyElse was made');
    } finally {
      warn.mockRestore();
    }
    expect(await accounts()).toHaveLength(1);
  });

  it('is made once by nodes that start together', async () => {
    await Promise.all([start(FIRST), start(FIRST), start(FIRST)]);
    expect(await accounts()).toHaveLength(1);
  });

  it.each([
    [{ ...FIRST, FIRST_SUPERUSER_USERNAME: 'a b' }, /^FIRST_SUPERUSER_USERNAME: given "a b", allowed is 3 to 64 letters/],
    [{ ...FIRST, FIRST_SUPERUSER_EMAIL: 'nowhere' }, /^FIRST_SUPERUSER_EMAIL: given "nowhere", allowed is an e-mail address$/],
    [
      { ...FIRST, FIRST_SUPERUSER_PASSWORD: 'hunter2' },
      /^FIRST_SUPERUSER_PASSWORD: given 7 characters \(not shown\), allowed is 8 to 128/,
    ],
    [
      { FIRST_SUPERUSER_USERNAME: 'Boss' },
      /^FIRST_SUPERUSER_PASSWORD: given nothing, allowed is 8 to 128 characters \(required with/,
    ],
    [{ FIRST_SUPERUSER_PASSWORD: 'long enough' }, /^FIRST_SUPERUSER_USERNAME: given nothing, allowed is/],
    [
      { ...FIRST, PASSWORD_BLOCKLIST: 'on', FIRST_SUPERUSER_PASSWORD: 'password1' },
      /^FIRST_SUPERUSER_PASSWORD: given 9 characters \(not shown\), allowed is another one: .*most common/,
    ],
    [
      { ...FIRST, PASSWORD_BLOCKLIST: 'on', FIRST_SUPERUSER_PASSWORD: 'boss@example.com' },
      /^FIRST_SUPERUSER_PASSWORD: .* must not be your own user name or e-mail address$/,
    ],
  ])('ends the start with one line for %j', async (variables, line) => {
    const refusal = await refusalOf(variables);
    expect(refusal).toMatch(line);
    expect(refusal).not.toContain('\n');
    expect(await accounts()).toEqual([]);
  });

  it('may not look like somebody else', async () => {
    const node = await start({});
    await node.accounts.register({ username: 'bоss', email: null, password: 'with a Cyrillic o' }, HERE);
    expect(await refusalOf(FIRST)).toBe(
      'FIRST_SUPERUSER_USERNAME: given "Boss", allowed is a name that does not look like that of another account',
    );
  });
});

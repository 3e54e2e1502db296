import { hash } from '@node-rs/argon2';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LiveSession } from '../../src/identity/identity.js';
import { codeOf, HERE, logIn, member, PASSWORD, startAccounts } from '../support/accounts.js';

type Node = Awaited<ReturnType<typeof startAccounts>>;

let node: Node;
/** A superuser who is never touched, so that there is always one. */
let root: LiveSession;

beforeAll(async () => {
  // The throttle has tests of its own; here it would count the failures of all tests together.
  node = await startAccounts({ LOGIN_THROTTLE: 'off' });
  root = await member(node, 'root', { isSuperuser: true });
});
afterAll(() => node.close());

const auditOf = async (userId: number): Promise<string[]> => {
  const rows = await node.sql.rows<{ action: string }>('SELECT action FROM audit_log WHERE user_id = $1 ORDER BY id', [userId]);
  return rows.map(({ action }) => action);
};
const stored = async (id: number): Promise<Record<string, unknown>> => {
  const [row] = await node.sql.rows<Record<string, unknown>>('SELECT * FROM users WHERE id = $1', [id]);
  return row ?? {};
};

describe('a fresh installation', () => {
  it('has no account that nobody made', async () => {
    const bare = await startAccounts();
    try {
      expect(await bare.users.page({ limit: 10 })).toEqual({ json: '[]', total: 0, nextAfter: null });
    } finally {
      await bare.close();
    }
  });
});

describe('making accounts', () => {
  it('registers somebody without any rights, whatever the caller’s object holds', async () => {
    const wanted = {
      username: 'Plain',
      email: 'Plain@Example.com',
      password: PASSWORD,
      isSuperuser: true,
      is_superuser: true,
      id: 1,
    };
    const user = await node.accounts.register(wanted, HERE);
    expect(await stored(user.id)).toMatchObject({
      username: 'Plain',
      username_fold: 'plain',
      email: 'Plain@Example.com',
      email_fold: 'plain@example.com',
      full_name: null,
      is_active: true,
      is_superuser: false,
    });
    expect(await auditOf(user.id)).toEqual(['register']);
  });

  it('keeps no password anywhere', async () => {
    const password = 'Unm1stakable#Pass';
    const user = await node.accounts.register({ username: 'keeper', email: null, password }, HERE);
    await logIn(node, 'keeper', password);
    expect((await stored(user.id))['password_hash']).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    const tables = await node.sql.rows<{ name: string }>("SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public'");
    expect(tables.length).toBeGreaterThan(5);
    for (const { name } of tables) {
      expect(await node.sql.rows(`SELECT 1 FROM "${name}" AS t WHERE t::text LIKE '%Unm1stakable%'`)).toEqual([]);
    }
  });

  it.each([
    ['ADMIN', null],
    ['ａdmin', null],
    ['аdmin', null], // Cyrillic а
    ['αdmin', null], // Greek alpha
    ['other', 'ADMIN@x.COM'],
  ])('refuses %s %s beside admin admin@x.com', async (username, email) => {
    if (!(await node.users.findForLogin('admin'))) {
      await node.accounts.register({ username: 'admin', email: 'admin@x.com', password: PASSWORD }, HERE);
    }
    expect(await codeOf(node.accounts.register({ username, email, password: PASSWORD }, HERE))).toBe('taken');
  });

  it('takes names of mixed scripts and several accounts without an address', async () => {
    for (const username of ['Иван_smith', '日本taro', 'no.address-1', 'no.address-2']) {
      expect(await codeOf(node.accounts.register({ username, email: null, password: PASSWORD }, HERE))).toBe('ok');
    }
  });

  it('lets one of many win who want the same name at once', async () => {
    const attempts = ['racer', 'RACER', 'rаcer', 'Racer', 'ｒacer'].map((username, index) =>
      codeOf(node.accounts.register({ username, email: `racer${index}@x.com`, password: PASSWORD }, HERE)),
    );
    expect((await Promise.all(attempts)).sort()).toEqual(['ok', 'taken', 'taken', 'taken', 'taken']);
  });

  it('lets one of many win who want the same address at once', async () => {
    const attempts = ['one', 'two', 'three', 'four'].map((name) =>
      codeOf(node.accounts.register({ username: `address-${name}`, email: 'Shared@x.com', password: PASSWORD }, HERE)),
    );
    expect((await Promise.all(attempts)).sort()).toEqual(['ok', 'taken', 'taken', 'taken']);
  });

  it('never uses an id again', async () => {
    const first = await node.accounts.create({ username: 'ephemeral', email: null, password: PASSWORD }, root, HERE);
    await node.accounts.remove(first.id, root, HERE);
    const second = await node.accounts.create({ username: 'ephemeral', email: null, password: PASSWORD }, root, HERE);
    expect(second.id).toBeGreaterThan(first.id);
  });

  it('is for superusers where rights are given, by the table and not by what a session remembers', async () => {
    const plain = await member(node, 'not-super');
    const wanted = { username: 'by-nobody', email: null, password: PASSWORD, isSuperuser: true };
    expect(await codeOf(node.accounts.create(wanted, plain, HERE))).toBe('forbidden');
    expect(await codeOf(node.accounts.create(wanted, { ...plain, isSuperuser: true }, HERE))).toBe('forbidden');
    expect(await node.users.findForLogin('by-nobody')).toBeNull();
  });

  it('shows exactly the eight fields', async () => {
    const record = await node.accounts.create(
      { username: 'shown', email: 'shown@x.com', password: PASSWORD, fullName: 'Ünï\u202eçødé "q"\n' },
      root,
      HERE,
    );
    expect(Object.keys(record)).toEqual([
      'id',
      'email',
      'username',
      'full_name',
      'is_active',
      'is_superuser',
      'created_at',
      'updated_at',
    ]);
    expect(record).toMatchObject({ full_name: 'Ünï\u202eçødé "q"\n', is_active: true, is_superuser: false });
    expect(record.created_at).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    expect(await node.users.find(record.id)).toEqual(record);
    expect(Object.keys((await node.users.find(record.id)) ?? {})).toEqual(Object.keys(record));
  });
});

describe('proving who one is', () => {
  it('takes the user name in any case and the address in any case', async () => {
    await node.accounts.register({ username: 'Nadia', email: 'Nadia@Example.com', password: PASSWORD }, HERE);
    for (const login of ['Nadia', 'nadia', 'NADIA', 'ｎadia', 'nadia@example.com', 'NADIA@EXAMPLE.COM']) {
      expect((await node.accounts.verifyCredentials(login, PASSWORD, HERE)).username).toBe('Nadia');
    }
  });

  it('does not take a look-alike for the name itself', async () => {
    await node.accounts.register({ username: 'sasha', email: null, password: PASSWORD }, HERE);
    expect(await codeOf(node.accounts.verifyCredentials('ѕаѕһа', PASSWORD, HERE))).toBe('wrong_credentials');
  });

  it('takes a password however it was composed', async () => {
    await node.accounts.register({ username: 'composer', email: null, password: 'cre\u0300me bru\u0302le\u0301e' }, HERE);
    expect(await codeOf(node.accounts.verifyCredentials('composer', 'crème brûlée', HERE))).toBe('ok');
  });

  it('answers alike to an unknown account, a wrong password and an inactive account', async () => {
    const inactive = await member(node, 'sleeper');
    await node.accounts.update(inactive.userId, { is_active: false }, root, HERE);
    const attempts = [
      ['nobody-here', PASSWORD],
      ['nobody@here.com', PASSWORD],
      ['root', 'wrong password'],
      ['root', ''],
      ['sleeper', PASSWORD],
      ["' OR '1'='1", PASSWORD],
      ['root\0', PASSWORD],
      ['root\ud800', PASSWORD],
      ['%', PASSWORD],
    ] as const;
    for (const [login, password] of attempts) {
      expect(await codeOf(node.accounts.verifyCredentials(login, password, HERE))).toBe('wrong_credentials');
    }
    const failures = await node.sql.rows<{ user_id: number | null; details: { reason: string } }>(
      "SELECT user_id, details FROM audit_log WHERE action = 'login_failed' ORDER BY id DESC LIMIT 9",
    );
    const reasons = failures.map(({ details }) => details.reason).reverse();
    expect(reasons).toEqual([
      'unknown',
      'unknown',
      'password',
      'password',
      'inactive',
      'unknown',
      'unknown',
      'unknown',
      'unknown',
    ]);
    expect(failures.reverse()[4]?.user_id).toBe(inactive.userId);
  });

  it('takes as long for an unknown account as for a wrong password and an inactive account', async () => {
    await member(node, 'timed');
    const inactive = await member(node, 'timed-inactive');
    await node.accounts.update(inactive.userId, { is_active: false }, root, HERE);
    const logins = ['timed', 'timed-unknown', 'timed-inactive'];
    const times = new Map<string, number[]>(logins.map((login) => [login, []]));
    for (let round = 0; round < 25; round++) {
      for (const login of logins) {
        const started = performance.now();
        await codeOf(node.accounts.verifyCredentials(login, login === 'timed' ? 'wrong password' : PASSWORD, HERE));
        times.get(login)?.push(performance.now() - started);
      }
    }
    const medians = [...times.values()].map((list) => list.sort((a, b) => a - b)[12] ?? Number.NaN);
    // Without the dummy hash an unknown account would take a tenth of it.
    expect(Math.max(...medians) / Math.min(...medians)).toBeLessThan(1.6);
  });

  it('makes a weak hash a strong one at the next log-in, for all who log in at that moment', async () => {
    const user = await node.accounts.register({ username: 'veteran', email: null, password: PASSWORD }, HERE);
    const weak = await hash(PASSWORD, { memoryCost: 4096, timeCost: 1, parallelism: 1 });
    await node.sql.affected('UPDATE users SET password_hash = $2 WHERE id = $1', [user.id, weak]);
    expect(await codeOf(node.accounts.verifyCredentials('veteran', 'wrong password', HERE))).toBe('wrong_credentials');
    expect((await stored(user.id))['password_hash']).toBe(weak);
    const results = await Promise.all(Array.from({ length: 8 }, () => codeOf(logIn(node, 'veteran'))));
    expect(results).toEqual(Array.from({ length: 8 }, () => 'ok'));
    expect((await stored(user.id))['password_hash']).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    expect(await codeOf(logIn(node, 'veteran'))).toBe('ok');
  });

  it('survives two hundred at once: a bounded number waits, the others are told to come back', async () => {
    await member(node, 'popular');
    const results = await Promise.all(
      Array.from({ length: 400 }, () => codeOf(node.accounts.verifyCredentials('popular', PASSWORD, HERE))),
    );
    expect(new Set(results)).toEqual(new Set(['ok', 'unavailable']));
    expect(await codeOf(node.accounts.verifyCredentials('popular', PASSWORD, HERE))).toBe('ok');
  });
});

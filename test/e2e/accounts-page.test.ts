import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { UserRecord } from '../../src/users/user-record.js';
import { LOCK_USERS, USERS_PAGE, USERS_SEARCH, USERS_SEARCH_PARTS } from '../../src/users/users.sql.js';
import { codeOf, HERE, member, PASSWORD, startAccounts } from '../support/accounts.js';

let node: Awaited<ReturnType<typeof startAccounts>>;
const COUNT = 30_000;

beforeAll(async () => {
  node = await startAccounts({ LOGIN_THROTTLE: 'off' });
  await node.sql.affected(
    `INSERT INTO users (username, username_fold, username_skeleton, username_lookalike, email, email_fold, full_name, password_hash)
     SELECT 'User' || n, 'user' || n, 'skeleton' || n, 'skeleton' || n, 'U' || n || '@x.com', 'u' || n || '@x.com', 'Nº "' || n || '"', 'none'
     FROM generate_series(1, ${COUNT}) AS n`,
  );
  await node.sql.affected("DELETE FROM users WHERE id % 10 = 3 AND username_fold LIKE 'user%'");
  await node.sql.affected('VACUUM ANALYZE users');
});
afterAll(() => node.close());

const read = (json: string): UserRecord[] => JSON.parse(json) as UserRecord[];
const idsOf = (json: string): number[] => read(json).map(({ id }) => id);
const allIds = async (): Promise<number[]> =>
  (await node.sql.rows<{ id: number }>('SELECT id FROM users ORDER BY id')).map(({ id }) => id);

async function planOf(text: string, values: readonly unknown[]): Promise<string> {
  const rows = await node.sql.rows<{ 'QUERY PLAN': string }>(
    `EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF) ${text}`,
    values,
  );
  return rows.map((row) => row['QUERY PLAN']).join('\n');
}

describe('a page of accounts', () => {
  it('comes in id order, with the total', async () => {
    const ids = await allIds();
    const page = await node.users.page({ limit: 100 });
    expect(idsOf(page.json)).toEqual(ids.slice(0, 100));
    expect(page).toMatchObject({ total: ids.length, nextAfter: ids[99] });
    expect(idsOf((await node.users.page({ limit: 7, skip: 20_005 })).json)).toEqual(ids.slice(20_005, 20_012));
  });

  it('has the same records as a look-up of one', async () => {
    const [record] = read((await node.users.page({ limit: 1, skip: 11 })).json);
    expect(record && (await node.users.find(record.id))).toEqual(record);
    expect(Object.keys(record ?? {})).toEqual([
      'id',
      'email',
      'username',
      'full_name',
      'is_active',
      'is_superuser',
      'created_at',
      'updated_at',
    ]);
  });

  it('leads through all of them, each once', async () => {
    const seen: number[] = [];
    let after: number | null = 0;
    let pages = 0;
    while (after !== null) {
      const page: { json: string; nextAfter: number | null } = await node.users.page({ limit: 1000, after });
      seen.push(...idsOf(page.json));
      after = page.nextAfter;
      pages += 1;
    }
    expect(seen).toEqual(await allIds());
    expect(pages).toBe(Math.ceil(seen.length / 1000));
  });

  it('ends where nothing is left', async () => {
    const ids = await allIds();
    expect(await node.users.page({ limit: 10, skip: ids.length })).toMatchObject({
      json: '[]',
      total: ids.length,
      nextAfter: null,
    });
    expect(await node.users.page({ limit: 10, after: ids.at(-1) ?? 0 })).toMatchObject({ json: '[]', nextAfter: null });
    expect((await node.users.page({ limit: 10, skip: ids.length - 10 })).nextAfter).toBeNull();
    expect((await node.users.page({ limit: 10, skip: ids.length - 11 })).nextAfter).toBe(ids.at(-2));
    expect((await node.users.page({ limit: 10, skip: Number.MAX_SAFE_INTEGER, after: Number.MAX_SAFE_INTEGER })).json).toBe('[]');
  });

  it('keeps the total true through inserts, removals and rollbacks', async () => {
    const before = (await node.users.page({ limit: 1 })).total ?? 0;
    const root = await member(node, 'root', { isSuperuser: true });
    const { id } = await node.accounts.create({ username: 'counted', email: null, password: PASSWORD }, root, HERE);
    expect(await codeOf(node.accounts.create({ username: 'COUNTED', email: null, password: PASSWORD }, root, HERE))).toBe(
      'taken',
    );
    expect((await node.users.page({ limit: 1 })).total).toBe(before + 2);
    await node.accounts.remove(id, root, HERE);
    expect((await node.users.page({ limit: 1 })).total).toBe(before + 1);
    expect(before + 1).toBe((await allIds()).length);
  });

  it('relies on the primary key alone, however deep', async () => {
    const plan = await planOf(USERS_PAGE, [100, 0, 20_000]);
    expect(plan).toMatch(/Index Only Scan using users_pkey on users(?!.*\n.*Seq Scan)/);
    expect(plan).toMatch(/Index Scan using users_pkey on users u \(actual rows=1(\.00)? loops=101\)/);
    expect(plan).not.toMatch(/Seq Scan on users/);
    const deep = await planOf(USERS_PAGE, [100, 25_000, 0]);
    expect(deep).toMatch(
      /Index Only Scan using users_pkey on users \(actual rows=101(\.00)? loops=1\)\n\s+Index Cond: \(id > '?25000/,
    );
  });
});

describe('looking for accounts', () => {
  it('finds the beginning of a user name or an address in any case', async () => {
    const found = async (q: string): Promise<string[]> =>
      read((await node.users.page({ limit: 10, q })).json).map(({ username }) => username);
    expect(await found('user2999')).toEqual(
      [
        'User2999',
        'User29990',
        'User29991',
        'User29992',
        'User29994',
        'User29995',
        'User29996',
        'User29997',
        'User29998',
        'User29999',
      ].filter((name) => !name.endsWith('3')),
    );
    expect(await found('USER29999')).toEqual(['User29999']);
    expect(await found('ｕser29999')).toEqual(['User29999']);
    expect(await found('U29999@X.com')).toEqual(['User29999']);
    expect(await found('ser29999')).toEqual(['User29999']);
    expect(await found('29999@x')).toEqual(['User29999']);
    expect(await found('sre29999')).toEqual([]);
  });

  it('gives no total, but the way on', async () => {
    const first = await node.users.page({ limit: 3, q: 'user111' });
    expect(first.total).toBeNull();
    expect(first.nextAfter).toBe(idsOf(first.json).at(-1));
    const second = await node.users.page({ limit: 3, q: 'user111', after: first.nextAfter ?? 0 });
    expect(idsOf(second.json)[0]).toBeGreaterThan(first.nextAfter ?? Number.POSITIVE_INFINITY);
    expect((await node.users.page({ limit: 1000, q: 'user111' })).nextAfter).toBeNull();
  });

  it.each(['%', '_', 'user_9999', '\\', 'user%', "' OR 1=1 --", '"', '$1', ';', '\\%', '{}'])(
    'takes %s for what it is',
    async (q) => {
      expect(await node.users.page({ limit: 10, q })).toEqual({ json: '[]', total: null, nextAfter: null });
    },
  );

  it('relies on the pairs of characters of each account', async () => {
    const pairs = ['r2', '29', '99', '97'];
    const plan = await planOf(USERS_SEARCH_PARTS, [100, 0, 0, '%r29997%', '%r29997%', pairs, pairs]);
    expect(plan).toContain('Bitmap Index Scan on users_grams_idx');
    expect(plan).not.toMatch(/Seq Scan on users/);
  });

  it('relies on the prefix indexes for a single character', async () => {
    const plan = await planOf(USERS_SEARCH, [100, 0, 0, 'user2999%', 'user2999%']);
    expect(plan).toContain('BitmapOr');
    expect(plan).toContain('Bitmap Index Scan on users_username_prefix_idx');
    expect(plan).toContain('Bitmap Index Scan on users_email_prefix_idx');
    expect(plan).not.toMatch(/Seq Scan on users/);
  });
});

describe('the locks of a change', () => {
  it('rely on indexes, with all superusers and without', async () => {
    expect(await planOf(LOCK_USERS, [[5, 17], false])).toMatch(/Index Scan (using|on) users_pkey/);
    const plan = await planOf(LOCK_USERS, [[5, 17], true]);
    expect(plan).toContain('users_superuser_idx');
    expect(plan).not.toMatch(/Seq Scan/);
  });
});

describe('looking accounts up', () => {
  it('answers many at once by few queries, each as it is now', async () => {
    const ids = (await allIds()).slice(0, 400);
    const found = await Promise.all([...ids, ...ids, -1, 999_999_999].map((id) => node.users.find(id)));
    expect(found.slice(0, 400).map((record) => record?.id)).toEqual(ids);
    expect(found.slice(400, 800)).toEqual(found.slice(0, 400));
    expect(found.slice(800)).toEqual([null, null]);
  });
});

import { hash } from '@node-rs/argon2';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LiveSession } from '../../src/identity/identity.js';
import { codeOf, HERE, logIn, member, originFrom, PASSWORD, startAccounts } from '../support/accounts.js';

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
const isAlive = async ({ id }: LiveSession): Promise<boolean> => {
  const rows = await node.sql.rows('SELECT 1 FROM sessions WHERE id = $1 AND revoked_at IS NULL', [id]);
  return rows.length > 0;
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

describe('changing an account', () => {
  it('changes what is given and leaves the rest', async () => {
    const session = await member(node, 'editor');
    const before = await stored(session.userId);
    const record = await node.accounts.update(session.userId, { full_name: 'The Editor' }, session, HERE);
    expect(record).toMatchObject({ username: 'editor', email: 'editor@example.com', full_name: 'The Editor', is_active: true });
    expect((await stored(session.userId))['password_hash']).toBe(before['password_hash']);
    expect(await node.accounts.update(session.userId, { full_name: null }, session, HERE)).toMatchObject({ full_name: null });
    const renamed = await node.accounts.update(session.userId, { username: 'Editor-2', email: 'e2@x.com' }, session, HERE);
    expect(renamed).toMatchObject({ username: 'Editor-2', email: 'e2@x.com' });
    expect(await codeOf(logIn(node, 'editor'))).toBe('wrong_credentials');
    expect(await codeOf(logIn(node, 'EDITOR-2'))).toBe('ok');
    expect(await isAlive(session)).toBe(true);
  });

  it('changes nothing where nothing is asked for', async () => {
    const session = await member(node, 'content');
    const before = await stored(session.userId);
    await node.accounts.update(session.userId, {}, session, HERE);
    await node.accounts.update(session.userId, { username: 'content', full_name: null }, session, HERE);
    expect(await stored(session.userId)).toEqual(before);
  });

  it('refuses what is taken, also in a race', async () => {
    const one = await member(node, 'swap-one');
    const two = await member(node, 'swap-two');
    expect(await codeOf(node.accounts.update(one.userId, { username: 'SWAP-TWO' }, one, HERE))).toBe('taken');
    expect(await codeOf(node.accounts.update(one.userId, { email: 'Swap-Two@example.com' }, one, HERE))).toBe('taken');
    const race = [one, two].map((session) =>
      codeOf(node.accounts.update(session.userId, { username: 'swapped' }, session, HERE)),
    );
    expect((await Promise.all(race)).sort()).toEqual(['ok', 'taken']);
  });

  it('is for oneself and for superusers, whether or not the other exists', async () => {
    const plain = await member(node, 'bystander');
    for (const id of [root.userId, 999_999_999]) {
      expect(await codeOf(node.accounts.update(id, { full_name: 'x' }, plain, HERE))).toBe('forbidden');
      expect(await codeOf(node.accounts.remove(id, plain, HERE))).toBe('forbidden');
    }
    expect(await codeOf(node.accounts.update(999_999_999, { full_name: 'x' }, root, HERE))).toBe('not_found');
    expect(await codeOf(node.accounts.update(999_999_999, { password: PASSWORD }, root, HERE))).toBe('not_found');
    expect(await codeOf(node.accounts.remove(999_999_999, root, HERE))).toBe('not_found');
    expect(await node.accounts.update(plain.userId, { full_name: 'by root' }, root, HERE)).toMatchObject({
      full_name: 'by root',
    });
  });

  it('leaves rights to superusers, by the table and not by what a session remembers', async () => {
    const plain = await member(node, 'climber');
    const forged = { ...plain, isSuperuser: true };
    for (const changes of [{ is_superuser: true }, { is_active: false }, { is_active: true }, { is_superuser: false }]) {
      expect(await codeOf(node.accounts.update(plain.userId, changes, plain, HERE))).toBe('forbidden');
      expect(await codeOf(node.accounts.update(plain.userId, changes, forged, HERE))).toBe('forbidden');
      expect(await codeOf(node.accounts.update(root.userId, changes, forged, HERE))).toBe('forbidden');
    }
    expect(await codeOf(node.accounts.remove(root.userId, forged, HERE))).toBe('forbidden');
    expect(await stored(plain.userId)).toMatchObject({ is_superuser: false, is_active: true });
    expect(await stored(root.userId)).toMatchObject({ is_superuser: true, is_active: true });
  });

  it('ends every other session when the password changes, and leaves the one that changed it', async () => {
    const session = await member(node, 'cautious');
    const others = [await logIn(node, 'cautious'), await logIn(node, 'cautious')];
    await node.accounts.update(session.userId, { password: 'another good password' }, session, HERE);
    expect(await isAlive(session)).toBe(true);
    for (const other of others) {
      expect(await isAlive(other.session)).toBe(false);
      expect(other.session.state).toBe('dead');
      expect(await codeOf(node.sessions.rotate(other.refreshToken ?? '', HERE, performance.now()))).toBe('bad_refresh_token');
    }
    expect(await codeOf(logIn(node, 'cautious'))).toBe('wrong_credentials');
    expect(await codeOf(logIn(node, 'cautious', 'another good password'))).toBe('ok');
    expect(await auditOf(session.userId)).toContain('password_changed');
  });

  it('ends every session when a superuser sets the password', async () => {
    const session = await member(node, 'forgetful');
    await node.accounts.update(session.userId, { password: 'another good password' }, root, HERE);
    expect(await isAlive(session)).toBe(false);
  });

  it('lets a change of password win over a log-in that was verified before it', async () => {
    const session = await member(node, 'overtaken');
    const verified = await node.accounts.verifyCredentials('overtaken', PASSWORD, HERE);
    await node.accounts.update(session.userId, { password: 'another good password' }, session, HERE);
    expect(await codeOf(node.sessions.open(verified, HERE, { refresh: true }))).toBe('wrong_credentials');
  });

  it('ends every session of an account that is deactivated, and lets it in again when it is activated', async () => {
    const session = await member(node, 'paused');
    await node.accounts.update(session.userId, { is_active: false }, root, HERE);
    expect(await isAlive(session)).toBe(false);
    expect(await codeOf(node.accounts.update(session.userId, { full_name: 'x' }, session, HERE))).toBe('not_authenticated');
    expect(await codeOf(logIn(node, 'paused'))).toBe('wrong_credentials');
    await node.accounts.update(session.userId, { is_active: true }, root, HERE);
    expect(await codeOf(logIn(node, 'paused'))).toBe('ok');
    expect(await auditOf(session.userId)).toEqual(['user_created', 'login', 'deactivated', 'login_failed', 'activated', 'login']);
  });

  it('removes an account with its sessions and keeps its trace', async () => {
    const session = await member(node, 'leaver');
    await node.accounts.remove(session.userId, session, HERE);
    expect(session.state).toBe('dead');
    expect(await stored(session.userId)).toEqual({});
    expect(await node.sql.rows('SELECT 1 FROM sessions WHERE user_id = $1', [session.userId])).toEqual([]);
    expect(await node.users.find(session.userId)).toBeNull();
    const [last] = await node.sql.rows<{ action: string; details: object; actor_id: number }>(
      'SELECT action, details, actor_id FROM audit_log WHERE user_id = $1 ORDER BY id DESC LIMIT 1',
      [session.userId],
    );
    expect(last).toEqual({ action: 'user_deleted', details: { username: 'leaver' }, actor_id: session.userId });
    expect(await codeOf(node.accounts.update(session.userId, { full_name: 'ghost' }, session, HERE))).toBe('not_authenticated');
  });

  it('writes down who did what to whom, from where', async () => {
    const session = await member(node, 'audited');
    const origin = originFrom('198.51.100.7', 'game');
    await node.accounts.update(session.userId, { is_superuser: true, email: 'new@x.com', username: 'audited2' }, root, origin);
    const rows = await node.sql.rows<object>(
      'SELECT action, actor_id, user_id, protocol, ip, user_agent, details FROM audit_log WHERE user_id = $1 AND ip = $2 ORDER BY id',
      [session.userId, '198.51.100.7'],
    );
    const common = { actor_id: root.userId, user_id: session.userId, protocol: 'game', ip: '198.51.100.7', user_agent: 'test' };
    expect(rows).toEqual([
      { ...common, action: 'email_changed', details: { from: 'audited@example.com', to: 'new@x.com' } },
      { ...common, action: 'username_changed', details: { from: 'audited', to: 'audited2' } },
      { ...common, action: 'role_changed', details: { superuser: true } },
    ]);
    await node.accounts.update(session.userId, { is_superuser: false }, root, HERE);
  });
});

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
    const asItIs = [{ is_active: true }, { is_superuser: false }];
    for (const changes of [{ is_superuser: true }, { is_active: false }]) {
      expect(await codeOf(node.accounts.update(plain.userId, changes, plain, HERE))).toBe('forbidden');
      expect(await codeOf(node.accounts.update(plain.userId, changes, forged, HERE))).toBe('forbidden');
    }
    // What was read may be written back.
    for (const changes of asItIs) expect(await codeOf(node.accounts.update(plain.userId, changes, plain, HERE))).toBe('ok');
    for (const changes of [{ is_superuser: true }, { is_active: false }, ...asItIs]) {
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
      expect(await codeOf(node.sessions.rotate(other.refreshToken ?? '', HERE))).toBe('bad_refresh_token');
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

import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { LiveSession } from '../../src/identity/identity.js';
import { codeOf, HERE, member, startAccounts } from '../support/accounts.js';

let node: Awaited<ReturnType<typeof startAccounts>>;

beforeAll(async () => {
  node = await startAccounts({ LOGIN_THROTTLE: 'off' });
});
afterAll(() => node.close());
afterEach(async () => {
  await node.sql.affected('DELETE FROM users');
});

const superusers = async (): Promise<number> => {
  const rows = await node.sql.rows('SELECT 1 FROM users WHERE is_superuser AND is_active');
  return rows.length;
};
const deeds = {
  remove: (id: number, by: LiveSession) => node.accounts.remove(id, by, HERE),
  deactivate: (id: number, by: LiveSession) => node.accounts.update(id, { is_active: false }, by, HERE),
  demote: (id: number, by: LiveSession) => node.accounts.update(id, { is_superuser: false }, by, HERE),
};
type Deed = keyof typeof deeds;
const all = Object.keys(deeds) as Deed[];

describe('the last active superuser', () => {
  it.each(all)('cannot be taken away: %s', async (deed) => {
    const only = await member(node, 'only', { isSuperuser: true });
    const idle = await member(node, 'idle', { isSuperuser: true });
    await node.accounts.update(idle.userId, { is_active: false }, only, HERE);
    expect(await codeOf(deeds[deed](only.userId, only))).toBe('forbidden');
    expect(await superusers()).toBe(1);
    // Other changes of the same account are no matter.
    expect(await codeOf(node.accounts.update(only.userId, { full_name: 'Still here', is_superuser: true }, only, HERE))).toBe(
      'ok',
    );
  });

  it.each(all)('may go once there is another: %s', async (deed) => {
    const one = await member(node, 'one', { isSuperuser: true });
    await member(node, 'two', { isSuperuser: true });
    expect(await codeOf(deeds[deed](one.userId, one))).toBe('ok');
    expect(await superusers()).toBe(1);
  });

  it('may not leave together with the right that nobody else has', async () => {
    const only = await member(node, 'only', { isSuperuser: true });
    expect(await codeOf(node.accounts.update(only.userId, { is_superuser: false, is_active: false }, only, HERE))).toBe(
      'forbidden',
    );
    expect(await superusers()).toBe(1);
  });
});

describe('superusers who act on each other at once', () => {
  it.each(all.flatMap((one) => all.map((other) => [one, other] as const)))('%s and %s: one wins', async (one, other) => {
    for (let round = 0; round < 4; round++) {
      const a = await member(node, `a${round}`, { isSuperuser: true });
      const b = await member(node, `b${round}`, { isSuperuser: true });
      await node.sql.affected('UPDATE users SET is_superuser = false WHERE id <> ALL ($1)', [[a.userId, b.userId]]);
      const codes = await Promise.all([codeOf(deeds[one](b.userId, a)), codeOf(deeds[other](a.userId, b))]);
      expect(codes.filter((code) => code === 'ok')).toHaveLength(1);
      expect(codes.filter((code) => code === 'forbidden' || code === 'not_authenticated')).toHaveLength(1);
      expect(await superusers()).toBe(1);
    }
  });

  it('leaves one of many who all step down', async () => {
    const many: LiveSession[] = [];
    for (let index = 0; index < 6; index++) many.push(await member(node, `many${index}`, { isSuperuser: true }));
    const codes = await Promise.all(many.map((session, index) => codeOf(deeds[all[index % 3] as Deed](session.userId, session))));
    expect(codes.filter((code) => code === 'ok')).toHaveLength(5);
    expect(await superusers()).toBe(1);
  });

  it('never waits in a circle, whoever changes whom', async () => {
    const team: LiveSession[] = [];
    for (let index = 0; index < 4; index++) team.push(await member(node, `team${index}`, { isSuperuser: true }));
    const changes = Array.from({ length: 60 }, (_, index) => {
      const by = team[index % 4] as LiveSession;
      const other = team[(index * 7 + 1) % 4] as LiveSession;
      const is_superuser = index % 5 === 0 ? true : undefined;
      return codeOf(node.accounts.update(other.userId, { full_name: `name ${index}`, is_superuser }, by, HERE));
    });
    expect(new Set(await Promise.all(changes))).toEqual(new Set(['ok']));
  });
});

describe('a demoted superuser', () => {
  it('has lost the right at once, in its open sessions, too', async () => {
    const root = await member(node, 'root', { isSuperuser: true });
    const second = await member(node, 'second', { isSuperuser: true });
    await node.accounts.update(second.userId, { is_superuser: false }, root, HERE);
    expect(second.state).not.toBe('live');
    expect(await codeOf(node.accounts.update(root.userId, { full_name: 'x' }, { ...second, isSuperuser: true }, HERE))).toBe(
      'forbidden',
    );
  });
});

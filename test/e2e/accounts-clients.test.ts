import { afterAll, beforeAll, expect, it } from 'vitest';
import { ClientLinks } from '../../src/users/client-links.js';
import { HERE, member, startAccounts } from '../support/accounts.js';
import { runSql } from '../support/database.js';
import { until } from '../support/until.js';

let node: Awaited<ReturnType<typeof startAccounts>>;

beforeAll(async () => {
  node = await startAccounts({ LOGIN_THROTTLE: 'off' });
});
afterAll(() => node.close());

const idsOf = async (userId: number) => (await node.app.get(ClientLinks).list(userId)).map(({ clientId }) => clientId);

it('an account that is removed at the same time does not keep the client ids of others from being noted', async () => {
  const [gone, stays] = [await member(node, 'gone'), await member(node, 'stays')];
  const links = node.app.get(ClientLinks);
  let noted: Promise<unknown> | undefined;
  await node.sql.transaction(async (tx) => {
    await tx.rows('DELETE FROM users WHERE id = $1', [gone.userId]);
    noted = Promise.all([links.seen(gone.userId, 'phone'), links.seen(stays.userId, 'laptop')]);
    noted.catch(() => undefined); // it is awaited below
    await until(async () => {
      const waiting = `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`;
      return (await runSql(node.database.url, waiting)).length > 0;
    });
  });
  await noted;
  expect(await idsOf(stays.userId)).toEqual(['laptop']);
  expect(await idsOf(gone.userId)).toEqual([]);
});

it('the ids of an account go with it', async () => {
  const leaver = await member(node, 'leaver');
  await node.app.get(ClientLinks).seen(leaver.userId, 'phone');
  expect(await idsOf(leaver.userId)).toEqual(['phone']);
  await node.accounts.remove(leaver.userId, null, HERE);
  expect(await idsOf(leaver.userId)).toEqual([]);
});

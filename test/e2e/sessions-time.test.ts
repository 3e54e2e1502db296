import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Housekeeping } from '../../src/auth/housekeeping.js';
import { LastUse } from '../../src/auth/last-use.js';
import { Sql } from '../../src/database/sql.js';
import { PASSWORD, type TestServer } from '../support/server.js';
import { sidOf } from '../support/tokens.js';
import { startTwoNodes, type TwoNodes } from '../support/two-nodes.js';

let nodes: TwoNodes;
let one: TestServer;
let two: TestServer;
let sql: Sql;

beforeAll(async () => {
  nodes = await startTwoNodes();
  ({ one, two } = nodes);
  sql = one.app.get(Sql);
});
afterAll(() => nodes?.stop());

const statusOf = async (server: TestServer, token: string): Promise<number> =>
  (await server.client(token).get('/api/v1/users/me')).status;
const gameLogIn = async (username: string) =>
  (await one.client().post('/auth/login', { username, password: PASSWORD })).body.data;
const refresh = (server: TestServer, refreshToken: string) =>
  server.client().post('/auth/refresh', { refresh_token: refreshToken });

/** Seconds that the session of a token has left; undefined where its row is gone. */
async function leftOf(token: string): Promise<number | undefined> {
  const [row] = await sql.rows<{ left: number }>(
    'SELECT extract(epoch FROM expires_at - now())::float8 AS left FROM sessions WHERE id = $1',
    [sidOf(token)],
  );
  return row?.left;
}

describe('time', () => {
  test('ends an idle session, whatever tokens it has', async () => {
    const { tokens } = await one.user();
    await sql.rows('UPDATE sessions SET expires_at = now() WHERE id = $1', [sidOf(tokens.token)]);
    expect((await refresh(one, tokens.refreshToken)).status).toBe(401);
    // The node that opened it has its own clock for what it remembers; every other reads the table.
    expect(await statusOf(two, tokens.token)).toBe(401);
  });

  test('prolongs a session that is used, and ends it for good in the end', async () => {
    const { username } = await one.user();
    const first = await gameLogIn(username);
    const age = (seconds: number) =>
      sql.rows(
        `UPDATE sessions SET created_at = now() - make_interval(secs => $2), expires_at = now() + interval '1 minute' WHERE id = $1`,
        [sidOf(first.token), seconds],
      );
    await age(10 * 86_400);
    const second = (await refresh(one, first.refresh_token)).body.data;
    expect(await leftOf(first.token)).toBeGreaterThan(29.9 * 86_400);
    await age(6 * 2_592_000 - 100);
    const third = (await refresh(one, second.refresh_token)).body.data;
    expect(await leftOf(first.token)).toBeLessThanOrEqual(100);
    expect(third.expires_in).toBeLessThanOrEqual(100);
    await age(6 * 2_592_000 + 1);
    expect((await refresh(one, third.refresh_token)).status).toBe(401);
  });

  test('of last use is written behind, for many at once', async () => {
    const accounts = [await one.user(), await one.user()];
    const ids = accounts.map(({ tokens }) => sidOf(tokens.token));
    await sql.rows(`UPDATE sessions SET last_used_at = now() - interval '1 hour' WHERE id = ANY($1)`, [ids]);
    const usedAgo = async () =>
      (
        await sql.rows<{ ago: number }>(
          'SELECT extract(epoch FROM now() - last_used_at)::float8 AS ago FROM sessions WHERE id = ANY($1)',
          [ids],
        )
      ).map(({ ago }) => ago);
    for (const { tokens } of accounts) expect(await statusOf(two, tokens.token)).toBe(200);
    expect(Math.min(...(await usedAgo()))).toBeGreaterThan(3000);
    await two.app.get(LastUse).flush();
    expect(Math.max(...(await usedAgo()))).toBeLessThan(60);
    // Not again within a minute.
    await sql.rows(`UPDATE sessions SET last_used_at = now() - interval '1 hour' WHERE id = ANY($1)`, [ids]);
    for (const { tokens } of accounts) expect(await statusOf(two, tokens.token)).toBe(200);
    await two.app.get(LastUse).flush();
    expect(Math.min(...(await usedAgo()))).toBeGreaterThan(3000);
  });

  test('clears away what is long over, and nothing else', async () => {
    const { username, tokens } = await one.user();
    const [expired, revoked, recent] = [await gameLogIn(username), await gameLogIn(username), await gameLogIn(username)];
    await one.client().post('/auth/logout', { refresh_token: revoked.refresh_token });
    await one.client().post('/auth/logout', { refresh_token: recent.refresh_token });
    await sql.rows(`UPDATE sessions SET expires_at = now() - interval '31 days' WHERE id = ANY($1)`, [
      [sidOf(expired.token), sidOf(revoked.token)],
    ]);
    await sql.rows(`UPDATE refresh_tokens SET expires_at = now() - interval '31 days' WHERE session_id = $1`, [
      sidOf(recent.token),
    ]);
    const deleted = await one.app.get(Housekeeping).purge();
    expect(deleted).toBe(3);
    const left = [expired, revoked, recent, { token: tokens.token }].map(
      async ({ token }) => (await leftOf(token)) !== undefined,
    );
    expect(await Promise.all(left)).toEqual([false, false, true, true]);
    expect((await refresh(one, tokens.refreshToken)).status).toBe(200);
  });

  test('does not let two nodes clear away at once', async () => {
    const { username } = await one.user();
    const expired = await gameLogIn(username);
    await sql.rows(`UPDATE sessions SET expires_at = now() - interval '31 days' WHERE id = $1`, [sidOf(expired.token)]);
    await sql.transaction(async (tx) => {
      await tx.rows('SELECT pg_advisory_xact_lock(7264310953)');
      expect(await one.app.get(Housekeeping).purge()).toBe(0);
    });
    expect(await one.app.get(Housekeeping).purge()).toBe(1);
  });
});

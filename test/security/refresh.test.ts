import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Answer } from '../support/http-client.js';
import { PASSWORD, type TestServer } from '../support/server.js';
import { sidOf } from '../support/tokens.js';
import { startTwoNodes, type TwoNodes } from '../support/two-nodes.js';
import { runSql } from '../support/database.js';

let nodes: TwoNodes;
beforeAll(async () => {
  nodes = await startTwoNodes();
});
afterAll(() => nodes?.stop());

type Refresh = (server: TestServer, token: string) => Promise<Answer>;

/** How each protocol that has refresh tokens exchanges one. */
const ROADS: Readonly<Record<string, Refresh>> = {
  game: (server, token) => server.client().post('/auth/refresh', { refresh_token: token }),
  rest: (server, token) => server.client().post('/api/v1/auth/refresh', undefined, { cookie: `refresh_token=${token}` }),
};

/** Refresh tokens of a session that nobody has used yet. */
const unspentOf = async (sid: string): Promise<number> => {
  const text = 'SELECT 1 FROM refresh_tokens WHERE session_id = $1 AND spent_at IS NULL';
  return (await runSql(nodes.database.url, text, [sid])).length;
};

describe.each(Object.entries(ROADS))('a refresh token of %s', (_protocol, refresh) => {
  it('gives one new token at most to 64 parallel requests on two nodes', async () => {
    const { one, two } = nodes;
    const { username } = await one.user();
    for (let round = 0; round < 3; round += 1) {
      const { token, refreshToken } = await one.client().logIn(username, PASSWORD);
      const asked = Array.from({ length: 64 }, (_, at) => refresh(at % 2 ? one : two, refreshToken));
      const statuses = (await Promise.all(asked)).map(({ status }) => status);
      expect(statuses.filter((status) => status === 200).length).toBeLessThanOrEqual(1);
      expect(statuses.filter((status) => status !== 200 && status !== 401)).toEqual([]);
      expect(await unspentOf(sidOf(token))).toBeLessThanOrEqual(1);
    }
  });

  it('leaves no session behind when a refresh races a log-out', async () => {
    const { one, two } = nodes;
    const { username } = await one.user();
    for (let round = 0; round < 10; round += 1) {
      const { token, refreshToken } = await one.client().logIn(username, PASSWORD);
      const [answer] = await Promise.all([
        refresh(round % 2 ? one : two, refreshToken),
        one.client().post('/auth/logout', { refresh_token: refreshToken }),
      ]);
      expect([200, 401]).toContain(answer.status);
      const renewed = (answer.body as { data?: { token: string }; access_token?: string } | undefined) ?? {};
      const access = [token, renewed.data?.token ?? renewed.access_token ?? token];
      // The node that ended the session refuses at once.
      for (const given of access) expect((await one.client(given).get('/api/v1/users/me')).status).toBe(401);
      expect((await refresh(two, refreshToken)).status).toBe(401);
    }
  });
});

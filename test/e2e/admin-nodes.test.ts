import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AccountsApp, startNode } from '../support/accounts.js';
import { has } from '../support/capabilities.js';
import { TestRedis } from '../support/redis.js';
import type { RawSocket } from '../support/raw-socket.js';
import type { Account } from '../support/server.js';
import { startTwoNodes, type TwoNodes } from '../support/two-nodes.js';
import { until } from '../support/until.js';

describe.runIf(has.redis)('a superuser of two nodes', () => {
  let redis: TestRedis;
  let nodes: TwoNodes;
  let boss: Account;
  let user: Account;
  let here: RawSocket;
  let there: RawSocket;

  beforeAll(async () => {
    redis = await TestRedis.start();
    nodes = await startTwoNodes({ variables: { REDIS_URL: redis.url } });
    [boss, user] = [await nodes.one.user({ isSuperuser: true }), await nodes.one.user()];
    here = await nodes.one.socket('/ws/of-one');
    await here.command('system.authenticate', { token: user.tokens.token });
    there = await nodes.two.socket(`/v1/connect?token=${user.tokens.token}`);
    // Both nodes hear each other from when their subscriptions are answered.
    await until(async () => (await boss.client.get('/api/v1/figures')).body.nodes === 2);
  }, 30_000);
  afterAll(async () => {
    await nodes.stop();
    await redis.stop();
  });

  const list = async (query = '') => boss.client.get(`/api/v1/connections${query}`);

  it('sees the connections of both, whichever is asked', async () => {
    const { body, headers } = await list();
    expect(headers.get('x-total-count')).toBe('2');
    expect(headers.get('x-nodes-missing')).toBeNull();
    expect(body.map(({ protocol }: { protocol: string }) => protocol).sort()).toEqual(['game', 'rest']);
    expect(new Set(body.map(({ node }: { node: string }) => node)).size).toBe(2);
    const other = await nodes.two.client(boss.tokens.token).get('/api/v1/connections');
    expect(other.body.map(({ id }: { id: string }) => id)).toEqual(body.map(({ id }: { id: string }) => id));
  });

  it('sees the newest of both', async () => {
    const last = await nodes.two.socket('/ws/the-newest');
    const { body, headers } = await list('?limit=1');
    expect(headers.get('x-total-count')).toBe('3');
    expect(body).toHaveLength(1);
    expect(body[0]).toMatchObject({ client_id: 'the-newest', user_id: null, username: null, session_id: null });
    expect((await list('?protocol=game')).body).toHaveLength(1);
    expect((await list(`?user_id=${user.id}`)).headers.get('x-total-count')).toBe('2');
    await last.close();
    await until(async () => (await list()).body.length === 2);
  });

  it('reads the sum of their figures', async () => {
    const { body } = await boss.client.get('/api/v1/figures');
    expect(body).toMatchObject({ nodes: 2, connections: { rest: 1, game: 1 } });
    // One user at both.
    expect(body.users_online).toBe(2);
    const other = await nodes.two.client(boss.tokens.token).get('/api/v1/figures');
    expect(other.body.node).not.toBe(body.node);
    expect(other.body.users_total).toBe(body.users_total);
  });

  it('does not take for a node what only uses the accounts', async () => {
    const owner: AccountsApp = await startNode(nodes.database, { REDIS_URL: redis.url, DATA_DIR: nodes.one.dataDir });
    try {
      const started = performance.now();
      expect((await list()).headers.get('x-nodes-missing')).toBeNull();
      expect(performance.now() - started).toBeLessThan(400);
    } finally {
      await owner.app.close();
    }
  });

  it('closes a connection of the other node within a second', async () => {
    const [{ id }] = (await list('?protocol=game')).body;
    const started = performance.now();
    expect((await boss.client.delete(`/api/v1/connections/${id}`)).status).toBe(200);
    expect((await there.closed).code).toBe(4403);
    expect(performance.now() - started).toBeLessThan(1_000);
    expect((await boss.client.delete(`/api/v1/connections/${id}`)).status).toBe(404);
    const [entry] = (await boss.client.get('/api/v1/audit?action=connection_closed')).body;
    expect(entry).toMatchObject({ user_id: user.id, details: { connection_id: id, protocol: 'game' } });
    there = await nodes.two.socket(`/v1/connect?token=${user.tokens.token}`);
  });

  it('is not helped to the connections of others by one of theirs elsewhere', async () => {
    const mine = await nodes.two.socket(`/v1/connect?token=${boss.tokens.token}`);
    const [{ id }] = (await list(`?user_id=${boss.id}`)).body;
    expect((await user.client.delete(`/api/v1/users/${user.id}/connections/${id}`)).status).toBe(404);
    expect((await user.client.get(`/api/v1/users/${user.id}/connections`)).body).toHaveLength(2);
    expect((await list(`?user_id=${boss.id}`)).body).toHaveLength(1);
    await mine.close();
  });

  describe('of which one does not answer', () => {
    it('is told so, and waits no longer than a second', async () => {
      const silent = new Redis(redis.url);
      await silent.subscribe('switchboard:1:bus:nodes.ask');
      try {
        const started = performance.now();
        const { body, headers } = await list();
        expect(performance.now() - started).toBeLessThan(1_000);
        expect(headers.get('x-nodes-missing')).toBe('1');
        expect(body.length).toBeGreaterThanOrEqual(2);
        // It may be there.
        expect((await boss.client.delete('/api/v1/connections/nobody-has-this-one')).status).toBe(503);
        const [{ id }] = (await list('?protocol=rest')).body;
        expect((await boss.client.delete(`/api/v1/connections/${id}`)).status).toBe(200);
        expect((await here.closed).code).toBe(4403);
      } finally {
        silent.disconnect();
      }
    });

    it('answers for itself while Redis is away, and says that it does', async () => {
      await redis.down();
      const { body, headers } = await until(async () => {
        const answer = await nodes.two.client(boss.tokens.token).get('/api/v1/connections');
        return answer.headers.get('x-nodes-missing') === 'unknown' ? answer : null;
      });
      expect(body).toMatchObject([{ protocol: 'game', user_id: user.id }]);
      expect(headers.get('x-total-count')).toBe('1');
      const figures = await boss.client.get('/api/v1/figures');
      expect(figures.headers.get('x-nodes-missing')).toBe('unknown');
      expect(figures.body.nodes).toBe(1);
      await redis.up();
      await until(async () => (await boss.client.get('/api/v1/figures')).body.nodes === 2, 10_000);
    }, 30_000);
  });
});

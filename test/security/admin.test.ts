import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Client } from '../support/http-client.js';
import { type Account, TestServer } from '../support/server.js';

let server: TestServer;
let boss: Account;
let user: Account;
let stranger: Account;

beforeAll(async () => {
  server = await TestServer.start();
  [boss, user, stranger] = [await server.user({ isSuperuser: true }), await server.user(), await server.user()];
});
afterAll(() => server.stop());

const SUPERUSERS = ['GET /api/v1/connections', 'GET /api/v1/audit', 'GET /api/v1/figures', 'DELETE /api/v1/connections/{id}'];

const call = async (client: Client, route: string, id = 'x'): Promise<number> => {
  const [method = '', path = ''] = route.split(' ');
  return (await client.send(method, path.replace('{id}', id))).status;
};

describe('what is for superusers', () => {
  it.each(SUPERUSERS)('%s is refused to everybody else, whatever it is about', async (route) => {
    const socket = await server.socket(`/v1/connect?token=${stranger.tokens.token}`);
    const [{ id }] = (await boss.client.get(`/api/v1/connections?user_id=${stranger.id}`)).body;
    for (const target of [id, 'x']) {
      expect(await call(server.client(), route, target)).toBe(401);
      expect(await call(server.client('not.a.token'), route, target)).toBe(401);
      expect(await call(user.client, route, target)).toBe(403);
    }
    expect((await socket.command('system.ping')).success).toBe(true);
    await socket.close();
  });

  it('ends with the right to it', async () => {
    const second = await server.user({ isSuperuser: true });
    expect(await call(second.client, 'GET /api/v1/audit')).toBe(200);
    expect((await boss.client.put(`/api/v1/users/${second.id}`, { is_superuser: false })).status).toBe(200);
    for (const route of SUPERUSERS) expect(await call(second.client, route), route).toBe(403);
  });
});

describe('a user’s connections', () => {
  it('are the user’s own to see and to close, and nobody else’s', async () => {
    const socket = await server.socket(`/v1/connect?token=${user.tokens.token}`);
    const path = `/api/v1/users/${user.id}/connections`;
    const [{ id }] = (await user.client.get(path)).body;
    for (const [client, status] of [
      [server.client(), 401],
      [stranger.client, 403],
    ] as const) {
      expect((await client.get(path)).status).toBe(status);
      expect((await client.get('/api/v1/users/987654321/connections')).status).toBe(status);
      expect((await client.delete(`${path}/${id}`)).status).toBe(status);
    }
    // Not by way of one's own list, either: to others it is not there.
    expect((await stranger.client.delete(`/api/v1/users/${stranger.id}/connections/${id}`)).status).toBe(404);
    expect((await stranger.client.get(`/api/v1/users/${stranger.id}/connections?user_id=${user.id}`)).body).toEqual([]);
    expect((await boss.client.get('/api/v1/users/987654321/connections')).status).toBe(404);
    expect((await socket.command('system.ping')).success).toBe(true);
    expect((await user.client.delete(`${path}/${id}`)).status).toBe(200);
    expect((await socket.closed).code).toBe(4403);
  });

  it('that went over to somebody else are that one’s', async () => {
    const socket = await server.socket('/ws/changing-hands');
    await socket.command('system.authenticate', { token: user.tokens.token });
    const [{ id }] = (await user.client.get(`/api/v1/users/${user.id}/connections`)).body;
    await socket.command('system.authenticate', { token: stranger.tokens.token });
    expect((await user.client.delete(`/api/v1/users/${user.id}/connections/${id}`)).status).toBe(404);
    expect((await stranger.client.delete(`/api/v1/users/${stranger.id}/connections/${id}`)).status).toBe(200);
    expect((await socket.closed).code).toBe(4403);
  });

  it.each(['%00', '%2e%2e', 'a%2Fb', "'%3B--", 'x'.repeat(65), '%F0%9F%98%80', '__proto__'])(
    'have no such id: %s',
    async (id) => {
      const { status } = await boss.client.delete(`/api/v1/connections/${id}`);
      expect([404, 422]).toContain(status);
    },
  );
});

describe('neither list', () => {
  it('holds what opens anything', async () => {
    const socket = await server.socket(`/v1/connect?token=${user.tokens.token}`, { 'user-agent': 'Agent/1.0' });
    const texts = await Promise.all(
      ['/api/v1/connections', '/api/v1/audit?limit=1000'].map(async (path) => JSON.stringify((await boss.client.get(path)).body)),
    );
    expect(texts[0]).toContain('Agent/1.0');
    for (const { tokens } of [boss, user, stranger]) {
      for (const text of texts) {
        expect(text).not.toContain(tokens.token);
        expect(text).not.toContain(tokens.refreshToken);
      }
    }
    await socket.close();
  });
});

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ACCOUNT_DRIVERS } from '../conformance/drivers/accounts.js';
import type { Parsed } from '../support/http-client.js';
import { type Account, PASSWORD, TestServer } from '../support/server.js';

let server: TestServer;
let root: Account;
beforeAll(async () => {
  server = await TestServer.start();
  root = await server.user({ isSuperuser: true });
});
afterAll(() => server.stop());

const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
const sessions = (id: number, rest = ''): string => `/api/v1/users/${id}/sessions${rest}`;
const UNKNOWN = { status: 404, body: { detail: 'Resource not found' } };

describe('the sessions of a user', () => {
  it('are listed, newest first, whatever protocol opened them', async () => {
    const { id, username, client } = await server.user();
    for (const { logIn } of ACCOUNT_DRIVERS) await logIn(server, { username, password: PASSWORD });
    const { status, body } = await client.get(sessions(id));
    expect(status).toBe(200);
    expect(body.map(({ protocol }: Parsed) => protocol)).toEqual(['messenger', 'mcp', 'rest', 'game', 'rest']);
    for (const session of body) {
      expect(session).toEqual({
        ...{ id: expect.stringMatching(/^[\da-f-]{36}$/), protocol: expect.any(String), ip: '127.0.0.1' },
        user_agent: session.protocol === 'messenger' ? null : expect.any(String),
        ...{ created_at: time, last_used_at: time, expires_at: time, current: session === body.at(-1) },
      });
      const days = (Date.parse(session.expires_at) - Date.parse(session.created_at)) / 86_400_000;
      expect(days).toBeCloseTo(30, 1);
    }
  });

  it('each end by their id, with everything that hangs on them', async () => {
    const { id, username, client } = await server.user();
    const other = await server.client().logIn(username, PASSWORD);
    const { body } = await client.get(sessions(id));
    const [newest] = body;
    const socket = await server.socket(`/v1/connect?token=${other.token}`);
    const { status, body: answer } = await client.delete(sessions(id, `/${newest.id}`));
    expect({ status, body: answer }).toEqual({ status: 200, body: { message: expect.stringMatching(/\w/) } });
    expect((await socket.closed).code).toBe(4401);
    expect((await server.client(other.token).get('/api/v1/users/me')).status).toBe(401);
    const refresh = await server.client().post('/auth/refresh', { refresh_token: other.refreshToken });
    expect(refresh.status).toBe(401);
    expect((await client.get(sessions(id))).body).toHaveLength(1);
    const again = await client.delete(sessions(id, `/${newest.id}`));
    expect({ status: again.status, body: again.body }).toEqual(UNKNOWN);
  });

  it.each(['x', '1', '00000000-0000-4000-8000-000000000000', '%00', "';--"])('%s is none of them', async (given) => {
    const { id, client } = await server.user();
    const { status, body } = await client.delete(sessions(id, `/${given}`));
    expect({ status, body }).toEqual(UNKNOWN);
  });

  it('are not somebody else’s, although the id is right', async () => {
    const [alice, bob] = [await server.user(), await server.user()];
    const [ofBob] = (await bob.client.get(sessions(bob.id))).body;
    expect((await alice.client.delete(sessions(alice.id, `/${ofBob.id}`))).status).toBe(404);
    for (const path of [sessions(bob.id), sessions(bob.id, `/${ofBob.id}`)]) {
      expect((await alice.client.delete(path)).status).toBe(403);
    }
    expect((await alice.client.get(sessions(bob.id))).status).toBe(403);
    expect((await bob.client.get('/api/v1/users/me')).status).toBe(200);
    // A superuser's they are.
    expect((await root.client.get(sessions(bob.id))).body).toHaveLength(1);
    expect((await root.client.delete(sessions(bob.id, `/${ofBob.id}`))).status).toBe(200);
    expect((await bob.client.get('/api/v1/users/me')).status).toBe(401);
  });

  it('end all at once, the one that asks too', async () => {
    const { id, username, client } = await server.user();
    const other = await server.client().logIn(username, PASSWORD);
    const { status, body } = await client.delete(sessions(id));
    expect({ status, body }).toEqual({ status: 200, body: { message: expect.stringMatching(/\w/) } });
    for (const token of [client.token, other.token]) {
      expect((await server.client(token).get('/api/v1/users/me')).status).toBe(401);
    }
  });

  it('are new with every log-in, and the same with every refresh', async () => {
    const { id, tokens, client } = await server.user();
    const { body } = await server.client().post('/auth/refresh', { refresh_token: tokens.refreshToken });
    const renewed = server.client(body.data.token);
    expect((await renewed.get(sessions(id))).body).toMatchObject([{ current: true }]);
    expect((await client.get(sessions(id))).body).toHaveLength(1);
  });
});

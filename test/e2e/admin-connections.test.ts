import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SOCKET_DRIVERS } from '../conformance/drivers/sockets.js';
import { runSql } from '../support/database.js';
import { type Account, TestServer } from '../support/server.js';
import { until } from '../support/until.js';

const PATH = '/api/v1/connections';
const FIELDS = [
  'id',
  'protocol',
  'user_id',
  'username',
  'session_id',
  'client_id',
  'ip',
  'user_agent',
  'connected_at',
  'last_seen_at',
  'node',
];
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/;

let server: TestServer;
let boss: Account;
let user: Account;

beforeAll(async () => {
  server = await TestServer.start();
  [boss, user] = [await server.user({ isSuperuser: true }), await server.user()];
});
afterAll(() => server.stop());

const ofUser = (account: Account): string => `/api/v1/users/${account.id}/connections`;
/** Until the server knows of what has happened to sockets. */
const listed = (account: Account, count: number) =>
  until(async () => {
    const { body } = await account.client.get(ofUser(account));
    return body.length === count ? body : null;
  });

describe('live connections', () => {
  it.each(SOCKET_DRIVERS)('are listed with all that is known of them: $kind', async ({ kind, open }) => {
    const before = Date.now();
    const peer = await open(server, user.tokens.token);
    const { body, headers } = await boss.client.get(`${PATH}?limit=1`);
    expect(Number(headers.get('x-total-count'))).toBeGreaterThan(0);
    expect(headers.get('x-nodes-missing')).toBeNull();
    expect(Object.keys(body[0])).toEqual(FIELDS);
    expect(body[0]).toMatchObject({
      protocol: kind.split(' ')[0],
      user_id: user.id,
      username: user.username,
      session_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      client_id: kind === 'rest' ? expect.stringMatching(/^client-/) : null,
      ip: '127.0.0.1',
      connected_at: expect.stringMatching(TIME),
      last_seen_at: expect.stringMatching(TIME),
    });
    expect(Date.parse(body[0].connected_at)).toBeGreaterThan(before - 2_000);
    expect(Date.parse(body[0].last_seen_at)).toBeGreaterThanOrEqual(Date.parse(body[0].connected_at));
    expect(JSON.stringify(body)).not.toContain(user.tokens.token);
    await peer.close();
    await listed(user, 0);
  });
});

describe('closing a connection', () => {
  it.each(SOCKET_DRIVERS)('tells it why in its own words, and is in the audit log: $kind', async ({ open }) => {
    const peer = await open(server, user.tokens.token);
    const [{ id, session_id, protocol }] = await listed(user, 1);
    const started = performance.now();
    expect(await boss.client.delete(`${PATH}/${id}`)).toMatchObject({ status: 200, body: { message: 'Connection closed' } });
    const { code, notice } = await peer.ended;
    expect(performance.now() - started).toBeLessThan(1_000);
    expect(code).toBe(4403);
    expect(notice).toEqual({ code: 4403, reason: 'Closed on request', reconnect: false });
    expect((await boss.client.delete(`${PATH}/${id}`)).status).toBe(404);
    const { body } = await boss.client.get(`/api/v1/audit?action=connection_closed&user_id=${user.id}&limit=1`);
    expect(body[0]).toMatchObject({
      actor_id: boss.id,
      actor_name: boss.username,
      user_id: user.id,
      username: user.username,
      protocol: 'rest',
      details: { connection_id: id, protocol, session_id },
    });
    // The session goes on.
    expect((await user.client.get('/api/v1/users/me')).status).toBe(200);
  });

  it('is for everyone, as far as it is their own', async () => {
    const [mine, other] = [
      await server.socket(`/v1/connect?token=${user.tokens.token}`),
      await server.socket(`/v1/connect?token=${boss.tokens.token}`),
    ];
    const [{ id: otherId }] = await listed(boss, 1);
    const [{ id }] = await listed(user, 1);
    expect((await user.client.delete(`${ofUser(user)}/${otherId}`)).status).toBe(404);
    expect((await boss.client.delete(`${ofUser(user)}/${otherId}`)).status).toBe(404);
    expect((await user.client.delete(`${ofUser(user)}/${id}`)).status).toBe(200);
    expect((await mine.closed).code).toBe(4403);
    expect(await listed(boss, 1)).toHaveLength(1);
    const [row] = await runSql<{ count: string }>(
      server.database.url,
      `SELECT count(*) FROM audit_log WHERE action = 'connection_closed' AND details->>'connection_id' = $1`,
      [otherId],
    );
    expect(Number(row?.count)).toBe(0);
    await other.close();
  });
});

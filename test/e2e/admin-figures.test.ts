import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { blocksOf } from '../support/doc-blocks.js';
import { type Account, TestServer } from '../support/server.js';
import { until } from '../support/until.js';

const PATH = '/api/v1/figures';
const COUNTS = [
  'users_total',
  'users_online',
  'messages_total',
  'errors_total',
  'requests_total',
  'frames_total',
  'memory_bytes',
];

describe('the figures', () => {
  let server: TestServer;
  let boss: Account;
  beforeAll(async () => {
    server = await TestServer.start();
    boss = await server.user({ isSuperuser: true });
  });
  afterAll(() => server.stop());

  /** They may be half a second old. */
  const after = async (at: string) =>
    until(async () => {
      const { body } = await boss.client.get(PATH);
      return body.at > at ? body : null;
    });

  it('are all there', async () => {
    const { status, body, headers } = await boss.client.get(PATH);
    expect(status).toBe(200);
    expect(headers.get('x-nodes-missing')).toBeNull();
    for (const name of COUNTS) expect(Number.isInteger(body[name]), name).toBe(true);
    expect(body).toMatchObject({ nodes: 1, node: expect.stringMatching(/^[0-9a-f]{8}$/), users_total: 1, users_online: 0 });
    expect(body.connections).toEqual({});
    expect(body.memory_bytes).toBeGreaterThan(10_000_000);
    expect(body.uptime_sec).toBeGreaterThan(0);
    expect(body.event_loop_lag_ms).toBeGreaterThanOrEqual(0);
    expect(Math.abs(Date.parse(body.at) - Date.now())).toBeLessThan(2_000);
  });

  it('are those that the documentation prints', async () => {
    const blocks = await blocksOf('docs/protocol/rest.md');
    const printed = blocks.find(({ language, text }) => language === 'json' && text.includes('event_loop_lag_ms'))?.text ?? '{}';
    const { body } = await boss.client.get(PATH);
    expect(Object.keys(JSON.parse(printed) as object)).toEqual(Object.keys(body as object));
    expect(Object.keys((JSON.parse(printed) as { logins: object }).logins)).toEqual(Object.keys(body.logins as object));
  });

  it('count what happens', async () => {
    const before = (await boss.client.get(PATH)).body;
    const socket = await server.socket(`/v1/connect?token=${boss.tokens.token}`);
    const { chat_id } = (await socket.command('chat.create', { chat_type: 'group', chat_name: 'Figures', members: [] })).data;
    for (const content of ['one', 'two']) await socket.command('chat.send', { chat_id, content });
    expect((await server.client().post('/api/v1/auth/login', { username: boss.username, password: 'wrong' })).status).toBe(401);
    await server.client().logIn(boss.username, 'correct horse battery');
    const now = await after(before.at);
    expect(now.connections).toEqual({ game: 1 });
    expect(now.users_online).toBe(1);
    expect(now.messages_total - before.messages_total).toBe(2);
    expect(now.frames_total - before.frames_total).toBe(3);
    expect(now.logins).toEqual({ ...before.logins, ok: before.logins.ok + 1, failed: before.logins.failed + 1 });
    expect(now.requests_total - before.requests_total).toBeGreaterThanOrEqual(3);
    await socket.close();
  });
});

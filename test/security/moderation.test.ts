import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runSql } from '../support/database.js';
import type { Client, Parsed } from '../support/http-client.js';
import { codeOf, group, report, say, type Scene, sceneOf, TOMORROW } from '../support/moderation.js';
import { PASSWORD, TestServer } from '../support/server.js';

const SECRET = 'Unm1stakable words';

let server: TestServer;
let scene: Scene;
let id: number;
beforeAll(async () => {
  server = await TestServer.start();
  scene = await sceneOf(server);
  id = await report(scene.alice, { chat_id: scene.chatId, seq: await say(scene.bob, scene.chatId, SECRET), comment: SECRET });
});
afterAll(() => server.stop());

const ROUTES = [
  ['GET', '/api/v1/reports'],
  ['GET', '/api/v1/reports?state=open'],
  ['GET', '/api/v1/reports/:id'],
  ['POST', '/api/v1/reports/:id/resolve'],
  ['PUT', '/api/v1/users/:user/suspension'],
  ['DELETE', '/api/v1/users/:user/suspension'],
] as const;
const COMMANDS = ['reports', 'get_report', 'resolve', 'suspend', 'unsuspend'];
const everything = (): Record<string, unknown> => ({
  ...{ report_id: id, user_id: scene.bob.id, action: 'suspend', reason: 'x', until: TOMORROW },
});
/** What is stored, but for the times of last use. */
const stored = (): Promise<object[]> =>
  runSql(
    server.database.url,
    `SELECT (SELECT md5(string_agg(r::text, '|' ORDER BY id)) FROM reports r) AS reports,
       (SELECT md5(string_agg(u::text, '|' ORDER BY id)) FROM users u) AS users,
       (SELECT md5(string_agg(m::text, '|' ORDER BY chat_id, seq)) FROM messages m) AS messages`,
  );

describe('the queue of reports', () => {
  it.each([
    ['somebody without an account', 401, () => server.client()],
    ['the reporter', 403, () => scene.alice.client],
    ['the person who is reported', 403, () => scene.bob.client],
  ] as const)('is closed to %s for every id', async (_who, status, clientOf) => {
    const client: Client = clientOf();
    const before = await stored();
    for (const [method, route] of ROUTES) {
      for (const wanted of [id, id - 1, id + 1, 0, 2 ** 31]) {
        const path = route.replace(':id', String(wanted)).replace(':user', String(wanted));
        const answer = await client.send(method, path, method === 'GET' || method === 'DELETE' ? undefined : everything());
        expect([method, path, answer.status]).toEqual([method, path, status]);
        expect(JSON.stringify(answer.body)).not.toContain(SECRET);
      }
    }
    expect(await stored()).toEqual(before);
  });

  it.each(COMMANDS)('is closed to users and to nobody over the command %s, also on a socket', async (name) => {
    const before = await stored();
    expect(await codeOf(scene.bob, `moderation.${name}`, everything())).toBe('forbidden');
    expect(await codeOf({ ...scene.bob, client: server.client() }, `moderation.${name}`, everything())).toBe('not_authenticated');
    const socket = await server.socket('/ws/moderation', { authorization: `Bearer ${scene.bob.tokens.token}` });
    expect((await socket.command(`moderation.${name}`, everything())).code).toBe('forbidden');
    await socket.close();
    const anonymous = await server.socket('/ws/anonymous');
    expect((await anonymous.command(`moderation.${name}`, everything())).code).toBe('not_authenticated');
    await anonymous.close();
    expect(await stored()).toEqual(before);
  });

  it('has internal commands that no client can run by name, not even a superuser', async () => {
    for (const [name, payload] of [
      ['chat.announce', { chat_id: scene.chatId, seq: 1 }],
      ['moderation.report_message', { chat_id: scene.chatId, seq: 1, reason: 'spam' }],
    ] as const) {
      for (const who of [scene.root, scene.alice]) expect(await codeOf(who, name, payload)).toBe('unknown_command');
    }
  });
});

describe('a report', () => {
  it('of messages around the reporter’s own chats copies nothing and reveals nothing', async () => {
    const outsider = await server.user();
    const own = await group(outsider, scene.bob);
    await say(scene.bob, own, 'something to report');
    const answers = new Set<string>();
    for (let chatId = Math.max(1, scene.chatId - 10); chatId <= scene.chatId + 10; chatId += 1) {
      if (chatId === own) continue;
      for (const seq of [0, 1, 2, 3]) {
        const { status, body } = await outsider.client.post<Parsed>('/api/v1/reports', { chat_id: chatId, seq, reason: 'spam' });
        answers.add(`${status} ${JSON.stringify(body)}`);
      }
    }
    expect([...answers]).toEqual(['404 {"detail":"Resource not found"}']);
    expect(await runSql(server.database.url, 'SELECT 1 FROM reports WHERE reporter_id = $1', [outsider.id])).toEqual([]);
  });

  it('is noticed by the reported person neither by an event nor in an answer', async () => {
    const { alice, bob, chatId } = scene;
    const seq = await say(bob, chatId, 'another one');
    const socket = await server.socket('/v1/connect', { authorization: `Bearer ${bob.tokens.token}` });
    await socket.next();
    const look = async (): Promise<string> =>
      JSON.stringify(
        await Promise.all(
          ['/api/v1/users/me', `/api/v1/chats/${chatId}`, `/api/v1/chats/${chatId}/messages`].map(
            async (path) => (await bob.client.get(path)).body,
          ),
        ),
      );
    const before = await look();
    await report(alice, { chat_id: chatId, seq });
    await report(alice, { user_id: bob.id });
    await socket.command('system.ping');
    expect(socket.pending()).toEqual([]);
    await socket.close();
    expect(await look()).toBe(before);
  });
});

describe('a suspended account', () => {
  it('looks like any other in every answer that somebody without an account can get', async () => {
    const one = await server.user();
    await scene.root.client.put(`/api/v1/users/${one.id}/suspension`, { reason: SECRET, until: TOMORROW });
    const registration = { username: one.username, email: one.email, password: PASSWORD };
    const answers = await Promise.all([
      server.client().post('/api/v1/auth/register', registration),
      server.client().post('/api/v1/auth/recover', { email: one.email }),
      server.client().post('/api/v1/auth/login', { username: one.username, password: PASSWORD }),
      one.client.get('/api/v1/users/me'),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([400, 202, 401, 401]);
    for (const { body } of answers) expect(JSON.stringify(body)).not.toMatch(/suspen|Unm1stakable/i);
  });
});

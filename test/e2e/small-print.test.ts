import { afterAll, beforeAll, expect, it } from 'vitest';
import { runSql } from '../support/database.js';
import { RawSocket } from '../support/raw-socket.js';
import { PASSWORD, TestServer } from '../support/server.js';

let server: TestServer;
beforeAll(async () => {
  server = await TestServer.start({ variables: { MAX_CONNECTIONS_PER_USER: '1' } });
});
afterAll(() => server.stop());

it.each(['/V1/connect', '/API/v1/ws/somebody', '/WS/somebody'])('socket paths keep their case: %s is nobody’s', async (path) => {
  expect((await RawSocket.refused(server.wsUrl + path)).status).toBe(404);
});

it.each([
  ['missing', undefined],
  ['a list', []],
])('a body that is %s is named in the sentence of game', async (_what, body) => {
  const answer = await server.client().post('/auth/login', body);
  expect(answer.status).toBe(400);
  expect(answer.body).toEqual({ success: false, detail: expect.stringMatching(/^body: ./) });
});

it('a log-in over a connection for which there is no room opens no session', async () => {
  const { id, username, tokens } = await server.user();
  const first = await server.socket('/v1/connect', { authorization: `Bearer ${tokens.token}` });
  const sessions = async (): Promise<number> =>
    (await runSql(server.database.url, 'SELECT id FROM sessions WHERE user_id = $1', [id])).length;
  const before = await sessions();
  const second = await server.socket('/');
  expect(await second.ask({ mode: 'auth', username, password: PASSWORD })).toMatchObject({ mode: 'auth', status: 429 });
  expect(await sessions()).toBe(before);
  await Promise.all([first.close(), second.close()]);
});

it.each([
  ['/auth/login', 405, { success: false, detail: 'Method not allowed' }],
  ['/auth/login/?next=/x', 405, { success: false, detail: 'Method not allowed' }],
  ['/auth', 405, { error: 'Method Not Allowed' }],
  ['/api/v1/auth/login', 405, { detail: 'Method not allowed' }],
  ['/nowhere', 404, { detail: 'Resource not found' }],
])(
  'GET %s, which only other methods or nobody take, is refused with %i in the words of whose path it is',
  async (path, status, body) => {
    const answer = await server.client().get(path);
    expect([answer.status, answer.body]).toEqual([status, body]);
  },
);

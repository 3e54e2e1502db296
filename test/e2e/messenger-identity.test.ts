import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { SessionsService } from '../../src/auth/sessions.service.js';
import { CoreError } from '../../src/errors/catalogue.js';
import { Hub } from '../../src/realtime/hub.js';
import type { RawSocket } from '../support/raw-socket.js';
import { type Account, TestServer } from '../support/server.js';
import { until } from '../support/until.js';

let server: TestServer;
beforeAll(async () => {
  server = await TestServer.start();
});
afterAll(() => server.stop());

interface Scene {
  readonly own: TestServer;
  /** A socket of one user … */
  readonly socket: RawSocket;
  readonly owner: Account;
  /** … on which requests come that bear another's token. */
  readonly other: Account;
}

/** Plays a scene, and looks whose the socket is afterwards: in whose chats it is asked for. */
async function expectUnchanged(play: (scene: Scene) => Promise<unknown>, own = server): Promise<void> {
  const [owner, other] = [await own.user(), await own.user()];
  const socket = await own.socket('/', { authorization: `Bearer ${owner.tokens.token}` });
  await play({ own, socket, owner, other });
  const { body } = await owner.client.post('/api/v1/chats', { chat_type: 'group', chat_name: 'of the owner', members: [] });
  const chats = await until(async () => {
    const { chats: list, status } = await socket.ask({ mode: 'getChats' });
    // To ask again at once would keep the socket over the limit.
    if (status === 429) await sleep(50);
    return list?.length > 0 && list;
  });
  expect(chats).toEqual([{ chat_id: body.chat_id, chat_name: 'of the owner', chat_type: 'group' }]);
  expect([...own.app.get(Hub).of(other.id)]).toEqual([]);
  await socket.close();
}

async function withServer(variables: Readonly<Record<string, string>>, test: (own: TestServer) => Promise<void>): Promise<void> {
  const own = await TestServer.start({ variables });
  try {
    await test(own);
  } finally {
    await own.stop();
  }
}

describe('a request with a token that does not succeed leaves the socket whose it was', () => {
  it.each([
    ['it is forbidden', (token: string) => ({ mode: 'logout', username: 'somebody-else', token }), 403],
    ['there is no such thing', (token: string) => ({ mode: 'getMessages', chat_id: 999_999, token }), 404],
    ['it is invalid', (token: string) => ({ mode: 'sendMessage', chat_id: 'x', token }), 400],
    ['there is no such mode', (token: string) => ({ mode: 'dance', token }), 400],
    ['the token is none', (token: string) => ({ mode: 'getChats', token: `${token}x` }), 401],
  ])('where %s', (_what, requestOf, status) =>
    expectUnchanged(async ({ socket, other }) => {
      expect((await socket.ask(requestOf(other.tokens.token))).status).toBe(status);
    }),
  );

  it('where it is over the limit', () =>
    withServer({ RATE_LIMIT: 'on', RATE_LIMIT_API: '1000' }, (own) =>
      expectUnchanged(async ({ socket, other }) => {
        for (let i = 0; i < 300; i += 1) socket.send({ mode: 'dance', request_id: i });
        socket.send({ mode: 'getChats', token: other.tokens.token, request_id: 'last' });
        expect(await socket.nextThat(({ request_id }) => request_id === 'last')).toMatchObject({ status: 429 });
      }, own),
    ));

  it('where the other user has as many sockets as may be', () =>
    withServer({ MAX_CONNECTIONS_PER_USER: '2' }, (own) =>
      expectUnchanged(async ({ socket, other }) => {
        const headers = { authorization: `Bearer ${other.tokens.token}` };
        const held = await Promise.all([0, 1].map(() => own.socket('/', headers)));
        expect(await socket.ask({ mode: 'getChats', token: other.tokens.token })).toMatchObject({ status: 429 });
        await Promise.all(held.map((one) => one.close()));
        await until(() => !own.app.get(Hub).isOnline(other.id));
      }, own),
    ));

  it('where a log-out fails half-way', async () => {
    const sessions = server.app.get(SessionsService);
    const revoke = vi.spyOn(sessions, 'revoke').mockRejectedValueOnce(new CoreError('unavailable'));
    await expectUnchanged(async ({ socket, owner }) => {
      expect(await socket.ask({ mode: 'logout', username: owner.username })).toMatchObject({ status: 503 });
    }).finally(() => revoke.mockRestore());
  });
});

describe('a request with a token that succeeds', () => {
  it('leaves the socket to nobody if it ends the session of that token', async () => {
    const socket = await server.socket('/');
    const { username, tokens } = await server.user();
    expect(await socket.ask({ mode: 'logout', username, token: tokens.token })).toMatchObject({ status: 200 });
    expect(await socket.ask({ mode: 'getChats' })).toMatchObject({ status: 401 });
    await socket.close();
  });

  it('counts for the requests behind it, and not for those before it', async () => {
    const socket = await server.socket('/');
    const { tokens } = await server.user();
    for (const [request_id, extra] of [{}, { token: 'x' }, { token: tokens.token }, {}].entries()) {
      socket.send({ mode: 'getChats', request_id, ...extra });
    }
    const statuses = [];
    for (let i = 0; i < 4; i += 1) statuses.push((await socket.next()).status);
    expect(statuses).toEqual([401, 401, 200, 200]);
    await socket.close();
  });

  it('is answered as done even if the socket could not become the user’s afterwards', async () => {
    const socket = await server.socket('/');
    const { tokens } = await server.user();
    const bind = vi.spyOn(server.app.get(Hub), 'bind').mockRejectedValueOnce(new CoreError('unavailable'));
    const make = { mode: 'createChat', chat_type: 'group', chat_name: 'made', members: [] };
    try {
      expect(await socket.ask({ ...make, token: tokens.token })).toMatchObject({ status: 200, chat_id: expect.any(Number) });
    } finally {
      bind.mockRestore();
    }
    expect(await socket.ask({ mode: 'getChats', token: tokens.token })).toMatchObject({ status: 200, chats: [{}] });
    await socket.close();
  });
});

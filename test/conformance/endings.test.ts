import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Tokens } from '../support/http-client.js';
import { type Account, PASSWORD, TestServer } from '../support/server.js';
import type { Peer, SocketDriver } from './drivers/driver.js';
import { SOCKET_DRIVERS } from './drivers/sockets.js';
import { expectNotice } from './frames.js';

let server: TestServer;
let superuser: Account;
beforeAll(async () => {
  server = await TestServer.start();
  superuser = await server.user({ isSuperuser: true });
});
afterAll(() => server.stop());

interface Open {
  readonly driver: SocketDriver;
  readonly peer: Peer;
}

/** One socket of every kind. */
const openAll = (where: TestServer, token: string): Promise<Open[]> =>
  Promise.all(SOCKET_DRIVERS.map(async (driver) => ({ driver, peer: await driver.open(where, token) })));

async function expectAllEnded(open: readonly Open[], code: number, withinMs: number): Promise<void> {
  const from = performance.now();
  const endings = await Promise.all(open.map(async ({ driver, peer }) => ({ kind: driver.kind, ending: await peer.ended })));
  expect(performance.now() - from).toBeLessThan(withinMs);
  for (const { kind, ending } of endings) expectNotice(kind, ending, code);
}

/** What ends a session: with its account, and with the tokens of another session of the same account. */
type Cause = (account: Account, other: Tokens) => Promise<{ status: number }>;

const cookie = (token: string) => ({ cookie: `refresh_token=${token}` });
const users = (id: number, rest = '') => `/api/v1/users/${id}${rest}`;

const CAUSES: readonly (readonly [what: string, end: Cause])[] = [
  [
    'ended by its owner',
    async ({ id, client }, other) => {
      const { body } = await client.get(users(id, '/sessions'));
      const { id: session } = body.find(({ current }: { current: boolean }) => current);
      return server.client(other.token).delete(users(id, `/sessions/${session}`));
    },
  ],
  ['ended with all the others', ({ id, client }) => client.delete(users(id, '/sessions'))],
  ['ended by a superuser', ({ id }) => superuser.client.delete(users(id, '/sessions'))],
  ['logged out by cookie', ({ tokens }) => server.client().post('/api/v1/auth/logout', undefined, cookie(tokens.refreshToken))],
  ['logged out by refresh token', ({ tokens }) => server.client().post('/auth/logout', { refresh_token: tokens.refreshToken })],
  ['ended by its bearer', ({ client }) => client.post('/auth/revoke')],
  [
    'logged out by a frame',
    async ({ username, tokens }) => {
      const socket = await server.socket('/');
      const answer = await socket.ask({ mode: 'logout', timestamp: 1735689600, token: tokens.token, username });
      await socket.close();
      return answer;
    },
  ],
  [
    'one whose password was changed elsewhere',
    ({ id }, other) => server.client(other.token).put(users(id), { password: 'a new one!' }),
  ],
  ['one whose password was reset by the owner of the server', ({ id }) => superuser.client.post(users(id, '/reset-password'))],
  ['of a deactivated account', ({ id }) => superuser.client.put(users(id), { is_active: false })],
  ['of a deleted account', ({ id }) => superuser.client.delete(users(id))],
  [
    'whose spent refresh token came again after its successor',
    async ({ tokens }) => {
      const refresh = (token: string) => server.client().post('/auth/refresh', { refresh_token: token });
      const first = await refresh(tokens.refreshToken);
      expect((await refresh(first.body.data.refresh_token)).status).toBe(200);
      const again = await refresh(tokens.refreshToken);
      return { status: again.status === 401 ? 200 : again.status };
    },
  ],
];

describe.each(CAUSES)('a session that is %s', (_what, end) => {
  it('closes its sockets of every kind with 4401 within a second, and its token is good for nothing', async () => {
    const account = await server.user();
    const other = await server.client().logIn(account.username, PASSWORD);
    const open = await openAll(server, account.tokens.token);
    expect((await end(account, other)).status).toBe(200);
    await expectAllEnded(open, 4401, 1000);
    expect((await account.client.get('/api/v1/users/me')).status).toBe(401);
    for (const { driver } of open.filter(({ driver: { kind } }) => kind !== 'rest')) {
      const { status, body } = await driver.refused(server, account.tokens.token);
      expect(status === 401 || body.message === 'Not authenticated').toBe(true);
    }
  });
});

describe('a password that is changed by its own user', () => {
  it('keeps the session that did it', async () => {
    const { id, client, tokens } = await server.user();
    const open = await openAll(server, tokens.token);
    expect((await client.put(users(id), { password: 'another one!' })).status).toBe(200);
    for (const { peer } of open) expect(await peer.ping()).toBeDefined();
    await Promise.all(open.map(({ peer }) => peer.close()));
  });
});

describe('a token that runs out', () => {
  it('closes sockets of every kind with 4401, and opens nothing any more', async () => {
    const brief = await TestServer.start({ variables: { ACCESS_TOKEN_TTL: '2' } });
    try {
      const { client, tokens } = await brief.user();
      const open = await openAll(brief, tokens.token);
      for (const { peer } of open) expect(await peer.ping()).toBeDefined();
      await expectAllEnded(open, 4401, 3500);
      const { status, body } = await client.get('/api/v1/users/me');
      expect({ status, body }).toEqual({ status: 401, body: { detail: 'Not authenticated' } });
      // Its session goes on: the refresh token gives a new one.
      const answer = await brief.client().post('/api/v1/auth/refresh', undefined, cookie(tokens.refreshToken));
      expect(answer.status).toBe(200);
    } finally {
      await brief.stop();
    }
  });
});

describe('a server that goes down', () => {
  it('answers what is under way, lets nobody in, and closes sockets of every kind with 1001', async () => {
    const leaving = await TestServer.start();
    const { username, tokens } = await leaving.user();
    const open = await openAll(leaving, tokens.token);
    const busy = await leaving.socket('/');
    busy.send({ mode: 'auth', timestamp: 1735689600, username, password: PASSWORD });
    const inFlight = leaving.client().post('/auth/login', { username, password: PASSWORD });
    // Until both have arrived; a hash takes longer than that.
    await leaving.client().get('/health/live');
    const from = performance.now();
    const stopped = leaving.stop();
    expect(await busy.next()).toMatchObject({ mode: 'auth', status: 200 });
    expect((await inFlight).status).toBe(200);
    await expectAllEnded(open, 1001, 5000);
    expect((await busy.closed).code).toBe(1001);
    await stopped;
    expect(performance.now() - from).toBeLessThan(10_000);
    await expect(leaving.client().get('/health/live')).rejects.toThrow('fetch failed');
  });
});

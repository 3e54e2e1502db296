import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RawSocket } from '../support/raw-socket.js';
import { type Account, PASSWORD, TestServer } from '../support/server.js';
import { ACCOUNT_DRIVERS } from './drivers/accounts.js';
import { connect, connected } from './drivers/socketio.js';

let server: TestServer;
let account: Account;
beforeAll(async () => {
  server = await TestServer.start();
  account = await server.user();
});
afterAll(() => server.stop());

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
const whoIs = async (socket: RawSocket): Promise<number | null> => (await socket.command('system.whoami')).data.user_id;
/** Who a Socket.IO connection is to the server, by its answer to `hello`. */
const greet = async (options: object): Promise<number> => {
  const socket = await connected(connect(server, 'websocket', options));
  const { user_id: id } = await socket.timeout(5000).emitWithAck('hello');
  socket.disconnect();
  return id;
};

describe.each(ACCOUNT_DRIVERS)('a token of $protocol', ({ logIn }) => {
  let token: string;
  beforeAll(async () => {
    token = (await logIn(server, { username: account.username, password: PASSWORD })).token ?? '';
  });

  it.each(['/v1/connect', '/ws/one', '/api/v1/ws/one'])('opens %s, in the header and in the query', async (path) => {
    const byHeader = await server.socket(path, bearer(token));
    const byQuery = await server.socket(`${path}?token=${token}`);
    expect([await whoIs(byHeader), await whoIs(byQuery)]).toEqual([account.id, account.id]);
    await Promise.all([byHeader.close(), byQuery.close()]);
  });

  it('opens Socket.IO, in the header, in the query and in auth', async () => {
    const ways = [{ extraHeaders: bearer(token) }, { query: { token } }, { auth: { token } }];
    expect(await Promise.all(ways.map(greet))).toEqual([account.id, account.id, account.id]);
  });

  it('signs requests of the messenger', async () => {
    const socket = await server.socket('/');
    const request = { mode: 'logout', timestamp: 1735689600, username: account.username };
    expect((await socket.ask(request)).status).toBe(401);
    expect((await socket.ask({ ...request, token })).status).toBe(200);
    await socket.close();
  });
});

describe('no token, or a bad one', () => {
  const BAD = ['x', 'a.b.c', 'eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0.', 'x'.repeat(10_000)];

  it('is refused by game at the upgrade, in its words', async () => {
    const url = `${server.wsUrl}/v1/connect`;
    const refusals = [await RawSocket.refused(url)];
    for (const token of BAD) refusals.push(await RawSocket.refused(url, bearer(token)));
    refusals.push(await RawSocket.refused(`${url}?token=x`));
    for (const { status, headers, body } of refusals) {
      expect({ status, body }).toEqual({ status: 401, body: { success: false, detail: 'Not authenticated' } });
      expect(headers['x-request-id']).toMatch(/\w/);
    }
  });

  it('is a connect_error of Socket.IO', async () => {
    for (const options of [{}, { auth: { token: 'x' } }, { auth: { token: { $ne: '' } } }, { query: { token: 'x' } }]) {
      await expect(connected(connect(server, 'websocket', options))).rejects.toThrow('Not authenticated');
    }
  });

  it('makes a connection of rest anonymous', async () => {
    for (const query of ['', '?token=', ...BAD.map((token) => `?token=${token}`)]) {
      const socket = await server.socket(`/ws/anonymous${query}`);
      expect(await socket.ask({ type: 'hello', message: 'hi' })).toMatchObject({ type: 'hello', user_id: null });
      await socket.close();
    }
  });

  it('is fine for the messenger while there is none, and refused where it is bad', async () => {
    await (await server.socket('/')).close();
    const { status, body } = await RawSocket.refused(`${server.wsUrl}/?token=x`);
    expect({ status, body }).toEqual({
      status: 401,
      body: { mode: expect.any(String), timestamp: expect.any(Number), status: 401, error: expect.any(String) },
    });
  });
});

describe('two tokens', () => {
  it('the one in the header counts', async () => {
    const { token } = account.tokens;
    expect((await RawSocket.refused(`${server.wsUrl}/v1/connect?token=${token}`, bearer('x'))).status).toBe(401);
    const socket = await server.socket('/v1/connect?token=x', bearer(token));
    expect(await whoIs(socket)).toBe(account.id);
    await socket.close();
  });
});

describe('a token in the query', () => {
  it.each(['token', 'access_token'])('opens no HTTP route as ?%s=', async (name) => {
    const { status, headers } = await server.client().get(`/api/v1/users/me?${name}=${account.tokens.token}`);
    expect(status).toBe(401);
    expect(headers.get('www-authenticate')).toBe('Bearer');
  });
});

describe('the scheme of the header', () => {
  it.each(['Bearer', 'bearer', 'BEARER'])('may be written %s', async (scheme) => {
    const answer = await server.client().get('/api/v1/users/me', { authorization: `${scheme} ${account.tokens.token}` });
    expect(answer.status).toBe(200);
  });

  it.each(['Basic', 'Token', ''])('may not be «%s»', async (scheme) => {
    const answer = await server.client().get('/api/v1/users/me', { authorization: `${scheme} ${account.tokens.token}` });
    expect(answer.status).toBe(401);
  });
});

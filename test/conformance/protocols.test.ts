import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RawSocket } from '../support/raw-socket.js';
import { type Account, PASSWORD, TestServer } from '../support/server.js';
import { connect, connected } from './drivers/socketio.js';

type Protocol = 'game' | 'rest' | 'mcp' | 'messenger' | 'socketio';

/** One route or socket of each protocol that nobody else has. */
const ROUTES: Readonly<Partial<Record<Protocol, readonly string[]>>> = {
  game: ['/auth/login', '/auth/register', '/auth/refresh', '/auth/logout'],
  rest: [
    '/api/v1/auth/login',
    '/api/v1/login/access-token',
    '/api/v1/auth/register',
    '/api/v1/users/',
    '/api/v1/commands/system/ping',
  ],
  mcp: ['/auth', '/register', '/auth/revoke'],
};
const SOCKETS: Readonly<Partial<Record<Protocol, readonly string[]>>> = {
  game: ['/v1/connect'],
  rest: ['/ws/somebody', '/api/v1/ws/somebody'],
  messenger: ['/'],
};
const ALL: readonly Protocol[] = ['game', 'rest', 'mcp', 'messenger', 'socketio'];
const UNKNOWN = { status: 404, body: { detail: 'Resource not found' } };

describe.each(ALL)('a server without %s', (off) => {
  let server: TestServer;
  let token: string;
  beforeAll(async () => {
    server = await TestServer.start({ variables: { PROTOCOLS: ALL.filter((name) => name !== off).join(',') } });
    token = off === 'rest' ? await byGame() : (await server.user()).tokens.token;
  });
  afterAll(() => server.stop());

  async function byGame(): Promise<string> {
    const account: Pick<Account, 'username' | 'email'> = { username: 'somebody', email: 'somebody@example.com' };
    await server.client().post('/auth/register', { ...account, password: PASSWORD });
    return (await server.client().post('/auth/login', { username: 'somebody', password: PASSWORD })).body.data.token;
  }

  it.each(ALL)('does with %s what it says', async (protocol) => {
    for (const path of ROUTES[protocol] ?? []) {
      // Without a token: it is needed for the sockets.
      const { status, body } = await server.client().post(path, {});
      if (protocol === off) expect({ path, status, body }).toEqual({ path, ...UNKNOWN });
      else expect({ path, status }).not.toMatchObject({ status: 404 });
    }
    for (const path of SOCKETS[protocol] ?? []) {
      const headers = { authorization: `Bearer ${token}` };
      if (protocol === off) expect(await RawSocket.refused(server.wsUrl + path, headers)).toMatchObject(UNKNOWN);
      else await (await server.socket(path, headers)).close();
    }
    if (protocol !== 'socketio') return;
    for (const transport of ['websocket', 'polling'] as const) {
      const socket = connect(server, transport, { auth: { token } });
      if (off === 'socketio') await expect(connected(socket)).rejects.toThrow(/websocket error|xhr poll error/);
      else (await connected(socket)).disconnect();
    }
  });

  it('does not document it', async () => {
    const { status, body } = await server.client().get('/openapi.json');
    expect(status).toBe(200);
    for (const path of ROUTES[off] ?? []) expect(Object.keys(body.paths)).not.toContain(path);
    expect(Object.keys(body.paths).length).toBeGreaterThan(0);
  });

  it('still answers unknown paths', async () => {
    const { status, body } = await server.client().get('/nowhere');
    expect({ status, body }).toEqual(UNKNOWN);
    expect((await server.client().get('/health/live')).status).toBe(200);
  });
});

describe('a server of one protocol', () => {
  it('is enough', async () => {
    const server = await TestServer.start({ variables: { PROTOCOLS: 'messenger' } });
    try {
      const socket = await server.socket('/');
      const register = { mode: 'register', timestamp: 1, username: 'somebody', password: PASSWORD, email: 'x@example.com' };
      expect(await socket.ask(register)).toMatchObject({ mode: 'register', status: 200 });
      await socket.close();
      for (const path of Object.values(ROUTES).flat()) expect((await server.client().post(path, {})).status).toBe(404);
      expect((await server.client().post('/nowhere%ff', {})).body).toEqual({ detail: 'Invalid request parameters' });
    } finally {
      await server.stop();
    }
  });
});

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connect, connected } from '../conformance/drivers/socketio.js';
import { SOCKET_DRIVERS } from '../conformance/drivers/sockets.js';
import { RawSocket } from '../support/raw-socket.js';
import { type Account, TestServer } from '../support/server.js';
import { TcpSocket } from '../support/tcp-socket.js';
import { until } from '../support/until.js';

const NOT_FOUND = { status: 404, body: { detail: 'Resource not found' } };
const refusalOf = async (url: string, headers?: Record<string, string>) => {
  const { status, body } = await RawSocket.refused(url, headers);
  return { status, body };
};
const bearerOf = ({ tokens }: Account) => ({ authorization: `Bearer ${tokens.token}` });

describe('an upgrade', () => {
  let server: TestServer;
  let account: Account;
  beforeAll(async () => {
    server = await TestServer.start();
    account = await server.user();
  });
  afterAll(() => server.stop());

  it.each(['/nowhere', '/v1', '/v1/connect/more', '/ws/a/b', '/api/v1/ws/a/b', '/socket.iox', '/api/v1/users/me', '/v2/connect'])(
    'on the unknown path %s is refused with 404',
    async (path) => {
      expect(await refusalOf(server.wsUrl + path, bearerOf(account))).toEqual(NOT_FOUND);
    },
  );

  it.each(['/v1/connect/', '/ws/somebody/', '/api/v1/ws/somebody/'])('takes %s like the path without its slash', async (path) => {
    const socket = await server.socket(path, bearerOf(account));
    expect((await socket.close()).code).toBe(1005);
  });

  it('that the client gives up while it is looked at harms nobody', async () => {
    for (let i = 0; i < 20; i++) {
      const tcp = await TcpSocket.connect(server.port);
      tcp.upgrade('/ws/gone', bearerOf(account));
      tcp.socket.resetAndDestroy();
    }
    // The id that those held is free again.
    const other = await server.user();
    await until(() => server.socket('/ws/gone', bearerOf(other)).catch(() => undefined)).then((socket) => socket.close());
  });

  it('with frames right behind its head loses none of them', async () => {
    const tcp = await TcpSocket.connect(server.port);
    tcp.socket.cork();
    tcp.upgrade('/ws/eager');
    for (let i = 0; i < 5; i++) tcp.json({ type: 'chat', message: String(i) });
    tcp.socket.uncork();
    expect((await tcp.head()).status).toBe(101);
    const echoed: string[] = [];
    for (let i = 0; i < 5; i++) echoed.push(JSON.parse((await tcp.frame())?.payload.toString('utf8') ?? '{}').message);
    expect(echoed).toEqual(['0', '1', '2', '3', '4']);
    tcp.destroy();
  });
});

describe('a request that offers another protocol', () => {
  let server: TestServer;
  let account: Account;
  beforeAll(async () => {
    server = await TestServer.start();
    account = await server.user();
  });
  afterAll(() => server.stop());

  /** As the HTTP client of Java sends its first request. */
  const request = (line: string, token: string, body = ''): string =>
    [
      ...[
        `${line} HTTP/1.1`,
        'Connection: Upgrade, HTTP2-Settings',
        `Content-Length: ${Buffer.byteLength(body)}`,
        'Host: localhost',
      ],
      ...['HTTP2-Settings: AAEAAEAAAAIAAAABAAMAAABkAAQBAAAAAAUAAEAA', 'Upgrade: h2c', 'Content-Type: application/json'],
      ...[`Authorization: Bearer ${token}`, '', body],
    ].join('\r\n');

  it('is served as if it had not, body and all, and the connection goes on', async () => {
    const { username, tokens } = account;
    const tcp = await TcpSocket.connect(server.port);
    const login = JSON.stringify({ username, password: 'correct horse battery' });
    tcp.send(request('POST /auth/login', '', login));
    const answer = await tcp.head();
    expect({ status: answer.status, body: JSON.parse(answer.body) }).toMatchObject({ status: 200, body: { success: true } });
    // Once more on the same connection, in pieces.
    const again = request('GET /api/v1/users/me', tokens.token);
    tcp.send(again.slice(0, 60));
    await server.client().get('/health/live');
    tcp.send(again.slice(60));
    expect(JSON.parse((await tcp.head()).body)).toMatchObject({ id: account.id });
    tcp.send('GET /nowhere HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n');
    expect((await tcp.head()).status).toBe(404);
    await tcp.closed;
  });

  it('may do so with every request of a connection', async () => {
    const warnings: Error[] = [];
    const warned = (warning: Error): void => void warnings.push(warning);
    process.on('warning', warned);
    const tcp = await TcpSocket.connect(server.port);
    for (let i = 0; i < 50; i++) {
      tcp.send(request('GET /api/v1/users/me', account.tokens.token));
      expect((await tcp.head()).status).toBe(200);
    }
    // Node says so where listeners pile up.
    await server.client().get('/health/live');
    expect(warnings).toEqual([]);
    process.off('warning', warned);
    tcp.destroy();
  });

  it('is refused like any other, and its body is measured like any other', async () => {
    const tcp = await TcpSocket.connect(server.port);
    tcp.send(request('GET /api/v1/users/me', 'x'));
    expect((await tcp.head()).status).toBe(401);
    tcp.send(request('POST /auth/login', '', 'x'.repeat(1024 * 1024 + 1)));
    expect((await tcp.head()).status).toBe(413);
    tcp.destroy();
  });

  it('opens no socket, and learns what would', async () => {
    const tcp = await TcpSocket.connect(server.port);
    tcp.upgrade('/ws/somebody', { Upgrade: 'h2c' });
    const { status, headers } = await tcp.head();
    expect({ status, upgrade: headers.get('upgrade') }).toEqual({ status: 426, upgrade: 'websocket' });
    tcp.destroy();
  });
});

describe.each([
  ['outside production', { CORS_ORIGINS: 'https://app.example.com' }, true],
  ['in production', { CORS_ORIGINS: 'https://app.example.com', NODE_ENV: 'production' }, false],
])('origins %s', (_where, variables, isLocalAllowed) => {
  let server: TestServer;
  let token: string;
  beforeAll(async () => {
    server = await TestServer.start({ variables });
    ({ token } = (await server.user()).tokens);
  });
  afterAll(() => server.stop());

  const FOREIGN = [
    'https://evil.example.com',
    'https://app.example.com.evil.com',
    'http://app.example.com',
    'https://app.example.com:8443',
    'null',
    'file://',
    'localhost',
    'https://notlocalhost',
    'http://127.0.0.1.evil.com',
  ];
  const LOCAL = ['http://localhost:3000', 'https://web.localhost', 'http://127.0.0.1:5173', 'http://[::1]:80'];
  const allowed = () => ['https://app.example.com', server.url, ...(isLocalAllowed ? LOCAL : [])];

  it('are judged for sockets of every kind, before anything else', async () => {
    for (const origin of isLocalAllowed ? FOREIGN : [...FOREIGN, ...LOCAL]) {
      for (const driver of SOCKET_DRIVERS) {
        const { status } = await driver.refused(server, token, { origin });
        expect({ kind: driver.kind, origin, status }).toEqual({ kind: driver.kind, origin, status: 403 });
      }
    }
  });

  it('that are allowed open sockets of every kind', async () => {
    for (const origin of allowed()) {
      const raw = await Promise.all(
        ['/v1/connect', '/ws/somebody', '/'].map((path) => server.socket(path, { origin, authorization: `Bearer ${token}` })),
      );
      const sockets = await Promise.all(
        (['websocket', 'polling'] as const).map((name) =>
          connected(connect(server, name, { auth: { token }, extraHeaders: { origin } })),
        ),
      );
      expect(sockets.map(({ connected: isOpen }) => isOpen)).toEqual([true, true]);
      await Promise.all(raw.map((socket) => socket.close()));
      for (const socket of sockets) socket.disconnect();
    }
  });

  it('are granted CORS over HTTP by name, others nothing', async () => {
    // A page of the server's own needs no leave of it.
    for (const origin of allowed().filter((one) => one !== server.url)) {
      const { headers } = await server.client(token).get('/api/v1/users/me', { origin });
      expect(headers.get('access-control-allow-origin')).toBe(origin);
      expect(headers.get('vary')).toMatch(/origin/i);
      const polling = await server.client().get('/socket.io/?EIO=4&transport=polling', { origin });
      expect(polling.headers.get('access-control-allow-origin')).toBe(origin);
      const asked = { method: 'OPTIONS', headers: { origin, 'access-control-request-method': 'POST' } };
      for (const path of ['/socket.io/?EIO=4&transport=polling', '/api/v1/users/']) {
        const { status, headers } = await server.client().raw(path, asked);
        expect({ status, origin: headers.get('access-control-allow-origin') }).toEqual({ status: 204, origin });
      }
    }
    for (const origin of FOREIGN) {
      const { headers } = await server.client(token).get('/api/v1/users/me', { origin });
      expect(headers.get('access-control-allow-origin')).toBeNull();
    }
  });
});

describe('how many sockets there may be', () => {
  let server: TestServer;
  let account: Account;
  beforeAll(async () => {
    server = await TestServer.start({ variables: { MAX_CONNECTIONS_PER_USER: '3', MAX_CONNECTIONS_PER_ADDRESS: '8' } });
    account = await server.user();
  });
  afterAll(() => server.stop());

  const paths = ['/v1/connect', '/ws/one', '/ws/two', '/'];

  it('of one user: one more is refused with 429 in the words of its protocol, until one has gone', async () => {
    const held = await Promise.all(paths.slice(0, 3).map((path) => server.socket(path, bearerOf(account))));
    const game = await RawSocket.refused(`${server.wsUrl}/v1/connect`, bearerOf(account));
    expect(game).toMatchObject({ status: 429, body: { success: false, detail: 'Too many requests' } });
    expect(Number(game.headers['retry-after'])).toBeGreaterThan(0);
    expect(await refusalOf(`${server.wsUrl}/ws/three`, bearerOf(account))).toEqual({
      ...{ status: 429, body: { detail: 'Too many requests' } },
    });
    expect(await refusalOf(server.wsUrl, bearerOf(account))).toMatchObject({ status: 429, body: { status: 429 } });
    await expect(connected(connect(server, 'websocket', { auth: { token: account.tokens.token } }))).rejects.toThrow('Too many');
    // Whoever is connected already cannot get around it by logging in on the spot.
    const anonymous = await server.socket('/');
    const request = { mode: 'auth', timestamp: 1, username: account.username, password: 'correct horse battery' };
    expect(await anonymous.ask(request)).toMatchObject({ mode: 'auth', status: 429 });
    await held[0]?.close();
    expect(await until(async () => (await anonymous.ask(request)).status === 200)).toBe(true);
    await Promise.all([...held, anonymous].map((socket) => socket.close()));
  });

  it('of one user, when many knock at once', async () => {
    const { id, tokens } = account;
    const knock = (i: number) =>
      server.socket(`/ws/crowd-${i}`, bearerOf(account)).then(
        (socket) => socket,
        () => undefined,
      );
    const opened = (await Promise.all(Array.from({ length: 20 }, (_, i) => knock(i)))).filter((socket) => socket !== undefined);
    expect(opened).toHaveLength(3);
    const { body } = await server.client(tokens.token).get(`/api/v1/users/${id}/clients`);
    expect(body.filter(({ online }: { online: boolean }) => online)).toHaveLength(3);
    await Promise.all(opened.map((socket) => socket.close()));
  });

  it('from one address: one more is refused, whatever kind it is', async () => {
    const held = await Promise.all(Array.from({ length: 8 }, (_, i) => server.socket(`/ws/anonymous-${i}`)));
    expect((await refusalOf(`${server.wsUrl}/ws/one-more`)).status).toBe(429);
    expect((await refusalOf(`${server.wsUrl}/v1/connect`, bearerOf(account))).status).toBe(429);
    for (const driver of SOCKET_DRIVERS) expect((await driver.refused(server, account.tokens.token)).status).toBe(429);
    await held[0]?.close();
    await until(() => server.socket('/ws/one-more').catch(() => undefined)).then((socket) => socket.close());
    await Promise.all(held.map((socket) => socket.close()));
  });
});

describe('how often somebody may knock', () => {
  it('is limited like requests, in the words of each protocol, with Retry-After', async () => {
    const variables = { RATE_LIMIT: 'on', RATE_LIMIT_GENERAL: '1', RATE_LIMIT_API: '1', RATE_LIMIT_BURST: '0' };
    const server = await TestServer.start({ variables });
    try {
      await (await server.socket('/ws/first')).close();
      const game = await RawSocket.refused(`${server.wsUrl}/v1/connect`);
      expect(game).toMatchObject({ status: 429, body: { success: false, detail: 'Too many requests' } });
      expect(Number(game.headers['retry-after'])).toBeGreaterThan(0);
      expect(await refusalOf(`${server.wsUrl}/ws/second`)).toEqual({ status: 429, body: { detail: 'Too many requests' } });
      expect((await refusalOf(`${server.wsUrl}/nowhere`)).status).toBe(429);
      await expect(connected(connect(server, 'polling', { auth: { token: 'x' } }))).rejects.toMatchObject({ description: 429 });
      // Paths under /api/ have an allowance of their own.
      await (await server.socket('/api/v1/ws/first')).close();
      expect((await refusalOf(`${server.wsUrl}/api/v1/ws/second`)).status).toBe(429);
    } finally {
      await server.stop();
    }
  });
});

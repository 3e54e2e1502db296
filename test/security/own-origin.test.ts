import { Logger } from '@nestjs/common';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { exchange } from '../support/raw-http.js';
import { RawSocket } from '../support/raw-socket.js';
import { type Account, PASSWORD, TestServer } from '../support/server.js';

const PUBLIC = { PUBLIC_URL: 'HTTPS://Chat.Example.com:443/app/', TRUST_PROXY: 'loopback' };
const UPGRADE = [
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
];

interface Page {
  readonly origin: string;
  /** By which the browser reached the server. */
  readonly host?: string;
  readonly forwardedHost?: string;
  readonly forwardedProto?: string;
}

/** Everything where the origin counts, as a page of that origin meets it: true where it is let in. */
async function doorsOf(server: TestServer, member: Account, { origin, host, forwardedHost, forwardedProto }: Page) {
  const send = async (line: string, headers: readonly string[], body = '') => {
    const lines = [
      `${line} HTTP/1.1`,
      `Host: ${host ?? `127.0.0.1:${server.port}`}`,
      `Origin: ${origin}`,
      ...(forwardedHost ? [`X-Forwarded-Host: ${forwardedHost}`] : []),
      ...(forwardedProto ? [`X-Forwarded-Proto: ${forwardedProto}`] : []),
      ...headers,
    ];
    const text = `${lines.join('\r\n')}\r\n\r\n${body}`;
    return exchange(server.port, text, { enough: (got) => got.includes('\r\n\r\n') });
  };
  const upgrade = async (path: string) => (await send(`GET ${path}`, UPGRADE)).status === 101;
  const cookie = `Cookie: refresh_token=${member.tokens.refreshToken}x`;
  const credentials = JSON.stringify({ username: member.username, password: PASSWORD });
  const login = await send(
    'POST /api/v1/auth/login',
    ['Content-Type: application/json', `Content-Length: ${credentials.length}`, 'Connection: close'],
    credentials,
  );
  const preflight = ['Access-Control-Request-Method: PUT', 'Connection: close'];
  const token = `token=${member.tokens.token}`;
  return {
    'the refresh cookie is set': /^set-cookie: refresh_token=/im.test(login.text),
    'the refresh cookie is read':
      (await send('POST /api/v1/auth/refresh', [cookie, 'Content-Length: 0', 'Connection: close'])).status === 401,
    'it logs out': (await send('POST /api/v1/auth/logout', [cookie, 'Content-Length: 0', 'Connection: close'])).status !== 403,
    game: await upgrade(`/v1/connect?${token}`),
    rest: await upgrade(`/api/v1/ws/page?${token}`),
    messenger: await upgrade(`/?${token}`),
    'Socket.IO by WebSocket': await upgrade('/socket.io/?EIO=4&transport=websocket'),
    'Socket.IO by long polling': (await send('GET /socket.io/?EIO=4&transport=polling', ['Connection: close'])).status === 200,
    CORS: /^access-control-allow-origin: /im.test((await send('OPTIONS /api/v1/users/me', preflight)).text),
  };
}

type Doors = Awaited<ReturnType<typeof doorsOf>>;
const every = (isOpen: boolean): Record<keyof Doors, boolean> => ({
  'the refresh cookie is set': isOpen,
  'the refresh cookie is read': isOpen,
  'it logs out': isOpen,
  game: isOpen,
  rest: isOpen,
  messenger: isOpen,
  'Socket.IO by WebSocket': isOpen,
  'Socket.IO by long polling': isOpen,
  CORS: isOpen,
});

const servers: Record<string, { readonly server: TestServer; readonly member: Account }> = {};
const doors = (name: string, page: Page): Promise<Doors> => {
  const found = servers[name];
  if (!found) throw new Error(`There is no server ${name}`);
  return doorsOf(found.server, found.member, page);
};

beforeAll(async () => {
  const start = async (name: string, variables: Record<string, string>): Promise<void> => {
    const server = await TestServer.start({ variables });
    servers[name] = { server, member: await server.user() };
  };
  await Promise.all([
    start('production', {
      ...PUBLIC,
      NODE_ENV: 'production',
      CORS_ORIGINS: 'https://app.example.org,capacitor://localhost,http://localhost:8000',
    }),
    start('development', PUBLIC),
    start('plain', { NODE_ENV: 'production', PUBLIC_URL: 'http://192.168.1.5:8000', TRUST_PROXY: 'loopback' }),
    start('nameless', { NODE_ENV: 'production' }),
  ]);
});
afterAll(() => Promise.all(Object.values(servers).map(({ server }) => server.stop())));

describe('with PUBLIC_URL', () => {
  it('a page is not let in because the Host is its own', async () => {
    for (const host of ['evil.example', 'evil.example:8000', 'chat.example.com.evil.example']) {
      expect(await doors('production', { origin: `http://${host}`, host }), host).toEqual(every(false));
      expect(await doors('development', { origin: `http://${host}`, host }), host).toEqual(every(false));
    }
    expect(await doors('production', { origin: 'https://evil.example', host: 'x', forwardedHost: 'evil.example' })).toEqual(
      every(false),
    );
  });

  it.each([
    'http://chat.example.com',
    'https://chat.example.com:8443',
    'https://chat.example.com@evil.example',
    'https://evil.example\\@chat.example.com',
    'https://chat.example.com/',
    'https://chat.example.com/app',
    'http://localhost:3000',
    'http://127.0.0.1:8000',
    'capacitor://other',
    'null',
  ])('%s is not its own, whatever the Host', async (origin) => {
    expect(await doors('production', { origin, host: 'chat.example.com' })).toEqual(every(false));
  });

  it.each(['https://chat.example.com', 'https://chat.example.com:443', 'https://CHAT.example.com'])(
    '%s is its own, whatever Host a proxy sends',
    async (origin) => {
      for (const host of ['127.0.0.1:8000', 'chat.example.com', 'upstream'])
        expect(await doors('production', { origin, host }), host).toEqual(every(true));
    },
  );

  it.each(['https://app.example.org', 'capacitor://localhost', 'http://localhost:8000'])(
    '%s, which CORS_ORIGINS names, is let in',
    async (origin) => {
      expect(await doors('production', { origin })).toEqual(every(true));
    },
  );

  it('what a trusted proxy says that the browser asked for is its own, over HTTP and sockets', async () => {
    const origin = 'https://other.example:8443';
    const asked = { origin, host: 'upstream', forwardedHost: 'Other.Example:8443', forwardedProto: 'https' };
    // A page of the server's own needs no leave by CORS.
    expect(await doors('production', asked)).toEqual({ ...every(true), CORS: false });
    expect(await doors('production', { ...asked, forwardedHost: 'evil.example, other.example:8443' })).toMatchObject({
      game: true,
    });
    for (const other of [
      { forwardedProto: 'http' },
      { forwardedHost: 'other.example' },
      { forwardedHost: 'other.example:8443, evil.example' },
      { forwardedProto: '' },
    ]) {
      expect(await doors('production', { ...asked, ...other }), JSON.stringify(other)).toEqual(every(false));
    }
    // Nobody is trusted there.
    expect(await doors('nameless', asked)).toEqual(every(false));
  });

  it('pages of this machine are let in outside of production', async () => {
    expect(await doors('development', { origin: 'http://localhost:3000' })).toEqual(every(true));
  });
});

describe('a page that is refused', () => {
  it('is told so in the words of the protocol, and logged once for each origin', async () => {
    const warned = vi.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    const { server } = servers['production'] ?? {};
    if (!server) throw new Error('no server');
    try {
      const headers = { origin: 'https://once.example' };
      const refused = await RawSocket.refused(`${server.wsUrl}/v1/connect`, headers);
      expect([refused.status, refused.body]).toEqual([403, { success: false, detail: 'Origin not allowed' }]);
      const answer = await server.client().send('POST', '/api/v1/auth/refresh', undefined, headers);
      expect([answer.status, answer.body]).toEqual([403, { detail: 'Origin not allowed' }]);
      const lines = warned.mock.calls.map(([line]) => String(line)).filter((line) => line.includes('once.example'));
      expect(lines).toEqual([
        'Pages of "https://once.example" are refused: PUBLIC_URL is https://chat.example.com, and CORS_ORIGINS does not name that origin',
      ]);
    } finally {
      warned.mockRestore();
    }
  });
});

describe('the refresh cookie', () => {
  it.each([
    ['production', 'Host: upstream', true],
    ['production', 'Host: 127.0.0.1', true],
    ['plain', 'Host: 192.168.1.5:8000', false],
    ['plain', 'Host: x\r\nX-Forwarded-Proto: https', true],
    ['nameless', 'Host: 192.168.1.5:8000', true],
    ['nameless', 'Host: localhost:8000', false],
  ])('of the server %s with %j is Secure: %s', async (name, head, isSecure) => {
    const { server, member } = servers[name] ?? {};
    if (!server || !member) throw new Error(`There is no server ${name}`);
    const body = JSON.stringify({ username: member.username, password: PASSWORD });
    const request = `POST /api/v1/auth/login HTTP/1.1\r\n${head}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`;
    const { text } = await exchange(server.port, request, { enough: (got) => got.includes('\r\n\r\n') });
    expect(/^set-cookie: refresh_token=[^\r\n]*; Secure/im.test(text)).toBe(isSecure);
    expect(/^set-cookie: refresh_token=/im.test(text)).toBe(true);
  });
});

describe('without PUBLIC_URL', () => {
  it('the Host decides, and nothing else is left to go by', async () => {
    // A page of the server's own needs no leave by CORS.
    expect(await doors('nameless', { origin: 'https://chat.example.com', host: 'chat.example.com' })).toEqual({
      ...every(true),
      CORS: false,
    });
    expect(await doors('nameless', { origin: 'https://chat.example.com', host: 'other.example.com' })).toEqual(every(false));
  });
});

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RawSocket } from '../support/raw-socket.js';
import { TestServer } from '../support/server.js';
import { type Head, TcpSocket } from '../support/tcp-socket.js';

let server: TestServer;
let token: string;
beforeAll(async () => {
  server = await TestServer.start();
  ({ token } = (await server.user()).tokens);
});
afterAll(() => server.stop());

/** How each protocol words a refusal. */
const PLACES = {
  game: { path: '/v1/connect', words: (text: string) => ({ success: false, detail: text }) },
  rest: { path: '/ws/somebody', words: (text: string) => ({ detail: text }) },
  'rest, below its prefix': { path: '/api/v1/ws/somebody', words: (text: string) => ({ detail: text }) },
  messenger: {
    path: '/',
    words: (text: string, status: number) => ({ mode: 'error', timestamp: expect.any(Number), status, error: text }),
  },
  socketio: {
    path: '/socket.io/?EIO=4&transport=websocket',
    words: (text: string, _status: number, code: string) => ({ code, message: text }),
  },
} as const;

const KEY = 'Sec-WebSocket-Key is missing or is not 16 bytes in Base64';
const VERSIONS = { upgrade: 'websocket', 'sec-websocket-version': '13, 8' };
const UPGRADE = [426, 'upgrade_required', 'Upgrade required', VERSIONS] as const;
const BAD_KEY = [400, 'bad_handshake', KEY, {}] as const;

/** A head, sent by hand. */
async function answerTo(line: string, headers: Readonly<Record<string, string>>): Promise<Head> {
  const tcp = await TcpSocket.connect(server.port);
  const lines = Object.entries({ Host: 'localhost', ...headers }).map(([name, value]) => `${name}: ${value}`);
  tcp.send(`${line}\r\n${lines.join('\r\n')}\r\n\r\n`);
  const head = await tcp.head();
  tcp.destroy();
  return head;
}

/** A handshake as it should be. */
const good = {
  Upgrade: 'websocket',
  Connection: 'Upgrade',
  'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
  'Sec-WebSocket-Version': '13',
};

describe.each(Object.entries(PLACES))('a handshake with %s that is refused', (_name, { path, words }) => {
  const { 'Sec-WebSocket-Key': _key, ...withoutKey } = good;
  const { 'Sec-WebSocket-Version': _version, ...withoutVersion } = good;

  it.each([
    ['a version that is not spoken', 'GET', { ...good, 'Sec-WebSocket-Version': '12' }, UPGRADE],
    ['no version', 'GET', withoutVersion, UPGRADE],
    ['no key', 'GET', withoutKey, BAD_KEY],
    ['a key that is too short', 'GET', { ...good, 'Sec-WebSocket-Key': 'c2hvcnQ=' }, BAD_KEY],
    [
      'another method',
      'POST',
      { ...good, 'Content-Length': '0' },
      [405, 'method_not_allowed', 'Method not allowed', { allow: 'GET' }],
    ],
  ] as const)(
    'for %s is answered in the words of its protocol, with what the status asks for',
    async (_what, method, sent, expected) => {
      const [status, code, text, named] = expected;
      const authorization = `Bearer ${token}`;
      const { headers, body, ...head } = await answerTo(`${method} ${path} HTTP/1.1`, { ...sent, authorization });
      expect({ status: head.status, body: JSON.parse(body) }).toEqual({ status, body: words(text, status, code) });
      expect(Object.fromEntries(headers)).toMatchObject({ ...named, 'x-request-id': expect.stringMatching(/\w/) });
      expect(headers.get('cache-control')).toMatch(/no-store/);
    },
  );
});

/** The path of messenger is a page, too. */
const NO_PAGES = Object.entries(PLACES).filter(([name]) => name !== 'messenger');

describe.each(NO_PAGES)('a request for the path of %s', (_name, { path, words }) => {
  it('that asks for a WebSocket by HTTP/1.0 is a plain one', async () => {
    const { status, headers, body } = await answerTo(`GET ${path} HTTP/1.0`, good);
    expect({ status, body: JSON.parse(body) }).toEqual({ status: 426, body: words('Upgrade required', 426, 'upgrade_required') });
    expect(Object.fromEntries(headers)).toMatchObject(VERSIONS);
  });

  it('that does not ask for a WebSocket is answered 426', async () => {
    const { status, headers, body } = await server.client(token).get(path);
    expect({ status, body }).toEqual({ status: 426, body: words('Upgrade required', 426, 'upgrade_required') });
    const names = ['upgrade', 'sec-websocket-version', 'connection', 'x-request-id'];
    expect(names.map((name) => headers.get(name))).toEqual(['websocket', '13, 8', 'Upgrade', expect.stringMatching(/\w/)]);
  });
});

describe('an upgrade that Engine.IO refuses', () => {
  it.each([
    ['of a client of Socket.IO 2', '?EIO=3&transport=websocket', 5, 'Unsupported protocol version'],
    ['of a client that names no version', '?transport=websocket', 5, 'Unsupported protocol version'],
    ['with an unknown transport', '?EIO=4&transport=nope', 0, 'Transport unknown'],
    ['for long polling', '?EIO=4&transport=polling', 3, 'Bad request'],
    ['of a session that is not there', '?EIO=4&transport=websocket&sid=AAAAAAAAAAAAAAAAAAAA', 1, 'Session ID unknown'],
    ['of another version than its session', '?EIO=3&transport=websocket&sid=SESSION', 3, 'Bad request'],
  ])('%s is answered before it is granted, in the words of Engine.IO', async (_what, query, code, message) => {
    const { body: opened } = await server.client().get<string>('/socket.io/?EIO=4&transport=polling');
    const path = `/socket.io/${query.replace('SESSION', JSON.parse(opened.slice(1)).sid as string)}`;
    const { status, body, headers } = await RawSocket.refused(server.wsUrl + path);
    expect({ status, body }).toEqual({ status: 400, body: { code, message } });
    expect(headers['x-request-id']).toMatch(/\w/);
  });
});

describe('an upgrade to Socket.IO with a list of subprotocols that is none', () => {
  it('is refused in the words of Engine.IO', async () => {
    const tcp = await TcpSocket.connect(server.port);
    tcp.upgrade('/socket.io/?EIO=4&transport=websocket', { 'Sec-WebSocket-Protocol': 'a,,b' });
    const { status, headers, body } = await tcp.head();
    expect({ status, body: JSON.parse(body) }).toEqual({ status: 400, body: { code: 3, message: 'Bad request' } });
    expect(headers.get('x-request-id')).toMatch(/\w/);
    await tcp.closed;
  });
});

describe('/socket.io without its slash', () => {
  it.each(['/socket.io', '/socket.io/'])('is the same place: %s', async (path) => {
    const { status, body } = await server.client().get<string>(`${path}?EIO=4&transport=polling`);
    expect([status, body[0]]).toEqual([200, '0']);
    const tcp = await TcpSocket.webSocket(server.port, `${path}?EIO=4&transport=websocket`);
    expect((await tcp.frame())?.payload.toString()).toMatch(/^0\{/);
    tcp.destroy();
  });

  it('is nobody’s where something else goes on', async () => {
    expect((await server.client().get('/socket.iox?EIO=4&transport=polling')).status).toBe(404);
  });
});

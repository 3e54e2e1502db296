import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { answersIn, type Exchange, exchange } from '../support/raw-http.js';
import { TestServer } from '../support/server.js';

const HOST = 'Host: localhost\r\n';
const JSON_TYPE = 'Content-Type: application/json\r\n';
const LOG_IN = 'POST /api/v1/auth/login HTTP/1.1\r\n';
const SMUGGLED = 'GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n';
/** What anybody may hold a connection open with an unfinished request for. */
const PATIENCE_MS = 15_000;

let server: TestServer;
const slow: Record<string, Promise<Exchange>> = {};

beforeAll(async () => {
  server = await TestServer.start();
  // They take their time, so they run beside the other tests of this file.
  const slowly = (head: string, drip: string): Promise<Exchange> =>
    exchange(server.port, head, { deadlineMs: PATIENCE_MS + 10_000, drip: { text: drip, everyMs: 400 } });
  slow['nothing at all'] = exchange(server.port, '', { deadlineMs: PATIENCE_MS + 10_000 });
  slow['a request line, byte by byte'] = slowly('G', 'ET /health/live HTTP/1.1 and it never ends'.padEnd(200, '.'));
  slow['headers, byte by byte'] = slowly(`GET /health/live HTTP/1.1\r\n${HOST}`, 'X-Slow: '.padEnd(200, 'a'));
  slow['a body, byte by byte'] = slowly(`${LOG_IN}${HOST}${JSON_TYPE}Content-Length: 1000\r\n\r\n`, '{'.padEnd(200, ' '));
  slow['a body that stops'] = slowly(`${LOG_IN}${HOST}${JSON_TYPE}Content-Length: 1000\r\n\r\n{`, '');
  slow['chunks that stop'] = slowly(`${LOG_IN}${HOST}${JSON_TYPE}Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n`, '');
  slow['a body for a path that nobody serves'] = slowly(`POST /nowhere HTTP/1.1\r\n${HOST}Content-Length: 1000\r\n\r\n{`, '');
  slow['a body for Socket.IO'] = slowly(
    `POST /socket.io/?EIO=4&transport=polling HTTP/1.1\r\n${HOST}Content-Length: 1000\r\n\r\n4`,
    '',
  );
  slow['an upgrade, byte by byte'] = slowly(
    `GET /v1/connect HTTP/1.1\r\n${HOST}Upgrade: websocket\r\n`,
    'X-Slow: '.padEnd(200, 'a'),
  );
});

afterAll(() => server.stop());

describe('requests whose length can be read in two ways', () => {
  const body = '{"username":"nobody","password":"some password"}';
  const chunked = `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`;
  it.each([
    ['Content-Length with Transfer-Encoding', `Content-Length: ${body.length}\r\nTransfer-Encoding: chunked\r\n`, chunked],
    ['Transfer-Encoding with Content-Length', `Transfer-Encoding: chunked\r\nContent-Length: 4\r\n`, chunked],
    ['two different lengths', `Content-Length: ${body.length}\r\nContent-Length: 4\r\n`, body],
    ['one length twice', `Content-Length: ${body.length}\r\nContent-Length: ${body.length}\r\n`, body],
    ['a list of lengths', `Content-Length: ${body.length}, 4\r\n`, body],
    ['a length with a sign', `Content-Length: +${body.length}\r\n`, body],
    ['a length in hexadecimal', `Content-Length: 0x30\r\n`, body],
    ['a negative length', 'Content-Length: -1\r\n', body],
    ['chunked that is not last', 'Transfer-Encoding: chunked, gzip\r\n', chunked],
    ['a folded header', `X-Folded: one\r\n two\r\nContent-Length: ${body.length}\r\n`, body],
    ['a space before the colon', `Content-Length : ${body.length}\r\n`, body],
    ['a bare line feed in a header', `X-Bare: one\nContent-Length: 4\r\nContent-Length: ${body.length}\r\n`, body],
    ['a NUL in a header', `X-Nul: a\0b\r\nContent-Length: ${body.length}\r\n`, body],
    ['a chunk size that is no number', 'Transfer-Encoding: chunked\r\n', `zz\r\n${body}\r\n0\r\n\r\n`],
    ['a chunk size with a sign', 'Transfer-Encoding: chunked\r\n', `-1\r\n${body}\r\n0\r\n\r\n`],
    ['a chunk longer than it says', 'Transfer-Encoding: chunked\r\n', `2\r\n${body}\r\n0\r\n\r\n`],
  ])('%s: 400, closed, and what follows is not taken for a second request', async (_name, headers, rest) => {
    const { status, text, closedAfterMs } = await exchange(
      server.port,
      `${LOG_IN}${HOST}${JSON_TYPE}${headers}\r\n${rest}${SMUGGLED}`,
    );
    expect(status, text).toBe(400);
    expect(closedAfterMs).not.toBeNull();
    expect(answersIn(text)).toBe(1);
    expect(text).not.toMatch(/"status"\s*:\s*"ok"/);
  });

  const GET = `GET /health/live HTTP/1.1\r\n${HOST}`;
  const POLL = `POST /socket.io/?EIO=4&transport=polling HTTP/1.1\r\n${HOST}`;
  const ASK = `Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n`;
  const starts = {
    'a route': `${LOG_IN}${HOST}${JSON_TYPE}`,
    'a GET': GET,
    'a path that nobody serves': `POST /nowhere HTTP/1.1\r\n${HOST}`,
    'Socket.IO': POLL,
    'an upgrade': `GET /v1/connect HTTP/1.1\r\n${HOST}${ASK}`,
    'an upgrade of Socket.IO': `GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\n${HOST}${ASK}`,
    'an offer of another protocol': `${LOG_IN}${HOST}${JSON_TYPE}Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n`,
  };
  const codings = [
    ['Transfer-Encoding: xchunked\r\n', 501],
    ['Transfer-Encoding: foo, chunked\r\n', 501],
    ['Transfer-Encoding: gzip, chunked\r\n', 501],
    ['Transfer-Encoding: identity, chunked\r\n', 501],
    ['Transfer-Encoding: "chunked", chunked\r\n', 501],
    ['Transfer-Encoding: chunked;q=1, chunked\r\n', 501],
    ['Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n', 501],
    ['Transfer-Encoding: chunked, chunked\r\n', 400],
    ['Transfer-Encoding: chunked\r\nTRANSFER-ENCODING: Chunked\r\n', 400],
  ] as const;
  it.each(
    Object.entries(starts).flatMap(([where, start]) =>
      codings.map(([headers, expected]) => [where, headers, expected, start] as const),
    ),
  )('%s with %j: %i, closed, and what follows is not taken for a second request', async (_where, headers, expected, start) => {
    const { status, text, closedAfterMs } = await exchange(server.port, `${start}${headers}\r\n${chunked}${SMUGGLED}`);
    // Some of them Node's own parser refuses, with 400.
    expect([expected, 400], text).toContain(status);
    expect(text).toMatch(/^x-request-id: /im);
    expect(JSON.parse(text.split('\r\n\r\n')[1] ?? '')).toHaveProperty('detail');
    expect(closedAfterMs).not.toBeNull();
    expect(answersIn(text)).toBe(1);
    expect(text).not.toMatch(/"status"\s*:\s*"ok"/);
  });

  it('a transfer coding in HTTP/1.0: 400 and closed', async () => {
    const { status, closedAfterMs } = await exchange(
      server.port,
      `POST /api/v1/auth/login HTTP/1.0\r\n${JSON_TYPE}Connection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n${chunked}${SMUGGLED}`,
    );
    expect(status).toBe(400);
    expect(closedAfterMs).not.toBeNull();
  });

  it('chunked alone is served, in capitals too', async () => {
    for (const coding of ['chunked', 'Chunked', ' chunked ']) {
      const { status } = await exchange(
        server.port,
        `${LOG_IN}${HOST}${JSON_TYPE}Connection: close\r\nTransfer-Encoding: ${coding}\r\n\r\n${chunked}`,
      );
      expect(status).toBe(401);
    }
  });

  it('what stands behind a refused request is never carried out, and earlier ones are answered first', async () => {
    const smuggled = server.name('smuggled');
    const account = JSON.stringify({ username: smuggled, email: `${smuggled}@example.com`, password: 'some password' });
    const register = `POST /api/v1/auth/register HTTP/1.1\r\n${HOST}${JSON_TYPE}Content-Length: ${account.length}\r\n\r\n${account}`;
    const faults = ['Transfer-Encoding: foo, chunked\r\n', 'Host: example.com\r\n'];
    for (const fault of faults) {
      const bad = `POST /nowhere HTTP/1.1\r\n${HOST}${fault}\r\n${fault.startsWith('T') ? '0\r\n\r\n' : ''}`;
      const { text, closedAfterMs } = await exchange(server.port, `${GET}\r\n${bad}${register}`);
      expect(text.match(/HTTP\/1\.1 \d{3}/g), text).toEqual([
        'HTTP/1.1 200',
        fault.startsWith('T') ? 'HTTP/1.1 501' : 'HTTP/1.1 400',
      ]);
      expect(closedAfterMs).not.toBeNull();
    }
    expect((await server.client().post('/api/v1/auth/register', JSON.parse(account))).status).toBe(200);
  });

  it.each([
    ['no Host', 'GET /health/live HTTP/1.1\r\n\r\n'],
    ['two Hosts', `GET /health/live HTTP/1.1\r\n${HOST}Host: example.com\r\n\r\n`],
    [
      'two Hosts at an upgrade',
      `GET / HTTP/1.1\r\n${HOST}HOST: example.com\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`,
    ],
    ['a TLS hello', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'.padEnd(300, '\x7f')],
    ['noise', Array.from({ length: 400 }, (_, at) => String.fromCharCode((at * 37) % 256)).join('')],
  ])('%s: 400 and closed', async (_name, bytes) => {
    const { status, text, closedAfterMs } = await exchange(server.port, bytes);
    expect(status, text).toBe(400);
    expect(text).toMatch(/^x-request-id: /im);
    expect(JSON.parse(text.split('\r\n\r\n')[1] ?? '')).toHaveProperty('detail');
    expect(closedAfterMs).not.toBeNull();
  });
});

describe('what is HTTP, but not for this server, gets the status that its RFC names', () => {
  const BODY = '{"username":"nobody","password":"some password"}';
  const logIn = (headers: string): string =>
    `${LOG_IN}${HOST}${JSON_TYPE}${headers}Content-Length: ${BODY.length}\r\n\r\n${BODY}`;
  const get = (host: string): string => `GET /health/live HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`;
  const ASK = 'Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n';
  const upgrade = (path: string, more: string): string => `GET ${path} HTTP/1.1\r\n${more}Connection: Upgrade\r\n${ASK}\r\n`;

  it.each<readonly [what: string, bytes: string, status: number]>([
    ['an unknown expectation', logIn('Expect: tea\r\n'), 417],
    ['an unknown expectation beside a known one', logIn('Expect: 100-continue, tea\r\n'), 417],
    ['an unknown expectation without a body', `GET /health/live HTTP/1.1\r\n${HOST}Expect: tea=yes\r\n\r\n`, 417],
    ['an unknown expectation of an upgrade', upgrade('/v1/connect', `${HOST}Expect: tea\r\n`), 417],
    ['an unknown expectation of Socket.IO', upgrade('/socket.io/?EIO=4&transport=websocket', `${HOST}Expect: tea\r\n`), 417],
    ['CONNECT', 'CONNECT example.com:443 HTTP/1.1\r\nHost: example.com:443\r\n\r\n', 501],
    ['CONNECT without an authority', `CONNECT / HTTP/1.1\r\n${HOST}\r\n`, 501],
    ['a method that does not exist', `HELLO /health/live HTTP/1.1\r\n${HOST}\r\n`, 501],
    ['HTTP/2.0 in plain text', `GET /health/live HTTP/2.0\r\n${HOST}\r\n`, 505],
    ['the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 505],
    ['HTTP/3.7', `GET /health/live HTTP/3.7\r\n${HOST}\r\n`, 505],
    ['HTTP/0.9', 'GET /health/live\r\n\r\n', 505],
    ['an upgrade by HTTP/2.0', upgrade('/v1/connect', HOST).replace('HTTP/1.1', 'HTTP/2.0'), 505],
    ...['a b', 'a/b', 'user@a', 'a:port', 'a:99999', '[::1', '[a]', 'a?b', '<a>', 'a%zz', '\xe4', 'a:1:2'].map(
      (host) => [`the Host ${JSON.stringify(host)}`, get(host), 400] as const,
    ),
    ['a Host with a path at an upgrade', upgrade('/v1/connect', 'Host: a/b\r\n'), 400],
    ['a Host with a path at Socket.IO', 'GET /socket.io/?EIO=4&transport=polling HTTP/1.1\r\nHost: a/b\r\n\r\n', 400],
  ])('%s', async (_name, bytes, expected) => {
    const { status, text, closedAfterMs } = await exchange(server.port, bytes);
    expect(status, text).toBe(expected);
    expect(answersIn(text)).toBe(1);
    expect(text).toMatch(/^x-request-id: /im);
    expect(JSON.parse(text.split('\r\n\r\n')[1] ?? '')).toHaveProperty('detail');
    expect(closedAfterMs).not.toBeNull();
  });

  it.each(['', 'localhost:8000', 'a_b.example.', '[::1]', '[::1]:80', '127.0.0.1:', 'xn--e1afmkfd.xn--p1ai', 'a%2db'])(
    'the Host %j is served',
    async (host) => {
      expect((await exchange(server.port, get(host))).status).toBe(200);
    },
  );

  it('an expectation of 100-continue is met, and one of HTTP/1.0 ignored', async () => {
    const enough = (text: string): boolean => text.includes('"detail"');
    const { text } = await exchange(server.port, logIn('Expect: 100-Continue\r\nConnection: close\r\n'), { enough });
    expect(text.match(/HTTP\/1\.1 \d{3}/g)).toEqual(['HTTP/1.1 100', 'HTTP/1.1 401']);
    expect((await exchange(server.port, 'GET /health/live HTTP/1.0\r\nExpect: tea\r\n\r\n')).status).toBe(200);
  });
});

describe('bodies in codings and charsets that are not understood: 415', () => {
  const PATHS = ['/auth/login', '/auth', '/register', '/api/v1/auth/login', '/api/v1/users', '/api/v1/commands/system/ping'];
  const POLL = '/socket.io/?EIO=4&transport=polling';
  const send = (path: string, type: string, more: Record<string, string> = {}) =>
    fetch(server.url + path, { method: 'POST', headers: { 'content-type': type, ...more }, body: '{"username":"a"}' });

  it.each(['gzip', 'br', 'deflate', 'zstd', 'x-gzip', 'identity, gzip'])('the coding %s', async (coding) => {
    for (const path of [...PATHS, POLL]) {
      const answer = await send(path, 'application/json', { 'content-encoding': coding });
      expect([path, answer.status, answer.headers.get('accept-encoding')]).toEqual([path, 415, 'identity']);
    }
  });

  it.each(['iso-8859-1', 'UTF-16', '"windows-1251"', 'utf-7'])('the charset %s', async (charset) => {
    for (const path of [...PATHS, POLL]) {
      for (const type of ['application/json', 'application/x-www-form-urlencoded', 'application/vnd.a+json; v=1']) {
        const { status } = await send(path, `${type}; charset=${charset}`);
        expect([path, type, status]).toEqual([path, type, 415]);
      }
    }
  });

  it('what changes nothing is accepted', async () => {
    for (const [type, coding] of [
      ['application/json; charset="UTF-8"', 'identity'],
      ['application/json;charset=utf8', ''],
      ['application/x-www-form-urlencoded; charset=us-ascii', 'Identity'],
    ] as const) {
      const answer = await send('/api/v1/auth/login', type, coding ? { 'content-encoding': coding } : {});
      expect([type, answer.status]).not.toEqual([type, 415]);
    }
    const bodiless = await fetch(`${server.url}/health/live`, { headers: { 'content-encoding': 'gzip' } });
    expect(bodiless.status).toBe(200);
  });
});

describe('limits on one request', () => {
  it('headers of 17 KiB: 431', async () => {
    const { status, closedAfterMs } = await exchange(
      server.port,
      `GET /health/live HTTP/1.1\r\n${HOST}X-Long: ${'a'.repeat(17 * 1024)}\r\n\r\n`,
    );
    expect(status).toBe(431);
    expect(closedAfterMs).not.toBeNull();
  });

  it('a URL of 17 KiB: 431 or 414', async () => {
    const { status } = await exchange(server.port, `GET /${'a'.repeat(17 * 1024)} HTTP/1.1\r\n${HOST}\r\n`);
    expect([414, 431]).toContain(status);
  });

  it.each(['/auth/login', '/api/v1/auth/login', '/auth'])(
    'a body over 1 MiB for %s: 413, before all of it was sent',
    async (path) => {
      const declared = await exchange(
        server.port,
        `POST ${path} HTTP/1.1\r\n${HOST}${JSON_TYPE}Content-Length: 1048577\r\n\r\n{`,
      );
      expect(declared.status).toBe(413);
      const piece = `10000\r\n${' '.repeat(0x10000)}\r\n`;
      const undeclared = await exchange(
        server.port,
        `POST ${path} HTTP/1.1\r\n${HOST}${JSON_TYPE}Transfer-Encoding: chunked\r\n\r\n${piece.repeat(17)}`,
      );
      expect(undeclared.status).toBe(413);
    },
  );

  it.each(['text/plain', 'application/xml', 'multipart/form-data; boundary=x', 'application/jsonp', 'json'])(
    'a body of type %s: 415',
    async (type) => {
      for (const path of ['/auth/login', '/api/v1/auth/login', '/auth', '/register']) {
        const answer = await server.client().raw(path, { method: 'POST', headers: { 'content-type': type }, body: '{}' });
        expect(answer.status, path).toBe(415);
      }
    },
  );

  it.each(['TRACE', 'CONNECT', 'PROPFIND', 'TRACK'])('%s is refused and echoes nothing', async (method) => {
    const target = method === 'CONNECT' ? 'example.com:80' : '/api/v1/users/me';
    const { status, text } = await exchange(
      server.port,
      `${method} ${target} HTTP/1.1\r\n${HOST}X-Secret: do-not-echo\r\nConnection: close\r\n\r\n`,
    );
    expect(status === 0 || status === 501 || (status >= 400 && status < 500), text).toBe(true);
    expect(text).not.toContain('do-not-echo');
  });
});

describe('requests that never end', () => {
  it('are closed within 15 seconds, whatever part of them is late, and meanwhile others are served', async () => {
    expect((await server.client().get('/health/live')).status).toBe(200);
    const ended = await Promise.all(Object.entries(slow).map(async ([name, waiting]) => ({ name, ...(await waiting) })));
    for (const { name, closedAfterMs, text } of ended) {
      expect(closedAfterMs, `${name}: ${text}`).not.toBeNull();
      expect(closedAfterMs, name).toBeLessThanOrEqual(PATIENCE_MS);
    }
  }, 30_000);
});

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DEFAULT_HEADERS } from '../../src/http/default-headers.js';
import { PollingSession } from '../support/engine-io.js';
import { exchange } from '../support/raw-http.js';
import { type Account, TestServer } from '../support/server.js';

const POLLING = '/socket.io/?EIO=4&transport=polling';

let server: TestServer;
let limited: TestServer;
let account: Account;
beforeAll(async () => {
  server = await TestServer.start();
  account = await server.user();
  limited = await TestServer.start({ variables: { RATE_LIMIT: 'on', RATE_LIMIT_GENERAL: '1', RATE_LIMIT_BURST: '0' } });
});
afterAll(() => Promise.all([server, limited].map((one) => one.stop())));

/** The status of an answer, and which of the default headers it has. */
async function answerOf(head: string, { body = '', to = server }: { body?: string; to?: TestServer } = {}) {
  const length = body === '' ? '' : `Content-Length: ${Buffer.byteLength(body)}\r\nContent-Type: text/plain\r\n`;
  const connection = head.includes('Upgrade:') ? 'Upgrade' : 'close';
  const { text, status } = await exchange(to.port, `${head}\r\n${length}Connection: ${connection}\r\n\r\n${body}`);
  const lines = text.slice(0, text.indexOf('\r\n\r\n')).split('\r\n').slice(1);
  const headers = new Map(lines.map((line) => [line.split(':', 1)[0]?.toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]));
  return { status, headers: Object.fromEntries(Object.keys(DEFAULT_HEADERS).map((name) => [name, headers.get(name)])) };
}

const request = (method: string, target: string, more = ''): string => `${method} ${target} HTTP/1.1\r\nHost: localhost${more}`;
const UPGRADE = '\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==';

describe('the default headers are on answers of Socket.IO', () => {
  it.each([
    ['a handshake', 200, request('GET', POLLING)],
    ['a preflight', 204, request('OPTIONS', POLLING, '\r\nOrigin: http://localhost\r\nAccess-Control-Request-Method: POST')],
    ['an unknown session', 400, request('GET', `${POLLING}&sid=nobody`)],
    ['an unknown transport', 400, request('GET', '/socket.io/?EIO=4&transport=pigeon')],
    ['another version', 400, request('GET', '/socket.io/?EIO=3&transport=polling')],
    ['a foreign origin', 403, request('GET', POLLING, '\r\nOrigin: https://evil.example')],
    ['an upgrade of an unknown session', 400, request('GET', `${POLLING.replace('polling', 'websocket')}&sid=nobody`, UPGRADE)],
    ['an upgrade from a foreign origin', 403, request('GET', POLLING, `${UPGRADE}\r\nOrigin: https://evil.example`)],
  ])('to %s', async (_what, status, head) => {
    expect(await answerOf(head)).toEqual({ status, headers: DEFAULT_HEADERS });
  });

  it('to what a session sends and asks for', async () => {
    const { path } = await PollingSession.open(server, account.tokens.token);
    const packet = '421["hello",{}]';
    expect(await answerOf(request('POST', path), { body: packet })).toEqual({ status: 200, headers: DEFAULT_HEADERS });
    expect(await answerOf(request('GET', path))).toEqual({ status: 200, headers: DEFAULT_HEADERS });
    const large = await answerOf(request('POST', path), { body: 'x'.repeat(256 * 1024 + 1) });
    expect(large).toEqual({ status: 413, headers: DEFAULT_HEADERS });
  });

  it('to what is over the limit on requests', async () => {
    await answerOf(request('GET', '/nowhere'), { to: limited });
    const refusal = await answerOf(request('GET', POLLING), { to: limited });
    expect(refusal).toEqual({ status: 429, headers: DEFAULT_HEADERS });
  });
});

describe('the default headers are on answers that no route gives', () => {
  it.each([
    ['an unknown path', 404, request('GET', '/nowhere')],
    ['a path that is no percent-encoding', 400, request('GET', '/%zz')],
    ['an upgrade of an unknown path', 404, request('GET', '/nowhere', UPGRADE)],
    ['an upgrade without a token', 401, request('GET', '/v1/connect', UPGRADE)],
    ['a request without a host', 400, 'GET / HTTP/1.1\r\nX-Nothing: 1'],
    ['a request that is none', 400, 'NONSENSE'],
  ])('to %s', async (_what, status, head) => {
    expect(await answerOf(head)).toEqual({ status, headers: DEFAULT_HEADERS });
  });
});

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bytes, FRAMING_FAULTS, manyPieces } from '../support/framing-faults.js';
import { TestServer } from '../support/server.js';
import { frameOf, OPCODE, TcpSocket } from '../support/tcp-socket.js';
import { until } from '../support/until.js';

let server: TestServer;
let token: string;
beforeAll(async () => {
  server = await TestServer.start();
  ({ token } = (await server.user()).tokens);
});
afterAll(() => server.stop());

/** Each gateway of raw WebSockets, and Socket.IO's. */
const GATEWAYS = {
  game: { path: () => `/v1/connect?token=${token}`, greetings: 1 },
  rest: { path: () => '/ws/somebody', greetings: 0 },
  messenger: { path: () => '/', greetings: 0 },
} as const;

async function open({ path, greetings }: (typeof GATEWAYS)[keyof typeof GATEWAYS]): Promise<TcpSocket> {
  const tcp = await TcpSocket.webSocket(server.port, path());
  for (let i = 0; i < greetings; i++) await tcp.frame();
  return tcp;
}

describe.each(Object.entries(GATEWAYS))('the handshake of %s (RFC 6455 §4.2)', (_name, gateway) => {
  it('is answered with the key that its own makes (§4.2.2)', async () => {
    const tcp = await TcpSocket.connect(server.port);
    tcp.upgrade(gateway.path(), { 'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==' });
    const { status, headers } = await tcp.head();
    expect(status).toBe(101);
    expect(headers.get('sec-websocket-accept')).toBe('s3pPLMBiTxaQ9kYGzzhZRbK+xOo=');
    expect(headers.get('x-request-id')).toMatch(/\w/);
    expect(headers.has('sec-websocket-extensions')).toBe(false);
    tcp.destroy();
  });

  it('offers no compression, even when asked (§9.1)', async () => {
    const tcp = await TcpSocket.connect(server.port);
    tcp.upgrade(gateway.path(), { 'Sec-WebSocket-Extensions': 'permessage-deflate; client_max_window_bits' });
    const { status, headers } = await tcp.head();
    expect({ status, extensions: headers.get('sec-websocket-extensions') }).toEqual({ status: 101, extensions: undefined });
    tcp.destroy();
  });

  it('tells of what it does not understand in its list of subprotocols', async () => {
    const tcp = await TcpSocket.connect(server.port);
    tcp.upgrade(gateway.path(), { 'Sec-WebSocket-Protocol': 'a,,b' });
    const { status, headers, body } = await tcp.head();
    expect({ status, id: headers.get('x-request-id') }).toEqual({ status: 400, id: expect.stringMatching(/\w/) });
    expect(JSON.parse(body)).toBeTypeOf('object');
    await tcp.closed;
  });
});

const noticeOf = (frame: { code?: number; data?: { code: number } } | undefined) => frame?.code ?? frame?.data?.code;

describe.each(Object.entries(GATEWAYS))('faults of framing on %s', (_name, gateway) => {
  it.each(FRAMING_FAULTS)('closes with the code that the RFC has for %s', async (_what, sent, code) => {
    const tcp = await open(gateway);
    tcp.send(sent());
    const { frames, code: closed } = await tcp.rest();
    // The last frame says why, then the close frame says the same.
    expect({ notice: noticeOf(frames.at(-1)), closed }).toEqual({ notice: code, closed: code });
    await tcp.closed;
  });

  it.each([
    ['of one byte', 'x'],
    ['without a byte', ''],
  ])('ends a message in 200,000 pieces %s long before it has them all', async (_what, piece) => {
    const tcp = await open(gateway);
    const before = process.memoryUsage().rss;
    tcp.send(manyPieces(200_000, piece));
    const { code } = await tcp.rest();
    expect(code).toBe(1008);
    expect(process.memoryUsage().rss - before).toBeLessThan(50 * 1024 * 1024);
    tcp.destroy();
  });

  it('takes a message in a hundred pieces with pings between them (§5.4)', async () => {
    const tcp = await open(gateway);
    const text = JSON.stringify({ mode: 'unheardOf', type: 'chat', message: 'Привет, сервер!'.repeat(10) });
    const utf8 = Buffer.from(text);
    const size = Math.ceil(utf8.length / 100);
    const pieces = Array.from({ length: 100 }, (_, i) => utf8.subarray(i * size, (i + 1) * size)).filter((one) => one.length > 0);
    for (const [i, piece] of pieces.entries()) {
      tcp.send(frameOf(i === 0 ? OPCODE.text : OPCODE.continuation, piece, { fin: i === pieces.length - 1 }));
      if (i % 50 === 0) tcp.send(frameOf(OPCODE.ping, String(i)));
    }
    const seen = [await tcp.frame(), await tcp.frame(), await tcp.frame()];
    expect(seen.map((frame) => frame?.opcode)).toEqual(expect.arrayContaining([OPCODE.text, OPCODE.pong]));
    expect(seen.filter((frame) => frame?.opcode === OPCODE.pong).map((frame) => frame?.payload.toString())).toEqual(['0', '50']);
    tcp.destroy();
  });

  it.each([
    ['without a code', Buffer.alloc(0), 1005],
    ['with 1000', bytes(3, 232), 1000],
    ['with 1009, which is then its own fault', bytes(3, 241), 1009],
    ['with a code of its own', bytes(0x0f, 0xa0), 4000],
  ])('answers a close frame %s in kind, with nothing before it (§5.5.1)', async (_what, payload, echoed) => {
    const tcp = await open(gateway);
    tcp.send(frameOf(OPCODE.close, payload));
    const { frames, code } = await tcp.rest();
    // 1005 stands here for an empty close frame: it is never sent itself (§7.4.1).
    expect({ frames, code }).toEqual({ frames: [], code: echoed });
    await tcp.closed;
  });

  it.each([
    [
      'one that is answered at once',
      { mode: 'unheardOf', timestamp: 1, type: 'command', v: 1, domain: 'system', command: 'ping' },
    ],
    ['one that asks the database', { mode: 'getChats', timestamp: 1, type: 'command', v: 1, domain: 'chat', command: 'list' }],
  ])('answers a question before it echoes a close frame in the same write: %s', async (_what, question) => {
    for (let i = 0; i < 20; i++) {
      const tcp = await open(gateway);
      const asked = frameOf(OPCODE.text, JSON.stringify({ ...question, request_id: 'last', payload: {} }));
      tcp.send(Buffer.concat([asked, frameOf(OPCODE.close, bytes(3, 232))]));
      const { frames, code } = await tcp.rest();
      expect({ answers: frames.length, code }).toEqual({ answers: 1, code: 1000 });
      await tcp.closed;
    }
  });

  it('sends frames unmasked and whole (§5.1)', async () => {
    const tcp = await open(gateway);
    tcp.json({ mode: 'unheardOf', type: 'nothing', request_id: 'x' });
    expect(await tcp.frame()).toMatchObject({ fin: true, masked: false, opcode: OPCODE.text });
    tcp.destroy();
  });

  it('forgets a connection that is reset', async () => {
    const tcp = await open(gateway);
    tcp.socket.resetAndDestroy();
    await until(async () => {
      const { body } = await server.client().get<string>('/metrics');
      return body.split('\n').filter((line) => line.startsWith('switchboard_connections{') && !line.endsWith(' 0')).length === 0;
    });
    expect(tcp.socket.destroyed).toBe(true);
  });
});

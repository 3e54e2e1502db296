import { Module } from '@nestjs/common';
import { WebSocketGateway, WebSocketServer } from '@nestjs/websockets';
import type { Server } from 'socket.io';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AuthModule } from '../../src/auth/auth.module.js';
import { connect, connected } from '../conformance/drivers/socketio.js';
import { FRAMING_FAULTS, manyPieces } from '../support/framing-faults.js';
import { type Account, TestServer } from '../support/server.js';
import { frameOf, OPCODE, TcpSocket } from '../support/tcp-socket.js';

const PATH = '/socket.io/?EIO=4&transport=websocket';

/** Reaches the server of Engine.IO, as any gateway of an extension can. */
@WebSocketGateway()
class ReachingGateway {
  @WebSocketServer()
  server!: Server;
}

@Module({ imports: [AuthModule], providers: [ReachingGateway] })
class ReachingModule {}

let server: TestServer;
let user: Account;
beforeAll(async () => {
  server = await TestServer.start({ extensions: [ReachingModule] });
  user = await server.user();
});
afterAll(() => server.stop());

/** A WebSocket of Engine.IO that has joined the namespace, and whose greetings were read. */
async function open(): Promise<TcpSocket> {
  const tcp = await TcpSocket.webSocket(server.port, PATH);
  await tcp.frame();
  tcp.send(frameOf(OPCODE.text, `40${JSON.stringify({ token: user.tokens.token })}`));
  for (let i = 0; i < 2; i += 1) await tcp.frame();
  return tcp;
}

/** The code of the close frame, whatever came before it. */
async function closeCodeOf(tcp: TcpSocket): Promise<number | undefined> {
  for (;;) {
    const frame = await tcp.frame();
    if (frame === undefined) return undefined;
    if (frame.opcode === OPCODE.close) return frame.payload.length < 2 ? 1005 : frame.payload.readUInt16BE(0);
  }
}

describe('the WebSocket under Socket.IO', () => {
  it.each(FRAMING_FAULTS)('is closed with the code of RFC 6455 after %s, and a neighbour is not', async (_what, sent, code) => {
    const neighbour = await connected(connect(server, 'websocket', { auth: { token: user.tokens.token } }));
    const tcp = await open();
    tcp.send(sent());
    expect(await closeCodeOf(tcp)).toBe(code);
    await tcp.closed;
    expect(await neighbour.timeout(5_000).emitWithAck('chat', { message: 'here' })).toMatchObject({ message: 'here' });
    neighbour.disconnect();
  });

  it.each([
    ['of one byte', 'x'],
    ['without a byte', ''],
  ])('is closed long before it has all of a message in 200,000 pieces %s, within 50 MB', async (_what, piece) => {
    const tcp = await open();
    const before = process.memoryUsage().rss;
    tcp.send(manyPieces(200_000, piece));
    expect(await closeCodeOf(tcp)).toBe(1008);
    expect(process.memoryUsage().rss - before).toBeLessThan(50 * 1024 * 1024);
    tcp.destroy();
  });

  it('says why it is closed although the answers to earlier events are still on their way', async () => {
    const tcp = await open();
    const events = [
      '42["nobody-knows-this"]',
      '42["nor-this"]',
      '42["command",{"request_id":"r","domain":"system","command":"ping"}]',
    ];
    const frames = events.map((packet) => frameOf(OPCODE.text, packet));
    tcp.send(Buffer.concat([...frames, frameOf(OPCODE.text, 'x'.repeat(262_145))]));
    const packets: string[] = [];
    for (let frame = await tcp.frame(); frame && frame.opcode !== OPCODE.close; frame = await tcp.frame()) {
      packets.push(frame.payload.toString());
    }
    expect(packets.filter((packet) => packet.startsWith('42["error"'))).toHaveLength(2);
    expect(packets.at(-1)).toBe('41');
    expect(packets.at(-2)).toMatch(/^42\["disconnect_notice",\{.*"code":1009/);
    tcp.destroy();
  });

  it('offers no compression, even when asked', async () => {
    const tcp = await TcpSocket.connect(server.port);
    tcp.upgrade(PATH, { 'Sec-WebSocket-Extensions': 'permessage-deflate; client_max_window_bits' });
    const { status, headers } = await tcp.head();
    expect([status, headers.get('sec-websocket-extensions')]).toEqual([101, undefined]);
    tcp.destroy();
  });

  it('of another version is refused with the one that is spoken', async () => {
    const tcp = await TcpSocket.connect(server.port);
    tcp.upgrade(PATH, { 'Sec-WebSocket-Version': '12' });
    const { status, headers } = await tcp.head();
    expect(Math.floor(status / 100)).toBe(4);
    expect(headers.get('sec-websocket-version')).toMatch(/\b13\b/);
    await tcp.closed;
  });

  it('is closed when a ping of Engine.IO is not answered in time, and lives on by its pongs', async () => {
    const { opts } = server.app.get(ReachingGateway).server.engine as unknown as {
      opts: { pingInterval: number; pingTimeout: number };
    };
    const usual = { ...opts };
    expect(usual.pingInterval + usual.pingTimeout).toBeLessThanOrEqual(45_000);
    Object.assign(opts, { pingInterval: 400, pingTimeout: 400 });
    try {
      const [silent, alive] = [await open(), await open()];
      const from = performance.now();
      const answering = (async () => {
        while (performance.now() - from < 2_000)
          if ((await alive.frame())?.payload.toString() === '2') alive.send(frameOf(OPCODE.text, '3'));
      })();
      await silent.closed;
      expect(performance.now() - from).toBeGreaterThan(700);
      expect(performance.now() - from).toBeLessThan(2_500);
      await answering;
      alive.send(frameOf(OPCODE.text, '421["chat",{"message":"here"}]'));
      let frame = await alive.frame();
      while (frame && !frame.payload.includes('431[')) frame = await alive.frame();
      expect(frame?.payload.toString()).toContain('"here"');
      for (const tcp of [silent, alive]) tcp.destroy();
    } finally {
      Object.assign(opts, { pingInterval: usual.pingInterval, pingTimeout: usual.pingTimeout });
    }
  });
});

describe('an answer of Engine.IO over HTTP', () => {
  it('has the headers of every other answer, whatever is asked', async () => {
    const path = '/socket.io/?EIO=4&transport=polling';
    const answers = [
      await server.client().get(path),
      await server.client().get(`${path}&sid=AAAAAAAAAAAAAAAAAAAA`),
      await server.client().raw(path, { method: 'OPTIONS' }),
      await server.client().raw(path, { method: 'DELETE' }),
      await server.client().get(path, { origin: 'https://evil.example' }),
      await server.client().get('/socket.io/?EIO=3&transport=x'),
    ];
    const { headers: usual } = await server.client().get('/api/v1/users/me');
    const marks = [...usual.keys()].filter((name) => /^(x-|cross-|referrer|content-security|cache)/.test(name));
    expect(marks).toEqual(expect.arrayContaining(['cache-control', 'x-content-type-options', 'x-request-id']));
    for (const { status, headers } of answers) {
      for (const name of marks.filter((one) => one !== 'x-request-id'))
        expect([status, name, headers.get(name)]).toEqual([status, name, usual.get(name)]);
      expect(headers.get('x-request-id')).toMatch(/\w/);
      for (const leak of ['server', 'x-powered-by']) expect(headers.get(leak)).toBeNull();
    }
  });
});

import { Module } from '@nestjs/common';
import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import type { Socket } from 'socket.io-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AuthModule } from '../../src/auth/auth.module.js';
import { Hub } from '../../src/realtime/hub.js';
import { connect, connected } from '../conformance/drivers/socketio.js';
import { EngineWebSocket, PollingSession } from '../support/engine-io.js';
import type { Parsed } from '../support/http-client.js';
import { type Account, TestServer } from '../support/server.js';
import { frameOf, OPCODE, TcpSocket } from '../support/tcp-socket.js';
import { until } from '../support/until.js';

let waves = 0;

/** An extension on the same namespace, and one with a namespace of its own. */
@WebSocketGateway()
class WavingGateway {
  @SubscribeMessage('wave')
  wave(): string {
    waves += 1;
    return 'waved';
  }
}

@WebSocketGateway({ namespace: '/side' })
class SideGateway {
  @SubscribeMessage('wave')
  wave(): string {
    waves += 1;
    return 'waved';
  }
}

@Module({ imports: [AuthModule], providers: [WavingGateway, SideGateway] })
class WavingModule {}

let server: TestServer;
let hub: Hub;
let account: Account;
beforeAll(async () => {
  // Requests are not what is tested here: there may be as many as it takes.
  const variables = { RATE_LIMIT: 'on', RATE_LIMIT_GENERAL: '100000', RATE_LIMIT_API: '100000', RATE_LIMIT_BURST: '100000' };
  server = await TestServer.start({ variables, extensions: [WavingModule] });
  hub = server.app.get(Hub);
  account = await server.user();
});
afterAll(() => server.stop());

const floods = (): number => hub.closures.get('4429') ?? 0;
const refusals = (): number => hub.refused.get('socketio') ?? 0;
const echo = (id: number | string = ''): string => `42${id}["chat",{"message":"x"}]`;
const times = <T>(count: number, value: T): T[] => Array<T>(count).fill(value);
const noticeIn = (packets: readonly string[]): Parsed =>
  packets.flatMap((packet) => (packet.startsWith('42["disconnect_notice"') ? [JSON.parse(packet.slice(2))[1]] : []))[0];
const TOO_MANY = '"code":"too_many_requests"';

describe('a payload of long polling', () => {
  it('ends the session unparsed if it has more packets than a client may send at once', async () => {
    const session = await PollingSession.open(server);
    const before = floods();
    expect(await session.post(...times(721, '40/nowhere,'))).toBe(200);
    await until(() => floods() === before + 1);
    // Not one of the joins was answered, and nobody is there to answer more.
    expect(await session.poll()).toEqual([]);
    expect(await session.post('40/nowhere,')).toBe(400);
  });

  it('ends a connection with a notice, and runs none of its events', async () => {
    const session = await PollingSession.open(server, account.tokens.token);
    const before = hub.received.get('socketio');
    const polled = session.poll();
    expect(await session.post(...times(1000, echo()))).toBe(200);
    expect(noticeIn(await polled)).toMatchObject({ code: 4429, reconnect: true, retry_after_ms: expect.any(Number) });
    expect(hub.received.get('socketio')).toBe(before);
  });

  it('is answered packet by packet up to that number', async () => {
    const session = await PollingSession.open(server, account.tokens.token);
    expect(await session.post(...Array.from({ length: 500 }, (_, i) => echo(i)))).toBe(200);
    const answers: string[] = [];
    while (answers.length < 500) answers.push(...(await session.poll()));
    const accepted = answers.filter((answer) => answer.includes('echo')).length;
    expect(accepted).toBeGreaterThanOrEqual(240);
    expect(accepted).toBeLessThan(300);
    expect(answers.filter((answer) => answer.includes(TOO_MANY))).toHaveLength(500 - accepted);
    // Who asks first is served first.
    expect(answers.filter((answer) => answer.includes('echo')).map((answer) => Number(/^43(\d+)/.exec(answer)?.[1]))).toContain(
      0,
    );
    await session.post('41');
  });

  it.each([
    ['pongs', '3'],
    ['packets that mean nothing', '6'],
    ['joins', '40/nowhere,'],
    ['acknowledgements of nothing', '4317[]'],
  ])('uses up the allowance of its session by %s, too', async (_what, packet) => {
    const session = await PollingSession.open(server, account.tokens.token);
    const before = refusals();
    expect(await session.post(...times(300, packet), echo(7))).toBe(200);
    expect(refusals() - before).toBeGreaterThan(40);
    const answers: string[] = [];
    while (!answers.some((answer) => answer.startsWith('437['))) answers.push(...(await session.poll()));
    expect(answers.at(-1)).toContain(TOO_MANY);
    await session.post('41');
  });
});

describe('packets over a WebSocket', () => {
  it.each([
    ['pongs', '3'],
    ['packets that mean nothing', '6'],
    ['joins of namespaces that are not there', '40/nowhere,'],
    ['events', echo()],
  ])('end the connection at once if %s come as fast as they can be sent', async (_what, packet) => {
    const socket = await EngineWebSocket.open(server, account.tokens.token);
    const before = floods();
    socket.send(...times(3000, packet));
    expect(noticeIn(await socket.rest())).toMatchObject({ code: 4429, reconnect: true });
    expect(floods()).toBe(before + 1);
    socket.destroy();
  });

  it('end the session even if it has joined nothing', async () => {
    const socket = await EngineWebSocket.open(server);
    const before = floods();
    socket.send(...times(3000, '3'));
    await socket.rest();
    expect(floods()).toBe(before + 1);
    socket.destroy();
  });

  it.each([
    ['pongs', OPCODE.pong],
    ['pieces of a message', OPCODE.continuation],
  ])('count with the frames beneath them, such as %s', async (_what, opcode) => {
    const socket = await EngineWebSocket.open(server, account.tokens.token);
    const before = refusals();
    if (opcode === OPCODE.pong) socket.tcp.send(Buffer.concat(times(300, frameOf(OPCODE.pong))));
    else {
      const first = frameOf(OPCODE.text, '3', { fin: false });
      const pieces = times(126, frameOf(OPCODE.continuation, '', { fin: false }));
      for (let i = 0; i < 40; i += 1) socket.tcp.send(Buffer.concat([first, ...pieces, frameOf(OPCODE.continuation)]));
    }
    socket.send(echo(1));
    expect(await socket.nextThat((packet) => packet.startsWith('431['))).toContain(TOO_MANY);
    expect(refusals()).toBeGreaterThan(before);
    socket.destroy();
  });

  it('pass at 120 events a second, and count each of them once', async () => {
    const socket: Socket = await connected(connect(server, 'websocket', { auth: { token: account.tokens.token } }));
    const before = refusals();
    const answers: Promise<Parsed>[] = [];
    const ask = (): void => void answers.push(socket.timeout(5000).emitWithAck('chat', { message: 'x' }));
    for (let i = 0; i < 230; i += 1) ask();
    await Promise.all(answers);
    const from = performance.now();
    while (answers.length < 500) {
      while (answers.length < 230 + ((performance.now() - from) * 115) / 1000) ask();
      await new Promise((turn) => setTimeout(turn, 10));
    }
    expect((await Promise.all(answers)).filter(({ type }) => type !== 'echo')).toEqual([]);
    expect(refusals()).toBe(before);
    socket.disconnect();
  });
});

describe('an event over the limit', () => {
  /** A connection that has used up its allowance. */
  async function exhausted(): Promise<EngineWebSocket> {
    const socket = await EngineWebSocket.open(server, account.tokens.token);
    socket.send('40/side,');
    await socket.nextThat((packet) => packet.startsWith('40/side,'));
    socket.send(...times(400, '3'));
    return socket;
  }

  it.each([
    ['an acknowledgement, with its request id', '427["command",{"request_id":"r1"}]', /^437\[\{.*"request_id":"r1".*too_many/],
    ['an event, with its request id', '42["command",{"request_id":"r2"}]', /^42\["response",\{.*"request_id":"r2".*too_many/],
    ['an event of a chat', '42["chat",{"message":"x"}]', /^42\["response",\{"success":false,"code":"too_many_requests"/],
    ['an acknowledgement to an extension', '428["wave"]', /^438\[\{"success":false,"code":"too_many_requests"/],
    ['an acknowledgement in another namespace', '42/side,9["wave"]', /^43\/side,9\[\{"success":false,"code":"too_many_requests"/],
  ])('is not run, and answered by %s', async (_what, packet, answer) => {
    const socket = await exhausted();
    const before = waves;
    socket.send(packet);
    expect(await socket.nextThat((one) => one.startsWith('4'))).toMatch(answer);
    expect(waves).toBe(before);
    socket.destroy();
  });

  it('takes its attachments with it, and the connection lives on', async () => {
    const socket = await exhausted();
    socket.send('451-5["chat",{"_placeholder":true,"num":0}]');
    expect(await socket.nextThat((packet) => packet.startsWith('4'))).toMatch(/^435\[.*too_many_requests/);
    // The allowance is back before the attachment comes.
    await new Promise((turn) => setTimeout(turn, 100));
    socket.tcp.send(frameOf(OPCODE.binary, Buffer.from([1, 2, 3])));
    socket.send(echo(6));
    expect(await socket.nextThat((packet) => packet.startsWith('436['))).toContain('echo');
    socket.destroy();
  });

  it('keeps its attachments if it was within the limit and they are not', async () => {
    const socket = await EngineWebSocket.open(server, account.tokens.token);
    const attachments = times(9, frameOf(OPCODE.binary, Buffer.from([1])));
    const event = frameOf(OPCODE.text, '459-5["nobody-knows-this",{"_placeholder":true,"num":0}]');
    const before = refusals();
    // The join was one packet, too: the event is the last that the allowance has room for.
    socket.tcp.send(Buffer.concat([...times(238, frameOf(OPCODE.text, '3')), event, ...attachments]));
    expect(await socket.nextThat((packet) => packet.startsWith('435['))).toContain('bad_frame');
    expect(refusals()).toBeGreaterThan(before);
    socket.destroy();
  });
});

describe('joins', () => {
  const TOO_MANY_JOINS = '{"message":"Too many requests"}';

  it('are refused beyond ten at once, by words of Socket.IO, and the connection lives on', async () => {
    const socket = await EngineWebSocket.open(server, account.tokens.token);
    socket.send(...times(12, '40/nowhere,'));
    const answers = await Promise.all(times(12, null).map(() => socket.next()));
    expect(answers.slice(0, 9)).toEqual(times(9, '44/nowhere,{"message":"Invalid namespace"}'));
    expect(answers.slice(9)).toEqual(times(3, `44/nowhere,${TOO_MANY_JOINS}`));
    socket.send(echo(1));
    expect(await socket.next()).toContain('echo');
    socket.destroy();
  });

  it('of more than sixteen namespaces are refused, until one is left', async () => {
    const plain = await TestServer.start();
    try {
      const socket = await EngineWebSocket.open(plain);
      const names = Array.from({ length: 17 }, (_, i) => `/n${i}`);
      socket.send(...names.map((name) => `40${name},`));
      const answers = await Promise.all(names.map(() => socket.next()));
      expect(answers[15]).toBe('44/n15,{"message":"Invalid namespace"}');
      expect(answers[16]).toBe(`44/n16,${TOO_MANY_JOINS}`);
      socket.send(`40/${'x'.repeat(256)},`);
      expect(await socket.next()).toContain(TOO_MANY_JOINS);
      socket.destroy();
    } finally {
      await plain.stop();
    }
  });
});

describe('frames of a raw WebSocket that are no messages', () => {
  it.each([
    ['pongs that nobody asked for', Buffer.concat(times(300, frameOf(OPCODE.pong)))],
    [
      'pieces of messages',
      Buffer.concat(
        times(
          40,
          Buffer.concat([
            frameOf(OPCODE.text, '{"type":"chat",', { fin: false }),
            ...times(126, frameOf(OPCODE.continuation, '', { fin: false })),
            frameOf(OPCODE.continuation, '"message":"x"}'),
          ]),
        ),
      ),
    ],
  ])('count for the limit: %s', async (_what, bytes) => {
    const tcp = await TcpSocket.webSocket(server.port, '/ws/frames');
    tcp.send(bytes);
    tcp.json({ type: 'command', v: 1, request_id: 'last', domain: 'system', command: 'ping' });
    let frame = await tcp.frame();
    while (frame && !frame.payload.includes('"last"')) frame = await tcp.frame();
    expect(frame?.payload.toString()).toContain(TOO_MANY);
    tcp.destroy();
  });

  it('end the connection with 4429 if there is no end of them', async () => {
    const tcp = await TcpSocket.webSocket(server.port, '/ws/frames');
    const before = floods();
    tcp.send(Buffer.concat(times(3000, frameOf(OPCODE.pong))));
    expect(await tcp.rest()).toMatchObject({ frames: [{ type: 'disconnect', data: { code: 4429 } }], code: 4429 });
    expect(floods()).toBe(before + 1);
    tcp.destroy();
  });

  it('cost little if they are pieces: a message in many of them goes through', async () => {
    const tcp = await TcpSocket.webSocket(server.port, '/ws/frames');
    const first = frameOf(OPCODE.text, '{"type":"chat",', { fin: false });
    const pieces = times(126, frameOf(OPCODE.continuation, '', { fin: false }));
    for (let i = 0; i < 20; i += 1) {
      tcp.send(Buffer.concat([first, ...pieces, frameOf(OPCODE.continuation, '"message":"x"}')]));
      expect((await tcp.frame())?.payload.toString()).toContain('echo');
    }
    tcp.destroy();
  });
});

describe('frames that come faster than they can be refused', () => {
  it('end the connection at once, with the notice', async () => {
    const tcp = await TcpSocket.webSocket(server.port, '/ws/frames');
    const from = performance.now();
    tcp.send(Buffer.concat(times(5000, frameOf(OPCODE.text, '{"type":"chat","message":"x"}'))));
    const { frames, code } = await tcp.rest();
    expect(performance.now() - from).toBeLessThan(5000);
    expect({ last: frames.at(-1), code }).toMatchObject({ last: { type: 'disconnect', data: { code: 4429 } }, code: 4429 });
    // On a machine that is slow the allowance refills meanwhile.
    expect(frames.length).toBeLessThan(2000);
    tcp.destroy();
  });
});

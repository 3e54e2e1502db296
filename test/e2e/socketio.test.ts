import { Module } from '@nestjs/common';
import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import type { Socket } from 'socket.io-client';
import { AuthModule } from '../../src/auth/auth.module.js';
import { LiveSessions } from '../../src/auth/live-sessions.js';
import { Hub } from '../../src/realtime/hub.js';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { connect, connected } from '../conformance/drivers/socketio.js';
import type { Parsed } from '../support/http-client.js';
import { type Account, PASSWORD, TestServer } from '../support/server.js';
import { frameOf, OPCODE, TcpSocket } from '../support/tcp-socket.js';
import { until } from '../support/until.js';

@WebSocketGateway()
class WavingGateway {
  @SubscribeMessage('wave')
  wave(): string {
    return 'waved';
  }
}

@Module({ imports: [AuthModule], providers: [WavingGateway] })
class WavingModule {}

let server: TestServer;
let account: Account;
beforeAll(async () => {
  server = await TestServer.start({ extensions: [WavingModule] });
  account = await server.user();
});
afterAll(() => server.stop());

const DEADLINE_MS = 5_000;
const text = expect.stringMatching(/\w/);
const ask = (socket: Socket, event: string, ...data: unknown[]): Promise<Parsed> =>
  socket.timeout(DEADLINE_MS).emitWithAck(event, ...data);
const heard = (socket: Socket, event: string): Promise<Parsed> => new Promise((resolve) => socket.once(event, resolve));

describe.each(['websocket', 'polling'] as const)('over %s', (transport) => {
  let socket: Socket;
  let greeting: Promise<Parsed>;
  beforeAll(async () => {
    socket = connect(server, transport, { auth: { token: account.tokens.token } });
    greeting = heard(socket, 'hello');
    await connected(socket);
  });
  afterAll(() => void socket.disconnect());

  const command = { request_id: 'r1', domain: 'system', command: 'ping', payload: { sent_at: 1735689600 } };
  const response = {
    ...{ type: 'response', v: 1, request_id: 'r1', success: true },
    data: { sent_at: 1735689600, server_time: expect.any(Number) },
  };

  it('greets with the frame of game', async () => {
    expect(await greeting).toEqual({ type: 'hello', v: 1, connection_id: text, heartbeat_sec: 30 });
  });

  it('answers hello with who one is', async () => {
    const { connection_id } = await greeting;
    expect(await ask(socket, 'hello')).toMatchObject({ type: 'hello', connection_id, user_id: account.id });
    expect(await ask(socket, 'hello', { message: 'hi' })).toMatchObject({ type: 'hello', message: 'hi', user_id: account.id });
  });

  it('acknowledges commands, or answers them by an event', async () => {
    expect(await ask(socket, 'command', command)).toEqual(response);
    expect(await ask(socket, 'command', { type: 'command', v: 1, ...command })).toEqual(response);
    const answered = heard(socket, 'response');
    socket.emit('command', command);
    expect(await answered).toEqual(response);
  });

  it('echoes chat messages, by acknowledgement or by event', async () => {
    const { connection_id: client_id } = await greeting;
    const echo = { client_id, message: 'Hello!', type: 'echo' };
    expect(await ask(socket, 'chat', { message: 'Hello!' })).toEqual(echo);
    const answered = heard(socket, 'chat');
    socket.emit('chat', { message: 'Hello!' });
    expect(await answered).toEqual(echo);
  });

  it.each([{}, { message: 17 }, { message: null }])('refuses the chat message %j', async (data) => {
    expect(await ask(socket, 'chat', data)).toMatchObject({ success: false, code: 'invalid_payload', detail: text });
  });

  it('pushes what becomes of the account', async () => {
    const pushed = heard(socket, 'user');
    const { body } = await account.client.put(`/api/v1/users/${account.id}`, { full_name: `Over ${transport}` });
    expect(await pushed).toEqual({ type: 'updated', ...body });
  });
});

describe('a connection', () => {
  const open = (): Promise<Socket> => connected(connect(server, 'websocket', { auth: { token: account.tokens.token } }));
  const bad = { type: 'error', v: 1, success: false, code: 'bad_frame', detail: text };

  it.each([
    ['command', 'text'],
    ['command', [1]],
    ['command', null],
    ['command', {}],
    ['command', { request_id: 17 }, { request_id: 17 }],
    ['chat', 'text'],
    ['nobody-knows-this', { a: 1 }],
    ['__proto__', {}],
  ])('is told that the event %s with %j is a bad frame', async (event, data, names?: object) => {
    const socket = await open();
    expect(await ask(socket, event, data)).toEqual({ ...bad, ...names });
    expect(await ask(socket, 'chat', { message: 'still here' })).toMatchObject({ type: 'echo' });
    socket.disconnect();
  });

  it('is told so by an event where it asked for no acknowledgement', async () => {
    const socket = await open();
    const told = heard(socket, 'error');
    socket.emit('nobody-knows-this');
    expect(await told).toEqual(bad);
    socket.disconnect();
  });

  it('does not get back what nests too deep, and harms nobody with it', async () => {
    // By hand: the client itself could not encode it.
    const tcp = await openByHand();
    const deep = `${'['.repeat(50_000)}${']'.repeat(50_000)}`;
    const command = `{"request_id":"deep","domain":"system","command":"ping","payload":{"sent_at":${deep}}}`;
    tcp.send(frameOf(OPCODE.text, `421["command",${command}]`));
    expect((await tcp.frame())?.payload.toString()).toMatch(/^431\[\{.*"code":"bad_frame"/);
    tcp.destroy();
  });

  it('renews who it is', async () => {
    const [own, other] = [await server.user(), await server.user()];
    const socket = await connected(connect(server, 'websocket', { auth: { token: own.tokens.token } }));
    const authenticate = (token: unknown) =>
      ask(socket, 'command', { request_id: 'a', domain: 'system', command: 'authenticate', payload: { token } });
    expect(await authenticate(null)).toMatchObject({ success: false, code: 'not_authenticated' });
    expect(await authenticate(other.tokens.token)).toMatchObject({ success: true, data: { user_id: other.id } });
    await own.client.delete(`/api/v1/users/${own.id}/sessions`);
    expect(await ask(socket, 'hello')).toMatchObject({ user_id: other.id });
    const ended = heard(socket, 'disconnect_notice');
    await other.client.delete(`/api/v1/users/${other.id}/sessions`);
    expect(await ended).toMatchObject({ type: 'disconnect', v: 1, code: 4401, reconnect: false });
  });

  it('may begin with polling and go on with a WebSocket, under the same limits', async () => {
    const socket = connect(server, 'polling', { auth: { token: account.tokens.token }, transports: ['polling', 'websocket'] });
    const upgraded = new Promise((resolve) => socket.io.engine.once('upgrade', resolve));
    await connected(socket);
    await upgraded;
    expect(await ask(socket, 'chat', { message: 'Hello!' })).toMatchObject({ type: 'echo' });
    const notice = heard(socket, 'disconnect_notice');
    socket.emit('chat', { message: 'x'.repeat(300_000) });
    expect(await notice).toMatchObject({ code: 1009, reconnect: false });
  });
});

/** A connection of Engine.IO 4 that has joined the namespace by hand. */
async function openByHand(): Promise<TcpSocket> {
  const tcp = await TcpSocket.webSocket(server.port, '/socket.io/?EIO=4&transport=websocket');
  expect((await tcp.frame())?.payload.toString()).toMatch(/^0\{/);
  tcp.send(frameOf(OPCODE.text, `40${JSON.stringify({ token: account.tokens.token })}`));
  expect((await tcp.frame())?.payload.toString()).toMatch(/^40\{/);
  expect((await tcp.frame())?.payload.toString()).toMatch(/^42\["hello"/);
  return tcp;
}

describe('while nobody can say whether a session is still good', () => {
  it('events are counted like those of other protocols: what is over is refused, not kept', async () => {
    const own = await server.user();
    const socket = await connected(connect(server, 'websocket', { auth: { token: own.tokens.token } }));
    const [connection] = [...server.app.get(Hub).of(own.id)];
    if (!connection?.identity) throw new Error('no connection');
    const refresh = vi.spyOn(server.app.get(LiveSessions), 'refresh').mockReturnValue(new Promise(() => {}));
    try {
      connection.identity.session.state = 'stale';
      const codes: unknown[] = [];
      socket.on('response', ({ code }: Parsed) => codes.push(code));
      for (let i = 0; i < 300; i++) socket.emit('command', { request_id: String(i), domain: 'system', command: 'ping' });
      await until(() => codes.length === 44);
      expect(codes).toEqual(Array(44).fill('too_many_requests'));
      expect(connection.inFlight).toBe(256);
    } finally {
      refresh.mockRestore();
      socket.disconnect();
    }
  });
});

describe('an extension on the same namespace', () => {
  it('has its events to itself; nobody’s are still told to be bad frames', async () => {
    const socket = await connected(connect(server, 'websocket', { auth: { token: account.tokens.token } }));
    const bad: unknown[] = [];
    socket.on('error', (frame) => bad.push(frame));
    expect(await ask(socket, 'wave', { to: 'all' })).toBe('waved');
    socket.emit('wave', { to: 'all' });
    expect(await ask(socket, 'error', {})).toMatchObject({ code: 'bad_frame' });
    expect(await ask(socket, 'waves', {})).toMatchObject({ code: 'bad_frame' });
    expect(bad).toEqual([]);
    socket.disconnect();
  });
});

describe('a request that names a session', () => {
  it('is spared the limit on requests only where there is that session', async () => {
    const limited = await TestServer.start({ variables: { RATE_LIMIT: 'on' } });
    try {
      const poll = async (sid: string) =>
        (await limited.client().get<unknown>(`/socket.io/?EIO=4&transport=polling&sid=${sid}`)).status;
      const statuses: number[] = [];
      for (let i = 0; i < 120; i++) statuses.push(await poll(i % 2 ? 'AAAAAAAAAAAAAAAAAAAA' : '__proto__'));
      expect(statuses.slice(0, 40)).toEqual(Array(40).fill(400));
      expect(statuses).toContain(429);
    } finally {
      await limited.stop();
    }
  });
});

describe('a client that breaks the protocol', () => {
  it.each([
    ['a packet of no type', '49'],
    ['an event that is no list', '42{"a":1}'],
    ['an event without a name', '42[]'],
    ['an event by a reserved name', '42["disconnect"]'],
    ['half an event', '42["chat",{"message":'],
    ['eleven attachments', '4511-["chat",{"_placeholder":true,"num":0}]'],
    ['a billion attachments', '451000000000-["chat"]'],
    ['an attachment that is none', '451-["chat",{"_placeholder":true,"num":7}]'],
    ['an acknowledgement of nothing', '43999["x"]'],
    ['a namespace that is not there', '40/admin,'],
    ['an Engine.IO packet of no type', 'x'],
    ['nothing at all', ''],
    ['a very long packet id', `42${'9'.repeat(400)}["chat",{"message":"x"}]`],
    ['a very long namespace', `42/${'x'.repeat(10_000)},["chat"]`],
  ])('by %s, is dropped or told so, alone', async (_what, packet) => {
    const neighbour = await connected(connect(server, 'websocket', { auth: { token: account.tokens.token } }));
    const tcp = await openByHand();
    tcp.send(frameOf(OPCODE.text, packet));
    // Whatever it was: a good event afterwards is answered, or the connection has ended.
    tcp.send(frameOf(OPCODE.text, '421["chat",{"message":"after"}]'));
    let frame = await tcp.frame();
    while (frame && frame.opcode !== OPCODE.close && !frame.payload.includes('431[')) frame = await tcp.frame();
    if (frame?.opcode === OPCODE.text) expect(frame.payload.toString()).toContain('"after"');
    expect(await ask(neighbour, 'chat', { message: 'here' })).toMatchObject({ message: 'here' });
    neighbour.disconnect();
    tcp.destroy();
  });

  it('by a message in 200,000 pieces, is dropped with 1008', async () => {
    const tcp = await openByHand();
    tcp.send(frameOf(OPCODE.text, '', { fin: false }));
    const piece = frameOf(OPCODE.continuation, 'x', { fin: false });
    tcp.send(Buffer.concat(Array.from({ length: 200_000 }, () => piece)));
    let frame = await tcp.frame();
    while (frame && frame.opcode !== OPCODE.close) frame = await tcp.frame();
    expect(frame?.payload.readUInt16BE(0)).toBe(1008);
    tcp.destroy();
  });

  it.each([
    ['version 3', '?EIO=3&transport=polling'],
    ['an unknown transport', '?EIO=4&transport=carrier-pigeon'],
    ['a session that is not there', '?EIO=4&transport=polling&sid=AAAAAAAAAAAAAAAAAAAA'],
    ['a session by the name of a property', '?EIO=4&transport=polling&sid=__proto__'],
  ])('by %s, is answered 400', async (_what, query) => {
    const { status, headers } = await server.client().get(`/socket.io/${query}`);
    expect(status).toBe(400);
    expect(headers.get('x-request-id')).toMatch(/\w/);
  });

  it('by never naming its namespace, is dropped in time', async () => {
    const tcp = await TcpSocket.webSocket(server.port, '/socket.io/?EIO=4&transport=websocket');
    await tcp.frame();
    const from = performance.now();
    const { frames } = await tcp.rest(15_000).catch(() => ({ frames: ['late'] }));
    expect(frames).toEqual([]);
    expect(performance.now() - from).toBeLessThan(14_000);
  }, 20_000);
});

describe('a client that joins many times at once', () => {
  it('gets one connection', async () => {
    const { token } = await server.client().logIn(account.username, PASSWORD);
    const tcp = await TcpSocket.webSocket(server.port, '/socket.io/?EIO=4&transport=websocket');
    await tcp.frame();
    const before = server.app.get(Hub).size;
    const join = frameOf(OPCODE.text, `40${JSON.stringify({ token })}`);
    tcp.send(Buffer.concat(Array.from({ length: 20 }, () => join)));
    await until(() => server.app.get(Hub).size > before);
    await server.client().get('/api/v1/users/me', { authorization: `Bearer ${token}` });
    expect(server.app.get(Hub).size).toBeLessThanOrEqual(before + 1);
    tcp.destroy();
    await until(() => server.app.get(Hub).size === before);
  });
});

describe('answers of Engine.IO', () => {
  it('carry a request id, like all others', async () => {
    const { status, headers } = await server.client().get('/socket.io/?EIO=4&transport=polling');
    expect(status).toBe(200);
    expect(headers.get('x-request-id')).toMatch(/\w/);
    expect(headers.get('cache-control')).toMatch(/no-store/);
  });
});

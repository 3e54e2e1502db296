import { Module } from '@nestjs/common';
import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import type { Socket } from 'socket.io-client';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { AuthModule } from '../../src/auth/auth.module.js';
import type { Connection } from '../../src/realtime/connection.js';
import { Hub } from '../../src/realtime/hub.js';
import { connect, connected } from '../conformance/drivers/socketio.js';
import { type Account, TestServer } from '../support/server.js';
import { frameOf, OPCODE, TcpSocket } from '../support/tcp-socket.js';
import { until } from '../support/until.js';

/** An extension with a namespace of its own. */
@WebSocketGateway({ namespace: '/side' })
class SideGateway {
  @SubscribeMessage('hum')
  hum(): { event: string; data: string } {
    return { event: 'hummed', data: 'mm' };
  }
}

@Module({ imports: [AuthModule], providers: [SideGateway] })
class SideModule {}

type Heard = [event: string, data: unknown];

let server: TestServer;
let hub: Hub;
let account: Account;
const open: { disconnect(): void }[] = [];
beforeAll(async () => {
  server = await TestServer.start({ extensions: [SideModule] });
  hub = server.app.get(Hub);
  account = await server.user();
});
afterEach(async () => {
  for (const socket of open.splice(0)) socket.disconnect();
  await until(() => !hub.isOnline(account.id));
});
afterAll(() => server.stop());

/** A client that has been greeted, and what it hears from then on. */
async function listen(transports: ('websocket' | 'polling')[]): Promise<{ socket: Socket; heard: Heard[] }> {
  const [first = 'websocket'] = transports;
  const socket = connect(server, first, { auth: { token: account.tokens.token }, transports });
  open.push(socket);
  const greeted = new Promise((resolve) => socket.once('hello', resolve));
  await connected(socket);
  await greeted;
  const heard: Heard[] = [];
  socket.onAny((event: string, data: unknown) => heard.push([event, data]));
  return { socket, heard };
}

const connections = (): Connection[] => [...hub.of(account.id)];
const told = (n: number): Heard => ['news', { type: 'numbered', n, text: 'ü\u2028💬' }];
const tell = (n: number): number =>
  hub.toUsers([account.id], { domain: 'news', event: 'numbered', data: { n, text: 'ü\u2028💬' } });

describe('an event that is told to many', () => {
  it('is encoded once for all of them, whatever transport they are on', async () => {
    const listeners = await Promise.all([
      listen(['websocket']),
      listen(['websocket']),
      listen(['websocket']),
      listen(['polling']),
      listen(['polling']),
    ]);
    let encoded = 0;
    const counted = {
      toJSON: () => {
        encoded += 1;
        return 'value';
      },
    };
    expect(hub.toUsers([account.id], { domain: 'news', event: 'counted', data: { counted } })).toBe(5);
    await until(() => listeners.every(({ heard }) => heard.length > 0));
    for (const { heard } of listeners) expect(heard).toEqual([['news', { type: 'counted', counted: 'value' }]]);
    expect(encoded).toBe(1);
  });

  it.each([1, 125, 126, 65_535, 65_536, 200_000])('arrives whole with %i bytes of text', async (length) => {
    const listeners = await Promise.all([listen(['websocket']), listen(['polling'])]);
    const text = 'x'.repeat(length);
    hub.toUsers([account.id], { domain: 'news', event: 'long', data: { text } });
    await until(() => listeners.every(({ heard }) => heard.length > 0));
    for (const { heard } of listeners) expect(heard).toEqual([['news', { type: 'long', text }]]);
  });
});

describe.each([[['websocket']], [['polling']], [['polling', 'websocket']]] as const)('over %j', (transports) => {
  it('what is told to many, to one, and answered, arrives in the order in which it was sent', async () => {
    const { socket, heard } = await listen([...transports]);
    const expected: Heard[] = [];
    const [connection] = connections();
    if (!connection) throw new Error('no connection');
    // Over many turns: where the client changes its transport meanwhile, it does so amid them.
    for (let n = 0; n < 300; n++) {
      tell(n);
      hub.send(connection, { event: 'note', data: n });
      expected.push(told(n), ['note', n]);
      if (n % 3 === 0) await new Promise((turn) => setImmediate(turn));
    }
    socket.emit('chat', { message: 'after all' });
    await until(() => heard.length > 600);
    expect(heard.slice(0, 600)).toEqual(expected);
    expect(heard.slice(600)).toEqual([['chat', expect.objectContaining({ message: 'after all' })]]);
    if (transports.length > 1) await until(() => socket.io.engine.transport.name === 'websocket');
    tell(300);
    await until(() => heard.length > 601);
    expect(heard.at(-1)).toEqual(told(300));
  });
});

describe('a reader that has stopped', () => {
  /** Joins by hand, and reads no more. */
  async function stopped(): Promise<Connection> {
    const tcp = await TcpSocket.webSocket(server.port, '/socket.io/?EIO=4&transport=websocket');
    open.push({ disconnect: () => tcp.destroy() });
    tcp.send(frameOf(OPCODE.text, `40${JSON.stringify({ token: account.tokens.token })}`));
    const connection = await until(() => connections()[0]);
    tcp.socket.pause();
    return connection;
  }

  it('has what is told to many counted, is spared what is ephemeral, and is closed with 4413', async () => {
    const connection = await stopped();
    const data = { text: 'x'.repeat(64 * 1024) };
    const before = hub.closures.get('4413') ?? 0;
    let most = 0;
    let spared = 0;
    for (let i = 0; i < 400 && !connection.closed; i++) {
      hub.toUsers([account.id], { domain: 'news', event: 'heavy', data });
      most = Math.max(most, connection.transport.pendingBytes());
      spared += 1 - hub.toUsers([account.id], { domain: 'news', event: 'light', data: {}, ephemeral: true });
      await new Promise((turn) => setImmediate(turn));
    }
    expect(connection.closed).toBe(true);
    expect((hub.closures.get('4413') ?? 0) - before).toBe(1);
    expect(most).toBeGreaterThan(4 * 1024 * 1024);
    expect(most).toBeLessThan(5 * 1024 * 1024);
    expect(spared).toBeGreaterThan(40);
  });
});

describe('an extension’s namespace on the same connection', () => {
  it('has its events to itself, and hears none of ours', async () => {
    const { socket, heard } = await listen(['websocket']);
    const side = socket.io.socket('/side', { auth: { token: account.tokens.token } });
    open.push(side);
    await connected(side);
    const hums: Heard[] = [];
    side.onAny((event: string, data: unknown) => hums.push([event, data]));
    tell(1);
    side.emit('hum', {});
    await until(() => hums.length > 0);
    tell(2);
    await until(() => heard.length > 1);
    expect(heard).toEqual([told(1), told(2)]);
    expect(hums).toEqual([['hummed', 'mm']]);
  });
});

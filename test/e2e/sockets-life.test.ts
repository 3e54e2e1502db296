import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Hub } from '../../src/realtime/hub.js';
import { Sweeper } from '../../src/realtime/sweeper.js';
import { WebSocket } from 'ws';
import type { Parsed } from '../support/http-client.js';
import { RawSocket } from '../support/raw-socket.js';
import { type Account, TestServer } from '../support/server.js';
import { frameOf, OPCODE, TcpSocket } from '../support/tcp-socket.js';
import { until } from '../support/until.js';

let server: TestServer;
let account: Account;
let authorization: { authorization: string };
beforeAll(async () => {
  const generous = { RATE_LIMIT_GENERAL: '100000', RATE_LIMIT_BURST: '100000' };
  server = await TestServer.start({ variables: { HEARTBEAT_SEC: '1', RATE_LIMIT: 'on', ...generous } });
  account = await server.user();
  authorization = { authorization: `Bearer ${account.tokens.token}` };
});
afterAll(() => server.stop());

describe('a game connection', () => {
  it('that shows no sign of life for twice the heartbeat is closed with 4408, and not before', async () => {
    const socket = new WebSocket(`${server.wsUrl}/v1/connect`, { headers: authorization, autoPong: false });
    const frames: Parsed[] = [];
    socket.on('message', (data: Buffer) => frames.push(JSON.parse(data.toString('utf8'))));
    await new Promise((resolve) => socket.once('open', resolve));
    const from = performance.now();
    const code = await new Promise((resolve) => socket.once('close', resolve));
    expect(performance.now() - from).toBeGreaterThan(1950);
    expect(performance.now() - from).toBeLessThan(3500);
    const [hello, notice] = frames;
    expect(hello).toMatchObject({ type: 'hello', heartbeat_sec: 1 });
    expect(notice).toMatchObject({ type: 'disconnect', v: 1, code: 4408, reconnect: true });
    expect(notice.retry_after_ms).toBeGreaterThan(0);
    expect(code).toBe(4408);
  });

  it('lives on by its answers to pings alone, as that of a hidden page', async () => {
    const socket = await server.socket('/v1/connect', authorization);
    await sleep(3_500);
    expect(await socket.command('system.ping')).toMatchObject({ success: true });
    await socket.close();
  });

  it('lives on by any frame: a command, a bad one, a ping of WebSocket', async () => {
    const sockets = await Promise.all([0, 1, 2].map(() => server.socket('/v1/connect', authorization)));
    const [byCommand, byBad, byPing] = sockets;
    for (let i = 0; i < 5; i++) {
      await sleep(600);
      await byCommand?.command('system.ping');
      byBad?.send('nothing');
      byPing?.socket.ping();
    }
    expect(sockets.map(({ socket }) => socket.readyState)).toEqual([WebSocket.OPEN, WebSocket.OPEN, WebSocket.OPEN]);
    await Promise.all(sockets.map((socket) => socket.close()));
  });
});

describe.each([
  ['rest', '/ws/quiet'],
  ['messenger', '/'],
])('a %s connection', (protocol, path) => {
  it('is pinged every 25 s, whatever it sends, and lives on by its pongs', async () => {
    const socket = await server.socket(path);
    const sweeper = server.app.get(Sweeper);
    let pings = 0;
    socket.socket.on('ping', () => (pings += 1));
    const openedAt = performance.now();
    for (const [afterMs, due] of [
      [24_000, 0],
      [26_000, 1],
      [50_000, 1],
      [52_000, 2],
    ] as const) {
      socket.send({ type: 'hello', mode: 'dance' });
      await socket.next();
      sweeper.sweep(openedAt + afterMs, Date.now());
      // Pings keep their place among frames: the answer comes behind one that was sent.
      socket.send({ type: 'hello', mode: 'dance' });
      await socket.next();
      expect(pings).toBe(due);
    }
    expect(socket.socket.readyState).toBe(WebSocket.OPEN);
    await socket.close();
  });

  it('that answers no ping for 60 s is closed with 4408', async () => {
    const socket = new WebSocket(server.wsUrl + path, { autoPong: false });
    const frames: unknown[] = [];
    socket.on('message', (data: Buffer) => frames.push(JSON.parse(data.toString('utf8'))));
    const closed = new Promise<number>((resolve) => socket.once('close', resolve));
    await new Promise((resolve) => socket.once('open', resolve));
    const sweeper = server.app.get(Sweeper);
    sweeper.sweep(performance.now() + 59_000, Date.now());
    expect(socket.readyState).toBe(WebSocket.OPEN);
    sweeper.sweep(performance.now() + 61_000, Date.now());
    expect(await closed).toBe(4408);
    const notice = { code: 4408, reconnect: true, retry_after_ms: expect.any(Number) };
    expect(frames).toMatchObject([
      protocol === 'rest' ? { type: 'disconnect', data: notice } : { mode: 'disconnect', ...notice },
    ]);
  });
});

/** So much does one answer weigh that a slow reader asks for. */
const BIG = 'x'.repeat(200 * 1024);

describe('a reader that is too slow', () => {
  // What it asks for is as large as what it gets: a limit on what it sends would spare it.
  let server: TestServer;
  beforeAll(async () => {
    server = await TestServer.start();
  });
  afterAll(() => server.stop());

  const ask = frameOf(OPCODE.text, JSON.stringify({ type: 'chat', message: BIG }));

  it('is closed with 4413 when 4 MiB wait for it; its neighbours lose nothing, and memory stays bounded', async () => {
    const slow = await TcpSocket.webSocket(server.port, '/ws/slow');
    const neighbour = await server.socket('/ws/neighbour');
    slow.socket.pause();
    const hub = server.app.get(Hub);
    const before = process.memoryUsage();
    let pending = 0;
    for (let i = 0; i < 400 && !hub.closures.has('4413'); i++) {
      slow.send(ask);
      await neighbour.ask({ type: 'chat', message: String(i) });
      for (const { transport } of hub.connections()) pending = Math.max(pending, transport.pendingBytes());
    }
    expect(hub.closures.get('4413')).toBe(1);
    expect(pending).toBeLessThanOrEqual(4 * 1024 * 1024 + 2 * BIG.length);
    expect(process.memoryUsage().rss - before.rss).toBeLessThan(100 * 1024 * 1024);
    // What it did not read it can still read, up to the reason.
    slow.socket.resume();
    const { frames, code } = await slow.rest();
    expect({ last: frames.at(-1), code }).toMatchObject({
      last: { type: 'disconnect', data: { code: 4413, reconnect: true, retry_after_ms: expect.any(Number) } },
      code: 4413,
    });
    expect(await neighbour.ask({ type: 'chat', message: 'still here' })).toMatchObject({ type: 'echo', message: 'still here' });
    await neighbour.close();
    slow.destroy();
  });

  it('is cut off where it never reads again', async () => {
    const stuck = await TcpSocket.webSocket(server.port, '/ws/stuck');
    stuck.socket.pause();
    const hub = server.app.get(Hub);
    const before = hub.closures.get('4413') ?? 0;
    await until(() => {
      stuck.send(ask);
      return (hub.closures.get('4413') ?? 0) > before;
    });
    // The close frame waits behind all the rest; 1.5 s later nothing of the connection is left.
    await until(async () => {
      const open = await new Promise<number>((resolve, reject) => {
        server.app
          .getHttpServer()
          .getConnections((error: Error | null, count: number) => (error ? reject(error) : resolve(count)));
      });
      return open <= 1;
    }, 4000);
    stuck.destroy();
    expect(hub.size).toBe(0);
  });
});

describe('a reader of Socket.IO that is too slow', () => {
  const big = JSON.stringify(['chat', { message: BIG }]);
  const closures = (): number => server.app.get(Hub).closures.get('4413') ?? 0;
  const pending = (): number =>
    Math.max(0, ...[...server.app.get(Hub).connections()].map(({ transport }) => transport.pendingBytes()));

  it.each([
    ['events', '42'],
    ['acknowledgements', '421'],
  ])('is closed when 4 MiB of %s wait for it, over a WebSocket', async (_what, prefix) => {
    const slow = await TcpSocket.webSocket(server.port, '/socket.io/?EIO=4&transport=websocket');
    slow.send(frameOf(OPCODE.text, `40${JSON.stringify({ token: account.tokens.token })}`));
    for (let i = 0; i < 3; i++) await slow.frame();
    slow.socket.pause();
    const before = closures();
    let most = 0;
    await until(() => {
      slow.send(frameOf(OPCODE.text, `${prefix}${big}`));
      most = Math.max(most, pending());
      return closures() > before;
    });
    expect(most).toBeLessThanOrEqual(4 * 1024 * 1024 + 2 * BIG.length);
    slow.destroy();
  });

  it('is closed when 4 MiB wait for it, over long polling', async () => {
    const base = '/socket.io/?EIO=4&transport=polling';
    const { body: handshake } = await server.client().get<string>(base);
    const session = `${base}&sid=${JSON.parse(handshake.slice(1)).sid}`;
    const post = (packet: string) =>
      server.client().raw(session, { method: 'POST', body: packet, headers: { 'content-type': 'text/plain;charset=UTF-8' } });
    await post(`40${JSON.stringify({ token: account.tokens.token })}`);
    const before = closures();
    // It never polls again: the answers have nowhere to go.
    for (let i = 0; i < 40 && closures() === before; i++) await post(`42${big}`);
    expect(closures()).toBe(before + 1);
  });

  it('is cut off before it has joined, too: refusals of namespaces wait like all else', async () => {
    const base = '/socket.io/?EIO=4&transport=polling';
    const { body: handshake } = await server.client().get<string>(base);
    const session = `${base}&sid=${JSON.parse(handshake.slice(1)).sid}`;
    const body = Array.from({ length: 10_000 }, () => '40/nowhere,').join('\u001e');
    const headers = { 'content-type': 'text/plain;charset=UTF-8' };
    const statuses: number[] = [];
    for (let i = 0; i < 4; i++) statuses.push((await server.client().raw(session, { method: 'POST', body, headers })).status);
    expect(statuses).toEqual([200, expect.any(Number), 400, 400]);
  });
});

describe('a flood', () => {
  it('is answered, and ends the connection with 4429 after ten seconds', async () => {
    const flooder = await RawSocket.open(`${server.wsUrl}/ws/flooder`);
    const neighbour = await RawSocket.open(`${server.wsUrl}/ws/calm`);
    const from = performance.now();
    let asked = 0;
    let refused = 0;
    flooder.socket.on('message', (data: Buffer) => {
      if (data.includes('too_many_requests')) refused += 1;
    });
    const flood = setInterval(() => {
      for (let i = 0; i < 30; i++, asked++) flooder.send('{"type":"chat","message":"again"}');
    }, 50);
    const slowest = { ms: 0 };
    const calm = setInterval(() => {
      const sent = performance.now();
      void neighbour.ask({ type: 'chat', message: 'calm' }).then(() => {
        slowest.ms = Math.max(slowest.ms, performance.now() - sent);
      });
    }, 200);
    const { code } = await flooder.closed;
    const seconds = (performance.now() - from) / 1000;
    clearInterval(flood);
    clearInterval(calm);
    expect(code).toBe(4429);
    expect(seconds).toBeGreaterThan(9.9);
    expect(seconds).toBeLessThan(14);
    expect(flooder.pending().at(-1)).toMatchObject({ type: 'disconnect', data: { code: 4429, reconnect: true } });
    // Every frame was answered: by an echo or by a refusal.
    expect(flooder.pending().length - 1).toBeGreaterThan(asked - 200);
    expect(refused).toBeGreaterThan(asked / 3);
    expect(slowest.ms).toBeLessThan(1000);
    await neighbour.close();
  }, 20_000);
});

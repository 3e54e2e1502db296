import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Hub } from '../../src/realtime/hub.js';
import { exchange } from '../support/raw-http.js';
import { EngineWebSocket } from '../support/engine-io.js';
import { type Account, TestServer } from '../support/server.js';
import { frameOf, OPCODE, TcpSocket } from '../support/tcp-socket.js';
import { until } from '../support/until.js';

const MANY = { RATE_LIMIT: 'on', RATE_LIMIT_GENERAL: '100000', RATE_LIMIT_API: '100000', RATE_LIMIT_BURST: '100000' };
const MEGABYTE = 1024 * 1024;
const RATE = 2 * MEGABYTE;

/** Seconds that something takes. */
async function secondsOf(act: () => Promise<unknown>): Promise<number> {
  const from = performance.now();
  await act();
  return (performance.now() - from) / 1000;
}

describe('what one address sends', () => {
  let server: TestServer;
  let account: Account;
  beforeAll(async () => {
    server = await TestServer.start({ variables: MANY });
    account = await server.user();
  });
  afterAll(() => server.stop());

  /** Waits until the address owes nothing: a megabyte is free again. */
  const rested = (): Promise<unknown> => until(async () => (await secondsOf(() => send(MEGABYTE / 2))) < 0.5);
  const send = async (bytes: number): Promise<number> =>
    (await server.client().raw('/nowhere', { method: 'POST', body: `"${'x'.repeat(bytes - 2)}"`, headers: JSON_TYPE })).status;
  const JSON_TYPE = { 'content-type': 'application/json' };

  const FRAMES = 20;
  const FRAME_BYTES = 250_000;
  /** A megabyte at once, and the rest at its rate; the last frame is paid for when it is answered. */
  const LEAST_SECONDS = ((FRAMES - 1) * FRAME_BYTES - MEGABYTE) / RATE - 0.1;
  const text = 'x'.repeat(FRAME_BYTES);

  it('over a raw WebSocket is read at the rate of its address, and all of it is answered', async () => {
    await rested();
    const command = { type: 'command', v: 1, request_id: 'r', domain: 'system', command: 'ping', payload: { sent_at: text } };
    const tcp = await TcpSocket.webSocket(server.port, '/ws/large');
    const seconds = await secondsOf(async () => {
      for (let i = 0; i < FRAMES; i += 1) tcp.send(frameOf(OPCODE.text, JSON.stringify(command)));
      for (let i = 0; i < FRAMES; i += 1)
        expect((await tcp.frame())?.payload.subarray(0, 200).toString()).toContain('"success":true');
    });
    expect(seconds).toBeGreaterThan(LEAST_SECONDS);
    tcp.destroy();
  });

  it('over a WebSocket of Engine.IO is read at the rate of its address, and all of it is answered', async () => {
    await rested();
    const socket = await EngineWebSocket.open(server, account.tokens.token);
    const seconds = await secondsOf(async () => {
      socket.send(...Array<string>(FRAMES).fill(`421["chat",{"message":"${text}"}]`));
      for (let i = 0; i < FRAMES; i += 1) expect((await socket.next())?.slice(0, 100)).toContain('"client_id"');
    });
    expect(seconds).toBeGreaterThan(LEAST_SECONDS);
    socket.destroy();
  });

  it('by many sockets is read no faster than by one, and small frames of others never wait', async () => {
    await rested();
    const sockets = await Promise.all(
      Array.from({ length: FRAMES }, (_, i) => TcpSocket.webSocket(server.port, `/ws/many-${i}`)),
    );
    const neighbour = await server.socket('/ws/small');
    const pinged: number[] = [];
    const seconds = await secondsOf(async () => {
      const frame = frameOf(OPCODE.text, JSON.stringify({ message: 1, filler: text }));
      for (const socket of sockets) socket.send(frame);
      for (const socket of sockets) {
        pinged.push(await secondsOf(() => neighbour.command('system.ping', {})));
        await socket.frame();
        // The first frame of each is paid for; a second one waits its turn.
        socket.send(frame);
      }
      for (const socket of sockets) await socket.frame();
    });
    expect(seconds).toBeGreaterThan((FRAMES * FRAME_BYTES - MEGABYTE) / RATE - 0.1);
    expect(Math.max(...pinged)).toBeLessThan(1);
    for (const socket of sockets) socket.destroy();
    await neighbour.close();
  });

  it('in bodies waits before it is read, and is refused where that would take too long', async () => {
    await rested();
    const head = `POST /nowhere HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${MEGABYTE}\r\n\r\n`;
    // Bodies that never come are paid for all the same: nobody keeps memory by sending them slowly.
    const late = Array.from({ length: 30 }, () => exchange(server.port, head + 'x'.repeat(1000), { deadlineMs: 7_000 }));
    const statuses = (await Promise.all(late)).map(({ status }) => status);
    expect(statuses.filter((status) => status === 429).length).toBeGreaterThanOrEqual(15);
    expect(await send(500)).toBe(404);
  });

  it('in chunks is paid for by its length', async () => {
    await rested();
    const body = 'a\r\n"12345678"\r\n0\r\n\r\n';
    const head =
      'POST /nowhere HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n';
    const seconds = await secondsOf(async () => {
      for (let i = 0; i < 20; i += 1) expect((await exchange(server.port, head + body)).status).toBe(404);
    });
    expect(seconds).toBeLessThan(5);
  });
});

describe('a message that does not come to its end', () => {
  it('closes its connection with 4408 after 13 seconds, also where pongs come between its pieces', async () => {
    const server = await TestServer.start();
    try {
      const half = frameOf(OPCODE.text, 'x'.repeat(200_000), { fin: false });
      const whole = frameOf(OPCODE.text, JSON.stringify({ message: 'x'.repeat(5_000) }));
      const paths = ['/ws/half', '/', '/ws/cut', '/ws/fine'];
      const sockets = await Promise.all(paths.map((path) => TcpSocket.webSocket(server.port, path)));
      const [pieces, messenger, cut, fine] = sockets as [TcpSocket, TcpSocket, TcpSocket, TcpSocket];
      for (const socket of [pieces, messenger]) socket.send(half);
      cut.send(whole.subarray(0, -1));
      fine.send(whole);
      const from = performance.now();
      let open = 3;
      for (const socket of [pieces, messenger, cut]) void socket.closed.then(() => (open -= 1));
      await until(async () => {
        for (const socket of [pieces, messenger]) if (open === 3) socket.send(frameOf(OPCODE.pong));
        return open === 0;
      }, 18_000);
      expect((performance.now() - from) / 1000).toBeGreaterThan(12.5);
      expect(server.app.get(Hub).closures.get('4408')).toBe(3);
      expect(fine.socket.destroyed).toBe(false);
      for (const socket of sockets) socket.destroy();
    } finally {
      await server.stop();
    }
  }, 40_000);
});

describe('paths below /health', () => {
  it('that nobody serves are no way around the limits on requests', async () => {
    const server = await TestServer.start({ variables: { RATE_LIMIT: 'on', RATE_LIMIT_GENERAL: '1', RATE_LIMIT_BURST: '9' } });
    try {
      const ask = async (path: string, method: string): Promise<number> => (await server.client().raw(path, { method })).status;
      const statuses: number[] = [];
      for (let i = 0; i < 20; i += 1) statuses.push(await ask('/health/nothing', i % 2 ? 'POST' : 'GET'));
      expect(statuses).toContain(404);
      expect(statuses).toContain(429);
      expect(await ask('/health/live', 'GET')).toBe(200);
    } finally {
      await server.stop();
    }
  });
});

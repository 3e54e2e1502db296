import { setTimeout as sleep } from 'node:timers/promises';
import { io, type Socket } from 'socket.io-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CLOSE, type CloseReason } from '../../src/realtime/close-reasons.js';
import type { Connection } from '../../src/realtime/connection.js';
import { Hub } from '../../src/realtime/hub.js';
import { EngineWebSocket, PollingSession } from '../support/engine-io.js';
import type { Parsed } from '../support/http-client.js';
import { type Account, TestServer } from '../support/server.js';
import { frameOf, OPCODE } from '../support/tcp-socket.js';
import { until } from '../support/until.js';

let server: TestServer;
let account: Account;
beforeAll(async () => {
  server = await TestServer.start();
  account = await server.user();
});
afterAll(() => server.stop());

/** Longer than a stock client waits before its first attempt to come back: 1 s, give or take a half. */
const FIRST_ATTEMPT_MS = 1_600;
const TRANSPORTS = [['websocket'], ['polling'], ['polling', 'websocket']] as const;

/** A client with the options that it has by itself, and what it went through. */
function stock(transports: readonly ('websocket' | 'polling')[]): { socket: Socket; seen: string[]; greeted: Promise<Parsed> } {
  const socket = io(server.url, { transports: [...transports], forceNew: true, auth: { token: account.tokens.token } });
  const seen: string[] = [];
  socket.on('connect', () => seen.push('connect'));
  socket.on('disconnect', (reason) => seen.push(reason));
  socket.on('disconnect_notice', ({ code }: Parsed) => seen.push(String(code)));
  return { socket, seen, greeted: new Promise((resolve) => socket.once('hello', resolve)) };
}

const connectionOf = ({ connection_id }: Parsed): Connection => {
  const found = [...server.app.get(Hub).connections()].find(({ id }) => id === connection_id);
  if (!found) throw new Error('no such connection');
  return found;
};

/** How the server ends a connection by itself: faults of framing come from `ws`, and are tried over a wire below. */
const REASONS = Object.entries<CloseReason>(CLOSE).filter(([, { code }]) => code > 1009 || code === 1001);

describe.each(TRANSPORTS.map((transports) => [transports.join(' and '), transports] as const))(
  'a stock Socket.IO client over %s',
  (_name, transports) => {
    it.each(REASONS.filter(([, { reconnect }]) => reconnect))(
      'comes back by itself after the ending %s',
      async (_what, reason) => {
        const { socket, seen, greeted } = stock(transports);
        const hello = await greeted;
        server.app.get(Hub).close(connectionOf(hello), reason);
        await until(() => seen.length >= 4);
        expect(seen).toEqual(['connect', String(reason.code), 'transport close', 'connect']);
        socket.disconnect();
      },
    );

    it('stays away after every other ending, and may be brought back by hand', async () => {
      const finals = REASONS.filter(([, { reconnect }]) => !reconnect);
      const clients = finals.map(([, reason]) => ({ ...stock(transports), reason }));
      await Promise.all(
        clients.map(async ({ greeted, reason }) => server.app.get(Hub).close(connectionOf(await greeted), reason)),
      );
      await sleep(FIRST_ATTEMPT_MS);
      for (const { socket, seen, reason } of clients) {
        expect(seen).toEqual(['connect', String(reason.code), 'io server disconnect']);
        socket.connect();
      }
      await until(() => clients.every(({ socket }) => socket.connected));
      for (const { socket } of clients) socket.disconnect();
    });
  },
);

describe('a Socket.IO client that is to stay away', () => {
  it('is disconnected first; its transport is closed a moment later, if the client has not done so', async () => {
    const client = await EngineWebSocket.open(server, account.tokens.token);
    const connection = [...server.app.get(Hub).of(account.id)].at(-1);
    if (!connection) throw new Error('no connection');
    const from = performance.now();
    server.app.get(Hub).close(connection, CLOSE.sessionOver);
    expect(await client.next()).toMatch(/^42\["disconnect_notice",.*4401/);
    expect(await client.next()).toBe('41');
    expect(performance.now() - from).toBeLessThan(300);
    expect(await client.rest()).toEqual([]);
    const tookMs = performance.now() - from;
    expect(tookMs).toBeGreaterThan(400);
    expect(tookMs).toBeLessThan(1_000);
  });

  it('is disconnected before its WebSocket is closed for a fault of framing, too', async () => {
    const { socket, seen, greeted } = stock(['websocket']);
    await greeted;
    socket.emit('chat', { message: 'x'.repeat(300_000) });
    await until(() => seen.length >= 3);
    await sleep(FIRST_ATTEMPT_MS);
    expect(seen).toEqual(['connect', '1009', 'io server disconnect']);
  });
});

/** A command that is answered at once, and one that asks the database. */
const asked = (id: number, command: string): string =>
  `42${id}["command",${JSON.stringify({ request_id: String(id), domain: command.split('.')[0], command: command.split('.')[1], payload: {} })}]`;

describe('what a Socket.IO client asks right before it closes', () => {
  it.each(['system.ping', 'chat.list'])('is answered before the close frame is echoed: %s', async (command) => {
    for (let i = 0; i < 20; i++) {
      const client = await EngineWebSocket.open(server, account.tokens.token);
      client.tcp.send(Buffer.concat([frameOf(OPCODE.text, asked(7, command)), frameOf(OPCODE.close, Buffer.from([3, 232]))]));
      expect(await client.next()).toMatch(/^437\[\{.*"success":true/);
      const close = await client.tcp.frame();
      expect([close?.opcode, close?.payload.readUInt16BE(0)]).toEqual([OPCODE.close, 1000]);
      client.destroy();
    }
  });

  it('is answered over long polling, where the close is in the same payload', async () => {
    const session = await PollingSession.open(server, account.tokens.token);
    const polled = session.poll();
    // Only a poll that waits can bring the answer.
    await server.client().get('/health/live');
    await session.post(asked(7, 'chat.list'), '1');
    expect((await polled).join()).toMatch(/^437\[\{.*"success":true/);
  });

  it('is done where the client leaves the namespace in the same write', async () => {
    const { body: chat } = await account.client.post('/api/v1/chats', {
      chat_type: 'group',
      chat_name: 'Last words',
      members: [],
    });
    const client = await EngineWebSocket.open(server, account.tokens.token);
    client.send(`42["chat",${JSON.stringify({ chat_id: chat.chat_id, message: 'Bye!' })}]`, '41');
    const last = async () => (await account.client.get(`/api/v1/chats/${chat.chat_id}/messages`)).body.messages.at(-1)?.content;
    expect(await until(async () => (await last()) === 'Bye!')).toBe(true);
    client.destroy();
  });
});

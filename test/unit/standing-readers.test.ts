import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { type ReaderLimits, StandingReaders } from '../../src/realtime/adapters/standing-readers.js';
import { until } from '../support/until.js';

const PAGE = Buffer.alloc(4 * 1024 * 1024, 'x');
const LARGE = Buffer.alloc(32 * 1024 * 1024, 'x');

describe('clients that do not read the answers they asked for', () => {
  let server: Server;
  const clients: Socket[] = [];
  /** The ports of those that the server has ended: a client that does not read does not notice it. */
  let ended: (number | undefined)[] = [];

  const start = async (limits: Partial<ReaderLimits>, isProxied = false): Promise<void> => {
    const readers = new StandingReaders(isProxied, { everyMs: 20, ...limits });
    server = createServer((request, response) => {
      readers.watch(request.socket, response);
      if (request.url === '/late') setTimeout(() => response.end('late'), 500);
      else response.end(request.url === '/large' ? LARGE : PAGE);
    });
    readers.attend(server);
    const closed: (number | undefined)[] = [];
    ended = closed;
    server.on('connection', (socket) => {
      const { remotePort } = socket;
      socket.once('close', () => closed.push(remotePort));
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
  };

  afterEach(async () => {
    for (const client of clients.splice(0)) client.destroy();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  const ask = async (path: string, times = 1): Promise<Socket> => {
    const client = connect((server.address() as AddressInfo).port, '127.0.0.1').on('error', () => undefined);
    clients.push(client);
    await once(client, 'connect');
    client.pause();
    client.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`.repeat(times));
    return client;
  };

  it('lose their connections when they have taken nothing for a while', async () => {
    await start({ stallMs: 200, bytesPerAddress: 1e9 });
    for (let i = 0; i < 5; i += 1) await ask('/', 4);
    await until(() => ended.length === 5);
  });

  it('lose the largest ones when too much waits for their address', async () => {
    await start({ stallMs: 60_000, bytesPerAddress: 2 * PAGE.length });
    await ask('/');
    const many = await ask('/', 8);
    await until(() => ended.length > 0);
    expect(ended).toEqual([many.localPort]);
  });

  it('keep them behind a proxy, whose connections are everybody’s', async () => {
    await start({ stallMs: 60_000, bytesPerAddress: 2 * PAGE.length }, true);
    for (let i = 0; i < 4; i += 1) await ask('/');
    const many = await ask('/', 8);
    await until(() => ended.length > 0);
    expect(ended).toEqual([many.localPort]);
  });

  it('keep them while they read slowly, until it has taken too long', async () => {
    await start({ stallMs: 1_200, totalMs: 3_000, bytesPerAddress: 1e9 });
    const client = await ask('/large');
    const from = performance.now();
    client.on('data', () => client.pause());
    const timer = setInterval(() => client.resume(), 20);
    await until(() => ended.length === 1, 10_000);
    clearInterval(timer);
    expect(performance.now() - from).toBeGreaterThan(2_500);
  });

  it('keep them while the answer is not there yet', async () => {
    await start({ stallMs: 100 });
    const client = await ask('/late');
    client.resume();
    const [part] = (await once(client, 'data')) as [Buffer];
    expect(part.toString()).toContain('200 OK');
  });
});

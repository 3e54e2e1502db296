import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Metrics } from '../../src/ops/metrics.js';
import { exchange } from '../support/raw-http.js';
import { TestServer } from '../support/server.js';
import { until } from '../support/until.js';

/** Answers follow each other without a line break. */
const answersIn = (text: string): number => text.split('HTTP/1.1 200').length - 1;

const get = (path: string, more = ''): string => `GET ${path} HTTP/1.1\r\nHost: localhost\r\n${more}\r\n`;

describe('requests sent behind each other on one connection', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await TestServer.start();
  });
  afterAll(() => server.stop());

  it('are answered, all of them, up to as many as may wait', async () => {
    const { text } = await exchange(server.port, get('/health/live').repeat(32), {
      enough: (received) => answersIn(received) === 32,
    });
    expect(answersIn(text)).toBe(32);
  });

  it.each(['/nowhere', '/%zz', '/socket.io/?EIO=4&transport=polling&sid=nobody', '/v1/connect'])(
    'end the connection where more of them wait: %s',
    async (path) => {
      const metrics = server.app.get(Metrics);
      const before = metrics.requestCount;
      const { closedAfterMs } = await exchange(server.port, get(path).repeat(2000));
      expect(closedAfterMs).not.toBeNull();
      // Node had all of them, and made requests of a few.
      expect(metrics.requestCount - before).toBeLessThanOrEqual(32);
    },
  );
});

describe('requests that no route takes', () => {
  it.each(['/nowhere', '/%zz', '/nowhere?%zz'])('count for the limit of their address: %s', async (path) => {
    const server = await TestServer.start({ variables: { RATE_LIMIT: 'on', RATE_LIMIT_GENERAL: '1', RATE_LIMIT_BURST: '9' } });
    try {
      const statuses: number[] = [];
      for (let i = 0; i < 20; i += 1) statuses.push((await exchange(server.port, get(path, 'Connection: close\r\n'))).status);
      expect(statuses.slice(0, 10)).not.toContain(429);
      expect(statuses.slice(10)).toContain(429);
    } finally {
      await server.stop();
    }
  });
});

describe('connections on which nothing is asked', () => {
  it('are bounded for an address: beyond its sockets a thousand', async () => {
    const server = await TestServer.start({ variables: { MAX_CONNECTIONS_PER_ADDRESS: '1' } });
    const open = async (): Promise<Socket> => {
      const socket = connect({ port: server.port, host: '127.0.0.1' }).on('error', () => undefined);
      await once(socket, 'connect');
      return socket;
    };
    const sockets: Socket[] = [];
    try {
      for (let i = 0; i < 1010; i += 1) sockets.push(await open());
      const alive = (): Socket[] => sockets.filter((socket) => !socket.closed && !socket.readableEnded);
      for (const socket of sockets) socket.resume();
      await until(() => alive().length === 1001);
      expect(alive()).toEqual(sockets.slice(0, 1001));
      sockets[0]?.destroy();
      await until(async () => (await exchange(server.port, get('/health/live', 'Connection: close\r\n'))).status === 200);
    } finally {
      for (const socket of sockets) socket.destroy();
      await server.stop();
    }
  });
});

import { connect, type Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { TestServer } from '../support/server.js';
import { until } from '../support/until.js';

const REQUEST = 'GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n';
/** What the door lets in of one address at once, with the smallest limit on requests. */
const AT_ONCE = 100;

let server: TestServer;
let sockets: Socket[] = [];
/** The addresses that were answered, in the order of their answers. */
let answered: string[] = [];

beforeAll(async () => {
  server = await TestServer.start({ variables: { RATE_LIMIT: 'on', RATE_LIMIT_GENERAL: '1' } });
});
afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  sockets = [];
  answered = [];
  await until(async () => (await openConnections()) === 0);
});
afterAll(() => server.stop());

const openConnections = (): Promise<number> =>
  new Promise((resolve) => server.app.getHttpServer().getConnections((_error: unknown, count: number) => resolve(count)));

/** Connects and asks at once, before anybody can have let the connection in. */
function ask(localAddress: string): Socket {
  const socket = connect({ port: server.port, host: '127.0.0.1', localAddress }).on('error', () => undefined);
  socket.once('data', (data) => {
    expect(data.toString()).toMatch(/^HTTP\/1\.1 200 /);
    answered.push(localAddress);
  });
  socket.write(REQUEST);
  sockets.push(socket);
  return socket;
}

describe('connections that one address opens faster than they are let in', () => {
  it('are answered later, all of them, and those of another address meanwhile', async () => {
    for (let i = 0; i < AT_ONCE + 40; i += 1) ask('127.0.0.2');
    await until(() => answered.length >= AT_ONCE / 2);
    ask('127.0.0.3');
    await until(() => answered.includes('127.0.0.3'));
    expect(answered.length).toBeLessThan(AT_ONCE + 40);
    await until(() => answered.length === AT_ONCE + 41);
  });

  it('are forgotten if they are closed while they wait', async () => {
    const waiting = Array.from({ length: AT_ONCE + 40 }, () => ask('127.0.0.4'));
    await until(() => answered.length >= AT_ONCE / 2);
    for (const socket of waiting) socket.resetAndDestroy();
    answered = [];
    ask('127.0.0.4');
    await until(() => answered.includes('127.0.0.4'));
    expect(answered).toEqual(['127.0.0.4']);
  });
});

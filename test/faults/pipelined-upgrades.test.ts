import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { exchange } from '../support/raw-http.js';
import { TestServer } from '../support/server.js';

const REQUEST = 'GET /health/live HTTP/1.1\r\nHost: localhost\r\n';
const PLAIN = `${REQUEST}\r\n`;
const OFFER = `${REQUEST}Connection: Upgrade\r\nUpgrade: h2c\r\n\r\n`;
// Waits for the database, so that its answer is still on its way when the next request is read.
const SLOW = 'GET /health/ready HTTP/1.1\r\nHost: localhost\r\n\r\n';
const WEB_SOCKET =
  'GET /ws/pipelined HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
  'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n';

/** The statuses of the answers that came; a body ends without a line of its own. */
const statusesIn = (text: string): number[] => [...text.matchAll(/HTTP\/1\.1 (\d{3})/g)].map(([, status]) => Number(status));

/** Offers to speak another protocol that come behind, or before, other requests of the same connection. */
describe('upgrades in the middle of a pipeline', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await TestServer.start();
  });
  afterAll(() => server.stop());

  it.each([
    ['behind a request', PLAIN + OFFER, PLAIN],
    ['behind another offer', OFFER + OFFER, PLAIN],
    ['behind a request that takes its time', SLOW + OFFER, SLOW + PLAIN],
    ['between requests, all at once', PLAIN + OFFER + SLOW + OFFER + PLAIN, PLAIN],
  ])('are served as requests: an offer %s', async (_where, first, then) => {
    const socket = connect({ port: server.port, host: '127.0.0.1' });
    let text = '';
    socket.on('data', (part: Buffer) => {
      text += part.toString('latin1');
    });
    const wanted = ((first + then).match(/HTTP\/1\.1/g) ?? []).length;
    socket.write(first);
    await once(socket, 'data');
    socket.write(then);
    await expect.poll(() => statusesIn(text), { timeout: 5_000 }).toEqual(Array.from({ length: wanted }, () => 200));
    socket.destroy();
    expect((await server.client().get('/health/live')).status).toBe(200);
  });

  it('to a WebSocket wait until what was asked before has been answered', async () => {
    const { text } = await exchange(server.port, SLOW + WEB_SOCKET, { enough: (came) => came.includes(' 101 ') });
    expect(statusesIn(text)).toEqual([200, 101]);
  });
});

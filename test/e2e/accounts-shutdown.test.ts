import { expect, it, vi } from 'vitest';
import { Drain } from '../../src/ops/drain.js';
import { PASSWORD, TestServer } from '../support/server.js';
import { TcpSocket } from '../support/tcp-socket.js';

it('a log-in that was under way when the server was told to stop is answered', async () => {
  const server = await TestServer.start();
  let stopped: Promise<void> | undefined;
  try {
    const { username } = await server.user();
    const drained = vi.spyOn(server.app.get(Drain), 'beforeApplicationShutdown');
    const body = JSON.stringify({ username, password: PASSWORD });
    const tcp = await TcpSocket.connect(server.port);
    const head = ['POST /auth/login HTTP/1.1', 'Host: localhost', 'Content-Type: application/json', 'Expect: 100-continue'];
    tcp.send(`${head.join('\r\n')}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n`);
    expect((await tcp.head()).status).toBe(100);
    // From here on the request is in flight.
    stopped = server.stop();
    await vi.waitFor(() => expect(drained).toHaveBeenCalled());
    tcp.send(body);
    const answer = await tcp.head();
    expect(answer.status).toBe(200);
    expect(JSON.parse(answer.body)).toMatchObject({ success: true });
    await tcp.closed;
  } finally {
    await (stopped ?? server.stop());
  }
});

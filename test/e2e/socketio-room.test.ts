import { once } from 'node:events';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { TestServer } from '../support/server.js';

const PATH = '/socket.io/?EIO=4&transport=websocket';

let server: TestServer;
const open: WebSocket[] = [];
beforeAll(async () => {
  server = await TestServer.start({ variables: { MAX_CONNECTIONS_PER_ADDRESS: '2' } });
});
afterAll(async () => {
  for (const socket of open) socket.terminate();
  await server.stop();
});

/** A connection of Engine.IO that joins no namespace; it is let in when its first packet has come. */
async function connect(path: string): Promise<void> {
  const socket = new WebSocket(server.wsUrl + path);
  open.push(socket);
  await once(socket, 'message');
}

it('connections of Socket.IO count for their address from the start, joined or not', async () => {
  await connect(PATH);
  await connect(PATH);
  // Nor does a session id that nobody has, or that is not the one that Engine.IO reads, open the door.
  for (const path of [PATH, `${PATH}&sid=`, `${PATH}&sid=nobody`, `${PATH}&sid=nobody&sid=`]) {
    await expect(connect(path), path).rejects.toThrow('429');
  }
});

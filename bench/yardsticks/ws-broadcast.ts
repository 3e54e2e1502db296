import type { AddressInfo } from 'node:net';
import { WebSocketServer } from 'ws';

/** What comes from the one is sent to all others, as it came: a loop over `ws.send`. */
const server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false }, () => {
  console.log((server.address() as AddressInfo).port);
});
server.on('connection', (socket) => {
  socket.on('message', (data) => {
    for (const other of server.clients) if (other !== socket) other.send(data, { binary: false });
  });
});
process.on('SIGTERM', () => process.exit(0));

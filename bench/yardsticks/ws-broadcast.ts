import type { AddressInfo } from 'node:net';
import { WebSocketServer } from 'ws';

/** What comes from the one is sent to all others: a loop over `ws.send`. */
const server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false }, () => {
  console.log((server.address() as AddressInfo).port);
});
server.on('connection', (socket) => {
  socket.on('message', (data) => {
    const text = String(data);
    for (const other of server.clients) if (other !== socket) other.send(text);
  });
});
process.on('SIGTERM', () => process.exit(0));

import type { AddressInfo } from 'node:net';
import { WebSocketServer } from 'ws';

/** The least that a JSON round trip over a WebSocket costs in Node: bare `ws`, parse, stringify, nothing else. */
const server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false }, () => {
  console.log((server.address() as AddressInfo).port);
});
server.on('connection', (socket) => {
  socket.on('message', (data) => {
    const { request_id, payload } = JSON.parse(String(data));
    socket.send(
      JSON.stringify({
        type: 'response',
        v: 1,
        request_id,
        success: true,
        data: { sent_at: payload.sent_at, server_time: 1735689600 },
      }),
    );
  });
});
process.on('SIGTERM', () => process.exit(0));

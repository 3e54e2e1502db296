#!/usr/bin/env bash
# Expected: a client that backs off with jitter goes on with jitter at its longest pause, so that clients which lost one server spread out; and
#   a server that takes connections and ends them at once makes the pauses grow.
# Seen: socket.io-client cuts the pause to `reconnectionDelayMax` after it has added the jitter. From the fifth attempt on every pause is exactly
#   5 s (by default), for every client: all of those that lost a server within the same second knock in the same seconds from then on. And
#   the pauses begin anew whenever a transport has opened: a server that ends each connection at once is asked again after 0.5 to 1.5 s for good.
# Versions: socket.io-client 4.8.4, socket.io 4.8.3; Node 20 to 24.
# Where it matters: restarts of a server with many clients; a server that is up but lets nobody in, such as one without its database.
set -euo pipefail
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts socket.io-client@4.8.4 socket.io@4.8.3
cat >seen.mjs <<'JS'
import { once } from 'node:events';
import { createServer } from 'node:net';
import { createRequire } from 'node:module';
import { Server } from 'socket.io';
import { io } from 'socket.io-client';

// A tenth of the defaults, in the same proportions: 1 s at first, 5 s at most, jitter of a half.
const PACE = { reconnectionDelay: 100, reconnectionDelayMax: 500, randomizationFactor: 0.5, transports: ['websocket'], forceNew: true };

const closed = createServer().listen(0, '127.0.0.1');
await once(closed, 'listening');
const { port } = closed.address();
closed.close();
await once(closed, 'close');

/** The pauses of one client, as its manager draws them. */
function pausesOf(url, count) {
  return new Promise((resolve) => {
    const socket = io(url, PACE);
    const { backoff } = socket.io;
    const pauses = [];
    const draw = backoff.duration.bind(backoff);
    backoff.duration = () => {
      pauses.push(draw());
      if (pauses.length === count) setImmediate(() => resolve(pauses), socket.disconnect());
      return pauses.at(-1);
    };
  });
}

const unreachable = await Promise.all(Array.from({ length: 10 }, () => pausesOf(`http://127.0.0.1:${port}`, 8)));
const server = new Server().listen(0);
server.on('connection', (socket) => socket.conn.close());
while (!server.httpServer.address()) await new Promise((resolve) => setTimeout(resolve, 10));
const ending = await Promise.all(Array.from({ length: 3 }, () => pausesOf(`http://127.0.0.1:${server.httpServer.address().port}`, 8)));
server.close();

console.log('nobody there (ms, a tenth of the defaults):');
for (const pauses of unreachable.slice(0, 3)) console.log('  ', pauses.join(', '));
console.log('let in and ended at once:');
for (const pauses of ending) console.log('  ', pauses.join(', '));
const late = unreachable.flatMap((pauses) => pauses.slice(4));
const { version } = createRequire(import.meta.url)('socket.io-client/package.json');
console.log(`socket.io-client ${version}: from the fifth attempt on ${new Set(late).size} different pause(s) of ${unreachable.length} clients`);
const isSeen = late.every((ms) => ms === 500) && ending.flat().every((ms) => ms <= 150);
process.exit(isSeen ? 0 : 1);
JS
node seen.mjs

#!/usr/bin/env bash
# Expected: a server acknowledges a request and emits an event right afterwards. A client that awaits `emitWithAck` goes on with the answer
#   before its listener gets the event: that is the order in which the two were sent and arrived.
# Seen: the listener gets the event first whenever both arrive in one read. The client decodes all frames of the read at once and hands each
#   packet over in a microtask of its own; the promise of the acknowledgement resolves in a later microtask. With a callback in place of
#   the promise the order is that of arrival, and so it is with both if the server waits 50 ms before it emits.
# Versions: socket.io 4.8.3, socket.io-client 4.8.4 over WebSocket in Node.js 20.19 or later.
# Where it matters: a client that numbers what it receives takes each of its own messages for a gap.
set -euo pipefail
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts socket.io@4.8.3 socket.io-client@4.8.4
cat >server.mjs <<'JS'
import { setTimeout as sleep } from 'node:timers/promises';
import { Server } from 'socket.io';

const io = new Server(0);
io.on('connection', (socket) => {
  socket.on('say', async (pauseMs, acknowledge) => {
    acknowledge('answer');
    if (pauseMs > 0) await sleep(pauseMs);
    socket.emit('next', 'event');
  });
});
io.httpServer.once('listening', () => process.send(io.httpServer.address().port));
JS
cat >seen.mjs <<'JS'
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { io } from 'socket.io-client';

const server = fork('./server.mjs');
const [port] = await once(server, 'message');
const client = io(`http://127.0.0.1:${port}`, { transports: ['websocket'] });
await once(client, 'connect');

/** Keeps the process busy, so that what arrives meanwhile is read at once: as a page or a bot that has something to do. */
const work = (ms) => {
  for (const end = Date.now() + ms; Date.now() < end; );
};

async function order(ask, pauseMs) {
  const seen = [];
  const heard = new Promise((resolve) => client.once('next', (what) => resolve(seen.push(what))));
  const answered = ask(pauseMs, (what) => seen.push(what));
  setImmediate(() => work(30));
  await Promise.all([heard, answered]);
  return seen.join(', ');
}
const byPromise = (pauseMs, take) => client.emitWithAck('say', pauseMs).then(take);
const byCallback = (pauseMs, take) => new Promise((resolve) => client.emit('say', pauseMs, (what) => resolve(take(what))));

const seen = {
  'promise, event at once': await order(byPromise, 0),
  'callback, event at once': await order(byCallback, 0),
  'promise, event 50 ms later': await order(byPromise, 50),
};
console.table(seen);
client.close();
server.kill();
const [promise, callback, later] = Object.values(seen);
process.exit(promise === 'event, answer' && callback === 'answer, event' && later === 'answer, event' ? 0 : 1);
JS
node seen.mjs

#!/usr/bin/env bash
# Expected: with Socket.IO's connection state recovery a client that loses its connection for a moment gets what it missed, and goes on
#   receiving. Feathers hands the options of `socketio({…})` to Socket.IO, so one line switches recovery on.
# Seen: the client is recovered (`recovered: true`, the same id) and gets what it missed. No event reaches it afterwards: Feathers joins
#   connections to channels in a middleware of Socket.IO, and a recovered socket skips the middlewares. The channel is empty.
#   With `skipMiddlewares: false` beside it events arrive again.
# Versions: @feathersjs/{feathers,koa,socketio} 5.0.50, socket.io 4.8.3, socket.io-client 4.8.4; Node 20.19 or later.
# Where it matters: the client looks connected and calls work, so nothing notices that it has gone deaf.
set -euo pipefail
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts @feathersjs/feathers@5.0.50 @feathersjs/koa@5.0.50 \
  @feathersjs/socketio@5.0.50 socket.io@4.8.3 socket.io-client@4.8.4
cat >seen.mjs <<'JS'
import { once } from 'node:events';
import { feathers } from '@feathersjs/feathers';
import { bodyParser, errorHandler, koa, rest } from '@feathersjs/koa';
import socketio from '@feathersjs/socketio';
import { io } from 'socket.io-client';

async function run(connectionStateRecovery) {
  const app = koa(feathers());
  app.use(errorHandler()).use(bodyParser());
  app.configure(rest()).configure(socketio({ connectionStateRecovery }));
  app.use('notes', { create: async (note) => note });
  app.on('connection', (connection) => app.channel('all').join(connection));
  app.publish(() => app.channel('all'));
  const server = await app.listen(0);
  const client = io(`http://127.0.0.1:${server.address().port}`, { transports: ['websocket'], reconnectionDelay: 50 });
  const received = [];
  client.on('notes created', ({ text }) => received.push(text));
  const notes = app.service('notes');
  await once(client, 'connect');
  const heard = once(client, 'notes created');
  await notes.create({ text: 'before' });
  await heard;
  const { id } = client;
  client.io.engine.close();
  await once(client, 'connect');
  await notes.create({ text: 'after' });
  // A call and its answer travel the same way as events, so earlier events have arrived by then.
  await new Promise((resolve) => client.emit('create', 'notes', { text: 'called' }, {}, resolve));
  await new Promise((resolve) => setTimeout(resolve, 500));
  const seen = { recovered: client.recovered, sameId: client.id === id, received: received.join(' ') };
  client.close();
  await app.teardown();
  return seen;
}

const asDocumented = await run({});
const withMiddlewares = await run({ skipMiddlewares: false });
console.table({ asDocumented, withMiddlewares });
const isDeaf = asDocumented.recovered && asDocumented.received === 'before';
process.exit(isDeaf && withMiddlewares.received === 'before after called' ? 0 : 1);
JS
node seen.mjs

#!/usr/bin/env bash
# Expected: over a Unix-domain socket `sslmode` is ignored, as libpq documents it ("sslmode is ignored for Unix domain socket communication"),
#   so that one DATABASE_URL with `?host=/var/run/postgresql&sslmode=require` works for psql and for Node alike.
# Seen: node-postgres asks for TLS over the socket, PostgreSQL answers that it has none there, and the connection fails with "The server
#   does not support SSL connections". With `PGSSLMODE=require` in the environment every socket URL fails like that.
# Versions: pg 8.23.1, Node 20 or newer. The server is a stand-in that answers as PostgreSQL does: `N` to a request for TLS, else a refusal.
# Where it matters: URLs of hosts that hand out sockets, and machines where PGSSLMODE is set for everybody.
set -euo pipefail
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts pg@8.23.1
cat >seen.mjs <<'JS'
import { once } from 'node:events';
import { createServer } from 'node:net';
import pg from 'pg';

const folder = process.cwd();
const asked = [];
const refusal = Buffer.from('SFATAL\0VFATAL\0C28000\0Mreached\0\0');
const head = Buffer.alloc(5);
head[0] = 0x45;
head.writeInt32BE(refusal.length + 4, 1);
const server = createServer((socket) => {
  socket.on('error', () => {});
  socket.once('data', (bytes) => {
    const isTls = bytes.readInt32BE(4) === 80877103;
    asked.push(isTls ? 'TLS' : 'start-up');
    socket.end(isTls ? 'N' : Buffer.concat([head, refusal]));
  });
}).listen(`${folder}/.s.PGSQL.5432`);
await once(server, 'listening');

const outcomeOf = (url) => {
  const client = new pg.Client(url);
  client.on('error', () => {});
  return client.connect().then(
    () => 'connected',
    (error) => error.message,
  );
};
const url = `postgres://app@/db?host=${folder}`;
const plain = await outcomeOf(url);
const required = await outcomeOf(`${url}&sslmode=require`);
server.close();
console.table({ 'no sslmode': { asked: asked[0], outcome: plain }, 'sslmode=require': { asked: asked[1], outcome: required } });
process.exit(plain === 'reached' && asked[1] === 'TLS' && /does not support SSL/.test(required) ? 0 : 1);
JS
NODE_NO_WARNINGS=1 node seen.mjs

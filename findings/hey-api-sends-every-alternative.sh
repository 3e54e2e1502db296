#!/usr/bin/env bash
# Expected: `security: [{bearer: []}, {cookie: []}]` are alternatives, of which one is enough (OpenAPI 3.1, "Security Requirement Object").
#   A client with `auth: () => token` sends the token once, as the first scheme says.
# Seen: a client by @hey-api/openapi-ts asks `auth` for every scheme of the list and sends them all: the access token goes into
#   `Authorization`, and as the value of the cookie as well.
# Versions: @hey-api/openapi-ts 0.95.0, typescript 5.9.3, tsx 4.20.6; Node 20.20.2; Linux on x64.
# Where it matters: a server that takes the cookie first, or refuses a cookie that is no good, answers 401 to a request with a good token.
#   `auth: (scheme) => (scheme.type === 'http' ? token : undefined)` sends the token only where it belongs.
set -euo pipefail
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
npm pkg set type=module >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts @hey-api/openapi-ts@0.95.0 typescript@5.9.3 tsx@4.20.6
cat >openapi.json <<'JSON'
{
  "openapi": "3.1.1",
  "info": { "title": "Two ways in", "version": "1" },
  "paths": {
    "/logout": {
      "post": {
        "operationId": "logOut",
        "security": [{ "bearer": [] }, { "cookie": [] }],
        "responses": { "200": { "description": "Done" } }
      }
    }
  },
  "components": {
    "securitySchemes": {
      "bearer": { "type": "http", "scheme": "bearer" },
      "cookie": { "type": "apiKey", "in": "cookie", "name": "refresh_token" }
    }
  }
}
JSON
npx openapi-ts -i openapi.json -o generated -c @hey-api/client-fetch --no-log-file >/dev/null
cat >seen.ts <<'TS'
import { createServer } from 'node:http';
import { logOut } from './generated';
import { client } from './generated/client.gen';

const server = createServer(({ headers }, response) => {
  const { authorization, cookie } = headers;
  console.log({ authorization, cookie });
  process.exitCode = authorization === 'Bearer access' && cookie === 'refresh_token=access' ? 0 : 1;
  response.end();
});
server.listen(0, '127.0.0.1', async () => {
  client.setConfig({ baseUrl: `http://127.0.0.1:${server.address().port}`, auth: () => 'access' });
  await logOut();
  server.close();
  server.closeAllConnections();
});
TS
timeout 30 npx tsx seen.ts

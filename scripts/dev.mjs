/** Runs the server and, whenever a source changes, builds and starts it anew: `npm run dev`. A build that fails leaves the old one running. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, watch } from 'node:fs';
import { dirname, join } from 'node:path';
import { build, buildWhenNeeded } from './build.mjs';

const top = dirname(import.meta.dirname);
const SOURCES = ['src', 'web', 'clients/typescript/src'];
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

const watchers = new Map();

function foldersOf(source) {
  const below = readdirSync(source, { recursive: true, withFileTypes: true }).filter((entry) => entry.isDirectory());
  return [source, ...below.map((entry) => join(entry.parentPath, entry.name))];
}

/** Watches every folder of the sources. A recursive watch would lose a file that an editor replaces by a new one of its name. */
function watchFolders() {
  const folders = new Set(SOURCES.flatMap((source) => foldersOf(join(top, source))));
  for (const [folder, watcher] of watchers) {
    if (folders.has(folder)) continue;
    watcher.close();
    watchers.delete(folder);
  }
  for (const folder of folders) {
    if (!watchers.has(folder)) watchers.set(folder, watch(folder, changed).on('error', changed));
  }
}

function changed() {
  clearTimeout(timer);
  timer = setTimeout(() => {
    watchFolders();
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
watchFolders();
watch(top, (_event, name) => {
  if (name === 'ormconfig.ts' || name === '.env') changed();
});
if (await buildWhenNeeded()) start();
else console.error('It does not compile; the next change tries again.');

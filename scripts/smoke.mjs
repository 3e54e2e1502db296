/**
 * Starts what is built, once, under a given runtime, and does what a user does first: `node scripts/smoke.mjs [path of a node binary]`.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import WebSocket from 'ws';

const START_MS = 60_000;
const STOP_MS = 15_000;

const top = dirname(import.meta.dirname);
const runtime = process.argv[2] ?? process.execPath;
const folder = await mkdtemp(join(tmpdir(), 'switchboard-smoke-'));
// As root, PostgreSQL runs as another user, who has to get through here.
await chmod(folder, 0o755);

const server = spawn(runtime, [join(top, 'dist/src/main.js')], {
  cwd: folder,
  env: { PATH: process.env.PATH, PORT: '0', DATA_DIR: join(folder, 'data'), LOG_LEVEL: 'warn' },
  stdio: ['ignore', 'inherit', 'pipe'],
});
const exited = once(server, 'exit');

try {
  const base = await address();
  await expectAnswer(`${base}/health/ready`, undefined, ({ status }) => status === 'ok');
  const account = { username: 'smoke', email: 'smoke@example.com', password: 'a long enough password' };
  await expectAnswer(`${base}/auth/register`, account, ({ success }) => success === true);
  const { data } = await expectAnswer(`${base}/auth/login`, account, ({ success }) => success === true);
  await hello(`${base.replace('http', 'ws')}/v1/connect`, data.token);
  server.kill('SIGTERM');
  const [code] = await within(STOP_MS, exited, 'it did not end');
  if (code !== 0) throw new Error(`it ended with ${code}`);
  console.log(`Smoke test passed under ${await version()}`);
} finally {
  server.kill('SIGKILL');
  await exited;
  await rm(folder, { recursive: true, force: true });
}

/** The address from the text that the server prints when it is up. */
async function address() {
  const found = new Promise((resolve) => {
    createInterface({ input: server.stderr }).on('line', (line) => {
      const [url] = /http:\/\/\S+:\d+/.exec(line) ?? [];
      if (url) resolve(url);
      else if (line.trim()) console.error(line);
    });
  });
  const ended = exited.then(([code]) => Promise.reject(new Error(`it ended with ${code} before it was up`)));
  return within(START_MS, Promise.race([found, ended]), 'it did not come up');
}

async function expectAnswer(url, body, isGood) {
  const options = body && { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
  const response = await fetch(url, options);
  const answer = await response.json();
  if (response.status !== 200 || !isGood(answer)) throw new Error(`${url} answered ${response.status} ${JSON.stringify(answer)}`);
  return answer;
}

/** Opens a socket with a token and waits for the server's greeting. */
async function hello(url, token) {
  const socket = new WebSocket(url, { headers: { authorization: `Bearer ${token}` } });
  const [message] = await within(5000, once(socket, 'message'), 'no greeting');
  socket.close();
  if (JSON.parse(message).type !== 'hello') throw new Error(`the greeting was ${message}`);
}

async function version() {
  const child = spawn(runtime, ['--version'], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [text] = await once(child.stdout.setEncoding('utf8'), 'data');
  return `Node ${text.trim()}`;
}

async function within(limitMs, promise, complaint) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${complaint} within ${limitMs} ms`)), limitMs);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

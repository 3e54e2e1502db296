/**
 * Takes the pictures of the documents from what is built: `npm run pictures`. A server of its own with the people of `cli demo`, and
 * Debian's Chromium; what is shown is the console as it is, so that the pictures stay true.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';
import WebSocket from 'ws';
import { buildWhenNeeded } from './build.mjs';
import { programs } from './capabilities.mjs';

const top = dirname(import.meta.dirname);
/** Of all accounts of the demo; the server is there only while the pictures are taken. */
const PASSWORD = 'a password for pictures';
const DESK = { width: 1280, height: 800 };
const POCKET = { width: 390, height: 844 };
/** Milliseconds for which the figures are watched before they are pictured. */
const WATCHED_MS = 150_000;

/** What the people of the demo use. */
const AGENTS = [
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 15_6) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Safari/605.1.15',
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:150.0) Gecko/20100101 Firefox/150.0',
  'Mozilla/5.0 (Linux; Android 16) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0.0.0 Mobile Safari/537.36',
];

/** Every picture: its file in docs/pictures, its size in pixels, and how to come to what it shows. */
export const PICTURES = [
  { name: 'chat.png', ...DESK, show: chat },
  { name: 'chat-narrow.png', ...POCKET, colours: 'dark', show: narrowChat },
  { name: 'user.png', ...DESK, show: user },
  { name: 'report.png', ...DESK, show: report },
  { name: 'figures.png', ...DESK, show: figures },
  { name: 'explorer.png', ...DESK, colours: 'dark', show: explorer },
  { name: 'docs.png', ...DESK, show: docs },
  { name: 'asyncapi.png', ...DESK, show: asyncapi },
];

async function chat({ page, open }) {
  await open('/');
  await page.getByRole('listitem').filter({ hasText: 'Project Lighthouse' }).getByRole('link').click();
  await page.getByRole('region', { name: 'Messages' }).locator('[data-seq]').last().waitFor();
}

async function narrowChat({ page, open }) {
  await open('/');
  await page.getByRole('link', { name: /^mia\.carter/ }).click();
  await page.getByRole('region', { name: 'Messages' }).locator('[data-seq]').last().waitFor();
}

async function user({ page, open }) {
  await open('/#/admin/users?q=mia');
  await page.getByRole('link', { name: 'mia.carter' }).click();
  await page.getByRole('table', { name: 'Live connections' }).waitFor();
}

async function report({ page, open }) {
  await open('/#/admin/reports');
  await page.getByRole('link', { name: /best\.deals/ }).click();
  await page.getByRole('region', { name: 'Evidence' }).waitFor();
}

async function figures({ page, open, sleep }) {
  await open('/#/admin/figures');
  await page.getByRole('region', { name: 'Messages' }).waitFor();
  await sleep(WATCHED_MS);
}

async function explorer({ page, open }) {
  await open('/#/explorer');
  const form = page.getByRole('form', { name: 'Connection' });
  await form.getByRole('button', { name: 'Connect', exact: true }).click();
  await form.getByText(/^(connected|ready)$/).waitFor();
  const frames = page.getByRole('log', { name: 'Frames' });
  for (const command of ['system.ping', 'chat.list', 'chat.history']) {
    await page.getByRole('combobox', { name: 'Command' }).fill(command);
    await page.getByRole('option', { name: command }).first().click();
    const answers = await frames.locator('[data-direction=in]').count();
    await page.getByRole('button', { name: 'Send', exact: true }).click();
    await frames.locator('[data-direction=in]').nth(answers).waitFor();
  }
  await frames.locator('[data-direction=out]').last().getByRole('button').first().click();
}

async function docs({ page, open }) {
  await open('/docs');
  await page.locator('.opblock').first().waitFor();
}

async function asyncapi({ page, open }) {
  await open('/asyncapi');
  await page.getByText('game', { exact: true }).first().waitFor();
}

/** A server with the people of the demo; `stop` ends it and leaves nothing behind. */
async function startServer() {
  const folder = await mkdtemp(join(tmpdir(), 'switchboard-pictures-'));
  // As root, PostgreSQL runs as another user, who has to get through here.
  await chmod(folder, 0o755);
  const env = { PATH: process.env.PATH, PORT: '0', DATA_DIR: join(folder, 'data'), LOG_LEVEL: 'error', RATE_LIMIT: 'off' };
  const server = spawn(process.execPath, [join(top, 'dist/src/main.js')], {
    cwd: folder,
    env,
    stdio: ['ignore', 'inherit', 'pipe'],
  });
  const exited = once(server, 'exit');
  const stop = async () => {
    server.kill('SIGTERM');
    await exited;
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const url = await Promise.race([addressOf(server), exited.then(() => Promise.reject(new Error('The server did not start')))]);
    const demo = spawn(process.execPath, [join(top, 'dist/src/cli/main.js'), 'demo', '--password-stdin'], {
      cwd: folder,
      env,
      stdio: ['pipe', 'ignore', 'inherit'],
    });
    demo.stdin.end(PASSWORD);
    const [code] = await once(demo, 'exit');
    if (code !== 0) throw new Error(`The demo ended with ${code}`);
    return { url, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** The address from the text that the server prints when it is up. */
function addressOf(server) {
  return new Promise((resolve) => {
    createInterface({ input: server.stderr }).on('line', (line) => {
      const [url] = /http:\/\/\S+:\d+/.exec(line) ?? [];
      if (url) resolve(url);
    });
  });
}

/** Somebody whom nobody asked writes to olivia.hart, who reports it. */
async function makeReport(url) {
  const post = async (path, body, token) => {
    const headers = { 'content-type': 'application/json', ...(token ? { authorization: `Bearer ${token}` } : {}) };
    return (await fetch(url + path, { method: 'POST', headers, body: JSON.stringify(body) })).json();
  };
  const account = { username: 'best.deals', email: 'best.deals@example.com', password: PASSWORD };
  const { access_token: seller } = await post('/api/v1/auth/register', account);
  const { access_token: reporter } = await post('/api/v1/auth/login', { username: 'olivia.hart', password: PASSWORD });
  const { chat_id: chat } = await post('/api/v1/chats', { chat_type: 'personal', members: ['olivia.hart'] }, seller);
  const lines = [
    'Hello! Do you like watches?',
    'Genuine ones, 80 % off, today only: https://watches.example.com',
    'Olivia? Last chance!',
  ];
  for (const content of lines) await post(`/api/v1/chats/${chat}/messages`, { content }, seller);
  const comment = 'I do not know this person, and two colleagues got the same.';
  await post('/api/v1/reports', { chat_id: chat, seq: 2, reason: 'spam', comment }, reporter);
}

/** People who are there and write to each other, so that there is something to be seen. @returns what sends them away */
async function people(url) {
  const post = async (path, body, agent = AGENTS[0]) => {
    const headers = { 'content-type': 'application/json', 'user-agent': agent };
    return (await fetch(url + path, { method: 'POST', headers, body: JSON.stringify(body) })).json();
  };
  const sockets = [];
  const names = [
    'mia.carter',
    'noah.bennett',
    'anna.schmidt',
    'sofia.garcia',
    'camille.martin',
    'marco.rossi',
    'elif.yilmaz',
    'linh.nguyen',
  ];
  for (const [index, username] of names.entries()) {
    const agent = AGENTS[index % AGENTS.length];
    const { access_token: token } = await post('/api/v1/auth/login', { username, password: PASSWORD }, agent);
    const path = index % 3 === 0 ? `/api/v1/ws/phone-${index}` : '/v1/connect';
    const socket = new WebSocket(`${url.replace('http', 'ws')}${path}?token=${token}`, { headers: { 'user-agent': agent } });
    await once(socket, 'open');
    sockets.push(socket);
  }
  let count = 0;
  const command = (socket, domain, name, payload) =>
    socket.send(JSON.stringify({ type: 'command', v: 1, request_id: `r${(count += 1)}`, domain, command: name, payload }));
  const [first, second] = sockets;
  let chatId;
  first.on('message', (data) => {
    chatId ??= JSON.parse(Buffer.concat([data].flat()).toString()).data?.chat_id;
  });
  command(first, 'chat', 'create', { chat_type: 'personal', members: ['noah.bennett'] });
  const timer = setInterval(() => {
    for (const socket of sockets) command(socket, 'system', 'ping', {});
    // Sometimes more is said, sometimes less.
    const many = Math.round(6 + 5 * Math.sin(count / 90));
    if (chatId)
      for (let n = 0; n < many; n += 1) command(n % 2 ? second : first, 'chat', 'send', { chat_id: chatId, content: 'tick' });
    if (count % 7 === 0) void post('/api/v1/auth/login', { username: 'olivia.hart', password: count % 3 ? PASSWORD : 'no' });
  }, 1_000);
  return () => {
    clearInterval(timer);
    for (const socket of sockets) socket.terminate();
  };
}

async function take(browser, url, { name, width, height, colours = 'light', show }) {
  const context = await browser.newContext({
    viewport: { width, height },
    colorScheme: colours,
    reducedMotion: 'reduce',
    locale: 'en-GB',
    timezoneId: 'Europe/London',
  });
  const page = await context.newPage();
  await page.goto(url);
  await page.getByRole('textbox', { name: 'User name or e-mail' }).fill('demo');
  await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await page.locator('[data-live=open]').waitFor({ state: 'attached' });
  const open = (place) => page.goto(url + place);
  const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
  await show({ page, open, sleep });
  await page.screenshot({ path: join(top, 'docs/pictures', name), animations: 'disabled', caret: 'hide' });
  await context.close();
  console.log(`docs/pictures/${name}`);
}

async function takeAll() {
  if (!(await buildWhenNeeded())) return 1;
  if (programs.chromium === undefined) {
    console.error('The pictures need Chromium. On Debian: apt-get install chromium');
    return 1;
  }
  await mkdir(join(top, 'docs/pictures'), { recursive: true });
  const wanted = process.argv.slice(2);
  const server = await startServer();
  const browser = await chromium.launch({ executablePath: programs.chromium, args: ['--no-sandbox', '--hide-scrollbars'] });
  let leave;
  try {
    leave = await people(server.url);
    await makeReport(server.url);
    const asked = PICTURES.filter(({ name }) => wanted.length === 0 || wanted.includes(name));
    const slow = asked.filter(({ show }) => show === figures).map((picture) => take(browser, server.url, picture));
    for (const picture of asked) if (picture.show !== figures) await take(browser, server.url, picture);
    await Promise.all(slow);
    return 0;
  } finally {
    leave?.();
    await browser.close();
    await server.stop();
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) process.exitCode = await takeAll();

import { connect as dial, createServer, type AddressInfo, type Socket as TcpSocket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { io } from 'socket.io-client';
import { WebSocket } from 'ws';
import { Switchboard } from '../clients/typescript/src/index.js';
import { print, Subject } from './support.js';

/**
 * What happens to an open socket: the four situations of `docs/comparison.md`, measured on this server in the way in which its peers were.
 * Each line that is printed is a cell of the table.
 */
const PASSWORD = 'correct horse battery';
const TTL_SEC = 3;
const CUT_MS = 2_000;

interface Account {
  readonly username: string;
  readonly token: string;
  readonly refreshToken: string;
}

async function post(url: string, body: object, token?: string): Promise<Response> {
  const headers = { 'content-type': 'application/json', ...(token ? { authorization: `Bearer ${token}` } : {}) };
  return fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
}

async function account(base: string, username: string): Promise<Account> {
  await post(`${base}/auth/register`, { username, email: `${username}@example.com`, password: PASSWORD });
  const answer = await post(`${base}/auth/login`, { username, password: PASSWORD });
  const { data } = (await answer.json()) as { data: { token: string; refresh_token: string } };
  return { username, token: data.token, refreshToken: data.refresh_token };
}

/** An open socket: when, by performance.now(), and how it ends. */
interface Ending {
  readonly name: string;
  readonly ended: Promise<{ readonly at: number; readonly how: string }>;
}

async function rawSocket(base: string, name: string, path: string, { token }: Account): Promise<Ending> {
  const socket = new WebSocket(base.replace('http', 'ws') + path, { headers: { authorization: `Bearer ${token}` } });
  const ended = new Promise<{ at: number; how: string }>((resolve) => {
    socket.once('close', (code) => resolve({ at: performance.now(), how: String(code) }));
  });
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
  return { name, ended };
}

async function socketIo(base: string, { token }: Account): Promise<Ending> {
  const socket = io(base, { auth: { token }, forceNew: true });
  const ended = new Promise<{ at: number; how: string }>((resolve) => {
    socket.once('disconnect', (how) => resolve({ at: performance.now(), how }));
  });
  await new Promise((resolve) => socket.once('hello', resolve));
  return { name: 'socketio', ended };
}

async function openAll(base: string, owner: Account): Promise<Ending[]> {
  return Promise.all([
    rawSocket(base, 'game', '/v1/connect', owner),
    rawSocket(base, 'rest', '/api/v1/ws/measured', owner),
    rawSocket(base, 'messenger', '/', owner),
    socketIo(base, owner),
  ]);
}

async function endings(sockets: readonly Ending[], from: number): Promise<string> {
  const cells = sockets.map(async ({ name, ended }) => {
    const { at, how } = await ended;
    return `${name} ${Math.round(at - from)} ms (${how})`;
  });
  return (await Promise.all(cells)).join(', ');
}

/** G1: the user logs out over HTTP. Milliseconds after the answer; a negative value means that the socket was closed before it came. */
async function loggedOut(base: string): Promise<void> {
  const owner = await account(base, 'leaver');
  const sockets = await openAll(base, owner);
  const { status } = await post(`${base}/api/v1/auth/logout`, {}, owner.token);
  const from = performance.now();
  print(`G1 log-out over HTTP (${status}): ${await endings(sockets, from)}`);
  const again = await fetch(`${base}/api/v1/users/me`, { headers: { authorization: `Bearer ${owner.token}` } });
  print(`G1 the old token over HTTP: ${again.status}`);
}

/** G2: the access token runs out. Milliseconds after its `exp`. */
async function runOut(base: string): Promise<void> {
  const owner = await account(base, 'lingerer');
  const sockets = await openAll(base, owner);
  const [, claims = ''] = owner.token.split('.');
  const { exp } = JSON.parse(Buffer.from(claims, 'base64url').toString()) as { exp: number };
  const from = performance.now() + exp * 1000 - Date.now();
  print(`G2 the token runs out: ${await endings(sockets, from)}`);
}

/** G3: two refreshes with one token at once. */
async function refreshedTwice(base: string): Promise<void> {
  const { refreshToken } = await account(base, 'twice');
  const refresh = (token: string): Promise<Response> => post(`${base}/auth/refresh`, { refresh_token: token });
  const answers = await Promise.all([refresh(refreshToken), refresh(refreshToken)]);
  const winner = answers.find(({ ok }) => ok);
  if (!winner) throw new Error('neither of two refreshes succeeded');
  const { data } = (await winner.json()) as { data: { refresh_token: string } };
  const later = await refresh(data.refresh_token);
  print(`G3 two refreshes at once: ${answers.map(({ status }) => status).join(' and ')}; the new token later: ${later.status}`);
}

/** A way to the server that can be cut: connections are taken and closed at once. */
class Line {
  private isCut = false;
  private readonly open = new Set<TcpSocket>();
  private readonly front;

  constructor(port: number) {
    this.front = createServer((near) => {
      if (this.isCut) return void near.destroy();
      const far = dial(port, '127.0.0.1');
      for (const end of [near, far]) {
        this.open.add(end);
        end.on('error', () => undefined).on('close', () => [near, far].forEach((one) => one.destroy()));
      }
      near.pipe(far).pipe(near);
    });
  }

  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.front.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.front.address() as AddressInfo).port}`;
  }

  async cut(meanwhile: () => Promise<void>): Promise<void> {
    this.isCut = true;
    for (const end of this.open) end.destroy();
    await Promise.all([sleep(CUT_MS), meanwhile()]);
    this.isCut = false;
  }

  stop(): void {
    for (const end of this.open) end.destroy();
    this.front.close();
  }
}

/** G4: the network is cut for 2 s, and three messages pass meanwhile. */
async function cutOff(base: string): Promise<void> {
  const line = new Line(Number(new URL(base).port));
  const url = await line.start();
  const [near, far] = [new Switchboard({ baseUrl: base, WebSocket }), new Switchboard({ baseUrl: url, WebSocket })];
  for (const [kit, username] of [
    [near, 'speaker'],
    [far, 'listener'],
  ] as const) {
    await kit.register({ username, email: `${username}@example.com`, password: PASSWORD });
  }
  const [speaker, listener] = [near.connect(), far.connect()];
  const { chat_id: chatId } = await speaker.command('chat.create', {
    chat_type: 'group',
    chat_name: 'Cut',
    members: ['listener'],
  });
  const received: (string | null)[] = [];
  listener.on('entry', ({ content, kind }) => kind === 'message' && received.push(content));
  listener.follow(chatId, 0);
  const send = async (...texts: string[]): Promise<void> => {
    for (const text of texts) await speaker.send(chatId, text);
  };
  await send('before');
  while (received.length < 1) await sleep(10);
  const from = performance.now();
  await line.cut(() => send('one', 'two', 'three'));
  while (listener.state !== 'open' && performance.now() - from < 30_000) await sleep(10);
  const backMs = Math.round(performance.now() - from);
  await send('after');
  while (received.at(-1) !== 'after' && performance.now() - from < 30_000) await sleep(10);
  print(`G4 cut for 2 s, the kit: back ${backMs} ms after the cut, received ${received.join(', ')}`);
  for (const live of [speaker, listener]) live.close();
  line.stop();
}

const server = await Subject.switchboard();
try {
  await loggedOut(server.url);
  await refreshedTwice(server.url);
  await cutOff(server.url);
} finally {
  await server.stop();
}
const brief = await Subject.switchboard({ ACCESS_TOKEN_TTL: String(TTL_SEC), SESSION_TTL: '86400' });
try {
  await runOut(brief.url);
} finally {
  await brief.stop();
}

import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { request as ask, type RequestOptions } from 'node:https';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { text as textOf } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { io } from 'socket.io-client';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';
import { has, programOf } from '../support/capabilities.js';
import { Daemon } from '../support/daemon.js';
import { blocksOf } from '../support/doc-blocks.js';
import { type Account, PASSWORD, TestServer } from '../support/server.js';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const HOST = 'example.com';
const PAGE = `https://${HOST}`;
const FOREIGN = 'https://evil.example';
/** From where browsers come; the proxy itself is at 127.0.0.1. */
const CLIENT = '127.0.0.2';

let tls: { readonly folder: string; readonly cert: string; readonly key: string };
let documented: Awaited<ReturnType<typeof blocksOf>>;

beforeAll(async () => {
  documented = await blocksOf(resolve(import.meta.dirname, '../../docs/operations.md'));
  if (!has.openssl) return;
  const folder = await mkdtemp(join(tmpdir(), 'switchboard-proxies-'));
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const names = ['-subj', `/CN=${HOST}`, '-addext', `subjectAltName=DNS:${HOST}`];
  const made = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', ...names, '-keyout', key, '-out', cert];
  await promisify(execFile)(programOf('openssl'), made);
  tls = { folder, cert: await readFile(cert, 'utf8'), key: await readFile(key, 'utf8') };
});
afterAll(async () => {
  if (has.openssl) await rm(tls.folder, { recursive: true, force: true });
});

/** The block of docs/operations.md, with other ports and the certificate of the test. */
function documentedBlock(language: string, part: string): string {
  const block = documented.find((one) => one.language === language && one.text.includes(part));
  if (!block) throw new Error(`docs/operations.md has no block for ${part}`);
  return block.text;
}

type ProxyName = 'nginx' | 'caddy' | 'haproxy';

/** Starts a proxy by its documented block. @param change what is written otherwise below a path */
function startProxy(name: ProxyName, server: TestServer, change = (text: string): string => text): Promise<Daemon> {
  const upstream = (text: string): string => change(text).replace(/(127\.0\.0\.1|localhost):8000/g, `127.0.0.1:${server.port}`);
  const pems = { 'cert.pem': tls.cert, 'key.pem': tls.key, 'both.pem': `${tls.cert}${tls.key}` };
  const plans = {
    nginx: {
      files: (port: number, folder: string) => {
        const block = upstream(documentedBlock('nginx', 'proxy_pass'))
          .replace('listen 443', `listen 127.0.0.1:${port}`)
          .replace('/etc/ssl/example.com.pem', `${folder}/cert.pem`)
          .replace('/etc/ssl/example.com.key', `${folder}/key.pem`);
        const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
          .map((kind) => `${kind}_temp_path ${folder};`)
          .join('');
        const user = process.getuid?.() === 0 ? 'user www-data;' : '';
        return {
          'nginx.conf': `${user} daemon off; pid ${folder}/pid; error_log stderr; events {} http { access_log off; ${temporary}\n${block}\n}`,
        };
      },
      arguments: (folder: string) => ['-e', 'stderr', '-p', folder, '-c', `${folder}/nginx.conf`],
    },
    caddy: {
      files: (port: number, folder: string) => ({
        Caddyfile: `{\n\tadmin off\n\tauto_https off\n}\n${upstream(documentedBlock('text', 'reverse_proxy')).replace(
          'example.com {',
          `https://example.com:${port} {\n\tbind 127.0.0.1\n\ttls ${folder}/cert.pem ${folder}/key.pem`,
        )}`,
      }),
      arguments: (folder: string) => ['run', '--adapter', 'caddyfile', '--config', `${folder}/Caddyfile`],
    },
    haproxy: {
      files: (port: number, folder: string) => ({
        'haproxy.cfg': `${upstream(documentedBlock('haproxy', 'default_backend'))
          .replace('bind :443', `bind 127.0.0.1:${port}`)
          .replace('/etc/haproxy/example.com.pem', `${folder}/both.pem`)}\n`,
      }),
      arguments: (folder: string) => ['-f', `${folder}/haproxy.cfg`],
    },
  };
  const { files, arguments: args } = plans[name];
  return Daemon.start({
    program: programOf(name),
    files: (port, folder) => ({ ...pems, ...files(port, folder) }),
    arguments: args,
  });
}

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** A browser's requests: by the name, past name servers, to the proxy. */
class Visitor {
  constructor(
    private readonly port: number,
    private readonly base: string,
  ) {}

  private options(path: string, headers: Record<string, string>): RequestOptions {
    const to = { host: '127.0.0.1', port: this.port, servername: HOST, ca: tls.cert, localAddress: CLIENT };
    return { ...to, path: `${this.base}${path}`, headers: { host: HOST, ...headers } };
  }

  async send(method: string, path: string, headers: Record<string, string> = {}, body = ''): Promise<Answer> {
    const length = String(Buffer.byteLength(body));
    const asked = ask({ method, ...this.options(path, method === 'GET' ? headers : { ...headers, 'content-length': length }) });
    asked.end(body);
    const [response] = (await once(asked, 'response')) as [IncomingMessage];
    return { status: response.statusCode ?? 0, headers: response.headers, text: await textOf(response) };
  }

  logIn(user: Account): Promise<Answer> {
    const body = JSON.stringify({ username: user.username, password: PASSWORD });
    return this.send('POST', '/api/v1/auth/login', { 'content-type': 'application/json', origin: PAGE }, body);
  }

  /** @returns the status that an upgrade is answered with, and the first frame where it is granted */
  async upgrade(path: string, origin: string): Promise<{ readonly status: number; readonly first?: string }> {
    const { headers, ...options } = this.options('', {});
    const url = `wss://127.0.0.1:${this.port}${this.base}${path}`;
    const socket = new WebSocket(url, { ...options, origin, headers: headers as Record<string, string> });
    socket.on('error', () => undefined);
    const first = once(socket, 'message') as Promise<[Buffer]>;
    first.catch(() => undefined);
    const refused = once(socket, 'unexpected-response') as Promise<[unknown, IncomingMessage]>;
    refused.catch(() => undefined);
    const outcome = await Promise.race([
      first.then(([data]) => ({ status: 101, first: data.toString() })),
      refused.then(([, response]) => ({ status: response.statusCode ?? 0 })),
    ]);
    socket.terminate();
    return outcome;
  }

  /** @returns the first event that Socket.IO brings */
  async socketIo(token: string): Promise<string> {
    const socket = io(`https://127.0.0.1:${this.port}`, {
      path: `${this.base}/socket.io/`,
      transports: ['websocket'],
      auth: { token },
      ca: tls.cert,
      servername: HOST,
      rejectUnauthorized: false,
      extraHeaders: { host: HOST, origin: PAGE },
      reconnection: false,
      forceNew: true,
    } as Parameters<typeof io>[1]);
    try {
      return await new Promise<string>((done, failed) => {
        socket.onAny((name: string) => done(name));
        socket.on('connect_error', failed);
      });
    } finally {
      socket.disconnect();
    }
  }
}

/** Everything for which a proxy matters. */
async function expectAllToWork(visitor: Visitor, user: Account, base = ''): Promise<void> {
  const login = await visitor.logIn(user);
  expect(login.status).toBe(200);
  const [cookie = ''] = login.headers['set-cookie'] ?? [];
  expect(cookie).toMatch(new RegExp(`; Path=${base}/api/v1/auth;.*; Secure`));
  const kept = cookie.split(';')[0] ?? '';
  expect(await visitor.send('POST', '/api/v1/auth/refresh', { cookie: kept, origin: FOREIGN })).toMatchObject({
    status: 403,
    text: '{"detail":"Origin not allowed"}',
  });
  const refreshed = await visitor.send('POST', '/api/v1/auth/refresh', { cookie: kept, origin: PAGE });
  expect(refreshed.status).toBe(200);
  const { access_token: token } = JSON.parse(refreshed.text) as { access_token: string };
  const own = await visitor.upgrade(`/v1/connect?token=${token}`, PAGE);
  expect([own.status, own.first]).toEqual([101, expect.stringContaining('"hello"')]);
  expect(await visitor.upgrade(`/v1/connect?token=${token}`, FOREIGN)).toEqual({ status: 403 });
  expect(await visitor.socketIo(token)).toBe('hello');
  const poll = await visitor.send('GET', '/socket.io/?EIO=4&transport=polling', { origin: PAGE });
  expect([poll.status, poll.text.slice(0, 2)]).toEqual([200, '0{']);
  const sessions = await visitor.send('GET', `/api/v1/users/${user.id}/sessions`, { authorization: `Bearer ${token}` });
  expect(JSON.parse(sessions.text)).toContainEqual(expect.objectContaining({ current: true, ip: CLIENT }));
}

describe.runIf(has.openssl)('behind a proxy by its block in docs/operations.md', () => {
  let server: TestServer;
  let user: Account;
  beforeAll(async () => {
    server = await TestServer.start({ variables: { NODE_ENV: 'production', TRUST_PROXY: 'loopback', PUBLIC_URL: PAGE } });
    user = await server.user();
  });
  afterAll(() => server.stop());

  it.each((['nginx', 'caddy', 'haproxy'] as const).filter((name) => has[name]))(
    '%s carries HTTP, the cookie, sockets and Socket.IO, refuses foreign pages, and shows the address of the client',
    async (name) => {
      const proxy = await startProxy(name, server);
      try {
        const visitor = new Visitor(proxy.port, '');
        await expectAllToWork(visitor, user);
        expect((await visitor.send('GET', '/metrics')).status).toBe(404);
      } finally {
        await proxy.stop();
      }
    },
  );
});

describe.runIf(has.openssl)('below a path', () => {
  let server: TestServer;
  let user: Account;
  let admin: Account;
  beforeAll(async () => {
    const variables = { NODE_ENV: 'production', TRUST_PROXY: 'loopback', PUBLIC_URL: `${PAGE}/app/` };
    server = await TestServer.start({ variables });
    user = await server.user();
    admin = await server.user({ isSuperuser: true });
  });
  afterAll(() => server.stop());

  const stripping = (text: string): string =>
    text
      .replace('location / {', 'location = /app { return 308 /app/; }\n\tlocation /app/ {')
      .replace('proxy_pass http://127.0.0.1:8000;', 'proxy_pass http://127.0.0.1:8000/;');

  it.each([
    ['nginx', 'takes the path away', stripping],
    ['haproxy', 'leaves the path', undefined],
  ] as const)('everything works behind %s, which %s', async (name, _does, change) => {
    if (!has[name]) return;
    const proxy = await startProxy(name, server, change);
    try {
      const visitor = new Visitor(proxy.port, '/app');
      await expectAllToWork(visitor, user, '/app');
      await expectPages(visitor);
      const page = await visitor.send('GET', '/api/v1/users?limit=1', { authorization: `Bearer ${admin.tokens.token}` });
      const next = /^<(\/app\/api\/v1\/users\/\?[^>]+)>/.exec(String(page.headers.link))?.[1] ?? '';
      const following = await visitor.send('GET', next.slice('/app'.length), { authorization: `Bearer ${admin.tokens.token}` });
      expect([following.status, JSON.parse(following.text)]).toEqual([200, [expect.objectContaining({ id: admin.id })]]);
    } finally {
      await proxy.stop();
    }
  });

  const PAGES = ['/', '/docs', '/docs/', '/redoc', '/asyncapi', '/recover?token=x', '/recover/?token=x'];

  /** Follows whatever the pages load, and the documents' own addresses. */
  async function expectPages(visitor: Visitor): Promise<void> {
    for (const path of PAGES) {
      const page = await visitor.send('GET', path);
      const named = [...page.text.matchAll(/(?:src|href)="([^"#]+)"/g)].map(([, reference = '']) => reference);
      expect(named.length, path).toBeGreaterThan(1);
      for (const reference of named) {
        const { pathname } = new URL(reference, `${PAGE}/app${path}`);
        expect(pathname, path).toMatch(/^\/app\//);
        expect((await visitor.send('GET', pathname.slice('/app'.length))).status, pathname).toBe(200);
      }
    }
    const openApi = JSON.parse((await visitor.send('GET', '/openapi.json')).text) as { servers: { url: string }[] };
    expect(new URL(openApi.servers[0]?.url ?? '', `${PAGE}/app/openapi.json`).href).toBe(`${PAGE}/app`);
    const asyncApi = JSON.parse((await visitor.send('GET', '/asyncapi.json')).text) as { servers: Record<string, object> };
    for (const one of Object.values(asyncApi.servers)) expect(one).toMatchObject({ host: HOST, pathname: '/app' });
  }
});

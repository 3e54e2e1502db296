import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, cp, mkdtemp, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ServerProcess } from '../support/server-program.js';

const top = resolve(import.meta.dirname, '../..');
/** What a clone does not have. */
const NOT_CLONED = new Set(['node_modules', 'dist', '.git', '.data', '.env', 'coverage']);

let clone: string;
let port: number;
const started: ServerProcess[] = [];

beforeAll(async () => {
  clone = await mkdtemp(join(tmpdir(), 'switchboard-clone-'));
  // The embedded database may run as another user, who has to get through.
  await chmod(clone, 0o755);
  for (const name of await readdir(top)) {
    if (name.startsWith('.dist-')) continue;
    const filter = (path: string): boolean => !NOT_CLONED.has(basename(path));
    await cp(join(top, name), join(clone, name), { recursive: true, filter });
  }
  // In the place of `npm ci`.
  await symlink(join(top, 'node_modules'), join(clone, 'node_modules'), 'junction');
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  ({ port } = taken.address() as AddressInfo);
  taken.close();
});

afterAll(async () => {
  for (const server of started) await server.stop();
  await rm(clone, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
});

/** `npm start`, without npm between a signal and the server. */
async function start(): Promise<ServerProcess> {
  const child = spawn(process.execPath, ['scripts/start.mjs'], {
    cwd: clone,
    env: { PATH: process.env['PATH'], HOME: clone, PORT: String(port) },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const server = new ServerProcess(child, clone);
  started.push(server);
  return server.up();
}

describe('npm start in a fresh clone', () => {
  it('builds, starts and says where everything is; Ctrl-C ends it', async () => {
    const server = await start();
    expect(server.errors).toMatch(/^Building …$/m);
    expect(server.errors).toContain(`Switchboard is up at http://localhost:${port}`);
    expect(server.errors).toContain('npm run cli -- users create <name> --superuser');
    expect(server.errors).toMatch(/^ +Data +embedded PostgreSQL in \S+\.data\S*$/m);
    const pages = [...server.errors.matchAll(/^ +(?:Console|HTTP|Sockets) +(http:\/\/\S+)$/gm)].map(
      ([, address = '']) => address,
    );
    expect(pages).toEqual(['', 'docs', 'asyncapi'].map((path) => `http://localhost:${port}/${path}`));
    for (const address of pages) {
      const page = await fetch(address);
      expect([page.status, page.headers.get('content-type')]).toEqual([200, expect.stringContaining('text/html')]);
      expect(await page.text()).toContain('Switchboard');
    }
    // Both addresses that the name means; a machine may have no IPv6.
    expect((await fetch(`http://127.0.0.1:${port}/health/ready`)).status).toBe(200);
    const other = await fetch(`http://[::1]:${port}/health/ready`).catch(() => undefined);
    expect([200, undefined]).toContain(other?.status);
    // A secret of this installation's own, for nobody else to read.
    const secret = await stat(join(clone, '.data/app-secret'));
    expect([secret.mode & 0o777, secret.size >= 32]).toEqual([0o600, true]);
    expect((await server.client().post('/register', { login: 'newcomer', password: 'correct horse battery' })).status).toBe(200);
    server.signal('SIGINT');
    expect(await server.exited).toEqual({ code: 0, signal: null });
  }, 120_000);

  it('starts a second time without a build, with what was there before, and takes settings from .env', async () => {
    await writeFile(
      join(clone, '.env'),
      'PROTOCOLS=rest,mcp\nFIRST_SUPERUSER_USERNAME=owner\nFIRST_SUPERUSER_PASSWORD="correct horse battery"\n',
    );
    const server = await start();
    expect(server.errors).not.toContain('Building');
    expect(server.errors).not.toContain('No superuser yet');
    expect(server.errors).toMatch(/^ +Protocols +rest, mcp$/m);
    expect((await server.client().post('/auth', { login: 'newcomer', password: 'correct horse battery' })).status).toBe(200);
    expect((await server.client().post('/auth', { login: 'owner', password: 'correct horse battery' })).status).toBe(200);
    expect((await server.client().post('/auth/login', { username: 'owner', password: 'correct horse battery' })).status).toBe(
      404,
    );
    server.signal('SIGINT');
    expect(await server.exited).toEqual({ code: 0, signal: null });
  }, 60_000);

  it('writes nothing outside its own folder and .data', async () => {
    const names = (await readdir(clone)).filter((name) => !name.startsWith('.'));
    const cloned = (await readdir(top)).filter((name) => !name.startsWith('.') && !NOT_CLONED.has(name));
    expect(names.toSorted()).toEqual([...cloned, 'dist', 'node_modules'].toSorted());
  });
});

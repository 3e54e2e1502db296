import { writeFile } from 'node:fs/promises';
import { createServer as createPageServer } from 'node:http';
import { type AddressInfo, connect, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Hub } from '../../src/realtime/hub.js';
import { has, programOf } from '../support/capabilities.js';
import { runExample } from '../support/examples.js';
import { bundleOf, type PackedKit, packedKit } from '../support/kit-package.js';
import { type Account, PASSWORD, TestServer } from '../support/server.js';
import { until } from '../support/until.js';

let server: TestServer;
let kit: PackedKit;
let account: Account;
beforeAll(async () => {
  [server, kit] = await Promise.all([TestServer.start(), packedKit()]);
  account = await server.user();
}, 60_000);
afterAll(() => Promise.all([server.stop(), kit.remove()]));

async function listen(listening: Server): Promise<string> {
  await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(listening.address() as AddressInfo).port}`;
}

/** A way to the server that breaks off handshakes of WebSockets, and lets all else through, as some proxies do. */
class Breaker {
  broken = 0;
  isOpen = false;
  private readonly front = createServer((near) => {
    const far = connect(server.port, '127.0.0.1');
    for (const end of [near, far])
      end.on('error', () => undefined).on('close', () => [near, far].forEach((one) => one.destroy()));
    far.pipe(near);
    // Node asks for the WebSocket over the connection that it has from requests before.
    near.on('data', (part) => {
      if (this.isOpen || !/^upgrade: websocket/im.test(part.toString('latin1'))) return void far.write(part);
      this.broken += 1;
      near.destroy();
    });
  });

  start(): Promise<string> {
    return listen(this.front);
  }

  stop(): void {
    this.front.close();
  }
}

describe('the kit on the WebSocket that Node has itself', () => {
  it('tries again at once after a connection that failed, of which Node tells by `error` alone', async () => {
    const breaker = new Breaker();
    const url = await breaker.start();
    const code = `
      import { Switchboard } from 'switchboard-client';
      const kit = new Switchboard({ baseUrl: '${url}' });
      await kit.logIn('${account.username}', '${PASSWORD}');
      const live = kit.connect({ reconnect: { minMs: 10, maxMs: 50 } });
      let endings = 0;
      live.on('state', (state) => {
        if (state === 'waiting') endings += 1;
        if (state === 'open') console.log('open after', endings, 'endings', JSON.stringify(live.ending));
      });`;
    const file = join(kit.folder, 'own-websocket.mjs');
    await writeFile(file, code);
    // Node 20 has the same one, behind a flag.
    const flags = 'WebSocket' in globalThis ? [] : ['--experimental-websocket'];
    const run = runExample(process.execPath, [...flags, '--no-warnings', file], '', (out) => out.includes('open'));
    await until(() => breaker.broken >= 3, 8_000);
    breaker.isOpen = true;
    const { out } = await run;
    breaker.stop();
    // Each failure counts once.
    expect(out.trim()).toBe(`open after ${breaker.broken} endings {"code":1006,"reason":""}`);
  });
});

describe.runIf(has.chromium)('the kit in a page that Chromium keeps after it was left', () => {
  it('lets go of its connection, and is back at once when the page is shown again', async () => {
    const page = `
      import { Switchboard } from 'switchboard-client';
      addEventListener('pageshow', ({ persisted }) => void fetch('/told?shown-' + persisted));
      const kit = new Switchboard({ baseUrl: '${server.url}', refresh: 'body' });
      await kit.logIn('${account.username}', '${PASSWORD}');
      const live = kit.connect();
      live.on('state', (state) => void fetch('/told?' + state));`;
    await writeFile(join(kit.folder, 'kept.js'), page);
    const script = await bundleOf(kit.folder, 'kept.js');
    const told: string[] = [];
    const pages = createPageServer((request, response) => {
      const [path = '', what = ''] = (request.url ?? '').split('?');
      if (path === '/told') told.push(what);
      const isScript = path === '/kept.js';
      response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html');
      response.end(isScript ? script : path === '/kept' ? '<!doctype html><script type="module" src="kept.js"></script>' : path);
    });
    const url = await listen(pages);
    const isOnline = (): boolean => server.app.get(Hub).isOnline(account.id);
    const browser = await chromium.launch({
      executablePath: programOf('chromium'),
      args: ['--no-sandbox'],
      ignoreDefaultArgs: ['--disable-back-forward-cache'],
    });
    try {
      const tab = await browser.newPage();
      await tab.goto(`${url}/kept`);
      await until(() => told.includes('open'));
      expect(isOnline()).toBe(true);
      await tab.goto(`${url}/elsewhere`);
      await until(() => !isOnline(), 2_000);
      const [back, from] = [told.length, performance.now()];
      // What drives the browser does not always notice that a page is back: the page says so itself.
      void tab.evaluate('history.back()').catch(() => undefined);
      await until(() => told.includes('open', back));
      expect(performance.now() - from).toBeLessThan(2_500);
      expect(told.slice(back)).toEqual(expect.arrayContaining(['shown-true', 'connecting', 'open']));
      expect(isOnline()).toBe(true);
    } finally {
      await browser.close();
      pages.closeAllConnections();
      pages.close();
    }
  });
});

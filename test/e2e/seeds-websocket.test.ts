import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { chromium } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AccountsService } from '../../src/auth/accounts.service.js';
import { has, programOf } from '../support/capabilities.js';
import { ClientDocument } from '../support/documents.js';
import { runExample, runJavaScript } from '../support/examples.js';
import { RawSocket } from '../support/raw-socket.js';
import { TestServer } from '../support/server.js';

const document = new ClientDocument('websocket');
const CREDENTIALS = { username: 'user@example.com', password: 'password123' };
const ESTABLISHED = 'WebSocket соединение установлено';
const RECEIVED = 'Получено сообщение: ';

let server: TestServer;
let userId: number;

beforeAll(async () => {
  server = await TestServer.start();
  const account = { username: 'the-user', email: CREDENTIALS.username, password: CREDENTIALS.password };
  ({ id: userId } = await server.app.get(AccountsService).create(account, null, null));
});

afterAll(() => server.stop());

/** The only change to an example: where the server is. TLS comes from a proxy. */
const here = (code: string): string =>
  code.replaceAll('https://api.localhost', server.url).replaceAll('ws://ws.localhost', server.wsUrl);

/** Checks what an example printed, and that the link between its client id and the user was kept. */
async function expectGreeted(out: string): Promise<void> {
  const [first, second] = out.trim().split('\n');
  expect(first).toBe(ESTABLISHED);
  expect(second?.startsWith(RECEIVED)).toBe(true);
  const frame = JSON.parse(second?.slice(RECEIVED.length) ?? '');
  expect(frame).toMatchObject({ type: 'hello', message: 'Привет, сервер!', user_id: userId });
  const { token } = await server.client().logIn(CREDENTIALS.username, CREDENTIALS.password);
  const clients = await server.client(token).get(`/api/v1/users/${userId}/clients`);
  expect(clients.body.map((entry: { client_id: string }) => entry.client_id)).toContain(frame.client_id);
}

describe('the examples of the WebSocket document, as printed', () => {
  it.runIf(has.python)('Python', async () => {
    const { code, out, err } = await runExample(programOf('python'), ['-'], here(document.code('Python', 'python')));
    expect(err).toBe('');
    expect(code).toBe(0);
    await expectGreeted(out);
  });

  it('JavaScript, in Node', async () => {
    const code = `${here(document.code('JavaScript (браузер)', 'javascript'))}\nawait connectWebSocket();\n`;
    const { out, err } = await runJavaScript(code, (text) => /сообщение: .*\n/.test(text));
    expect(err).toBe('');
    await expectGreeted(out);
  });

  it.runIf(has.chromium)('JavaScript, in a browser, on a page of another origin', async () => {
    // The page of a client that is being developed on this machine.
    const pages: Server = createServer((_request, response) => {
      response.setHeader('content-type', 'text/html').end('<!doctype html><title>client</title>');
    }).listen(0, '127.0.0.1');
    await once(pages, 'listening');
    const browser = await chromium.launch({ executablePath: programOf('chromium'), args: ['--no-sandbox'] });
    try {
      const page = await browser.newPage();
      const printed: string[] = [];
      page.on('console', (message) => printed.push(message.text()));
      await page.goto(`http://127.0.0.1:${(pages.address() as AddressInfo).port}/`);
      // Here even the names stay: a browser takes every name under localhost for this machine.
      const code = document
        .code('JavaScript (браузер)', 'javascript')
        .replaceAll('https://api.localhost', `http://api.localhost:${server.port}`)
        .replaceAll('ws://ws.localhost', `ws://ws.localhost:${server.port}`);
      await page.addScriptTag({ content: code });
      await page.evaluate<void>('connectWebSocket().then(() => undefined)');
      await expect.poll(() => printed.length, { timeout: 10_000 }).toBeGreaterThanOrEqual(2);
      await expectGreeted(printed.join('\n'));
    } finally {
      await browser.close();
      pages.close();
    }
  });

  it('anonymous and authorised addresses', async () => {
    const { token } = await server.client().logIn(CREDENTIALS.username, CREDENTIALS.password);
    const anonymous = here(document.code('Анонимное подключение', '')).replace(
      '{client_id}',
      'any string at all'.replaceAll(' ', '%20'),
    );
    const authorised = here(document.code('Авторизованное подключение', ''))
      .replace('{client_id}', 'mine')
      .replace('{jwt_token}', token);
    for (const [url, clientId, user] of [
      [anonymous, 'any string at all', null],
      [authorised, 'mine', userId],
    ] as const) {
      const socket = await RawSocket.open(url);
      expect(await socket.ask({ type: 'hello', message: 'x' })).toMatchObject({
        type: 'hello',
        client_id: clientId,
        user_id: user,
      });
      await socket.close();
    }
  });

  it('a token that is not good makes the connection anonymous', async () => {
    const url = here(document.code('Авторизованное подключение', ''))
      .replace('{client_id}', 'stranger')
      .replace('{jwt_token}', 'not-a-token');
    const socket = await RawSocket.open(url);
    expect((await socket.ask({ type: 'hello', message: 'x' })).user_id).toBeNull();
    await socket.close();
  });
});

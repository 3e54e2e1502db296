import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { Locator, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { has } from '../support/capabilities.js';
import { ConsoleBrowser, NARROW, type VisitOptions, type Visitor, WIDE } from '../support/console.js';
import { type Account, PASSWORD, TestServer } from '../support/server.js';
import { until } from '../support/until.js';

/** Each protocol as it is called, and what its answer to a ping is. */
const PROTOCOLS = [
  ['game', 'response'],
  ['rest', 'response'],
  ['messenger', '200'],
  ['Socket.IO', 'ack'],
  ['mcp', '200'],
] as const;

interface AxeFault {
  readonly id: string;
  readonly impact: string;
  readonly nodes: readonly { readonly target: readonly string[] }[];
}

/** The explorer, as somebody in front of it uses it, in English. */
class Bench {
  constructor(readonly page: Page) {}

  get state(): Locator {
    return this.page.locator('[data-status]');
  }

  /** The frames that are shown, newest last. */
  frames(direction: 'in' | 'out'): Locator {
    return this.page.locator(`[data-direction=${direction}]`);
  }

  choose(group: string, name: string): Promise<void> {
    return this.page.getByRole('radiogroup', { name: group }).getByText(name, { exact: true }).click();
  }

  async connect(protocol: string, as: string): Promise<void> {
    await this.choose('Protocol', protocol);
    await this.choose('Connect as', as);
    await this.submit();
    await this.page.locator('[data-status=open]').waitFor();
  }

  async connectWith(protocol: string, token: string): Promise<void> {
    await this.choose('Protocol', protocol);
    await this.choose('Connect as', 'Token');
    await this.page.getByLabel('Access token').fill(token);
    await this.submit();
  }

  submit(): Promise<void> {
    return this.page.locator('form button[type=submit]').click();
  }

  async command(name: string): Promise<void> {
    const select = this.page.getByRole('combobox', { name: 'Command' });
    await select.click();
    await select.fill(name);
    await this.page.getByRole('option').filter({ hasText: name }).first().click();
  }

  send(): Promise<void> {
    return this.page.keyboard.press('Control+Enter');
  }

  /** Waits for the newest frame that came in to be of a kind. */
  async received(kind: string): Promise<string> {
    const last = this.frames('in').last();
    await until(async () => (await last.getAttribute('data-kind').catch(() => null)) === kind);
    return (await last.textContent()) ?? '';
  }
}

describe.runIf(has.chromium)('the socket explorer', () => {
  let server: TestServer;
  let browser: ConsoleBrowser;
  let alice: Account;
  beforeAll(async () => {
    server = await TestServer.start();
    alice = await server.user();
    browser = await ConsoleBrowser.launch();
  });
  afterEach(() => browser.leave());
  afterAll(async () => {
    await browser?.close();
    await server?.stop();
  });

  async function visit(options?: VisitOptions, at = server): Promise<{ readonly bench: Bench; readonly visitor: Visitor }> {
    const visitor = await browser.visitor(at.url, options);
    await visitor.open('#/explorer');
    await visitor.page.locator('[data-status]').waitFor();
    return { bench: new Bench(visitor.page), visitor };
  }

  it('sends system.ping in all five protocols, as oneself, and shows each answer', async () => {
    const visitor = await browser.visitor(server.url);
    await visitor.open();
    await visitor.signIn(alice.username);
    await visitor.page.getByRole('navigation').getByRole('link', { name: 'Socket explorer' }).click();
    const bench = new Bench(visitor.page);
    for (const [protocol, kind] of PROTOCOLS) {
      await visitor.page.getByRole('button', { name: 'Clear' }).click();
      await bench.connect(protocol, 'Myself');
      await bench.send();
      const answer = await bench.received(kind);
      expect([protocol, answer]).toEqual([protocol, expect.stringMatching(/system\.ping.*"sent_at":1735689600.*\d+ ms.*\d+ B/)]);
    }
  });

  it('logs in through each protocol without touching who is signed in, and shows no token unless it is asked to', async () => {
    const { bench, visitor } = await visit();
    const { page } = bench;
    for (const [protocol] of PROTOCOLS) {
      await bench.choose('Protocol', protocol);
      await bench.choose('Connect as', 'Password');
      await page.getByLabel('User name or e-mail').fill(alice.username);
      await page.getByLabel('Password', { exact: true }).last().fill(PASSWORD);
      await bench.submit();
      await page.locator('[data-status=open]').waitFor();
    }
    const log = page.getByRole('log');
    expect(await log.textContent()).not.toMatch(new RegExp(`eyJ|${PASSWORD}`));
    await page.getByRole('button', { name: 'Show tokens' }).click();
    await log.getByText('eyJ').first().waitFor();
    expect(await visitor.context.cookies()).toEqual([]);
  });

  it.each(['game', 'messenger', 'Socket.IO'])('says why a connection of %s ended, in words', async (protocol) => {
    const { bench } = await visit();
    const tokens = await server.client().logIn(alice.username, PASSWORD);
    const { body: sessions } = await server.client(tokens.token).get(`/api/v1/users/${alice.id}/sessions`);
    const { id } = sessions.find(({ current }: { current: boolean }) => current);
    await bench.connectWith(protocol, tokens.token);
    await bench.page.locator('[data-status=open]').waitFor();
    await alice.client.delete(`/api/v1/users/${alice.id}/sessions/${id}`);
    const alert = bench.page.getByRole('alert');
    await alert.waitFor();
    expect(await alert.textContent()).toMatch(/4401 Session is over.*Sign in again.*does not help/);
    expect(await bench.state.textContent()).toMatch(/^closed/);
  });

  it.each(['game', 'Socket.IO'])('says why %s refused it', async (protocol) => {
    const { bench } = await visit({ expected: [/WebSocket connection to .* failed/, /status of 401/] });
    await bench.connectWith(protocol, 'no token');
    const alert = bench.page.getByRole('alert');
    await alert.waitFor();
    expect(await alert.textContent()).toMatch(/^The server refused the token/);
  });

  it('keeps a connection of game alive, or lets it be closed', async () => {
    const quick = await TestServer.start({ database: server.database, variables: { HEARTBEAT_SEC: '1' } });
    try {
      const { bench } = await visit({}, quick);
      const { page } = bench;
      await bench.connectWith('game', alice.tokens.token);
      await page.locator('[data-status=open]').waitFor();
      await page.getByRole('button', { name: 'Show heartbeats' }).click();
      // Twice as long as a silent connection lives, and more.
      await until(async () => (await page.locator('[data-kind=response]').count()) >= 5, 15_000);
      await page.getByRole('switch', { name: 'Send a ping at each heartbeat' }).uncheck({ force: true });
      const alert = page.getByRole('alert');
      await alert.waitFor();
      expect(await alert.textContent()).toMatch(/4408 No sign of life.*can help/);
    } finally {
      await browser.leave();
      await quick.stop();
    }
  });

  it('finds what is wrong before it is sent, and sends it anyway', async () => {
    const { bench } = await visit();
    const { page } = bench;
    await bench.connect('rest', 'Anonymous');
    await bench.command('system.authenticate');
    await page.getByRole('radiogroup', { name: 'How to write it' }).getByText('JSON').click();
    await page.getByRole('textbox', { name: 'Payload' }).fill('{}');
    await page.getByRole('button', { name: 'Send anyway' }).click();
    expect(await bench.received('response')).toMatch(/invalid_payload: token: field required/);
    await page.getByRole('textbox', { name: 'Payload' }).fill('{"token": null}');
    await page.getByRole('button', { name: 'Send', exact: true }).click();
    await bench.frames('in').filter({ hasText: '"user_id":null' }).waitFor();
  });

  it('sends raw frames as they are written, filters, pauses and clears', async () => {
    const { bench } = await visit();
    const { page } = bench;
    await bench.connect('messenger', 'Anonymous');
    await page.getByRole('radiogroup', { name: 'How to write it' }).getByText('Raw frame').click();
    await page.getByRole('textbox', { name: 'Raw frame' }).fill('not JSON');
    await bench.send();
    expect(await bench.received('error')).toMatch(/400 Frame is not a JSON object/);
    await page.getByRole('textbox', { name: 'Filter' }).fill('not JSON');
    await until(async () => (await bench.frames('in').count()) === 0 && (await bench.frames('out').count()) === 1);
    await page.getByRole('textbox', { name: 'Filter' }).fill('');
    await page.getByRole('button', { name: 'Pause' }).click();
    await bench.send();
    await page.getByText('Paused: 2 more frames have come').waitFor();
    await page.getByRole('button', { name: 'Go on' }).first().click();
    await until(async () => (await bench.frames('out').count()) === 2);
    await page.getByRole('button', { name: 'Clear' }).click();
    await page.getByRole('heading', { name: 'No frames yet' }).waitFor();
  });

  it('shows a command in all protocols, and as code', async () => {
    const { bench } = await visit();
    const { page } = bench;
    await bench.command('chat.send');
    await page.getByRole('tab', { name: 'In all protocols' }).click();
    const card = (name: string): Locator => page.locator(`[data-protocol=${name}]`);
    expect(await card('messenger').textContent()).toMatch(/"mode": "sendMessage"/);
    expect(await card('mcp').textContent()).toMatch(/POST \/api\/v1\/commands\/chat\/send/);
    await card('messenger').getByRole('button', { name: 'messenger', exact: true }).click();
    expect(await page.getByRole('radio', { name: 'messenger' }).isChecked()).toBe(true);
    await page.getByRole('tab', { name: 'Code' }).click();
    const code = page.getByRole('figure', { name: 'Code' });
    for (const [language, text] of [
      ['wscat', /wscat -c 'ws:/],
      ['Python', /asyncio\.run\(main\(\)\)/],
      ['JavaScript', /new WebSocket\(/],
      ['curl', /curl -sS -X POST/],
    ] as const) {
      await bench.choose('Language', language);
      await until(async () => text.test((await code.textContent()) ?? ''));
    }
  });

  it.each([WIDE, NARROW])('can be used by everybody, $width pixels wide', async (viewport) => {
    const { bench } = await visit({ viewport });
    const { page } = bench;
    const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
    await page.evaluate(axe);
    const check = async (place: string): Promise<void> => {
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme });
        await page.locator(`html[data-mantine-color-scheme=${colorScheme}]`).waitFor();
        const faults = (await page.evaluate("axe.run('.explorer').then(({ violations }) => violations)")) as readonly AxeFault[];
        const serious = faults.filter(({ impact }) => ['serious', 'critical'].includes(impact));
        expect([
          place,
          colorScheme,
          ...serious.map(({ id, nodes }) => [id, ...nodes.map(({ target }) => target.join(' '))]),
        ]).toEqual([place, colorScheme]);
      }
      expect(await page.evaluate<boolean>('document.documentElement.scrollWidth > innerWidth')).toBe(false);
    };
    await bench.connect('rest', 'Anonymous');
    await bench.command('chat.send');
    await page.getByRole('textbox', { name: 'chat_id' }).fill('seven');
    await page.getByText('must be a whole number').waitFor();
    await check('form');
    await page.getByRole('button', { name: 'Send anyway' }).click();
    if (viewport === NARROW) await page.getByRole('tab', { name: 'Frames' }).click();
    await bench.received('response');
    await bench.frames('in').last().getByRole('button').click();
    await page.getByText('"success": ').waitFor();
    await check('frames');
    for (const tab of ['In all protocols', 'Code']) {
      await page.getByRole('tab', { name: tab }).click();
      await page.getByRole('figure').first().waitFor();
      await check(tab);
    }
  });
});

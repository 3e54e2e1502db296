import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { asyncApiOf, protocolsOf } from '../support/asyncapi.js';
import { has, programOf } from '../support/capabilities.js';
import { TestServer } from '../support/server.js';

interface Watched {
  readonly page: Page;
  /** Errors and warnings of the console, exceptions, requests to elsewhere, answers of 400 and above. */
  readonly complaints: string[];
}

const ID = 'operation-reply-game.chat.send';

describe.runIf(has.chromium)('the page of the sockets', () => {
  let server: TestServer;
  let browser: Browser;

  beforeAll(async () => {
    server = await TestServer.start();
    // A root without a sandbox of its own is what containers have.
    browser = await chromium.launch({ executablePath: programOf('chromium'), args: ['--no-sandbox'] });
  });
  afterAll(async () => {
    await browser?.close();
    await server?.stop();
  });

  async function open(path: string, options: BrowserContextOptions = {}): Promise<Watched> {
    const page = await browser.newPage({ locale: 'en-GB', ...options });
    const complaints: string[] = [];
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) complaints.push(`${message.type()}: ${message.text()}`);
    });
    page.on('pageerror', (error) => complaints.push(`exception: ${error.message}`));
    page.on('request', (request) => {
      if (!request.url().startsWith(server.url) && !request.url().startsWith('data:'))
        complaints.push(`request to ${request.url()}`);
    });
    await page.goto(server.url + path);
    await page.locator('#api li[id]').first().waitFor();
    return { page, complaints };
  }

  it.each([
    [1280, 'light'],
    [1280, 'dark'],
    [390, 'light'],
  ] as const)('shows a protocol, %i pixels wide and %s', async (width, colorScheme) => {
    const { page, complaints } = await open('/asyncapi', { viewport: { width, height: 900 }, colorScheme });
    const place = page.locator(`[id="${ID}"]`);
    const text = await place.innerText();
    // Request and answer, with examples.
    for (const part of ['chat.send', '"command": "send"', '"duplicate": false', 'not_found']) expect(text).toContain(part);
    expect(await page.evaluate('document.documentElement.scrollWidth > document.documentElement.clientWidth')).toBe(false);
    expect(complaints).toEqual([]);
    await page.close();
  });

  it('has a place for everything that the document says of each protocol, and a link to it', { timeout: 60_000 }, async () => {
    for (const protocol of protocolsOf(await asyncApiOf(server)).values()) {
      const { page, complaints } = await open(`/asyncapi?protocol=${protocol.name}`);
      expect(await page.locator('.tabs [aria-current]').innerText()).toBe(protocol.name);
      expect(await page.locator('#api').innerText()).toContain(protocol.channel.address);
      const links = page.locator('.index a');
      const titles = new Set(await links.allInnerTexts());
      for (const name of [...protocol.asked.map((asked) => asked.name), ...protocol.told]) expect(titles).toContain(name);
      const targets = await links.evaluateAll((all) => all.map((link) => link.getAttribute('href')?.slice(1) ?? ''));
      const places = await page.locator('#api li[id]').evaluateAll((all) => all.map(({ id }) => id));
      expect(places).toEqual(expect.arrayContaining(targets));
      expect(complaints).toEqual([]);
      await page.close();
    }
  });

  it('goes where its links say, also from elsewhere', async () => {
    const { page } = await open('/asyncapi');
    const top = (): Promise<number> =>
      page.evaluate(`document.getElementById(${JSON.stringify(ID)})?.getBoundingClientRect().top`);
    expect(await top()).toBeGreaterThan(900);
    await page.locator('.index a', { hasText: /^chat\.send$/ }).click();
    await expect.poll(top).toBeLessThan(120);
    const [, hash] = page.url().split('#');
    await page.goto('about:blank');
    await page.goto(`${server.url}/asyncapi#${hash}`);
    await expect.poll(top).toBeLessThan(120);
    await page.locator('.tabs a', { hasText: 'messenger' }).click();
    await page.locator('[id="operation-reply-messenger.sendMessage"]').waitFor();
    await page.close();
  });

  it('says so where there is no socket at all', async () => {
    const silent = await TestServer.start({ variables: { PROTOCOLS: 'mcp' } });
    const page = await browser.newPage();
    await page.goto(`${silent.url}/asyncapi`);
    await expect.poll(() => page.locator('#api').innerText()).toBe('None of the protocols that are served here has a socket.');
    await page.close();
    await silent.stop();
  });
});

describe('the page of the sockets, as it is served', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await TestServer.start();
  });
  afterAll(() => server.stop());

  it('allows no inline script, no eval and nothing from elsewhere', async () => {
    const { status, headers, body } = await server.client().get<string>('/asyncapi');
    expect(status).toBe(200);
    const policy = headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).toMatch(/script-src 'self'(;|$)/);
    expect(policy).not.toMatch(/unsafe-eval|https?:|\*/);
    expect(body).not.toMatch(/<script(?![^>]*\ssrc="\/)[^>]*>|\son\w+=|https?:\/\//i);
  });

  it.each(['/docs', '/redoc', '/asyncapi'])('and %s lead to each other', async (path) => {
    const { body } = await server.client().get<string>(path);
    for (const other of ['/docs', '/redoc', '/asyncapi']) expect(body).toContain(`href="${other}"`);
  });
});

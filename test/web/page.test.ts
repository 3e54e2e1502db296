import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { has } from '../support/capabilities.js';
import { makeGroup } from '../support/chats.js';
import { ConsoleBrowser, NARROW, type Visitor } from '../support/console.js';
import { TestServer } from '../support/server.js';
import { until } from '../support/until.js';

/** Bytes of compressed script that the first page may bring. */
const FIRST_LOAD = 200_000;
/** Milliseconds to a field that can be written in, however busy the machine is; `npm run bench -- console` measures. */
const PATIENCE = 5_000;

describe('the page of the console, as it is served', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await TestServer.start();
  });
  afterAll(() => server.stop());

  const page = () => server.client().get<string>('/');
  const assetsOf = (html: string): string[] =>
    [...html.matchAll(/(?:src|href)="(\/console\/[^"]+)"/g)].map(([, path = '']) => path);
  const nonceOf = (policy: string | null): string => /'nonce-([^']+)'/.exec(policy ?? '')?.[1] ?? '';

  it('has a policy that allows its own files and nothing else', async () => {
    const { status, headers, body } = await page();
    expect(status).toBe(200);
    expect(headers.get('content-type')).toBe('text/html; charset=utf-8');
    const policy = headers.get('content-security-policy') ?? '';
    const rules = new Map(policy.split('; ').map((rule) => [rule.split(' ')[0], rule.split(' ').slice(1).join(' ')]));
    expect(rules.get('default-src')).toBe("'none'");
    expect(rules.get('script-src')).toBe("'self'");
    expect(rules.get('style-src')).toMatch(/^'self' 'nonce-[\w+/=]{22,}'$/);
    expect(rules.get('connect-src')).toBe("'self'");
    expect(rules.get('frame-ancestors')).toBe("'none'");
    expect(rules.get('base-uri')).toBe("'none'");
    expect(policy).not.toMatch(/unsafe|https?:|data:|\*/);
    expect(body).not.toMatch(/<script(?![^>]*\ssrc="\/console\/)[^>]*>|<style|\son\w+=|https?:\/\//i);
    expect(headers.get('referrer-policy')).toBe('no-referrer');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('cache-control')).toBe('no-store');
  });

  it('has a nonce that no other answer had', async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, page));
    const nonces = answers.map(({ headers }) => nonceOf(headers.get('content-security-policy')));
    expect(new Set(nonces).size).toBe(20);
    for (const [index, { body }] of answers.entries()) {
      expect(body).toContain(nonces[index]);
      expect(body).not.toContain('{{');
    }
  });

  it('loads what may be kept for ever, compressed', async () => {
    const assets = assetsOf((await page()).body);
    expect(assets.length).toBeGreaterThan(2);
    for (const path of assets) {
      const { status, headers } = await server.client().get(path, { 'accept-encoding': 'gzip' });
      expect(status).toBe(200);
      expect(headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('content-type')).toMatch(/^(text\/(javascript|css); charset=utf-8|image\/svg\+xml)$/);
    }
  });

  it.each([
    '/console/nothing.js',
    '/console/',
    '/console/index.html',
    '/console/..%2f..%2fpackage.json',
    '/console/%2e%2e%2findex.html',
    '/console/a%00.js',
    '/console/__proto__',
    '/console/constructor',
  ])('%s is not there', async (path) => {
    const { status, headers } = await server.client().get(path);
    expect(status).toBe(404);
    expect(headers.get('cache-control') ?? '').not.toContain('immutable');
  });

  it.each(['messenger,game,socketio,mcp', 'messenger,rest,socketio,mcp'])(
    'gives way to /docs with only %s',
    async (PROTOCOLS) => {
      const other = await TestServer.start({ variables: { PROTOCOLS } });
      try {
        const response = await fetch(other.url, { redirect: 'manual' });
        expect([response.status, response.headers.get('location')]).toEqual([302, '/docs']);
      } finally {
        await other.stop();
      }
    },
  );
});

describe.runIf(has.chromium)('the page of the console, in a browser', { timeout: 60_000 }, () => {
  let server: TestServer;
  let browser: ConsoleBrowser;
  beforeAll(async () => {
    server = await TestServer.start();
    // A name that is neither this machine's own nor reached by TLS: browsers keep some of their functions from such pages.
    browser = await ConsoleBrowser.launch(['--host-resolver-rules=MAP switchboard.test 127.0.0.1']);
  });
  afterEach(() => browser.leave());
  afterAll(async () => {
    await browser?.close();
    await server?.stop();
  });

  /** Bytes of script that came over the line since the page was opened. */
  const scriptBytes = (visitor: Visitor): Promise<number> =>
    visitor.page.evaluate<number>(
      "performance.getEntriesByType('resource').filter(({ name }) => name.endsWith('.js')).reduce((sum, { transferSize }) => sum + transferSize, 0)",
    );

  it('is small, and soon ready to be used', async () => {
    const visitor = await browser.visitor(server.url);
    const from = performance.now();
    await visitor.open();
    const field = visitor.page.getByRole('textbox', { name: 'User name or e-mail' });
    await field.fill('somebody');
    expect(performance.now() - from).toBeLessThan(PATIENCE);
    const signedOut = await scriptBytes(visitor);
    expect(signedOut).toBeGreaterThan(10_000);
    expect(signedOut).toBeLessThan(FIRST_LOAD);

    const { username } = await server.user();
    await visitor.signIn(username);
    await visitor.page.getByRole('heading', { name: 'Chats' }).waitFor();
    expect(await scriptBytes(visitor)).toBeGreaterThan(signedOut);
    // With everything that comes after it.
    expect(await scriptBytes(visitor)).toBeLessThan(2 * FIRST_LOAD);
  });

  it('works under a plain name without TLS, where a session lasts as long as its page', async () => {
    // Of headers that count only with TLS Chromium says so. The cookie is only for TLS, and so the page asks in vain.
    const expected = [/Cross-Origin-Opener-Policy header has been ignored/, /status of 401/];
    const visitor = await browser.visitor(`http://switchboard.test:${server.port}`, { expected });
    const { username } = await server.user();
    const name = server.name('plain');
    await visitor.open();
    await visitor.signUp(name);
    await visitor.beginChat(username);
    await visitor.say('It arrives');
    await visitor.message('It arrives').waitFor();
    await visitor.page.reload();
    await visitor.signIn(name);
    await visitor.message('It arrives').waitFor();
    expect(await visitor.texts()).toEqual(['It arrives']);

    // What such a page may not do, it does not offer.
    await visitor.open('#/explorer');
    await visitor.page.getByRole('tab', { name: 'Code' }).click();
    await visitor.page.getByRole('figure', { name: 'Code' }).waitFor();
    expect(await visitor.page.getByRole('button', { name: /^Copy/ }).count()).toBe(0);
  });

  it('remembers language and colours, and takes them from the browser at first', async () => {
    const visitor = await browser.visitor(server.url, { language: 'ru', colorScheme: 'dark', viewport: NARROW });
    await visitor.open();
    const { page } = visitor;
    const html = page.locator('html');
    await page.getByRole('heading', { name: 'Вход' }).waitFor();
    expect(await html.getAttribute('lang')).toBe('ru');
    expect(await html.getAttribute('data-mantine-color-scheme')).toBe('dark');
    await page.getByRole('button', { name: 'English' }).click();
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    await page.getByRole('button', { name: 'Light colours' }).click();
    await page.reload();
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    expect(await html.getAttribute('lang')).toBe('en');
    expect(await html.getAttribute('data-mantine-color-scheme')).toBe('light');
  });

  it('brings whoever signs in to where they wanted to go, and says where nothing is', async () => {
    const { username } = await server.user();
    const visitor = await browser.visitor(server.url);
    await visitor.open('#/account');
    await visitor.signIn(username);
    await visitor.page.getByRole('heading', { name: 'My account' }).waitFor();
    await visitor.open('#/nowhere');
    await visitor.page.getByText('There is no such page').waitFor();
    // What superusers see is not there for others.
    await visitor.open('#/admin/users');
    await visitor.page.getByText('There is no such page').waitFor();
    expect(await visitor.page.getByRole('link', { name: 'Audit log' }).count()).toBe(0);
    await visitor.page.getByRole('main').getByRole('link', { name: 'Chats' }).click();
    await visitor.page.getByRole('heading', { name: 'Chats', exact: true }).waitFor();
  });

  it('says that it tries again while the server is not ready, and goes on by itself', async () => {
    const visitor = await browser.visitor(server.url, { expected: [/status of 503/] });
    await visitor.open();
    await visitor.signIn((await server.user()).username);
    const asked = '**/api/v1/auth/*';
    await visitor.context.route(asked, (route) => route.fulfill({ status: 503, json: { detail: 'Service unavailable' } }));
    await visitor.page.reload();
    await visitor.page.getByRole('alert').getByText('This page tries again by itself.').waitFor();
    await visitor.context.unroute(asked);
    await visitor.inside();
    expect(await visitor.page.getByRole('alert').count()).toBe(0);
  });

  it('says in the title of each page what it is', async () => {
    const { id, username } = await server.user({ isSuperuser: true });
    const visitor = await browser.visitor(server.url);
    const titled = (title: string) => until(async () => (await visitor.page.title()) === `${title} · Switchboard`);
    for (const [place, title] of [
      ['/', 'Sign in'],
      ['#/sign-up', 'Create an account'],
      ['#/recover', 'Recover the account'],
      ['#/explorer', 'Socket explorer'],
    ] as const) {
      await visitor.open(place);
      await titled(title);
    }
    await visitor.open('#/chats');
    await visitor.signIn(username);
    await titled('Chats');
    for (const [place, title] of [
      ['#/account', 'My account'],
      ['#/admin/users', 'Users'],
      [`#/admin/users/${id}`, username],
      ['#/admin/connections', 'Connections'],
      ['#/admin/audit', 'Audit log'],
      ['#/admin/figures', 'Figures'],
      ['#/nowhere', 'There is no such page'],
    ] as const) {
      await visitor.open(place);
      await titled(title);
    }
    await visitor.page.getByRole('button', { name: 'RU' }).click();
    await titled('Такой страницы нет');
  });

  it('has clock and calendar of where its reader lives', async () => {
    const { id, username } = await server.user();
    await makeGroup(server.database.url, [id]);
    const clockOf = async (locale: string): Promise<string> => {
      const visitor = await browser.visitor(server.url, { locale });
      await visitor.open();
      await visitor.signIn(username);
      return visitor.page.getByRole('region', { name: 'Chats' }).locator('time').first().innerText();
    };
    expect(await clockOf('en-GB')).toMatch(/^\d{1,2}:\d\d$/);
    expect(await clockOf('en-US')).toMatch(/^\d{1,2}:\d\d\s[AP]M$/);
  });
});

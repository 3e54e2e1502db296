import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { has, programOf } from '../support/capabilities.js';
import { PASSWORD, TestServer } from '../support/server.js';

interface Watched {
  readonly page: Page;
  /** Errors and warnings of the console, exceptions, requests to elsewhere, answers of 400 and above. */
  readonly complaints: string[];
}

const WIDTHS = [1280, 390];

describe.runIf(has.chromium)('the pages', () => {
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
      const url = request.url().replace(/^blob:/, '');
      if (!url.startsWith(server.url) && !url.startsWith('data:')) complaints.push(`request to ${url}`);
    });
    await page.goto(server.url + path);
    return { page, complaints };
  }

  const isTooWide = (page: Page): Promise<boolean> =>
    page.evaluate<boolean>('document.documentElement.scrollWidth > document.documentElement.clientWidth');

  const viewport = (width: number): BrowserContextOptions => ({ viewport: { width, height: 900 } });

  describe.each(WIDTHS)('%i pixels wide', (width) => {
    it('Swagger UI logs in by its Authorize button and tries a request out', async () => {
      const { username, email } = await server.user();
      const { page, complaints } = await open('/docs', viewport(width));
      await page.locator('.opblock').first().waitFor();
      expect(await isTooWide(page)).toBe(false);

      await page.locator('.auth-wrapper .authorize').click();
      expect(await page.locator('#client_id_password').isVisible()).toBe(false);
      await page.locator('#oauth_username').fill(username);
      await page.locator('#oauth_password').fill(PASSWORD);
      await page.locator('.auth-btn-wrapper .authorize').first().click();
      await page.getByText('Authorized', { exact: true }).waitFor();
      await page.locator('.btn-done').first().click();

      const operation = page.locator('.opblock-get', { has: page.locator('[data-path="/api/v1/users/me"]') });
      await operation.click();
      await operation.locator('.execute').click();
      const answer = operation.locator('.live-responses-table');
      await answer.waitFor();
      expect(await answer.locator('tbody .response-col_status').first().innerText()).toContain('200');
      expect(await answer.innerText()).toContain(email);
      expect(complaints).toEqual([]);
      await page.close();
    });

    it('Swagger UI says that a wrong password is one', async () => {
      const { username } = await server.user();
      const { page } = await open('/docs', viewport(width));
      await page.locator('.auth-wrapper .authorize').click();
      await page.locator('#oauth_username').fill(username);
      await page.locator('#oauth_password').fill('another password');
      await page.locator('.auth-btn-wrapper .authorize').first().click();
      await page.locator('.auth-container .errors').waitFor();
      expect(await page.locator('.auth-container .errors').innerText()).toMatch(/error/i);
      await page.close();
    });

    it('ReDoc shows every group', async () => {
      const { page, complaints } = await open('/redoc', viewport(width));
      await page.locator('h1, h2', { hasText: 'rest: auth' }).first().waitFor();
      const headings = await page.locator('h1, h2').allInnerTexts();
      for (const group of ['rest: users', 'commands: system', 'game', 'mcp', 'server']) {
        expect(headings.map((text) => text.trim())).toContain(group);
      }
      expect(await isTooWide(page)).toBe(false);
      expect(complaints).toEqual([]);
      await page.close();
    });

    it('the recovery page sets a new password, by keyboard alone', async () => {
      const owner = await server.user({ isSuperuser: true });
      const user = await server.user();
      const { token } = (await owner.client.post(`/api/v1/users/${user.id}/reset-password`)).body;
      const { page, complaints } = await open(`/recover?token=${token}`, viewport(width));
      expect(page.url()).toBe(`${server.url}/recover`);
      expect(await isTooWide(page)).toBe(false);

      // The first field has the focus.
      await page.keyboard.type('short');
      await page.keyboard.press('Enter');
      await page.getByText('A password has 8 to 128 characters.').waitFor();
      await page.keyboard.type(' but longer');
      await page.keyboard.press('Tab');
      await page.keyboard.type('something else');
      await page.keyboard.press('Enter');
      await page.getByText('The two passwords are not the same.').waitFor();
      await page.keyboard.press('Control+A');
      await page.keyboard.type('short but longer');
      await page.keyboard.press('Enter');
      await page.locator('#done').waitFor();
      expect(complaints).toEqual([]);
      await page.close();

      await expect(server.client().logIn(user.username, PASSWORD)).rejects.toThrow('401');
      expect((await server.client().logIn(user.username, 'short but longer')).token).toBeTruthy();
    });
  });

  it('the recovery page says what is wrong with its link', async () => {
    const { page } = await open('/recover?token=made-up-token');
    await page.locator('#password').fill('a new password');
    await page.locator('#again').fill('a new password');
    await page.keyboard.press('Enter');
    await page.getByText('This link was used already, or is too old.').waitFor();
    await page.goto(`${server.url}/recover`);
    await page.getByText('This address holds no recovery token.').waitFor();
    expect(await page.locator('button').isDisabled()).toBe(true);
    await page.close();
  });

  it('the recovery page speaks Russian to who prefers it', async () => {
    const { page } = await open('/recover?token=x', { locale: 'ru-RU' });
    expect(await page.locator('h1').innerText()).toBe('Новый пароль');
    expect(await page.locator('html').getAttribute('lang')).toBe('ru');
    await page.close();
  });
});

describe('the pages, as they are served', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await TestServer.start();
  });
  afterAll(() => server.stop());

  it.each(['/docs', '/docs/', '/redoc', '/recover?token=x'])(
    '%s allows no inline script and nothing from elsewhere',
    async (path) => {
      const { status, headers, body } = await server.client().get<string>(path);
      expect(status).toBe(200);
      expect(headers.get('content-type')).toBe('text/html; charset=utf-8');
      const policy = headers.get('content-security-policy') ?? '';
      expect(policy).toContain("default-src 'none'");
      expect(policy).toMatch(/script-src 'self'(;|$)/);
      expect(policy).not.toMatch(/unsafe-eval|https?:|\*/);
      expect(body).not.toMatch(/<script(?![^>]*\ssrc="\/)[^>]*>|\son\w+=|https?:\/\//i);
      expect(headers.get('referrer-policy')).toBe('no-referrer');
    },
  );

  it('ReDoc comes without the address of its logo', async () => {
    const { body } = await server.client().get<string>('/docs/assets/redoc.standalone.js');
    expect(body.length).toBeGreaterThan(500_000);
    expect(body).not.toContain('cdn.redoc.ly');
  });

  it.each([
    ['ru', 'ru'],
    ['ru-RU,ru;q=0.9,en;q=0.8', 'ru'],
    ['en-GB,en;q=0.9,ru;q=0.8', 'en'],
    ['de', 'en'],
    ['ru;q=0', 'en'],
    ['', 'en'],
  ])('the recovery page for %j is in %s', async (accepted, language) => {
    const { headers, body } = await server.client().get<string>('/recover', { 'accept-language': accepted });
    expect(body).toContain(`<html lang="${language}">`);
    expect(body).not.toContain('{{');
    expect(headers.get('vary')).toMatch(/accept-language/i);
  });
});

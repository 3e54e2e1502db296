import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { has } from '../support/capabilities.js';
import { ConsoleBrowser, NARROW, type VisitOptions, type Visitor } from '../support/console.js';
import { PASSWORD, TestServer } from '../support/server.js';
import { until } from '../support/until.js';

/** In the words of the page: the protocol, and whether it lets in whoever has no account. */
const PROTOCOLS = [
  ['game', false],
  ['rest', true],
  ['messenger', true],
  ['Socket.IO', false],
  ['mcp', true],
] as const;

describe.runIf(has.chromium)('the socket explorer', { timeout: 60_000 }, () => {
  let server: TestServer;
  let browser: ConsoleBrowser;
  beforeAll(async () => {
    server = await TestServer.start();
    browser = await ConsoleBrowser.launch();
  });
  afterEach(() => browser.leave());
  afterAll(async () => {
    await browser?.close();
    await server?.stop();
  });

  async function explorer(options?: VisitOptions): Promise<Visitor> {
    const visitor = await browser.visitor(server.url, options);
    await visitor.open('#/explorer');
    await connection(visitor).waitFor();
    return visitor;
  }

  const connection = ({ page }: Visitor) => page.getByRole('form', { name: 'Connection' });
  const frames = ({ page }: Visitor) => page.getByRole('log', { name: 'Frames' });
  const inOf = (visitor: Visitor) => frames(visitor).locator('[data-direction=in]');

  async function pick(visitor: Visitor, protocol: string): Promise<void> {
    await connection(visitor).getByRole('radiogroup', { name: 'Protocol' }).getByText(protocol, { exact: true }).click();
  }

  async function connect(visitor: Visitor): Promise<void> {
    await connection(visitor)
      .getByRole('button', { name: /^(Connect|Use it|Log in)$/ })
      .click();
    await connection(visitor)
      .getByText(/^(connected|ready)$/)
      .waitFor();
  }

  async function choose({ page }: Visitor, command: string): Promise<void> {
    await page.getByRole('combobox', { name: 'Command' }).fill(command);
    await page.getByRole('option', { name: command }).first().click();
  }

  /** Sends what is chosen and waits for its answer. */
  async function ping(visitor: Visitor): Promise<string> {
    await choose(visitor, 'system.ping');
    await visitor.page.getByRole('button', { name: 'Send', exact: true }).click();
    const answer = inOf(visitor)
      .filter({ hasText: /pong|sent_at|server_time/ })
      .last();
    await answer.waitFor();
    return answer.innerText();
  }

  it('sends system.ping in all five protocols, as oneself', async () => {
    const visitor = await explorer();
    await visitor.open();
    await visitor.signIn((await server.user()).username);
    await visitor.open('#/explorer');
    for (const [protocol] of PROTOCOLS) {
      await pick(visitor, protocol);
      await connect(visitor);
      expect(await ping(visitor), protocol).toMatch(/\d+ B/);
      await visitor.page.getByRole('button', { name: 'Clear' }).click();
    }
  });

  it.each(PROTOCOLS)(
    'connects whoever has no account where %s lets them in, and others by name and password',
    async (protocol, isOpen) => {
      const { username } = await server.user();
      const visitor = await explorer();
      await pick(visitor, protocol);
      const as = connection(visitor).getByRole('radiogroup', { name: 'Connect as' });
      expect(await as.getByRole('radio', { name: 'Anonymous' }).isEnabled()).toBe(isOpen);
      if (isOpen) {
        await as.getByText('Anonymous').click();
        await connect(visitor);
        await ping(visitor);
        await connection(visitor).getByRole('button', { name: 'Disconnect' }).click();
      }
      await as.getByText('Password').click();
      await connection(visitor).getByRole('textbox', { name: 'User name or e-mail' }).fill(username);
      await connection(visitor).getByLabel('Password', { exact: true }).last().fill(PASSWORD);
      await connect(visitor);
      await ping(visitor);
      // What is secret is not shown.
      expect(await frames(visitor).innerText()).not.toContain(PASSWORD);
    },
  );

  it('sends a raw frame, and shows what is wrong with it and why the server hangs up', async () => {
    const { username, tokens } = await server.user();
    const visitor = await explorer();
    const { page } = visitor;
    await connection(visitor).getByRole('radiogroup', { name: 'Connect as' }).getByText('Token').click();
    await connection(visitor).getByLabel('Access token').fill(tokens.token);
    await connect(visitor);
    await page.getByText('Raw frame', { exact: true }).click();
    await page.getByRole('textbox', { name: 'Raw frame' }).fill('this is no JSON');
    for (let count = 0; count < 10; count++) {
      await page.getByRole('textbox', { name: 'Raw frame' }).press('Control+Enter');
    }
    await connection(visitor).getByText('Ten bad frames came within a minute.').waitFor();
    await until(async () => (await inOf(visitor).count()) > 1);
    await connect(visitor);
    const chat = await server.user();
    await page.getByRole('textbox', { name: 'Raw frame' }).fill(
      JSON.stringify({
        type: 'command',
        v: 1,
        request_id: 'by-hand',
        domain: 'chat',
        command: 'create',
        payload: { chat_type: 'personal', members: [chat.username] },
      }),
    );
    await page.getByRole('textbox', { name: 'Raw frame' }).press('Control+Enter');
    const answer = inOf(visitor).filter({ hasText: username }).last();
    await answer.getByRole('button').first().click();
    await answer.getByText('"by-hand"').waitFor();
    expect(await frames(visitor).innerText()).not.toContain(tokens.token);
  });

  it('shows a command as all protocols put it, and as programs, to be copied', async () => {
    const visitor = await explorer({ permissions: ['clipboard-read', 'clipboard-write'] });
    const { page } = visitor;
    await choose(visitor, 'chat.send');
    await page.getByRole('tab', { name: 'In all protocols' }).click();
    for (const [protocol] of PROTOCOLS) {
      await page.getByRole('button', { name: `Copy how ${protocol} puts it` }).click();
      const copied = await page.evaluate<string>('navigator.clipboard.readText()');
      expect(copied, protocol).toContain('Hello!');
    }
    await page.getByRole('tab', { name: 'Code' }).click();
    for (const [language, mark] of [
      ['wscat', 'wscat -c'],
      ['Python', 'websockets'],
      ['JavaScript', 'WebSocket'],
      ['curl', 'curl'],
    ] as const) {
      await page.getByRole('radiogroup', { name: 'Language' }).getByText(language).click();
      await page.getByRole('button', { name: 'Copy the code' }).click();
      const copied = await page.evaluate<string>('navigator.clipboard.readText()');
      expect(copied, language).toContain(mark);
      expect(copied, language).toContain('TOKEN');
    }
  });

  it('checks a form before it is sent, and sends it anyway', async () => {
    const { tokens } = await server.user();
    const visitor = await explorer();
    const { page } = visitor;
    await connection(visitor).getByRole('radiogroup', { name: 'Connect as' }).getByText('Token').click();
    await connection(visitor).getByLabel('Access token').fill(tokens.token);
    await connect(visitor);
    await choose(visitor, 'chat.send');
    await page.getByText('JSON', { exact: true }).click();
    await page.getByRole('textbox', { name: 'Payload' }).fill('{"chat_id": 1, "content": ""}');
    await page.getByText('1 field is not valid for this command').waitFor();
    await page.getByRole('button', { name: 'Send anyway' }).click();
    await inOf(visitor).filter({ hasText: 'invalid_payload' }).waitFor();
    expect(await inOf(visitor).count()).toBeGreaterThan(0);
  });

  it('works on a narrow screen, one thing at a time', async () => {
    const visitor = await explorer({ viewport: NARROW });
    const { page } = visitor;
    await pick(visitor, 'rest');
    await connection(visitor).getByText('Anonymous').click();
    await connect(visitor);
    await choose(visitor, 'system.ping');
    await page.getByRole('button', { name: 'Send', exact: true }).click();
    // It goes to where the answer will be.
    await until(async () => (await page.getByRole('tab', { name: 'Frames' }).getAttribute('aria-selected')) === 'true');
    await inOf(visitor).first().waitFor();
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(NARROW.width);
  });
});

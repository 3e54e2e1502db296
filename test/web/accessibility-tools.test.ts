import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { faultsOf, VIEWS } from '../support/axe.js';
import { has } from '../support/capabilities.js';
import { ConsoleBrowser, NARROW, type VisitOptions, type Visitor } from '../support/console.js';
import { type Account, TestServer } from '../support/server.js';

describe.runIf(has.chromium)("everybody can use superusers' pages and the explorer", { timeout: 60_000 }, () => {
  let server: TestServer;
  let browser: ConsoleBrowser;
  let owner: Account;
  let bob: Account;
  beforeAll(async () => {
    server = await TestServer.start();
    owner = await server.user({ username: 'the-owner', isSuperuser: true });
    bob = await server.user({ username: 'bob' });
    // Something of every kind to be seen.
    await owner.client.put(`/api/v1/users/${bob.id}`, { is_active: false });
    await server
      .client()
      .logIn('bob', 'not the password')
      .catch(() => undefined);
    browser = await ConsoleBrowser.launch();
  });
  afterEach(() => browser.leave());
  afterAll(async () => {
    await browser?.close();
    await server?.stop();
  });

  async function expectNoFaults(visitor: Visitor, what: string): Promise<void> {
    expect(await faultsOf(visitor), what).toEqual([]);
  }

  describe.each(VIEWS)('in $colorScheme colours, $viewport.width wide', (view) => {
    const isNarrow = view.viewport === NARROW;

    const signedIn = (place: string, options?: VisitOptions): Promise<Visitor> =>
      browser.signedIn(server.url, owner, place, { ...view, ...options });

    it('users', async () => {
      const visitor = await signedIn('#/admin/users');
      const { page } = visitor;
      await page.getByRole('table', { name: 'Users' }).waitFor();
      await expectNoFaults(visitor, 'users');
      await page.getByRole('button', { name: 'Create a user' }).click();
      await page.getByRole('dialog').getByRole('textbox', { name: 'User name' }).waitFor();
      await expectNoFaults(visitor, 'a new user');
      await visitor.open('#/admin/users?q=nobody-at-all');
      await page.getByText('Nobody was found').waitFor();
      await expectNoFaults(visitor, 'nobody');
      await visitor.open(`#/admin/users/${bob.id}`);
      await page.getByText('A sign-in as').waitFor();
      await page.getByRole('table', { name: 'Sessions' }).or(page.getByText('Not signed in anywhere.')).first().waitFor();
      await expectNoFaults(visitor, 'a user');
      await page.getByRole('button', { name: 'Delete the account…' }).click();
      await page.getByRole('textbox', { name: 'Type bob to confirm' }).waitFor();
      await expectNoFaults(visitor, 'the question before somebody is deleted');
    });

    it('connections, log and figures', async () => {
      const visitor = await signedIn('#/admin/connections');
      const { page } = visitor;
      await page.getByRole('table', { name: 'Live connections' }).getByText('this page').waitFor();
      await expectNoFaults(visitor, 'connections');
      await visitor.open('#/admin/audit');
      await page
        .getByRole('button', { name: /^Details of entry/ })
        .first()
        .click();
      await page.getByText('User agent').first().waitFor();
      if (isNarrow) await page.getByRole('button', { name: 'Filters' }).click();
      await expectNoFaults(visitor, 'log');
      await visitor.open('#/admin/figures');
      await page.getByRole('region', { name: 'Memory' }).getByText('MB').first().waitFor();
      await expectNoFaults(visitor, 'charts');
      await page.getByText('Tables', { exact: true }).click();
      await page.getByRole('table', { name: 'Memory' }).waitFor();
      await expectNoFaults(visitor, 'tables');
    });

    it('the explorer', async () => {
      const visitor = await signedIn('#/chats');
      await visitor.open('#/explorer');
      const { page } = visitor;
      const form = page.getByRole('form', { name: 'Connection' });
      await form.waitFor();
      await expectNoFaults(visitor, 'explorer');
      await form.getByRole('button', { name: 'Connect' }).click();
      await form.getByText(/^(connected|ready)$/).waitFor();
      await page.getByRole('combobox', { name: 'Command' }).fill('chat.create');
      await page.getByRole('option', { name: 'chat.create' }).first().click();
      await expectNoFaults(visitor, 'a form');
      await page.getByRole('button', { name: /^Send/ }).click();
      const log = page.getByRole('log', { name: 'Frames' });
      await log.locator('[data-direction=in]').first().waitFor();
      await log.getByRole('button').first().click();
      await expectNoFaults(visitor, 'frames');
      await page.getByRole('tab', { name: 'In all protocols' }).click();
      await page.getByRole('button', { name: 'Copy how mcp puts it' }).waitFor();
      await expectNoFaults(visitor, 'all protocols');
      await page.getByRole('tab', { name: 'Code' }).click();
      await page.getByRole('button', { name: 'Copy the code' }).waitFor();
      await expectNoFaults(visitor, 'code');
    });
  });
});

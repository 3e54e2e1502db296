import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { faultsOf, VIEWS } from '../support/axe.js';
import { has } from '../support/capabilities.js';
import { ConsoleBrowser, NARROW, type Visitor } from '../support/console.js';
import { type Account, PASSWORD, TestServer } from '../support/server.js';
import { until } from '../support/until.js';

describe.runIf(has.chromium)('everybody can use the console', { timeout: 60_000 }, () => {
  let server: TestServer;
  let browser: ConsoleBrowser;
  /** People whose pictures have all the colours that a name can give. */
  const crowd = Array.from({ length: 24 }, (_, index) => `person-${String.fromCharCode(97 + index)}`);
  beforeAll(async () => {
    server = await TestServer.start();
    browser = await ConsoleBrowser.launch();
    for (const username of crowd) await server.user({ username });
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

    it('the pages of whoever is not signed in', async () => {
      const visitor = await browser.visitor(server.url, { ...view, expected: [/status of 4\d\d/] });
      await visitor.open();
      const { page } = visitor;
      await page.getByRole('heading', { name: 'Sign in' }).waitFor();
      await expectNoFaults(visitor, 'sign in');
      await page.getByRole('textbox', { name: 'User name or e-mail' }).fill('nobody');
      await page.getByLabel('Password', { exact: true }).fill('nothing');
      await page.getByRole('button', { name: 'Sign in', exact: true }).click();
      await page.getByRole('alert').waitFor();
      await expectNoFaults(visitor, 'a wrong password');
      await visitor.open('#/sign-up');
      await page.getByRole('textbox', { name: 'User name' }).fill('x');
      await page.getByRole('textbox', { name: 'E-mail' }).fill('x');
      await page.getByLabel('Password', { exact: true }).fill('x');
      await page.getByRole('button', { name: 'Create an account' }).click();
      await until(async () => (await page.locator('[aria-invalid=true]').count()) > 0);
      await expectNoFaults(visitor, 'sign up');
      await visitor.open('#/recover');
      await page.getByRole('heading', { name: 'Recover the account' }).waitFor();
      await expectNoFaults(visitor, 'recover');
    });

    it('chats, with their dialogs', async () => {
      const [alice, bob] = [await server.user(), await server.user()];
      const visitor = await browser.visitor(server.url, view);
      await visitor.open();
      await visitor.signIn(alice.username);
      const { page } = visitor;
      await page.getByText('No chats yet').waitFor();
      await expectNoFaults(visitor, 'no chats');
      await visitor.beginChat(bob.username);
      await visitor.say('A message, and https://example.com/a-link');
      await visitor.say('To be deleted');
      await visitor.message('To be deleted').waitFor();
      await expectNoFaults(visitor, 'a chat');
      await visitor.act('To be deleted', 'delete');
      await page.getByRole('dialog').waitFor();
      await expectNoFaults(visitor, 'the question before something is deleted');
      await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
      await visitor.messages.getByText('message deleted').waitFor();
      await visitor.act('A message, and https://example.com/a-link', 'edit');
      await expectNoFaults(visitor, 'a deleted message, and one that is edited');

      await visitor.open('#/chats');
      await page.getByRole('button', { name: 'New chat' }).first().click();
      const dialog = page.getByRole('dialog', { name: 'New chat' });
      await dialog.getByRole('textbox', { name: 'User name' }).waitFor();
      await expectNoFaults(visitor, 'a new chat');
      await dialog.getByText('A group').click();
      await dialog.getByRole('textbox', { name: 'Name of the group' }).fill('A group');
      for (const name of [bob.username, ...crowd]) {
        await dialog.getByLabel('Members').fill(name);
        await dialog.getByLabel('Members').press('Enter');
      }
      await expectNoFaults(visitor, 'a new group');
      await dialog.getByRole('button', { name: 'Begin' }).click();
      await visitor.inChat('A group');
      await page.getByRole('button', { name: 'Members' }).click();
      const members = page.getByRole('dialog', { name: 'Members' });
      await members.getByText('owner').waitFor();
      await expectNoFaults(visitor, 'members');
      await members.getByRole('button', { name: `More: ${bob.username}` }).click();
      await page.getByRole('menuitem', { name: 'Make admin' }).waitFor();
      await expectNoFaults(visitor, 'what to do with a member');
    });

    it('the account, and the way around', async () => {
      const visitor = await browser.visitor(server.url, view);
      await visitor.open('#/account');
      await visitor.signIn((await server.user()).username);
      const { page } = visitor;
      await page.getByText('this one').waitFor();
      await expectNoFaults(visitor, 'account');
      if (isNarrow) await page.getByRole('button', { name: 'Menu' }).click();
      await page.getByRole('navigation').getByText('For developers').waitFor();
      await expectNoFaults(visitor, 'navigation');
    });
  });

  describe('by keyboard alone', () => {
    let account: Account;
    let other: Account;
    beforeAll(async () => {
      [account, other] = [await server.user(), await server.user()];
    });

    const focused = ({ page }: Visitor) =>
      page.evaluate<string>(
        "document.activeElement?.getAttribute('aria-label') ?? document.activeElement?.labels?.[0]?.textContent ?? document.activeElement?.textContent ?? ''",
      );

    /** Tabs on until the focus is on something of this name. */
    async function tabTo(visitor: Visitor, name: string | RegExp): Promise<void> {
      for (let steps = 0; steps < 40; steps++) {
        const at = await focused(visitor);
        if (typeof name === 'string' ? at === name : name.test(at)) return;
        await visitor.page.keyboard.press('Tab');
      }
      throw new Error(`The focus never came to ${String(name)}`);
    }

    it('one signs in, begins a chat, says something, mends it, and leaves a dialog', async () => {
      const visitor = await browser.visitor(server.url);
      await visitor.open();
      const { page } = visitor;
      const { keyboard } = page;
      await page.getByRole('heading', { name: 'Sign in' }).waitFor();
      // The first field has the focus.
      await until(async () => (await focused(visitor)) === 'User name or e-mail');
      await keyboard.type(account.username);
      await keyboard.press('Tab');
      await keyboard.type(PASSWORD);
      await keyboard.press('Enter');
      await visitor.inside();

      await page.getByText('No chats yet').waitFor();
      await tabTo(visitor, 'New chat');
      await keyboard.press('Enter');
      await until(async () => (await focused(visitor)) === 'User name');
      await keyboard.type(other.username);
      await keyboard.press('Enter');
      await visitor.inChat(other.username);
      // Where one writes has the focus, and keeps it.
      await until(async () => (await focused(visitor)) === 'Write a message');
      await keyboard.type('Helo');
      await keyboard.press('Enter');
      await visitor.message('Helo').waitFor();
      expect(await focused(visitor)).toBe('Write a message');
      await keyboard.press('ArrowUp');
      await page.getByText('Editing a message').waitFor();
      expect(await visitor.composer.inputValue()).toBe('Helo');
      await keyboard.type('!');
      await keyboard.press('Escape');
      await page.getByText('Editing a message').waitFor({ state: 'detached' });
      expect(await visitor.texts()).toEqual(['Helo']);
      await keyboard.press('ArrowUp');
      await keyboard.press('Control+A');
      await keyboard.type('Hello');
      await keyboard.press('Shift+Enter');
      await keyboard.type('there');
      await keyboard.press('Enter');
      await visitor.messages.getByText('edited').waitFor();
      expect(await visitor.texts()).toEqual(['Hello\nthere']);

      await tabTo(visitor, 'New chat');
      await keyboard.press('Enter');
      const dialog = page.getByRole('dialog', { name: 'New chat' });
      await dialog.waitFor();
      // The focus stays within the dialog.
      for (let steps = 0; steps < 12; steps++) {
        await keyboard.press('Tab');
        expect(await page.evaluate("document.querySelector('[role=dialog]').contains(document.activeElement)")).toBe(true);
      }
      await keyboard.press('Escape');
      await dialog.waitFor({ state: 'detached' });
      await until(async () => (await focused(visitor)) === 'New chat');
    });

    it('one skips what is the same on every page', async () => {
      const visitor = await browser.visitor(server.url);
      await visitor.open('#/account');
      await visitor.signIn(account.username);
      await visitor.page.getByRole('heading', { name: 'My account' }).waitFor();
      await visitor.page.reload();
      await visitor.page.getByRole('heading', { name: 'My account' }).waitFor();
      await visitor.page.keyboard.press('Tab');
      const skip = visitor.page.getByRole('link', { name: 'Skip to the content' });
      expect(await focused(visitor)).toBe('Skip to the content');
      expect((await skip.boundingBox())?.y).toBeGreaterThanOrEqual(0);
      await visitor.page.keyboard.press('Enter');
      await visitor.page.keyboard.press('Tab');
      expect(await visitor.page.evaluate("document.getElementById('main').contains(document.activeElement)")).toBe(true);
    });
  });
});

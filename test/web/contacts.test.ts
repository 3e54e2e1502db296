import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { faultsOf, VIEWS } from '../support/axe.js';
import { has } from '../support/capabilities.js';
import { makeGroup, personalChat, say } from '../support/chats.js';
import { ConsoleBrowser, type VisitOptions, type Visitor } from '../support/console.js';
import { type Account, TestServer } from '../support/server.js';
import { until } from '../support/until.js';

describe.runIf(has.chromium)('people in the console', { timeout: 60_000 }, () => {
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

  const signedIn = (account: Account, place = '#/chats', options?: VisitOptions): Promise<Visitor> =>
    browser.signedIn(server.url, account, place, options);

  const notice = ({ page }: Visitor, text: string) => page.getByRole('alert').getByText(text);
  const sureToBlock = ({ page }: Visitor) =>
    page.getByRole('dialog', { name: 'Block' }).getByRole('button', { name: 'Block', exact: true }).click();
  const members = ({ page }: Visitor) => page.getByRole('dialog', { name: 'Members' });

  it('a user is reported from a personal chat, and from the members of a group', async () => {
    const [alice, bob] = [await server.user(), await server.user()];
    const chat = await personalChat(alice, bob);
    const group = await makeGroup(server.database.url, [alice.id, bob.id]);
    const a = await signedIn(alice, `#/chats/${chat}`);
    const dialog = a.page.getByRole('dialog', { name: `Report ${bob.username}` });
    await a.chooseOfChat('Report…');
    await dialog.getByRole('radio', { name: 'Impersonation' }).check();
    await dialog.getByRole('button', { name: 'Send report' }).click();
    await notice(a, 'The report was sent to the moderators').waitFor();
    await dialog.waitFor({ state: 'detached' });

    await a.open(`#/chats/${group}`);
    await a.page.getByRole('button', { name: 'Members' }).click();
    const person = members(a).getByRole('listitem').filter({ hasText: bob.username });
    await person.getByRole('button', { name: 'More' }).click();
    await a.page.getByRole('menuitem', { name: 'Report…' }).click();
    await dialog.waitFor();
    // Esc closes the dialog, and not what it was opened from.
    await a.page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    expect(await members(a).isVisible()).toBe(true);
  });

  it('the focus is back where a report or a block was begun, by keyboard too', async () => {
    const [alice, bob] = [await server.user(), await server.user()];
    const a = await signedIn(alice, `#/chats/${await personalChat(alice, bob)}`);
    const { page } = a;
    const focused = (): Promise<string> => page.evaluate("document.activeElement?.getAttribute('aria-label') ?? ''");
    await a.message(`Hello, ${alice.username}`).getByRole('button', { name: a.words.actions }).focus();
    await page.keyboard.press('Enter');
    await page.getByRole('menuitem', { name: 'Report…' }).waitFor();
    await page.keyboard.press('Enter');
    const dialog = page.getByRole('dialog', { name: 'Report a message' });
    await dialog.getByRole('radio', { name: 'Spam' }).waitFor();
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    await until(async () => (await focused()) === a.words.actions);

    await page.getByRole('button', { name: a.words.chatMenu }).focus();
    await page.keyboard.press('Enter');
    await page.getByRole('menuitem', { name: `Block ${bob.username}` }).press('Enter');
    const question = page.getByRole('dialog', { name: 'Block' });
    await question.getByRole('button', { name: 'Cancel' }).waitFor();
    await page.keyboard.press('Escape');
    await question.waitFor({ state: 'detached' });
    await until(async () => (await focused()) === a.words.chatMenu);
  });

  it('the account lists blocked users, and blocks others by name', async () => {
    const [alice, bob] = [await server.user(), await server.user()];
    const a = await signedIn(alice, '#/account');
    const section = a.page.getByRole('region', { name: 'Privacy' });
    const list = section.getByRole('list', { name: 'Blocked people' });
    await section.getByText('You have not blocked anyone.').waitFor();
    const add = async (name: string): Promise<void> => {
      await section.getByRole('textbox', { name: 'Block someone' }).fill(name);
      await section.getByRole('button', { name: 'Block', exact: true }).click();
    };
    await add('nobody-of-this-name');
    await section.getByText('Nobody has this name.').waitFor();
    await add(bob.username);
    await list.getByText(bob.username).waitFor();
    const tab = await a.tab('#/account');
    await tab.getByRole('button', { name: `Unblock ${bob.username}` }).waitFor();
    await list.getByRole('button', { name: `Unblock ${bob.username}` }).click();
    await section.getByText('You have not blocked anyone.').waitFor();
    await tab.getByText('You have not blocked anyone.').waitFor();
    const { body } = await alice.client.get<{ blocked: unknown[] }>('/api/v1/blocks');
    expect(body.blocked).toEqual([]);
  });

  it('a hidden chat is back with its next message, or when it is shown again', async () => {
    const [alice, bob] = [await server.user(), await server.user()];
    const chat = await personalChat(alice, bob);
    const a = await signedIn(alice, `#/chats/${chat}`);
    const { page } = a;
    const tab = await a.tab('#/chats');
    await tab.getByRole('link', { name: bob.username }).waitFor();
    await a.chooseOfChat('Hide the chat');
    await notice(a, 'The chat is hidden until the next message').waitFor();
    await page.getByText('No chats yet').waitFor();
    await tab.getByText('No chats yet').waitFor();
    await page.getByRole('button', { name: 'Hidden chats' }).click();
    await a.openChat(bob.username);
    await a.chooseOfChat('Show in the list');
    await page.getByText('No hidden chats').waitFor();
    await page.getByRole('button', { name: 'Hidden chats' }).click();
    await a.chat(bob.username).waitFor();
    await tab.getByRole('link', { name: bob.username }).waitFor();

    await a.chooseOfChat('Hide the chat');
    await page.getByText('No chats yet').waitFor();
    await page.reload();
    await a.inside();
    await page.getByText('No chats yet').waitFor();
    await say(bob, chat, 'Are you still there?');
    await a.chat(bob.username).getByText('Are you still there?').waitFor();
    await tab.getByText('Are you still there?').waitFor();
    await page.getByRole('button', { name: 'Hidden chats' }).click();
    await page.getByText('No hidden chats').waitFor();
    expect(await a.chat(bob.username).count()).toBe(0);
  });

  describe.each(VIEWS)('in $colorScheme colours, $viewport.width wide', (view) => {
    it('blocking, reporting and hiding have no accessibility faults', async () => {
      const [alice, bob] = [await server.user(), await server.user()];
      const chat = await personalChat(alice, bob);
      const a = await signedIn(alice, `#/chats/${chat}`, view);
      const { page } = a;
      const expectNoFaults = async (what: string): Promise<void> => expect(await faultsOf(a), what).toEqual([]);
      await a.choose(`Hello, ${alice.username}`, 'Report…');
      const dialog = page.getByRole('dialog', { name: 'Report a message' });
      await dialog.getByRole('radio', { name: 'Spam' }).waitFor();
      await expectNoFaults('a report of a message');
      await page.keyboard.press('Escape');
      await dialog.waitFor({ state: 'detached' });
      await page.getByRole('button', { name: 'More about this chat' }).click();
      await page.getByRole('menuitem', { name: `Block ${bob.username}` }).waitFor();
      await expectNoFaults('what to do with a chat');
      await page.getByRole('menuitem', { name: `Block ${bob.username}` }).click();
      await sureToBlock(a);
      await page.getByRole('button', { name: 'Unblock', exact: true }).waitFor();
      await expectNoFaults('somebody who is blocked');
      await a.chooseOfChat('Hide the chat');
      await page.getByRole('button', { name: 'Hidden chats' }).click();
      await a.chat(bob.username).waitFor();
      await expectNoFaults('hidden chats');
      await a.open('#/account');
      await page.getByRole('list', { name: 'Blocked people' }).waitFor();
      await expectNoFaults('privacy');
    });
  });
});

import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { has } from '../support/capabilities.js';
import { makeGroup, personalChat, say } from '../support/chats.js';
import { ConsoleBrowser, type VisitOptions, type Visitor } from '../support/console.js';
import { type Account, TestServer } from '../support/server.js';
import { until } from '../support/until.js';

describe.runIf(has.chromium)('people who are blocked in the console', { timeout: 60_000 }, () => {
  let server: TestServer;
  let browser: ConsoleBrowser;
  let owner: Account;
  beforeAll(async () => {
    server = await TestServer.start();
    owner = await server.user({ username: 'the-owner', isSuperuser: true });
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

  it('what a blocked user writes in a personal chat is shown only after unblocking, and they see no difference', async () => {
    const [alice, bob] = [await server.user(), await server.user()];
    const chat = await personalChat(alice, bob);
    const [a, b] = await Promise.all([alice, bob].map((account) => signedIn(account, `#/chats/${chat}`)));
    if (!a || !b) throw new Error('both have signed in');
    await a.page.locator('header').getByText('online').waitFor();
    await a.chooseOfChat(`Block ${bob.username}`);
    await sureToBlock(a);
    await notice(a, `${bob.username} is blocked`).waitFor();
    await a.page.getByText(`You blocked ${bob.username}. Unblock them to write here.`).waitFor();
    expect(await a.composer.count()).toBe(0);
    await a.page.locator('header').getByText('offline').waitFor();

    await b.say('Do you hear me?');
    await b.message('Do you hear me?').waitFor();
    expect(await b.messages.getByRole('alert').count()).toBe(0);
    // What is said elsewhere comes, so what is said here would have come before it.
    const { body: group } = await owner.client.post<{ chat_id: number }>('/api/v1/chats', {
      chat_type: 'group',
      chat_name: 'another place',
      members: [alice.username],
    });
    await say(owner, group.chat_id, 'somewhere else');
    await a.chat('another place').getByText('somewhere else').waitFor();
    expect(await a.messages.getByText('Do you hear me?').count()).toBe(0);
    expect(await a.chat(bob.username).getByText('Do you hear me?').count()).toBe(0);

    await a.page.getByRole('button', { name: 'Unblock', exact: true }).click();
    await a.message('Do you hear me?').waitFor();
    await a.page.locator('header').getByText('online').waitFor();
    await a.say('Now I do');
    await b.message('Now I do').waitFor();
  });

  it('what a blocked user writes in a group disappears in every tab, and is back after unblocking', async () => {
    const [alice, bob, carol] = [await server.user(), await server.user(), await server.user()];
    const chat = await makeGroup(server.database.url, [alice.id, bob.id, carol.id]);
    for (const [account, content] of [
      [bob, 'from Bob'],
      [carol, 'from Carol'],
    ] as const)
      await say(account, chat, content);
    const a = await signedIn(alice, `#/chats/${chat}`);
    const tab = await a.tab(`#/chats/${chat}`);
    await tab.getByText('from Bob').first().waitFor();
    await a.choose('from Bob', `Block ${bob.username}`);
    await sureToBlock(a);
    await a.message('from Bob').waitFor({ state: 'detached' });
    await a.page.locator('[aria-label=Messages]:focus').waitFor();
    await tab.locator('[data-seq]').filter({ hasText: 'from Bob' }).waitFor({ state: 'detached' });
    await say(bob, chat, 'more from Bob');
    await say(carol, chat, 'more from Carol');
    for (const page of [a.page, tab]) await page.locator('[data-seq]').filter({ hasText: 'more from Carol' }).waitFor();
    expect(await a.texts()).toEqual(['from Carol', 'more from Carol']);
    await a.page.reload();
    await a.message('more from Carol').waitFor();
    expect(await a.texts()).toEqual(['from Carol', 'more from Carol']);

    await a.page.getByRole('button', { name: 'Members' }).click();
    const person = members(a).getByRole('listitem').filter({ hasText: bob.username });
    await person.getByText('blocked', { exact: true }).waitFor();
    await person.getByRole('button', { name: 'More' }).click();
    await a.page.getByRole('menuitem', { name: `Unblock ${bob.username}` }).click();
    await notice(a, `${bob.username} is no longer blocked`).waitFor();
    await a.page.keyboard.press('Escape');
    await a.message('more from Bob').waitFor();
    expect(await a.texts()).toEqual(['from Bob', 'from Carol', 'more from Bob', 'more from Carol']);
    await tab.locator('[data-seq]').filter({ hasText: 'more from Bob' }).waitFor();
  });

  it('a reported message comes before superusers, and its author is blocked in the same step', async () => {
    const [alice, bob] = [await server.user(), await server.user()];
    const chat = await makeGroup(server.database.url, [alice.id, bob.id]);
    await say(bob, chat, 'Buy watches!');
    const [a, boss] = await Promise.all([signedIn(alice, `#/chats/${chat}`), signedIn(owner, '#/admin/reports')]);
    await a.choose('Buy watches!', 'Report…');
    const dialog = a.page.getByRole('dialog', { name: 'Report a message' });
    await dialog.getByText('Buy watches!').waitFor();
    const send = dialog.getByRole('button', { name: 'Send report' });
    expect(await send.isDisabled()).toBe(true);
    await dialog.getByRole('radio', { name: 'Spam' }).check();
    await dialog.getByRole('textbox', { name: 'Comment (optional)' }).fill('The third time');
    await dialog.getByRole('checkbox', { name: `Also block ${bob.username}` }).check();
    await send.click();
    await notice(a, 'The report was sent to the moderators').waitFor();
    await dialog.waitFor({ state: 'detached' });
    await a.message('Buy watches!').waitFor({ state: 'detached' });
    const card = boss.page
      .getByRole('list', { name: 'Reports' })
      .getByRole('listitem')
      .filter({ hasText: `${alice.username} reported a message from ${bob.username}` });
    for (const text of ['Buy watches!', 'Spam', `${alice.username}: The third time`]) await card.getByText(text).waitFor();
  });

  it('a user who hides their presence is offline to others at once', async () => {
    const [alice, bob] = [await server.user(), await server.user()];
    const chat = await personalChat(alice, bob);
    const [a, b] = await Promise.all([signedIn(alice, '#/account'), signedIn(bob, `#/chats/${chat}`)]);
    const state = b.page.locator('header');
    await state.getByText('online').waitFor();
    const tab = await a.tab('#/account');
    const own = a.page.getByRole('switch', { name: 'Share when I am online' });
    const other = tab.getByRole('switch', { name: 'Share when I am online' });
    await until(() => other.isEnabled());
    await own.click({ force: true });
    await notice(a, 'Nobody can see when you are online').waitFor();
    await state.getByText('offline').waitFor();
    await until(async () => !(await other.isChecked()));
    await own.click({ force: true });
    await notice(a, 'Others can see when you are online').waitFor();
    await state.getByText('online').waitFor();
    await until(() => other.isChecked());
  });
});

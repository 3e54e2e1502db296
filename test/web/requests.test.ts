import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { faultsOf, VIEWS } from '../support/axe.js';
import { has } from '../support/capabilities.js';
import { ConsoleBrowser, NARROW, type VisitOptions, type Visitor } from '../support/console.js';
import { type Account, TestServer } from '../support/server.js';
import { until } from '../support/until.js';

describe.runIf(has.chromium)('a server where people are asked before somebody may write to them', { timeout: 60_000 }, () => {
  let server: TestServer;
  let browser: ConsoleBrowser;
  beforeAll(async () => {
    server = await TestServer.start({ variables: { CONTACTS: 'request' } });
    browser = await ConsoleBrowser.launch();
  });
  afterEach(() => browser.leave());
  afterAll(async () => {
    await browser?.close();
    await server?.stop();
  });

  const signedIn = (account: Account, place = '#/chats', options?: VisitOptions): Promise<Visitor> =>
    browser.signedIn(server.url, account, place, options);

  /** Somebody asks somebody else. */
  async function ask({ client }: Account, other: Account, content = 'Hello?'): Promise<number> {
    const { body } = await client.post<{ chat_id: number }>('/api/v1/chats', {
      chat_type: 'personal',
      members: [other.username],
    });
    expect((await client.post(`/api/v1/chats/${body.chat_id}/messages`, { content })).status).toBe(200);
    return body.chat_id;
  }

  const entry = ({ page }: Visitor) => page.getByRole('link', { name: /^Requests/ });
  const cards = ({ page }: Visitor) => page.getByRole('list', { name: 'Requests' }).getByRole('listitem');
  const notice = ({ page }: Visitor, text: string) => page.getByRole('alert').getByText(text);

  it('a request appears at once, and accepting it shows all that was written meanwhile', async () => {
    const [alice, bob] = [await server.user(), await server.user()];
    const [a, b] = await Promise.all([signedIn(alice), signedIn(bob)]);
    expect(await entry(b).count()).toBe(0);
    await a.beginChat(bob.username);
    await a.page.getByText('has not accepted yet').waitFor();
    await a.say('Are you the Bob with the boat?');
    await a.message('Are you the Bob with the boat?').waitFor();

    await entry(b).getByLabel('1 request', { exact: true }).waitFor();
    expect(await b.chat(alice.username).count()).toBe(0);
    const tab = await b.tab('#/chats');
    await tab.getByRole('link', { name: /^Requests/ }).waitFor();
    await entry(b).click();
    await cards(b).getByText('wants to write to you').waitFor();
    await b.page.getByRole('button', { name: `Accept the request from ${alice.username}` }).click();
    await b.inChat(alice.username);
    await b.message('Are you the Bob with the boat?').waitFor();
    await entry(b).waitFor({ state: 'detached' });
    await tab.getByRole('link', { name: alice.username }).waitFor();
    await tab.getByRole('link', { name: /^Requests/ }).waitFor({ state: 'detached' });
    for (const visitor of [a, b]) await visitor.page.locator('header').getByText('online').waitFor();
    await b.say('The very same');
    await a.message('The very same').waitFor();
    await a.message('Are you the Bob with the boat?').getByText('seen').waitFor();
  });

  it('a declined request closes in every tab, and its sender notices nothing', async () => {
    const [alice, bob] = [await server.user(), await server.user()];
    await ask(alice, bob);
    const b = await signedIn(bob, '#/chats/requests');
    const other = await b.tab('#/chats');
    await other.getByRole('link', { name: /^Requests/ }).waitFor();
    await b.page.getByRole('button', { name: `Decline the request from ${alice.username}` }).click();
    await b.page.getByText('No requests').waitFor();
    await b.page.locator('[aria-label=Requests]:focus').waitFor();
    await other.getByRole('link', { name: /^Requests/ }).waitFor({ state: 'detached' });
    const a = await signedIn(alice);
    await a.openChat(bob.username);
    await a.page.getByText('has not accepted yet').waitFor();
    await a.say('Still there?');
    await a.message('Still there?').waitFor();
    expect(await a.messages.getByRole('alert').count()).toBe(0);
    expect(await cards(b).count()).toBe(0);
  });

  it('further requests of a blocked user never arrive', async () => {
    const [alice, bob] = [await server.user(), await server.user()];
    await ask(alice, bob);
    const b = await signedIn(bob, '#/chats/requests');
    await cards(b).filter({ hasText: alice.username }).waitFor();
    await b.page.getByRole('button', { name: `Block ${alice.username}` }).click();
    await b.page.getByRole('dialog', { name: 'Block' }).getByRole('button', { name: 'Block', exact: true }).click();
    await notice(b, `${alice.username} is blocked`).waitFor();
    await b.page.getByText('No requests').waitFor();
    await ask(alice, bob, 'Hello again?');
    await b.page.reload();
    await b.page.getByText('No requests').waitFor();
    expect(
      await entry(b)
        .getByLabel(/request/)
        .count(),
    ).toBe(0);
    await b.open('#/account');
    await b.page.getByRole('list', { name: 'Blocked people' }).getByText(alice.username).waitFor();
  });

  it('a group marks invited users until they accept', async () => {
    const [alice, bob] = [await server.user(), await server.user()];
    const [a, b] = await Promise.all([signedIn(alice), signedIn(bob)]);
    await a.page.getByRole('button', { name: 'New chat' }).first().click();
    const dialog = a.page.getByRole('dialog', { name: 'New chat' });
    await dialog.getByText('A group').click();
    await dialog.getByRole('textbox', { name: 'Name of the group' }).fill('The allotment');
    await dialog.getByRole('button', { name: 'Begin' }).click();
    await a.inChat('The allotment');
    await a.page.getByRole('button', { name: 'Members' }).click();
    const members = a.page.getByRole('dialog', { name: 'Members' });
    await members.getByRole('textbox', { name: 'Add somebody' }).fill(bob.username);
    await members.getByRole('button', { name: 'Add', exact: true }).click();
    const person = members.getByRole('listitem').filter({ hasText: bob.username });
    await person.getByText('invited', { exact: true }).waitFor();

    await entry(b).click();
    await cards(b).getByText(`${alice.username} invites you to this group`).waitFor();
    await b.page.getByRole('button', { name: 'Accept the invitation to The allotment' }).click();
    await b.inChat('The allotment');
    await person.getByText('online').waitFor();
    expect(await person.getByText('invited', { exact: true }).count()).toBe(0);
  });

  it('a user who left a chat comes back only by accepting a request', async () => {
    const [alice, bob] = [await server.user(), await server.user()];
    const chat = await ask(alice, bob);
    expect((await bob.client.post(`/api/v1/chats/${chat}/accept`)).status).toBe(200);
    const [a, b] = await Promise.all([signedIn(alice), signedIn(bob)]);
    await a.openChat(bob.username);
    await b.openChat(alice.username);
    await b.chooseOfChat('Leave the chat');
    await b.page.getByRole('dialog', { name: 'Leave the chat' }).getByRole('button', { name: 'Leave the chat' }).click();
    await b.page.getByText('No chats yet').waitFor();
    await a.messages.getByText(`${bob.username} left`).waitFor();
    await a.say('Come back!');
    await entry(b).click();
    await b.page.getByRole('button', { name: `Accept the request from ${alice.username}` }).click();
    await b.message('Come back!').waitFor();
    await a.messages.getByText(`${bob.username} joined`).waitFor();
  });

  it('a request is reported and accepted by keyboard, on a narrow screen and in Russian', async () => {
    const [alice, bob] = [await server.user(), await server.user()];
    await ask(alice, bob);
    const b = await signedIn(bob, '#/chats', { viewport: NARROW, language: 'ru' });
    const { page } = b;
    const focused = (): Promise<string> =>
      page.evaluate("document.activeElement?.getAttribute('aria-label') ?? document.activeElement?.textContent ?? ''");
    const tabTo = async (name: RegExp): Promise<void> => {
      for (let steps = 0; steps < 40 && !name.test(await focused()); steps++) await page.keyboard.press('Tab');
      expect(await focused()).toMatch(name);
    };
    await page.getByText('Запросы').waitFor();
    await tabTo(/^Запросы/);
    await page.keyboard.press('Enter');
    await page.getByText('хочет вам написать').waitFor();
    await tabTo(/^Жалоба/);
    await page.keyboard.press('Enter');
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('radio', { name: 'Спам' }).waitFor();
    await tabTo(/./);
    await dialog.getByRole('radio', { name: 'Спам' }).focus();
    await page.keyboard.press('Space');
    await page.keyboard.press('Enter');
    await page.getByRole('alert').getByText('Жалоба отправлена модераторам').waitFor();
    await dialog.waitFor({ state: 'detached' });
    await tabTo(/^Принять запрос/);
    await page.keyboard.press('Enter');
    await b.message('Hello?').waitFor();
  });

  describe.each(VIEWS)('in $colorScheme colours, $viewport.width wide', (view) => {
    it('requests have no accessibility faults', async () => {
      const bob = await server.user();
      for (const asker of [await server.user(), await server.user()]) await ask(asker, bob);
      const b = await signedIn(bob, '#/chats', view);
      const expectNoFaults = async (what: string): Promise<void> => expect(await faultsOf(b), what).toEqual([]);
      await entry(b).waitFor();
      await expectNoFaults('the way to the requests');
      await entry(b).click();
      await until(async () => (await cards(b).count()) === 2);
      await expectNoFaults('requests');
      await b.page
        .getByRole('button', { name: /^Report/ })
        .first()
        .click();
      await b.page.getByRole('dialog').getByRole('radio', { name: 'Spam' }).waitFor();
      await expectNoFaults('a report of somebody');
      await b.page.keyboard.press('Escape');
      await b.page.getByRole('dialog').waitFor({ state: 'detached' });
      for (let count = 2; count > 0; count -= 1) {
        await b.page
          .getByRole('button', { name: /^Decline/ })
          .first()
          .click();
        await until(async () => (await cards(b).count()) === count - 1);
      }
      await b.page.getByText('No requests').waitFor();
      await expectNoFaults('no requests');
    });
  });
});

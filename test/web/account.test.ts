import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { has } from '../support/capabilities.js';
import { makeGroup } from '../support/chats.js';
import { ConsoleBrowser, NARROW, type VisitOptions, type Visitor } from '../support/console.js';
import { readOutbox } from '../support/mail.js';
import { type Account, PASSWORD, TestServer } from '../support/server.js';
import { until } from '../support/until.js';

/** A page whose session has ended learns of it by being refused. */
const REFUSED = [/status of 401/];
/** Milliseconds within which whoever is revoked is out. */
const AT_ONCE = 1_000;
const ENDED = 'Your session was ended. Sign in again to go on.';

describe.runIf(has.chromium)("one's own account", { timeout: 60_000 }, () => {
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

  const signedIn = (account: Account, options?: VisitOptions, place = '#/account'): Promise<Visitor> =>
    browser.signedIn(server.url, account, place, options);

  const ended = ({ page }: Visitor) => page.getByRole('alert').getByText(ENDED);
  const notice = ({ page }: Visitor, text: string) => page.getByRole('alert').getByText(text);
  const sessions = ({ page }: Visitor) => page.getByRole('table').filter({ hasText: 'Protocol' }).getByRole('row');

  it('is changed in one tab, and the others hear of it', async () => {
    const visitor = await signedIn(await server.user());
    const { page } = visitor;
    const other = await visitor.tab('#/chats');
    await other.locator('[data-live=open]').waitFor({ state: 'attached' });
    const renamed = server.name('renamed');
    await page.getByRole('textbox', { name: 'User name' }).fill(renamed);
    await page.getByRole('textbox', { name: 'Full name (optional)' }).fill('Ada Lovelace');
    await page.getByRole('button', { name: 'Save' }).click();
    await notice(visitor, 'Your profile is saved').waitFor();
    await page.getByRole('navigation').getByText(renamed).waitFor();
    await other.getByRole('navigation').getByText(renamed).waitFor();
    await page.reload();
    await visitor.inside();
    expect(await page.getByRole('textbox', { name: 'Full name (optional)' }).inputValue()).toBe('Ada Lovelace');
  });

  it('says why an address without TLS cannot keep anybody signed in, and nothing of it elsewhere', async () => {
    const text = 'This address begins with http, not https.';
    const visitor = await browser.visitor(server.url);
    await visitor.open('#/');
    const { page } = visitor;
    await page.getByRole('button', { name: 'Sign in' }).waitFor();
    expect(await page.getByText(text).count()).toBe(0);
    // By its own address this machine counts as secure, and no other may be used here.
    await page.addInitScript(() => Object.defineProperty(globalThis, 'isSecureContext', { value: false }));
    await page.reload();
    await page.getByText(text).waitFor();
  });

  it('says what is wrong with a profile', async () => {
    const taken = await server.user();
    const { page } = await signedIn(await server.user(), { expected: [/status of 4\d\d/] });
    await page.getByRole('textbox', { name: 'User name' }).fill(taken.username);
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('alert').getByText('Somebody has this user name or e-mail already.').waitFor();
    await page.getByRole('textbox', { name: 'E-mail' }).fill('not an address');
    await page.getByRole('button', { name: 'Save' }).click();
    await until(async () => (await page.getByRole('textbox', { name: 'E-mail' }).getAttribute('aria-invalid')) === 'true');
    expect((await server.client().logIn(taken.username, PASSWORD)).token).toBeTruthy();
  });

  it('ends all other sessions with a new password, and they say so at once', async () => {
    const account = await server.user();
    const [here, there] = [await signedIn(account), await signedIn(account, { expected: REFUSED }, '#/chats')];
    const { page } = here;
    await page.getByLabel('New password', { exact: true }).fill('a password that is new');
    await page.getByLabel('New password, again').fill('something else');
    await page.getByText('The two are not the same.').waitFor();
    expect(await page.getByRole('button', { name: 'Change the password' }).isDisabled()).toBe(true);
    await page.getByLabel('New password, again').fill('a password that is new');
    const change = page.getByRole('button', { name: 'Change the password' });
    expect(await there.delayOf(ENDED, page, 'PUT', () => change.click())).toBeLessThan(AT_ONCE);
    await notice(here, 'The password is changed').waitFor();
    await ended(there).waitFor();
    await there.signIn(account.username, 'a password that is new');
    await there.page.getByRole('heading', { name: 'Chats' }).waitFor();
    expect(await page.getByRole('heading', { name: 'My account' }).isVisible()).toBe(true);
    await page.reload();
    await here.inside();
  });

  it('ends one session, and then all others', async () => {
    const account = await server.user();
    const agents = ['Mozilla/5.0 (X11; Linux x86_64; rv:150.0) Gecko/20100101 Firefox/150.0', undefined];
    const here = await signedIn(account);
    const [first, second] = await Promise.all(
      agents.map((userAgent) => signedIn(account, { expected: REFUSED, ...(userAgent ? { userAgent } : {}) })),
    );
    if (!first || !second) throw new Error('both have signed in');
    await here.page.reload();
    await here.inside();
    // The names of the columns, this one, the two others, and that of whoever made the account.
    await until(async () => (await sessions(here).count()) === 5);
    const end = sessions(here)
      .filter({ hasText: 'Firefox' })
      .getByRole('button', { name: /^End the session of rest/ });
    expect(await first.delayOf(ENDED, here.page, 'DELETE', () => end.click())).toBeLessThan(AT_ONCE);
    await until(async () => (await sessions(here).count()) === 4);
    expect(await second.page.getByRole('heading', { name: 'My account' }).isVisible()).toBe(true);

    await here.page.getByRole('button', { name: 'End all others' }).click();
    await notice(here, '2 sessions are over').waitFor();
    await ended(second).waitFor();
    await until(async () => (await sessions(here).count()) === 2);
    expect(await sessions(here).last().innerText()).toContain('this one');
    expect(await here.page.getByRole('button', { name: 'End all others' }).isDisabled()).toBe(true);
    expect((await account.client.get('/api/v1/users/me')).status).toBe(401);
  });

  it('ends sessions on a narrow screen, too, where whatever ends them is in view', async () => {
    const account = await server.user();
    const here = await signedIn(account, { viewport: NARROW, expected: [/status of 404/] });
    const list = here.page.getByRole('region', { name: 'Sessions' });
    const end = list.getByRole('button', { name: /^End the session of/ });
    const all = list.getByRole('button', { name: 'End all others' });
    await end.waitFor();
    for (const button of [end, all]) {
      const { x, width } = (await button.boundingBox()) ?? { x: 0, width: 0 };
      expect(x + width).toBeLessThan(NARROW.width);
      const [whole, seen] = await button
        .locator('.mantine-Button-label')
        .evaluate<[number, number], HTMLElement>((label) => [label.scrollWidth, label.clientWidth]);
      expect(whole).toBeLessThanOrEqual(seen);
    }
    // What has ended by itself meanwhile is over, too.
    expect((await account.client.post('/auth/revoke', {})).status).toBe(200);
    await end.click();
    await notice(here, 'The session is over').waitFor();
    await end.waitFor({ state: 'detached' });
    expect(await list.getByRole('alert').count()).toBe(0);
  });

  it('shows how much of its limits it has used, to itself and to superusers', async () => {
    const [account, boss] = [await server.user(), await server.user({ isSuperuser: true })];
    const chat = await makeGroup(server.database.url, [account.id]);
    for (const content of ['one', 'two'])
      expect((await account.client.post(`/api/v1/chats/${chat}/messages`, { content })).status).toBe(200);
    const here = await signedIn(account);
    const messages = here.page
      .getByRole('region', { name: 'Usage' })
      .getByRole('listitem')
      .filter({ hasText: 'Messages' })
      .first();
    await messages.getByText('2 of 50,000').waitFor();
    await messages.getByText(/^Resets in \d+ (hours?|minutes?|seconds?)$/).waitFor();
    expect(await messages.getByRole('progressbar').getAttribute('aria-valuenow')).toBe('1');
    const there = await signedIn(boss, undefined, `#/admin/users/${account.id}`);
    await there.page.getByRole('region', { name: 'Usage' }).getByText('2 of 50,000').waitFor();
  });

  it('says when one can go on after a limit was reached', async () => {
    const strict = await TestServer.start({ variables: { QUOTA_MESSAGES_PER_DAY: '1' } });
    try {
      const account = await strict.user();
      const chat = await makeGroup(strict.database.url, [account.id]);
      const visitor = await browser.visitor(strict.url);
      await visitor.open(`#/chats/${chat}`);
      await visitor.signIn(account.username);
      await visitor.say('one');
      await visitor.message('one').waitFor();
      await visitor.say('two');
      await visitor.messages
        .getByRole('alert')
        .getByText(/You have reached a limit\. Try again in \d+ (hours?|minutes?)\./)
        .waitFor();
      await visitor.open('#/account');
      const usage = visitor.page.getByRole('region', { name: 'Usage' });
      await usage.getByText('1 of 1').first().waitFor();
      expect(await usage.getByRole('progressbar').first().getAttribute('aria-valuenow')).toBe('100');
    } finally {
      await browser.leave();
      await strict.stop();
    }
  });

  it('is left in all tabs at once', async () => {
    const visitor = await signedIn(await server.user(), { expected: REFUSED });
    const other = await visitor.tab('#/chats');
    await other.locator('[data-live=open]').waitFor({ state: 'attached' });
    await visitor.page.getByRole('button', { name: 'Sign out' }).click();
    for (const page of [visitor.page, other]) await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    // Whoever leaves needs no explanation.
    expect(await ended(visitor).count()).toBe(0);
    await visitor.page.reload();
    await visitor.page.getByRole('heading', { name: 'Sign in' }).waitFor();
  });

  it('is recovered by a mail, on a narrow screen and in Russian', async () => {
    const { username, email } = await server.user();
    const visitor = await browser.visitor(server.url, { viewport: NARROW, language: 'ru' });
    const { words } = visitor;
    await visitor.open();
    const { page } = visitor;
    await page.getByRole('link', { name: 'Забыли пароль?' }).click();
    await page.getByRole('textbox', { name: words.email }).fill(email);
    await page.getByRole('button', { name: 'Отправить ссылку' }).click();
    await page.getByRole('status').getByText('письмо уже в пути').waitFor();

    const mail = await until(async () =>
      (await readOutbox(server.dataDir)).find(({ recipients }) => recipients.join().includes(email)),
    );
    const link = /https?:\/\/\S+\/recover\?token=\S+/.exec(mail.text)?.[0] ?? '';
    const { pathname, search } = new URL(link);
    await visitor.open(pathname + search);
    await page.getByRole('heading', { name: 'Новый пароль' }).waitFor();
    expect(page.url()).not.toContain('token');
    await page.locator('#password').fill('новый пароль мой');
    await page.locator('#again').fill('новый пароль мой');
    await page.keyboard.press('Enter');
    await page.locator('#done').waitFor();

    await visitor.open();
    await visitor.signIn(username, 'новый пароль мой');
    await page.getByRole('heading', { name: words.chats }).waitFor();
    await expect(server.client().logIn(username, PASSWORD)).rejects.toThrow('401');
  });
});

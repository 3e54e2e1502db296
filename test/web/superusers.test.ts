import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { has } from '../support/capabilities.js';
import { ConsoleBrowser, type VisitOptions, type Visitor } from '../support/console.js';
import { type Account, PASSWORD, TestServer } from '../support/server.js';
import { until } from '../support/until.js';

/** A page whose session has ended learns of it by being refused. */
const REFUSED = [/status of 401/];
/** Milliseconds within which whoever is revoked is out. */
const AT_ONCE = 1_000;
const ENDED = 'Your session was ended. Sign in again to go on.';

describe.runIf(has.chromium)('superusers', { timeout: 60_000 }, () => {
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

  const signedIn = (account: Account, place: string, options?: VisitOptions): Promise<Visitor> =>
    browser.signedIn(server.url, account, place, options);

  const ended = ({ page }: Visitor) => page.getByRole('alert').getByText(ENDED);
  const notice = ({ page }: Visitor, text: string) => page.getByRole('alert').getByText(text);

  it('are asked before they give up their own rights', async () => {
    const second = await server.user({ isSuperuser: true });
    const { page } = await signedIn(second, `#/admin/users/${second.id}`);
    const rights = page.getByRole('switch', { name: 'Superuser' });
    const question = page.getByRole('dialog', { name: 'Give up my rights' });
    await rights.click({ force: true });
    await question.getByRole('button', { name: 'Cancel' }).click();
    await question.waitFor({ state: 'detached' });
    expect(await rights.isChecked()).toBe(true);
    await rights.click({ force: true });
    await question.getByRole('button', { name: 'Give up my rights' }).click();
    await page.getByText('There is no such page').waitFor();
    expect((await second.client.get('/api/v1/users/me')).body).toMatchObject({ is_superuser: false });
  });

  it('find somebody, see where they are signed in and connected, and end that: they are out at once', async () => {
    const bob = await server.user();
    const [boss, there] = await Promise.all([signedIn(owner, '#/admin/users'), signedIn(bob, '#/chats', { expected: REFUSED })]);
    const { page } = boss;
    await page.getByRole('searchbox', { name: 'Search' }).fill(bob.username.slice(0, -1).toUpperCase());
    await page.getByText('1 found').waitFor();
    expect(decodeURIComponent(page.url())).toContain(`q=${bob.username.slice(0, -1).toUpperCase()}`);
    await page.reload();
    await page.getByRole('table', { name: 'Users' }).getByRole('link', { name: bob.username }).click();
    await page.getByRole('heading', { name: bob.username }).waitFor();

    const connections = page.getByRole('table', { name: 'Live connections' }).getByRole('row');
    await connections
      .filter({ hasText: 'game' })
      .getByText(/^Chrome \d+/)
      .waitFor();
    const sessions = page.getByRole('table', { name: `Sessions of ${bob.username}` }).getByRole('row');
    // The names of the columns, the browser, and what made the account.
    expect(await sessions.count()).toBe(3);
    const end = sessions.filter({ hasText: /Chrome \d+/ }).getByRole('button', { name: /^End the session/ });
    expect(await there.delayOf(ENDED, page, 'DELETE', () => end.click())).toBeLessThan(AT_ONCE);
    await ended(there).waitFor();
    await notice(boss, 'The session is over').waitFor();
    await until(async () => (await sessions.count()) === 2);
    await page.getByText('None right now.').waitFor();
    // It is written down, and the page says so.
    await page.getByText(`${owner.username} ended a session of ${bob.username}`).waitFor();
  });

  it('close a connection, and its owner is told, and can open another', async () => {
    const bob = await server.user();
    const [boss, there] = await Promise.all([signedIn(owner, '#/admin/connections'), signedIn(bob, '#/chats')]);
    const end = boss.page.getByRole('button', { name: new RegExp(`^End the connection of ${bob.username}`) });
    expect(await there.delayOf('Disconnected', boss.page, 'DELETE', () => end.click())).toBeLessThan(AT_ONCE);
    await notice(boss, 'The connection is closed').waitFor();
    await there.page.getByRole('button', { name: 'Connect', exact: true }).click();
    await there.inside();
    await end.waitFor();
    expect(await there.page.getByRole('heading', { name: 'Chats' }).isVisible()).toBe(true);
  });

  it('make an account, let nobody in and in again, hand over a link for a new password, and delete it', async () => {
    const boss = await signedIn(owner, '#/admin/users');
    const { page } = boss;
    const name = server.name('new');
    await page.getByRole('button', { name: 'Create a user' }).click();
    const create = page.getByRole('dialog', { name: 'Create a user' });
    await create.getByRole('textbox', { name: 'User name' }).fill(name);
    await create.getByRole('textbox', { name: 'E-mail' }).fill(`${name}@example.com`);
    await create.getByRole('button', { name: 'Make one up' }).click();
    const password = await create.getByLabel('Password', { exact: true }).inputValue();
    expect(password.length).toBeGreaterThan(11);
    await create.getByRole('button', { name: 'Create', exact: true }).click();
    await page.getByRole('heading', { name }).waitFor();
    expect((await server.client().logIn(name, password)).token).toBeTruthy();

    await page.getByRole('switch', { name: 'Active' }).click({ force: true });
    await notice(boss, `${name} is deactivated`).waitFor();
    await expect(server.client().logIn(name, password)).rejects.toThrow();
    await page.getByRole('switch', { name: 'Active' }).click({ force: true });
    await notice(boss, `${name} may sign in again`).waitFor();

    await page.getByRole('button', { name: 'Reset the password…' }).click();
    const reset = page.getByRole('dialog', { name: `Reset the password of ${name}` });
    await reset.getByRole('button', { name: 'Make the link' }).click();
    const link = new URL(await reset.getByRole('textbox', { name: `Link for ${name}` }).inputValue());
    expect(link.origin).toBe(server.url);
    await reset.getByRole('button', { name: 'Done' }).click();
    const guest = await browser.visitor(server.url);
    await guest.open(link.pathname + link.search);
    await guest.page.locator('#password').fill('what I choose myself');
    await guest.page.locator('#again').fill('what I choose myself');
    await guest.page.keyboard.press('Enter');
    await guest.page.locator('#done').waitFor();
    await guest.open();
    await guest.signIn(name, 'what I choose myself');

    await page.getByRole('button', { name: 'Delete the account…' }).click();
    const remove = page.getByRole('dialog', { name: `Delete ${name}?` });
    const sure = remove.getByRole('button', { name: 'Delete for ever' });
    await remove.getByRole('textbox', { name: `Type ${name} to confirm` }).fill(name.slice(1));
    expect(await sure.isDisabled()).toBe(true);
    await guest.open('#/explorer');
    await guest.page.getByRole('button', { name: 'Sign out' }).click();
    await remove.getByRole('textbox', { name: `Type ${name} to confirm` }).fill(name);
    await sure.click();
    await notice(boss, `${name} is deleted`).waitFor();
    await page.getByRole('heading', { name: 'Users' }).waitFor();
    await expect(server.client().logIn(name, 'what I choose myself')).rejects.toThrow('401');
  });

  it('read in the log who did what, and find it again by filters in the address', async () => {
    const bob = await server.user();
    await expect(server.client().logIn(bob.username, 'a wrong password')).rejects.toThrow('401');
    expect((await owner.client.put(`/api/v1/users/${bob.id}`, { is_superuser: true })).status).toBe(200);
    const boss = await signedIn(owner, '#/admin/audit');
    const { page } = boss;
    const entries = page.getByRole('list', { name: 'Entries of the audit log' }).getByRole('listitem');
    await entries.filter({ hasText: `${owner.username} made ${bob.username} a superuser` }).waitFor();
    await page.getByRole('combobox', { name: 'What' }).fill('Failed');
    await page.getByRole('option', { name: 'Failed sign-in' }).click();
    await page.getByRole('combobox', { name: 'To whom' }).fill(bob.username);
    await page.getByRole('option', { name: bob.username }).click();
    await until(async () => (await entries.count()) === 1);
    expect(await entries.innerText()).toContain(`A sign-in as ${bob.username} failed: wrong password`);
    expect(page.url()).toContain(`user_id=${bob.id}`);
    await page.reload();
    await until(async () => (await entries.count()) === 1);
    await entries.getByRole('button', { name: /^Details of entry/ }).click();
    await entries.getByText('login_failed').waitFor();
    await page.getByRole('button', { name: 'Clear the filters' }).last().click();
    await until(async () => (await entries.count()) > 3);
    expect((await server.client().logIn(bob.username, PASSWORD)).token).toBeTruthy();
  });

  it('watch figures that move', async () => {
    const boss = await signedIn(owner, '#/admin/figures');
    const { page } = boss;
    const signIns = page.getByRole('region', { name: 'Sign-ins' });
    await signIns.getByRole('img').waitFor();
    await page.getByRole('region', { name: 'Connections' }).getByText('game').waitFor();
    const failed = async (): Promise<number> => Number(/failed (\d+)/.exec(await signIns.innerText())?.[1] ?? 0);
    const before = await failed();
    // Figures tell only of what comes after the first of them.
    await page.getByText('Up for').waitFor();
    await until(async () => {
      await server
        .client()
        .logIn(owner.username, 'a wrong password')
        .catch(() => undefined);
      return (await failed()) > before;
    }, 15_000);
    await page.getByText('Tables', { exact: true }).click();
    await page.getByRole('table', { name: 'Sign-ins' }).waitFor();
    await page.getByRole('button', { name: 'Pause' }).click();
    expect(await page.getByText('Paused').isVisible()).toBe(true);
  });
});

import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { has } from '../support/capabilities.js';
import { makeGroup } from '../support/chats.js';
import { ConsoleBrowser } from '../support/console.js';
import { PASSWORD, TestServer } from '../support/server.js';

describe.runIf(has.chromium)('a page that several people use, one after the other', () => {
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

  it('keeps what one has begun to write from the next', async () => {
    const [first, second] = [await server.user(), await server.user()];
    const chat = await makeGroup(server.database.url, [first.id, second.id]);
    const visitor = await browser.visitor(server.url);
    await visitor.open(`#/chats/${chat}`);
    await visitor.signIn(first.username);
    await visitor.composer.fill('nobody is to know');
    await visitor.page.getByRole('button', { name: 'Sign out' }).click();
    await visitor.signIn(second.username);
    // Where the first was is no place for the second.
    await visitor.page.getByRole('heading', { name: 'Choose a chat' }).waitFor();
    expect(new URL(visitor.page.url()).hash).toBe('#/chats');
    await visitor.open(`#/chats/${chat}`);
    await visitor.composer.waitFor();
    expect(await visitor.composer.inputValue()).toBe('');
    await visitor.page.getByRole('button', { name: 'Sign out' }).click();
    await visitor.signIn(first.username);
    await visitor.open(`#/chats/${chat}`);
    await visitor.composer.waitFor();
    expect(await visitor.composer.inputValue()).toBe('nobody is to know');
  });

  it('forgets the frames of whoever has signed out', async () => {
    const { username } = await server.user();
    const visitor = await browser.visitor(server.url);
    await visitor.open('#/chats');
    await visitor.signIn(username);
    await visitor.open('#/explorer');
    const { page } = visitor;
    await page.getByRole('button', { name: 'Connect', exact: true }).click();
    const frames = page.getByText('hello', { exact: true });
    await frames.first().waitFor();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('link', { name: 'Sign in' }).first().waitFor();
    await frames.first().waitFor({ state: 'detached' });
    expect(await page.getByText(username).count()).toBe(0);
    expect(await page.content()).not.toContain(PASSWORD);
  });

  it('is in all its tabs that of whoever signed in last, and nobody’s when they sign out', async () => {
    const [first, second] = [await server.user(), await server.user()];
    // With which the tab is told by the server that its session is over.
    const visitor = await browser.visitor(server.url, { expected: [/status of 401/] });
    await visitor.open('#/account');
    await visitor.signIn(first.username);
    const tab = await visitor.tab('#/account');
    await tab.getByText(first.username).first().waitFor();

    await tab.getByRole('button', { name: 'Sign out' }).click();
    const entry = visitor.page.getByRole('textbox', { name: 'User name or e-mail' });
    await entry.waitFor();
    await tab.getByRole('textbox', { name: 'User name or e-mail' }).fill(second.username);
    await tab.getByLabel('Password', { exact: true }).fill(PASSWORD);
    await tab.keyboard.press('Enter');
    await visitor.page.getByText(second.username).first().waitFor();
    await visitor.inside();
    expect(await visitor.page.getByText(first.username).count()).toBe(0);

    await visitor.page.getByRole('button', { name: 'Sign out' }).click();
    await tab.getByRole('textbox', { name: 'User name or e-mail' }).waitFor();
    // Whoever signed out is not brought back by the other tab.
    await visitor.page.reload();
    await entry.waitFor();
  });

  it('says that its connection was closed, keeps what is said meanwhile, and opens another one', async () => {
    const [user, boss] = [await server.user(), await server.user({ isSuperuser: true })];
    const chat = await makeGroup(server.database.url, [user.id, boss.id]);
    const visitor = await browser.visitor(server.url);
    await visitor.open(`#/chats/${chat}`);
    await visitor.signIn(user.username);
    await visitor.composer.waitFor();
    const [{ id }] = (await boss.client.get(`/api/v1/connections?user_id=${user.id}`)).body;
    expect((await boss.client.delete(`/api/v1/connections/${id}`)).status).toBe(200);
    const status = visitor.page.getByRole('status').filter({ hasText: 'Disconnected' });
    await status.waitFor();
    await visitor.say('while I was away');
    await visitor.messages.getByText('sending…').waitFor();
    await status.getByRole('button', { name: 'Connect' }).click();
    await visitor.inside();
    await visitor.say('here again');
    await visitor.message('here again').waitFor();
    expect(await visitor.texts()).toEqual(['while I was away', 'here again']);
    expect(await status.count()).toBe(0);
  });
});

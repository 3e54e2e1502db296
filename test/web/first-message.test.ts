import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { has } from '../support/capabilities.js';
import { ConsoleBrowser, NARROW, type VisitOptions, type Visitor, WIDE } from '../support/console.js';
import { TestServer } from '../support/server.js';
import { until } from '../support/until.js';

const PEOPLE: readonly [string, VisitOptions, VisitOptions][] = [
  ['in English on a desk, in Russian in a pocket', { viewport: WIDE }, { viewport: NARROW, language: 'ru', hasTouch: true }],
  ['in Russian on a desk, in English in a pocket', { viewport: WIDE, language: 'ru' }, { viewport: NARROW }],
];

describe.runIf(has.chromium)('two people who have never been here', { timeout: 60_000 }, () => {
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

  /** Somebody who has just signed up. */
  async function newcomer(options?: VisitOptions): Promise<{ readonly name: string; readonly visitor: Visitor }> {
    const visitor = await browser.visitor(server.url, options);
    const name = server.name('guest');
    await visitor.open();
    await visitor.signUp(name);
    return { name, visitor };
  }

  it.each(PEOPLE)('sign up and write to each other: %s', async (_, first, second) => {
    const [{ name: alice, visitor: a }, { name: bob, visitor: b }] = await Promise.all([newcomer(first), newcomer(second)]);
    await a.beginChat(bob);
    await a.say('Hello, first message');
    await a.message('Hello, first message').waitFor();

    // The other is told, without having asked for anything.
    await b.chat(alice).getByText('Hello, first message').waitFor();
    await b.chat(alice).getByLabel(b.words.unread).waitFor();
    expect(await b.page.title()).toBe(`(1) ${b.words.chats} · Switchboard`);
    await b.openChat(alice);
    await b.message('Hello, first message').waitFor();
    await b.chat(alice).getByLabel(b.words.unread).waitFor({ state: 'detached' });
    await until(async () => (await b.page.title()) === `${alice} · Switchboard`);

    // Only an answer shows that the other is there, reads and writes.
    await b.say('Hi');
    await a.message('Hi').waitFor();
    await a.page.getByRole('main').getByText(a.words.online, { exact: true }).waitFor();
    await b.composer.pressSequentially('Well?');
    await a.page.getByText(a.words.typing(bob)).waitFor();
    await b.send();
    await a.message('Well?').waitFor();
    await a.page.getByText(a.words.typing(bob)).waitFor({ state: 'detached' });
    await b.message('Well?').getByText(b.words.seen).waitFor();
    expect(await a.texts()).toEqual(['Hello, first message', 'Hi', 'Well?']);
    expect(await b.texts()).toEqual(['Hello, first message', 'Hi', 'Well?']);

    await b.page.close();
    await a.page.getByRole('main').getByText(a.words.offline, { exact: true }).waitFor();
  });

  it('see what is edited and deleted', async () => {
    const [{ visitor: a }, { name: bob, visitor: b }] = await Promise.all([newcomer(), newcomer()]);
    await a.beginChat(bob);
    await a.say('a mistkae');
    await a.say('too much');
    await a.message('too much').waitFor();
    await b.page.getByRole('listitem').getByRole('link').first().click();
    await b.message('too much').waitFor();

    await a.act('a mistkae', 'edit');
    expect(await a.composer.inputValue()).toBe('a mistkae');
    await a.say('a mistake');
    for (const visitor of [a, b]) await visitor.message('a mistake').getByText(visitor.words.edited).waitFor();

    await a.act('too much', 'delete');
    await a.page.getByRole('dialog').getByRole('button', { name: a.words.delete }).click();
    for (const visitor of [a, b]) {
      await visitor.messages.getByText(visitor.words.deleted).waitFor();
      await visitor.message('too much').waitFor({ state: 'detached' });
      expect(await visitor.texts()).toEqual(['a mistake', visitor.words.deleted]);
    }
    // What is not one's own can be reported as long as it stands.
    expect(await b.messages.getByRole('button', { name: b.words.actions }).count()).toBe(1);
  });

  it('are told what is wrong with what they fill in', async () => {
    const { name } = await newcomer();
    const visitor = await browser.visitor(server.url, { expected: [/status of 4\d\d/] });
    await visitor.open();
    const { page, words } = visitor;
    await page.getByRole('textbox', { name: words.login }).fill(name);
    await page.getByLabel(words.password, { exact: true }).fill('not the password');
    await page.getByRole('button', { name: words.signIn, exact: true }).click();
    await page.getByRole('alert').getByText('This user name and password do not match.').waitFor();

    await page.getByRole('link', { name: words.createAccount }).click();
    await page.getByRole('textbox', { name: words.userName }).fill(name);
    await page.getByRole('textbox', { name: words.email }).fill(`${name}@example.com`);
    await page.getByLabel(words.password, { exact: true }).fill('a good long password');
    await page.getByRole('button', { name: words.createAccount }).click();
    await page.getByRole('alert').getByText('Somebody has this user name or e-mail already.').waitFor();
    await page.getByRole('textbox', { name: words.userName }).fill('x');
    await page.getByRole('button', { name: words.createAccount }).click();
    const field = page.getByRole('textbox', { name: words.userName });
    await page.getByText(/At least 3 characters/).waitFor();
    expect(await field.getAttribute('aria-invalid')).toBe('true');
  });
});

import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { has } from '../support/capabilities.js';
import { connectChat } from '../support/chat-client.js';
import { makeGroup } from '../support/chats.js';
import { ConsoleBrowser, NARROW, type VisitOptions, type Visitor } from '../support/console.js';
import { type Account, TestServer } from '../support/server.js';

describe.runIf(has.chromium)('the chats of the console', { timeout: 60_000 }, () => {
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

  const signedIn = (account: Account, place = '/', options?: VisitOptions): Promise<Visitor> =>
    browser.signedIn(server.url, account, place, options);

  /** Two people in a chat that both look at. */
  async function pair(options?: VisitOptions): Promise<[Visitor, Visitor]> {
    const [alice, bob] = [await server.user(), await server.user()];
    const chat = await makeGroup(server.database.url, [alice.id, bob.id]);
    const both = await Promise.all([alice, bob].map((account) => signedIn(account, `#/chats/${chat}`, options)));
    for (const visitor of both) await visitor.composer.waitFor();
    return both as [Visitor, Visitor];
  }

  it('a group has members with roles, who come and go', async () => {
    const [alice, bob, carol, dave] = [await server.user(), await server.user(), await server.user(), await server.user()];
    const [a, b, c] = await Promise.all([alice, bob, carol].map((account) => signedIn(account)));
    if (!a || !b || !c) throw new Error('three people have signed in');
    await a.page.getByRole('button', { name: 'New chat' }).first().click();
    const dialog = a.page.getByRole('dialog', { name: 'New chat' });
    await dialog.getByText('A group').click();
    await dialog.getByRole('textbox', { name: 'Name of the group' }).fill('The allotment');
    for (const { username } of [bob, carol]) {
      await dialog.getByLabel('Members').fill(username);
      await dialog.getByLabel('Members').press('Enter');
    }
    await dialog.getByRole('button', { name: 'Begin' }).click();
    await a.page.getByText('3 members').waitFor();
    for (const visitor of [b, c]) await visitor.openChat('The allotment');
    await a.say('Who waters the beans?');
    for (const visitor of [b, c]) await visitor.message('Who waters the beans?').getByText(alice.username).waitFor();

    const members = (visitor: Visitor) => visitor.page.getByRole('dialog', { name: 'Members' });
    const person = (visitor: Visitor, { username }: Account) =>
      members(visitor).getByRole('listitem').filter({ hasText: username });
    const choose = async (visitor: Visitor, account: Account, what: string): Promise<void> => {
      await person(visitor, account).getByRole('button', { name: 'More' }).click();
      await visitor.page.getByRole('menuitem', { name: what }).click();
    };
    for (const visitor of [a, b, c]) await visitor.page.getByRole('button', { name: 'Members' }).click();
    await person(a, alice).getByText('owner').waitFor();
    await person(a, bob).getByText('online').waitFor();
    await person(c, alice).getByRole('button', { name: 'More' }).click();
    await c.page.getByRole('menuitem', { name: 'Report…' }).waitFor();
    expect(await c.page.getByRole('menuitem', { name: /Remove|Make/ }).count()).toBe(0);
    await c.page.keyboard.press('Escape');
    expect(await members(c).getByRole('textbox', { name: 'Add somebody' }).count()).toBe(0);

    await choose(a, bob, 'Make admin');
    await person(a, bob).getByText('admin').waitFor();
    await b.page.keyboard.press('Escape');
    await b.page.getByRole('button', { name: 'Members' }).click();
    await person(b, bob).getByText('admin').waitFor();
    await members(b).getByRole('textbox', { name: 'Add somebody' }).fill(dave.username);
    await members(b).getByRole('button', { name: 'Add', exact: true }).click();
    for (const visitor of [a, b, c]) await person(visitor, dave).getByText('offline').waitFor();
    await choose(b, carol, 'Remove');
    await c.page.getByText('You are not a member of this chat any more.').waitFor();
    expect(await c.chat('The allotment').count()).toBe(0);

    await members(b).getByRole('button', { name: 'Leave the group' }).click();
    await b.page.getByRole('dialog', { name: 'Leave the group' }).getByRole('button', { name: 'Leave the group' }).click();
    await b.page.getByText('No chats yet').waitFor();
    await a.page.keyboard.press('Escape');
    for (const note of [
      `${bob.username} added ${dave.username}`,
      `${bob.username} removed ${carol.username}`,
      `${bob.username} left`,
    ]) {
      await a.messages.getByText(note).waitFor();
    }
    await a.page.getByText('2 members').waitFor();
  });

  it('a chat with nobody is not begun', async () => {
    const visitor = await signedIn(await server.user());
    await visitor.page.getByRole('button', { name: 'New chat' }).first().click();
    const dialog = visitor.page.getByRole('dialog', { name: 'New chat' });
    await dialog.getByRole('textbox', { name: 'User name' }).fill('nobody-of-this-name');
    await dialog.getByRole('button', { name: 'Begin' }).click();
    await dialog.getByRole('alert').getByText('Nobody has this name.').waitFor();
    await visitor.page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    expect(await visitor.page.getByText('No chats yet').isVisible()).toBe(true);
  });

  it('a chat with oneself is refused in the reader’s language', async () => {
    const account = await server.user();
    const visitor = await signedIn(account, '/', { language: 'ru' });
    await visitor.page.getByRole('button', { name: 'Новый чат' }).first().click();
    const dialog = visitor.page.getByRole('dialog', { name: 'Новый чат' });
    await dialog.getByRole('textbox', { name: 'Имя пользователя' }).fill(account.username);
    await dialog.getByRole('button', { name: 'Начать' }).click();
    await dialog.getByText('Укажите имя кого-нибудь другого.').waitFor();
    expect(await dialog.isVisible()).toBe(true);
  });

  it('what is new since the last visit stands below a line, which stays while one looks', async () => {
    const [alice, bob] = [await server.user(), await server.user()];
    const chat = await makeGroup(server.database.url, [alice.id, bob.id]);
    const say = async (content: string): Promise<void> => {
      expect((await bob.client.post(`/api/v1/chats/${chat}/messages`, { content })).status).toBe(200);
    };
    for (const content of ['old', 'new', 'newer']) {
      await say(content);
      if (content === 'old') await alice.client.post('/api/v1/commands/chat/read', { chat_id: chat, seq: 1 });
    }
    const visitor = await signedIn(alice, '#/chats');
    const shown = (): Promise<string[]> =>
      visitor.messages.locator('[data-seq] p:last-of-type, [role=separator]').allInnerTexts();
    await visitor.openChat('a group');
    await visitor.message('newer').waitFor();
    expect(await shown()).toEqual(['old', 'New messages', 'new', 'newer']);
    await visitor.chat('a group').getByLabel(visitor.words.unread).waitFor({ state: 'detached' });
    await say('newest');
    await visitor.message('newest').waitFor();
    expect(await shown()).toEqual(['old', 'New messages', 'new', 'newer', 'newest']);
    // Whoever comes back has read all of it.
    await visitor.open('#/account');
    await visitor.page.getByRole('heading', { name: 'My account' }).waitFor();
    await visitor.open(`#/chats/${chat}`);
    await visitor.message('newest').waitFor();
    expect(await shown()).toEqual(['old', 'new', 'newer', 'newest']);
  });

  it('a message that is deleted leaves the focus among the others, and its place in the list', async () => {
    const [a, b] = await pair();
    await a.say('never said');
    await b.chat('a group').getByText('never said').waitFor();
    await a.act('never said', 'delete');
    await a.page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
    await a.chat('a group').getByText('You: message deleted').waitFor();
    await b.chat('a group').getByText('message deleted').waitFor();
    await a.page.locator('[aria-label=Messages]:focus').waitFor();
    expect(await a.texts()).toEqual(['message deleted']);
  });

  it('a question is taken back by Esc, and what it was asked from stays open', async () => {
    const [a] = await pair();
    await a.page.getByRole('button', { name: 'Members' }).click();
    const members = a.page.getByRole('dialog', { name: 'Members' });
    await members.getByRole('button', { name: 'Leave the group' }).click();
    const question = a.page.getByRole('dialog', { name: 'Leave the group' });
    await question.getByRole('button', { name: 'Cancel' }).waitFor();
    await a.page.keyboard.press('Escape');
    await question.waitFor({ state: 'detached' });
    expect(await members.isVisible()).toBe(true);
    await a.page.keyboard.press('Escape');
    await members.waitFor({ state: 'detached' });
  });

  it('a chat that is opened on a touch screen leaves the keyboard away', async () => {
    const [desk] = await pair();
    const [pocket] = await pair({ viewport: NARROW, hasTouch: true });
    expect(await desk.page.locator('textarea:focus').count()).toBe(1);
    expect(await pocket.page.locator('textarea:focus').count()).toBe(0);
  });

  it('a message of two lines is written with a keyboard, and on a touch screen', async () => {
    const [desk, pocket] = [(await pair())[0], (await pair({ viewport: NARROW, hasTouch: true }))[0]];
    for (const [visitor, key] of [
      [desk, 'Shift+Enter'],
      [pocket, 'Enter'],
    ] as const) {
      await visitor.composer.fill('one');
      await visitor.composer.press(key);
      await visitor.composer.pressSequentially('two');
      expect(await visitor.composer.inputValue()).toBe('one\ntwo');
      await visitor.send();
      await visitor.messages.locator('[data-seq]').waitFor();
      expect(await visitor.texts()).toEqual(['one\ntwo']);
      // Whoever writes goes on writing.
      expect(await visitor.page.locator('textarea:focus').count()).toBe(1);
    }
  });

  it('what was begun in one chat is still there after a look at another', async () => {
    const alice = await server.user();
    const [bob, carol] = [await server.user(), await server.user()];
    const visitor = await signedIn(alice);
    await visitor.beginChat(bob.username);
    await visitor.composer.fill('not quite');
    await visitor.beginChat(carol.username);
    expect(await visitor.composer.inputValue()).toBe('');
    await visitor.openChat(bob.username);
    expect(await visitor.composer.inputValue()).toBe('not quite');
  });

  it('a message that the server refuses stays, says why, and can be discarded', async () => {
    const [a, b] = await pair();
    // No text holds this character, which a paste may bring.
    await a.say('before\u0000after');
    const refused = a.messages.getByRole('alert');
    await refused.waitFor();
    await a.messages.getByText('not sent').waitFor();
    await refused.getByRole('button', { name: 'Send again' }).click();
    await refused.waitFor();
    await a.say('this one is fine');
    for (const visitor of [a, b]) await visitor.message('this one is fine').waitFor();
    await refused.getByRole('button', { name: 'Discard' }).click();
    await refused.waitFor({ state: 'detached' });
    expect(await a.texts()).toEqual(['this one is fine']);
  });

  it('links lead only to the web, and whatever looks like code is text', async () => {
    const [a, b] = await pair();
    const text =
      'See https://example.com/a?b=1&c=(d). javascript:alert(1) data:text/html,x <img src=x onerror=alert(1)> <script>alert(1)</script>';
    await a.say(text);
    await b.message(text).waitFor();
    expect(await b.texts()).toEqual([text]);
    const links = b.messages.getByRole('link');
    expect(await links.allInnerTexts()).toEqual(['https://example.com/a?b=1&c=(d)']);
    expect(await links.first().getAttribute('href')).toBe('https://example.com/a?b=1&c=(d)');
    expect(await links.first().getAttribute('rel')).toMatch(/noopener noreferrer/);
    expect(await b.messages.locator('img, script').count()).toBe(0);
  });

  it('scripts from right to left, emoji and a whole book arrive as they were sent, on a narrow screen too', async () => {
    const [a, b] = await pair({ viewport: NARROW });
    const texts = ['שלום עולם, how are you?', '👩‍👩‍👧‍👦 🏳️‍🌈 👍🏽', 'x'.repeat(300), '漢'.repeat(65_536)];
    for (const text of texts) {
      await a.composer.fill(text);
      await a.page.getByRole('button', { name: 'Send' }).click();
      await b.messages.getByText(text).waitFor();
      expect((await b.texts()).at(-1)).toBe(text);
      expect((await a.texts()).at(-1)).toBe(text);
      if (!text.startsWith('ש')) continue;
      const direction = "getComputedStyle([...document.querySelectorAll('[data-seq] p')].at(-1)).direction";
      expect(await b.page.evaluate(direction)).toBe('rtl');
    }
    expect(await b.page.evaluate('document.documentElement.scrollWidth <= document.documentElement.clientWidth')).toBe(true);

    await a.composer.fill('x'.repeat(65_537));
    await a.page.getByText('At most 65,536 characters.').waitFor();
    expect(await a.page.getByRole('button', { name: 'Send' }).isDisabled()).toBe(true);
  });

  describe('a long history', () => {
    const LENGTH = 300;
    /** Pixels that a message is high at least. */
    const MESSAGE = 55;

    /** Where each message is, from the top of the view, by its number; once nothing moves any more. */
    const positions = (visitor: Visitor) =>
      visitor.page.evaluate<Record<string, number>>(`new Promise((resolve) => {
        const view = document.querySelector('[role=region][aria-label=Messages]');
        const look = () => Object.fromEntries([...view.querySelectorAll('[data-seq]')].map((row) => [row.dataset.seq, row.getBoundingClientRect().top]));
        let before = '';
        let same = 0;
        const frame = () => {
          const now = JSON.stringify(look());
          same = now === before && !document.querySelector('[aria-label^=Loading]') ? same + 1 : 0;
          before = now;
          if (same > 5) resolve(look());
          else requestAnimationFrame(frame);
        };
        frame();
      })`);

    it('comes as one scrolls up, and nothing jumps', async () => {
      const [alice, bob] = [await server.user(), await server.user()];
      const chat = await makeGroup(server.database.url, [alice.id, bob.id]);
      const sender = await connectChat(server.url, 'game', bob.tokens.token, () => undefined);
      for (let count = 1; count <= LENGTH; count++) {
        const content = `message ${count}${'\nand one more line'.repeat(count % 4)}`;
        expect((await sender.command('chat.send', { chat_id: chat, content })).success).toBe(true);
      }
      sender.cut();

      const visitor = await signedIn(alice, `#/chats/${chat}`);
      await visitor.messages.getByText(`message ${LENGTH}`).waitFor();
      const seen = new Set<string>();
      const STEP = 550;
      await visitor.messages.hover();
      let before = await positions(visitor);
      for (let steps = 0; !seen.has('1') && steps < 200; steps++) {
        for (const seq of Object.keys(before)) seen.add(seq);
        await visitor.page.mouse.wheel(0, -STEP);
        const after = await positions(visitor);
        const moves = Object.keys(before)
          .filter((seq) => seq in after)
          .map((seq) => (after[seq] ?? 0) - (before[seq] ?? 0));
        expect(moves.length).toBeGreaterThan(0);
        // All by the same, and by what was asked for, but for what the one message at the edge turned out to be higher or lower than
        // expected; at the very beginning there is less left.
        expect(Math.max(...moves) - Math.min(...moves)).toBeLessThan(2);
        expect(moves[0]).toBeGreaterThan(-MESSAGE);
        expect(moves[0]).toBeLessThan(STEP + MESSAGE);
        before = after;
      }
      expect(seen.size).toBe(LENGTH);
      await visitor.messages.getByText('The beginning of this chat').waitFor();

      // What comes while one reads old messages moves nothing, and is one click away.
      const again = await connectChat(server.url, 'game', bob.tokens.token, () => undefined);
      await again.command('chat.send', { chat_id: chat, content: 'the newest' });
      again.cut();
      await visitor.page.getByRole('button', { name: '1 new message' }).waitFor();
      // How many are kept ready out of view is for the view to choose.
      const after = await positions(visitor);
      const both = Object.keys(before).filter((seq) => seq in after);
      expect(both.length).toBeGreaterThan(3);
      expect(both.map((seq) => [seq, after[seq]])).toEqual(both.map((seq) => [seq, before[seq]]));
      await visitor.page.getByRole('button', { name: '1 new message' }).click();
      await visitor.message('the newest').waitFor();
    });
  });
});

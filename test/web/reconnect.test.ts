import type { Route } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { has } from '../support/capabilities.js';
import { logOf, makeGroup } from '../support/chats.js';
import { ConsoleBrowser, type Visitor } from '../support/console.js';
import { createDatabase, type TestDatabase } from '../support/database.js';
import { Line } from '../support/line.js';
import { type Account, TestServer } from '../support/server.js';
import { until } from '../support/until.js';

/** What Chromium writes when there is no server. */
const AWAY = [
  /WebSocket connection to .* failed/,
  /ERR_(CONNECTION_(REFUSED|RESET|CLOSED)|EMPTY_RESPONSE|SOCKET_NOT_CONNECTED)/,
  /Failed to fetch dynamically imported module/,
];

describe.runIf(has.chromium)('a connection that goes and comes back', { timeout: 60_000 }, () => {
  let database: TestDatabase;
  let server: TestServer;
  let browser: ConsoleBrowser;
  const lines: Line[] = [];
  beforeAll(async () => {
    database = await createDatabase();
    server = await TestServer.start({ database });
    browser = await ConsoleBrowser.launch();
  });
  afterEach(async () => {
    await browser.leave();
    for (const line of lines.splice(0)) await line.close();
  });
  afterAll(async () => {
    await browser?.close();
    await server?.stop();
    await database?.drop();
  });

  /** A way to the server that can be cut. */
  async function newLine(): Promise<{ readonly line: Line; readonly url: string }> {
    const line = new Line(new URL(server.url));
    lines.push(line);
    return { line, url: (await line.open()).replace(/\/$/, '') };
  }

  async function inChat(url: string, { username }: Account, chat: number): Promise<Visitor> {
    // High enough to show everything: what is out of view is not in the page.
    const visitor = await browser.visitor(url, { expected: AWAY, viewport: { width: 1280, height: 2600 } });
    await visitor.open(`#/chats/${chat}`);
    await visitor.signIn(username);
    await visitor.composer.waitFor();
    return visitor;
  }

  const reconnecting = (visitor: Visitor) => visitor.page.getByRole('status').getByText('Reconnecting…');

  /** Everything was stored once and in the order of its sender, and everybody sees it as it was stored. */
  async function expectAll(chat: number, visitors: readonly Visitor[], sent: readonly (readonly string[])[]): Promise<void> {
    const count = sent.flat().length;
    for (const visitor of visitors) await until(async () => (await visitor.texts()).length >= count, 20_000);
    const stored = (await logOf(database.url, chat)).map(({ content }) => content);
    for (const visitor of visitors) {
      expect(await visitor.texts()).toEqual(stored);
      await visitor.messages.getByText('sending…').waitFor({ state: 'detached' });
    }
    for (const own of sent) expect(stored.filter((text) => own.includes(text))).toEqual(own);
    expect(stored.length).toBe(count);
  }

  it('says so, keeps what is written, and loses nothing that was said meanwhile', async () => {
    const [alice, bob] = [await server.user(), await server.user()];
    const chat = await makeGroup(database.url, [alice.id, bob.id]);
    const { line, url } = await newLine();
    const [a, b] = await Promise.all([inChat(url, alice, chat), inChat(server.url, bob, chat)]);
    await a.say('a1');
    await b.message('a1').waitFor();

    line.cut();
    await reconnecting(a).waitFor();
    await a.say('a2');
    await a.say('a3');
    await b.say('b1');
    await b.say('b2');
    await b.message('b2').waitFor();
    expect(await a.messages.getByText('sending…').count()).toBe(2);
    expect(await a.texts()).toEqual(['a1']);
    // Looking around loses nothing, though what is there may not be loaded yet.
    await a.page.getByRole('link', { name: 'My account' }).click();
    await a.page.getByRole('link', { name: 'Chats' }).click();
    await a.openChat('a group');
    expect(await a.messages.getByText('sending…').count()).toBe(2);

    line.mend();
    // Nobody has to wait for the next attempt.
    await a.page
      .getByRole('button', { name: 'Try now' })
      .click({ timeout: 2_000 })
      .catch(() => undefined);
    await reconnecting(a).waitFor({ state: 'detached' });
    await a.say('a4');
    await expectAll(
      chat,
      [a, b],
      [
        ['a1', 'a2', 'a3', 'a4'],
        ['b1', 'b2'],
      ],
    );
  });

  it('keeps everything but the page that could not be loaded, and loads it when it is back', async () => {
    const [alice, bob] = [await server.user(), await server.user()];
    const chat = await makeGroup(database.url, [alice.id, bob.id]);
    const { line, url } = await newLine();
    const a = await browser.visitor(url, { expected: AWAY });
    // Nothing is loaded before somebody goes there.
    const refusal = (route: Route): Promise<void> => route.abort('connectionreset');
    await a.context.route(/account-page/, refusal);
    await a.open(`#/chats/${chat}`);
    await a.signIn(alice.username);
    await a.messages.waitFor();
    line.cut();
    await reconnecting(a).waitFor();
    await a.say('not lost');
    await a.page.getByRole('link', { name: 'My account' }).click();
    const failed = a.page.getByRole('heading', { name: 'This page could not be loaded' });
    await failed.waitFor();
    await a.page.getByRole('link', { name: 'Chats' }).click();
    await a.openChat('a group');
    await a.messages.getByText('sending…').waitFor();
    await a.page.getByRole('link', { name: 'My account' }).click();
    await failed.waitFor();
    await a.context.unroute(/account-page/, refusal);
    line.mend();
    await a.page.getByRole('heading', { name: 'My account' }).waitFor();
    expect((await logOf(database.url, chat)).map(({ content }) => content)).toEqual(['not lost']);
  });

  it('keeps nobody from the other pages, which were loaded while there was time', async () => {
    const alice = await server.user();
    const { line, url } = await newLine();
    const a = await browser.visitor(url, { expected: AWAY });
    await a.open('#/chats');
    const loaded = Promise.all(['account', 'explorer'].map((name) => a.page.waitForResponse(new RegExp(`${name}-page.*js$`))));
    await a.signIn(alice.username);
    await loaded;
    // With what they need themselves.
    await a.page.waitForLoadState('networkidle');
    line.cut();
    await reconnecting(a).waitFor();
    await a.page.getByRole('link', { name: 'My account' }).click();
    await a.page.getByRole('heading', { name: 'My account' }).waitFor();
    await a.page.getByRole('link', { name: 'Socket explorer' }).click();
    // It is there, and says what it could not ask for.
    await a.page.getByRole('alert').getByRole('button', { name: 'Try again' }).waitFor();
    expect(await a.page.getByRole('heading', { name: 'This page could not be loaded' }).count()).toBe(0);
  });

  it('is cut ten times in the middle of a conversation, and everything arrives once and in order', async () => {
    const [alice, bob] = [await server.user(), await server.user()];
    const chat = await makeGroup(database.url, [alice.id, bob.id]);
    const { line, url } = await newLine();
    const [a, b] = await Promise.all([inChat(url, alice, chat), inChat(url, bob, chat)]);
    const [fromA, fromB]: [string[], string[]] = [[], []];
    for (let cut = 1; cut <= 10; cut++) {
      fromA.push(`a${cut}`);
      fromB.push(`b${cut}`);
      await Promise.all([a.say(`a${cut}`), b.say(`b${cut}`)]);
      line.cut();
      line.mend();
    }
    await expectAll(chat, [a, b], [fromA, fromB]);
  });

  it('outlives a restart of the server, and so does the session', async () => {
    const [alice, bob] = [await server.user(), await server.user()];
    const chat = await makeGroup(database.url, [alice.id, bob.id]);
    const [a, b] = await Promise.all([inChat(server.url, alice, chat), inChat(server.url, bob, chat)]);
    await a.say('before');
    await b.message('before').waitFor();

    const { port } = server;
    await server.stop();
    await Promise.all([a, b].map((visitor) => reconnecting(visitor).waitFor()));
    await a.say('while it is away');
    await b.say('me, too');
    expect(await a.page.getByRole('heading', { name: 'Sign in' }).count()).toBe(0);

    server = await TestServer.start({ database, variables: { PORT: String(port) } });
    await Promise.all([a, b].map((visitor) => visitor.inside()));
    await expectAll(chat, [a, b], [['before', 'while it is away'], ['me, too']]);
    await a.page.reload();
    await a.message('me, too').waitFor();
  });
});

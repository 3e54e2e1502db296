import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import {
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  chromium,
  type Locator,
  type Page,
} from 'playwright-core';
import { programOf } from './capabilities.js';
import { PASSWORD } from './server.js';

const BUILT = join(resolve(import.meta.dirname, '../..'), 'dist/console/index.html');

/** What is on a desk, and what is in a pocket. */
export const WIDE = { width: 1280, height: 800 };
export const NARROW = { width: 390, height: 844 };

/** The words that people look for, as the page has them in each of its languages. */
const WORDS = {
  en: {
    createAccount: 'Create an account',
    userName: 'User name',
    email: 'E-mail',
    password: 'Password',
    login: 'User name or e-mail',
    signIn: 'Sign in',
    newChat: 'New chat',
    begin: 'Begin',
    group: 'A group',
    write: 'Write a message',
    send: 'Send',
    messages: 'Messages',
    chats: 'Chats',
    seen: 'seen',
    edited: 'edited',
    edit: 'Edit',
    delete: 'Delete',
    deleted: 'message deleted',
    save: 'Save',
    actions: 'What to do with this message',
    chatMenu: 'More about this chat',
    back: 'Back',
    online: 'online',
    offline: 'offline',
    typing: (name: string): string => `${name} is writing…`,
    unread: /^\d+ unread messages?$/,
  },
  ru: {
    createAccount: 'Регистрация',
    userName: 'Имя пользователя',
    email: 'Почта',
    password: 'Пароль',
    login: 'Имя пользователя или почта',
    signIn: 'Вход',
    newChat: 'Новый чат',
    begin: 'Начать',
    group: 'Группа',
    write: 'Написать сообщение',
    send: 'Отправить',
    messages: 'Сообщения',
    chats: 'Чаты',
    seen: 'прочитано',
    edited: 'изменено',
    edit: 'Изменить',
    delete: 'Удалить',
    deleted: 'сообщение удалено',
    save: 'Сохранить',
    actions: 'Что сделать с сообщением',
    chatMenu: 'Ещё об этом чате',
    back: 'Назад',
    online: 'в сети',
    offline: 'не в сети',
    typing: (name: string): string => `${name} пишет…`,
    unread: /^\d+ непрочитанн(ое|ых) сообщени(е|я|й)$/,
  },
} as const;

type Language = keyof typeof WORDS;

export interface VisitOptions extends BrowserContextOptions {
  readonly language?: Language;
  /** Complaints of the browser that this visit is about, and which are therefore none. */
  readonly expected?: readonly RegExp[];
}

/** Chromium, in which people open the console: each in a browser of their own, as on machines of their own. */
export class ConsoleBrowser {
  private readonly visitors: Visitor[] = [];

  private constructor(private readonly browser: Browser) {}

  /** @throws Error where the console was not built, which `npm test` does before it runs the tests */
  static async launch(args: readonly string[] = []): Promise<ConsoleBrowser> {
    if (!existsSync(BUILT)) throw new Error('The console is not built: npm run build');
    // A root without a sandbox of its own is what containers have.
    return new ConsoleBrowser(await chromium.launch({ executablePath: programOf('chromium'), args: ['--no-sandbox', ...args] }));
  }

  /** Somebody with an empty browser, who has gone nowhere yet. */
  async visitor(url: string, { language = 'en', expected = [], ...options }: VisitOptions = {}): Promise<Visitor> {
    const locale = language === 'ru' ? 'ru-RU' : 'en-GB';
    const context = await this.browser.newContext({ locale, viewport: WIDE, reducedMotion: 'reduce', ...options });
    context.setDefaultTimeout(15_000);
    const visitor = new Visitor(context, url, language, expected, options.hasTouch);
    this.visitors.push(visitor);
    return visitor;
  }

  /** A user who has signed in to a place of the console, in a browser of its own. */
  async signedIn(
    url: string,
    { username }: { readonly username: string },
    place: string,
    options?: VisitOptions,
  ): Promise<Visitor> {
    const visitor = await this.visitor(url, options);
    await visitor.open(place);
    await visitor.signIn(username);
    return visitor;
  }

  /**
   * All visitors leave.
   * @throws Error where a browser complained of something, or asked anything of another host
   */
  async leave(): Promise<void> {
    const gone = this.visitors.splice(0);
    for (const { context } of gone) await context.close();
    const complaints = gone.flatMap((visitor) => visitor.complaints);
    if (complaints.length > 0) throw new Error(`The browser complained:\n${complaints.join('\n')}`);
  }

  async close(): Promise<void> {
    await this.browser.close();
  }
}

/** A browser with cookies and storage of its own, and the person in front of it. */
export class Visitor {
  /** Errors and warnings of the console, exceptions, and requests to anywhere else. */
  readonly complaints: string[] = [];
  private current: Page | undefined;

  constructor(
    readonly context: BrowserContext,
    private readonly url: string,
    readonly language: Language,
    private readonly expected: readonly RegExp[],
    private readonly hasTouch = false,
  ) {
    context.on('page', (page) => this.listen(page));
  }

  /** The page that is looked at. */
  get page(): Page {
    if (!this.current) throw new Error('The visitor has gone nowhere yet');
    return this.current;
  }

  get words(): (typeof WORDS)[Language] {
    return WORDS[this.language];
  }

  /** Opens a place of the console, in the tab that is there or in the first one. */
  async open(place = '/'): Promise<void> {
    this.current ??= await this.context.newPage();
    await this.current.goto(place.startsWith('#') ? `${this.url}/${place}` : this.url + place);
  }

  /**
   * How long after the answer to what is done on another page a text stands on this one. Milliseconds by the browsers' own clock: what it
   * takes to ask them does not count.
   * @param method of the request that is answered
   */
  async delayOf(text: string, actor: Page, method: string, act: () => Promise<unknown>): Promise<number> {
    await this.page.evaluate(`
      new MutationObserver(() => {
        if (document.body.innerText.includes(${JSON.stringify(text)})) window.seenAt ??= Date.now();
      }).observe(document.body, { childList: true, subtree: true, characterData: true });
    `);
    const answered = actor.waitForResponse((response) => response.request().method() === method);
    await act();
    const response = await answered;
    await response.finished();
    const { startTime, responseEnd } = response.request().timing();
    await this.page.getByText(text).first().waitFor();
    return (await this.page.evaluate<number>('window.seenAt')) - (startTime + responseEnd);
  }

  /** The same browser in one more tab. */
  async tab(place: string): Promise<Page> {
    const page = await this.context.newPage();
    await page.goto(`${this.url}/${place}`);
    return page;
  }

  async signUp(username: string): Promise<void> {
    const { page, words } = this;
    await page.getByRole('link', { name: words.createAccount }).click();
    await page.getByRole('textbox', { name: words.userName }).fill(username);
    await page.getByRole('textbox', { name: words.email }).fill(`${username}@example.com`);
    await page.getByLabel(words.password, { exact: true }).fill(PASSWORD);
    await page.getByRole('button', { name: words.createAccount }).click();
    await this.inside();
  }

  async signIn(username: string, password = PASSWORD): Promise<void> {
    const { page, words } = this;
    await page.getByRole('textbox', { name: words.login }).fill(username);
    await page.getByLabel(words.password, { exact: true }).fill(password);
    await page.getByRole('button', { name: words.signIn, exact: true }).click();
    await this.inside();
  }

  /** Waits until the page is connected for whoever has signed in. */
  async inside(): Promise<void> {
    await this.page.locator('[data-live=open]').waitFor({ state: 'attached' });
  }

  /** Begins a chat with one person. */
  async beginChat(username: string): Promise<void> {
    const { page, words } = this;
    await page.getByRole('button', { name: words.newChat }).first().click();
    const dialog = page.getByRole('dialog', { name: words.newChat });
    await dialog.getByRole('textbox', { name: words.userName }).fill(username);
    await dialog.getByRole('button', { name: words.begin }).click();
    await this.inChat(username);
  }

  /** Opens a chat of the list. */
  async openChat(name: string): Promise<void> {
    await this.chat(name).click();
    await this.inChat(name);
  }

  /** Waits until a chat is the one that is looked at. */
  async inChat(name: string): Promise<void> {
    await this.page.getByRole('heading', { level: 2, name }).waitFor();
    await this.composer.waitFor();
  }

  /** A chat in the list. */
  chat(name: string): Locator {
    return this.page
      .getByRole('region', { name: this.words.chats })
      .getByRole('listitem')
      .filter({ hasText: name })
      .getByRole('link');
  }

  /** Where one writes. */
  get composer(): Locator {
    return this.page.getByRole('textbox', { name: this.words.write });
  }

  async say(text: string): Promise<void> {
    await this.composer.fill(text);
    await this.send();
  }

  /** Sends what stands in the composer. */
  async send(): Promise<void> {
    if (this.hasTouch) await this.page.getByRole('button', { name: this.words.send, exact: true }).tap();
    else await this.composer.press('Enter');
  }

  /** What is said in the open chat. */
  get messages(): Locator {
    return this.page.getByRole('region', { name: this.words.messages, exact: true });
  }

  /** The message with this text, stored by the server. */
  message(text: string): Locator {
    return this.messages.locator('[data-seq]').filter({ has: this.page.getByText(text, { exact: true }) });
  }

  /** Opens what one may do with a message, and does it. */
  async act(text: string, action: 'edit' | 'delete'): Promise<void> {
    await this.choose(text, this.words[action]);
  }

  /** Chooses something of what one may do with a message. */
  async choose(text: string, item: string): Promise<void> {
    const row = this.message(text);
    await row.hover();
    await row.getByRole('button', { name: this.words.actions }).click();
    await this.page.getByRole('menuitem', { name: item }).click();
  }

  /** Chooses something of what one may do with the chat that is open. */
  async chooseOfChat(item: string): Promise<void> {
    await this.page.getByRole('button', { name: this.words.chatMenu }).click();
    await this.page.getByRole('menuitem', { name: item }).click();
  }

  /** The texts of all messages that are shown, from top to bottom. */
  async texts(): Promise<string[]> {
    return this.messages.locator('[data-seq] p:last-of-type').allInnerTexts();
  }

  private listen(page: Page): void {
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) this.complain(`${message.type()}: ${message.text()}`);
    });
    page.on('pageerror', (error) => this.complain(`exception: ${error.message}`));
    page.on('request', (request) => {
      const url = request.url().replace(/^blob:/, '');
      if (!url.startsWith(`${this.url}/`)) this.complain(`request to ${url}`);
    });
  }

  private complain(complaint: string): void {
    if (!this.expected.some((pattern) => pattern.test(complaint))) this.complaints.push(complaint);
  }
}

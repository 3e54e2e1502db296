import type { ChatSummary, LiveConnection, LogEntry, ServerEvent } from '../../../clients/typescript/src/index.js';
import { Store } from '../shared/store.js';

const PAGE = 100;

/** The chats that the user has hidden. Each returns to the list of chats with its next entry. */
export class HiddenChats extends Store {
  private readonly chats = new Map<number, ChatSummary>();
  private readonly stops: (() => void)[];
  private nextCursor: string | null = null;
  /** Counts what was asked: only the answer to the last question counts. */
  private asked = 0;
  private answered = 0;
  isLoaded = false;
  fault: unknown = null;

  constructor(private readonly live: LiveConnection) {
    super();
    this.stops = [
      live.on('entry', (entry) => this.returned(entry)),
      live.on('event', (event) => this.apply(event)),
      live.on('state', (state) => {
        if (state === 'open' && this.isLoaded) void this.load();
      }),
    ];
  }

  stop(): void {
    for (const stop of this.stops) stop();
  }

  all(): ChatSummary[] {
    return [...this.chats.values()];
  }

  has(chatId: number): boolean {
    return this.chats.has(chatId);
  }

  get hasMore(): boolean {
    return this.nextCursor !== null;
  }

  /** @throws CommandError */
  async hide(chatId: number): Promise<void> {
    await this.live.command('chat.hide', { chat_id: chatId });
    if (this.isLoaded) void this.load();
  }

  /** @throws CommandError */
  async unhide(chatId: number): Promise<void> {
    await this.live.command('chat.unhide', { chat_id: chatId });
    this.drop(chatId);
  }

  load(): Promise<void> {
    return this.read(null);
  }

  more(): Promise<void> {
    return this.nextCursor === null ? Promise.resolve() : this.read(this.nextCursor);
  }

  private async read(cursor: string | null): Promise<void> {
    this.asked += 1;
    const question = this.asked;
    try {
      const page = await this.live.command('chat.list', { limit: PAGE, cursor, hidden: true });
      if (question !== this.asked) return;
      if (cursor === null) this.chats.clear();
      for (const chat of page.chats) this.chats.set(chat.chat_id, chat);
      this.nextCursor = page.next_cursor;
      this.isLoaded = true;
      this.fault = null;
    } catch (thrown) {
      if (question !== this.asked) return;
      this.fault = thrown;
    }
    this.answered = question;
    this.changed();
  }

  private apply({ name, data }: ServerEvent): void {
    if (name !== 'chat.hidden') return;
    if (!data.hidden) this.drop(data.chat_id);
    else if (this.isLoaded) void this.load();
  }

  private returned({ chat_id: chatId }: LogEntry): void {
    if (this.chats.has(chatId)) this.drop(chatId);
  }

  private drop(chatId: number): void {
    this.chats.delete(chatId);
    // A page that is on its way may still show it.
    if (this.answered !== this.asked) void this.load();
    this.changed();
  }
}

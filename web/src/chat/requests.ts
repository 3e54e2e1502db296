import type { Chat, CommandAnswer, LiveConnection, ServerEvent } from '../../../clients/typescript/src/index.js';
import { Store } from '../shared/store.js';

const PAGE = 50;

/** Somebody who wants to write to the user, or invites them to a group. */
export type ChatRequest = CommandAnswer<'chat.requests'>['requests'][number];

/** Requests that wait for an answer, newest first. */
export class Requests extends Store {
  private readonly byChat = new Map<number, ChatRequest>();
  private readonly stops: (() => void)[];
  private nextCursor: string | null = null;
  private reading: Promise<void> | null = null;
  /** What changed while a page was on its way, of which the page may know nothing. */
  private meanwhile: (() => void)[] = [];
  isLoaded = false;
  fault: unknown = null;

  constructor(private readonly live: LiveConnection) {
    super();
    this.stops = [
      live.on('event', (event) => this.apply(event)),
      live.on('state', (state) => {
        if (state === 'open') void this.load();
      }),
    ];
    if (live.state === 'open') void this.load();
  }

  stop(): void {
    for (const stop of this.stops) stop();
  }

  all(): ChatRequest[] {
    return [...this.byChat.values()].sort((a, b) => (a.created_at < b.created_at ? 1 : -1));
  }

  /** How many are known; `hasMore` says whether there are others. */
  get count(): number {
    return this.byChat.size;
  }

  get hasMore(): boolean {
    return this.nextCursor !== null;
  }

  /** @returns the chat, of which the user is now a member @throws CommandError */
  async accept(chatId: number): Promise<Chat> {
    const chat = await this.live.command('chat.accept', { chat_id: chatId });
    this.note(() => this.byChat.delete(chatId));
    return chat;
  }

  /** @throws CommandError */
  async decline(chatId: number): Promise<void> {
    await this.live.command('chat.decline', { chat_id: chatId });
    this.note(() => this.byChat.delete(chatId));
  }

  /** Reads the first page anew. */
  load(): Promise<void> {
    return this.read(null);
  }

  more(): Promise<void> {
    return this.nextCursor === null ? Promise.resolve() : this.read(this.nextCursor);
  }

  private read(cursor: string | null): Promise<void> {
    this.reading ??= this.readPage(cursor).finally(() => {
      this.reading = null;
      this.meanwhile = [];
    });
    return this.reading;
  }

  private async readPage(cursor: string | null): Promise<void> {
    try {
      const page = await this.live.command('chat.requests', { limit: PAGE, cursor });
      if (cursor === null) this.byChat.clear();
      for (const request of page.requests) this.byChat.set(request.chat_id, request);
      for (const again of this.meanwhile) again();
      this.nextCursor = page.next_cursor;
      this.isLoaded = true;
      this.fault = null;
    } catch (thrown) {
      this.fault = thrown;
    }
    this.changed();
  }

  private apply({ name, data }: ServerEvent): void {
    if (name === 'chat.requested') this.note(() => this.byChat.set(data.chat_id, data));
    if (name === 'chat.request_closed') this.note(() => this.byChat.delete(data.chat_id));
  }

  /** Does it now, and once more with the page that is on its way. */
  private note(change: () => void): void {
    change();
    if (this.reading) this.meanwhile.push(change);
    this.changed();
  }
}

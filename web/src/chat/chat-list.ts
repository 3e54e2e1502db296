import type { Chat, ChatSummary, LiveConnection, LogEntry, ServerEvent } from '../../../clients/typescript/src/index.js';
import { ChatLog } from './chat-log';
import { Store } from './store';

/** Chats that are fetched at once. */
const PAGE = 100;
/** Logs that are kept although nobody looks at them, so that going back is instant. */
const MAX_LOGS = 8;

/** The chats of whoever is signed in, and the logs of those that were opened. */
export class ChatList extends Store {
  private readonly chats = new Map<number, ChatSummary>();
  private readonly logs = new Map<number, ChatLog>();
  private readonly stops: (() => void)[] = [];
  private nextCursor: string | null = null;
  private reading: Promise<void> | null = null;
  isLoaded = false;
  fault: unknown = null;
  /** The chat that is looked at now: what is said there is read at once. */
  private watched: number | null = null;

  constructor(
    readonly live: LiveConnection,
    readonly userId: number,
  ) {
    super();
    this.stops.push(
      live.on('entry', (entry) => this.heard(entry)),
      live.on('event', (event) => this.happened(event)),
      // Whatever happened in chats that are not followed while the connection was away, the list says.
      live.on('state', (state) => {
        if (state === 'open') void this.reload();
      }),
    );
    if (live.state === 'open') void this.reload();
  }

  stop(): void {
    for (const stop of this.stops) stop();
    for (const log of this.logs.values()) log.stop();
  }

  /** The newest activity first. */
  all(): ChatSummary[] {
    return [...this.chats.values()].sort((a, b) => (a.last_activity_at < b.last_activity_at ? 1 : -1));
  }

  find(chatId: number): ChatSummary | undefined {
    return this.chats.get(chatId);
  }

  get unread(): number {
    return [...this.chats.values()].reduce((sum, { unread }) => sum + unread, 0);
  }

  get hasMore(): boolean {
    return this.nextCursor !== null;
  }

  /** The log of a chat, which loads itself. */
  log(chatId: number): ChatLog {
    const known = this.logs.get(chatId) ?? new ChatLog(this.live, chatId, this.userId);
    // The last in the map is the one that was wanted last.
    this.logs.delete(chatId);
    this.logs.set(chatId, known);
    for (const [id, log] of this.logs) {
      if (this.logs.size <= MAX_LOGS) break;
      if (id === chatId || log.hasPending) continue;
      log.stop();
      this.logs.delete(id);
    }
    return known;
  }

  watch(chatId: number | null): void {
    this.watched = chatId;
  }

  /** Says that everything in a chat is read, up to what is there now. */
  read(chatId: number): void {
    const chat = this.chats.get(chatId);
    if (!chat || (chat.unread === 0 && chat.read_seq >= chat.last_seq)) return;
    this.put({ ...chat, unread: 0, read_seq: chat.last_seq });
    // Lost, it is said again with the next message.
    this.live.command('chat.read', { chat_id: chatId, seq: chat.last_seq }).catch(() => undefined);
  }

  /** A chat that was made, or changed, by its user's own doing. */
  know({ members: _, ...chat }: Chat): void {
    const before = this.chats.get(chat.chat_id);
    this.put({ ...chat, last_message: before?.last_message ?? null });
  }

  forget(chatId: number): void {
    this.chats.delete(chatId);
    this.changed();
  }

  reload(): Promise<void> {
    this.reading ??= this.readPage(null).finally(() => {
      this.reading = null;
    });
    return this.reading;
  }

  more(): Promise<void> {
    if (this.nextCursor === null) return Promise.resolve();
    this.reading ??= this.readPage(this.nextCursor).finally(() => {
      this.reading = null;
    });
    return this.reading;
  }

  private async readPage(cursor: string | null): Promise<void> {
    try {
      const page = await this.live.command('chat.list', { limit: PAGE, cursor });
      // The first page again, after a while away: a chat that is not in it may have been left meanwhile.
      if (cursor === null) this.chats.clear();
      for (const chat of page.chats) this.chats.set(chat.chat_id, chat);
      this.nextCursor = page.next_cursor;
      this.isLoaded = true;
      this.fault = null;
    } catch (thrown) {
      this.fault = thrown;
    }
    this.changed();
  }

  private put(chat: ChatSummary): void {
    this.chats.set(chat.chat_id, chat);
    this.changed();
  }

  private heard(entry: LogEntry): void {
    const chat = this.chats.get(entry.chat_id);
    if (entry.kind === 'left' && entry.member_id === this.userId) return this.forget(entry.chat_id);
    if (!chat) return void this.fetch(entry.chat_id);
    if (entry.seq <= chat.last_seq) return;
    const isNews = entry.kind === 'message' && entry.from_id !== this.userId && this.watched !== entry.chat_id;
    this.put({
      ...chat,
      last_seq: entry.seq,
      last_activity_at: entry.created_at,
      unread: chat.unread + (isNews ? 1 : 0),
      last_message: previewAfter(chat.last_message, entry),
    });
  }

  private happened({ name, data }: ServerEvent): void {
    if (name === 'chat.created') this.know(data);
    if (name !== 'chat.read' || data.user_id !== this.userId) return;
    const chat = this.chats.get(data.chat_id);
    if (!chat || data.seq <= chat.read_seq) return;
    // Read elsewhere; how many of the rest are messages is not known here, but no more than there are entries.
    this.put({ ...chat, read_seq: data.seq, unread: Math.min(chat.unread, Math.max(0, chat.last_seq - data.seq)) });
  }

  private async fetch(chatId: number): Promise<void> {
    try {
      this.know(await this.live.command('chat.get', { chat_id: chatId }));
    } catch {
      // Not a member any more by now.
    }
  }
}

/** What the list shows of a chat after one more entry of its log. */
function previewAfter(last: ChatSummary['last_message'], entry: LogEntry): ChatSummary['last_message'] {
  if (entry.kind === 'message') return entry;
  if (entry.target_seq === undefined || entry.target_seq !== last?.seq) return last;
  return entry.kind === 'edited' ? { ...last, content: entry.content } : entry.kind === 'deleted' ? null : last;
}

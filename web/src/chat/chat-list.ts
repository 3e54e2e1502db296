import type {
  Chat,
  ChatSummary,
  CommandAnswer,
  LiveConnection,
  LogEntry,
  ServerEvent,
} from '../../../clients/typescript/src/index.js';
import { ChatLog } from './chat-log.js';
import { isGoing, newestFirst, previewAfter, readAfter } from './summary-after.js';
import { Store } from '../shared/store.js';

/** Chats that are fetched at once. */
const PAGE = 100;
/** Logs that are kept although nobody looks at them, so that going back is instant. */
const MAX_LOGS = 8;
/** Of what is told while the list is on its way. */
const MAX_MEANWHILE = 1_000;
/** How often a chat is asked for where more is said in it than it answers. */
const MAX_ASKED = 3;

/** The chats of whoever is signed in, and the logs of those that were opened. */
export class ChatList extends Store {
  private readonly chats = new Map<number, ChatSummary>();
  private readonly logs = new Map<number, ChatLog>();
  private readonly stops: (() => void)[] = [];
  private nextCursor: string | null = null;
  private reading: Promise<void> | null = null;
  private paging: Promise<void> | null = null;
  /** What happened while the first page was on its way, of which that page may know nothing. */
  private meanwhile: (() => void)[] = [];
  /** Chats that are being asked for, with the last entry of each that was heard. */
  private readonly asked = new Map<number, LogEntry>();
  /** Chats of which it is being asked how much is unread; true where it has changed since. */
  private readonly counting = new Map<number, boolean>();
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
      live.on('entry', (entry) => this.note(() => this.heard(entry))),
      live.on('event', (event) => this.note(() => this.happened(event))),
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
    return [...this.chats.values()].sort(newestFirst);
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
    // What came in the last moment was seen, too.
    if (this.watched !== null && this.watched !== chatId) this.read(this.watched);
    this.watched = chatId;
  }

  /** Says that everything in a chat is read, up to what is there now. */
  read(chatId: number): void {
    const chat = this.chats.get(chatId);
    if (!chat || (chat.unread === 0 && chat.read_seq >= chat.last_seq)) return;
    this.note(() => this.readUpTo(chatId, chat.last_seq));
    // Lost, it is said again with the next message.
    this.live.command('chat.read', { chat_id: chatId, seq: chat.last_seq }).catch(() => undefined);
  }

  /** Whom the user blocks has changed, and with it what every chat shows. */
  refresh(): void {
    void this.reload();
    for (const log of this.logs.values()) void log.reload();
  }

  /** A chat that was made, or changed, by its user's own doing. */
  know(chat: Chat): void {
    this.note(() => this.put(chat));
  }

  forget(chatId: number): void {
    this.note(() => this.drop(chatId));
  }

  reload(): Promise<void> {
    this.reading ??= this.trying(() => this.readFirst()).finally(() => {
      this.reading = null;
      this.meanwhile = [];
    });
    return this.reading;
  }

  more(): Promise<void> {
    const cursor = this.nextCursor;
    if (cursor === null) return Promise.resolve();
    this.paging ??= this.trying(() => this.readNext(cursor)).finally(() => {
      this.paging = null;
    });
    return this.paging;
  }

  private async readFirst(): Promise<void> {
    const page = await this.live.command('chat.list', { limit: PAGE, cursor: null });
    // A chat that is not in it may have been left while the connection was away.
    this.chats.clear();
    this.take(page);
    this.isLoaded = true;
    for (const again of this.meanwhile.splice(0)) again();
  }

  private async readNext(cursor: string): Promise<void> {
    const page = await this.live.command('chat.list', { limit: PAGE, cursor });
    // Where the first page was read again meanwhile, this is not what comes after it.
    if (cursor === this.nextCursor) this.take({ ...page, chats: page.chats.filter(({ chat_id: id }) => !this.chats.has(id)) });
  }

  private async trying(read: () => Promise<void>): Promise<void> {
    try {
      await read();
      this.fault = null;
    } catch (thrown) {
      this.fault = thrown;
    }
    this.changed();
  }

  private take({ chats, next_cursor: next }: CommandAnswer<'chat.list'>): void {
    for (const chat of chats) this.set(chat);
    this.nextCursor = next;
  }

  /** Does it now, and once more with the page that is on its way. */
  private note(happening: () => void): void {
    happening();
    if (this.reading && this.meanwhile.push(happening) > MAX_MEANWHILE) this.meanwhile.shift();
  }

  private put({ members: _, ...chat }: Chat, last: ChatSummary['last_message'] = null): void {
    this.set({ ...chat, last_message: this.chats.get(chat.chat_id)?.last_message ?? last });
  }

  private set(chat: ChatSummary): void {
    const { chat_id: id } = chat;
    const log = this.chats.has(id) ? undefined : this.logs.get(id);
    // Whoever was away from a chat, and is in it again, begins anew.
    if (log?.isGone) {
      log.stop();
      this.logs.delete(id);
    }
    this.chats.set(id, chat);
    this.changed();
  }

  private drop(chatId: number): void {
    this.chats.delete(chatId);
    this.changed();
  }

  private readUpTo(chatId: number, seq: number): void {
    const chat = this.chats.get(chatId);
    if (!chat || seq < chat.read_seq) return;
    // How many of the rest are messages is not known here, but no more than there are entries.
    const unread = Math.min(chat.unread, Math.max(0, chat.last_seq - seq));
    this.set({ ...chat, read_seq: seq, unread });
    if (unread > 0 && seq > chat.read_seq) void this.count(chatId);
  }

  private heard(entry: LogEntry): void {
    const chat = this.chats.get(entry.chat_id);
    if (this.asked.has(entry.chat_id)) this.asked.set(entry.chat_id, entry);
    if (isGoing(entry, this.userId)) return this.drop(entry.chat_id);
    if (!chat) return void this.ask(entry);
    if (entry.seq <= chat.last_seq) return;
    this.set({
      ...chat,
      ...readAfter(chat, entry, this.userId, this.watched === entry.chat_id),
      last_seq: entry.seq,
      // Only messages move a chat in the list.
      last_activity_at: entry.kind === 'message' ? entry.created_at : chat.last_activity_at,
      last_message: previewAfter(chat.last_message, entry),
    });
    // Whether what was taken back counted is known to the server alone: who wrote it, and whether that is somebody whom the user has blocked.
    if (entry.kind === 'deleted' && chat.unread > 0 && (entry.target_seq ?? 0) > chat.read_seq) void this.count(entry.chat_id);
  }

  private happened({ name, data }: ServerEvent): void {
    if (name === 'chat.created') this.put(data);
    if (name === 'chat.read' && data.user_id === this.userId) this.readUpTo(data.chat_id, data.seq);
    // Which personal chat bears the name is not known here.
    if (name === 'chat.member_updated') void this.reload();
    if (name === 'chat.hidden' && data.hidden) this.drop(data.chat_id);
    if (name === 'chat.hidden' && !data.hidden) void this.reload();
  }

  /** Asks how much of a chat is unread, until the answer is about the same entries as what is shown. */
  private async count(chatId: number): Promise<void> {
    if (this.counting.has(chatId)) {
      this.counting.set(chatId, true);
      return;
    }
    try {
      for (let times = 0; times < MAX_ASKED; times += 1) {
        this.counting.set(chatId, false);
        const { last_seq, read_seq, unread } = await this.live.command('chat.get', { chat_id: chatId });
        const chat = this.chats.get(chatId);
        if (!chat) return;
        if (chat.last_seq !== last_seq || this.counting.get(chatId) === true) continue;
        return this.set({ ...chat, read_seq: Math.max(chat.read_seq, read_seq), unread });
      }
      await this.reload();
    } catch {
      // Not a member any more by now, or the list is read anew with the next connection.
    } finally {
      this.counting.delete(chatId);
    }
  }

  /** Asks for a chat of which something was heard, until the answer is as new as what was heard last. */
  private async ask(first: LogEntry): Promise<void> {
    const { chat_id: chatId } = first;
    if (this.asked.has(chatId)) return;
    this.asked.set(chatId, first);
    try {
      for (let times = 0; times < MAX_ASKED; times += 1) {
        const chat = await this.live.command('chat.get', { chat_id: chatId });
        const last = this.asked.get(chatId) ?? first;
        if (isGoing(last, this.userId)) return;
        this.put(chat, previewAfter(null, last));
        if (chat.last_seq >= last.seq) return;
      }
    } catch {
      // Not a member any more by now.
    } finally {
      this.asked.delete(chatId);
    }
  }
}

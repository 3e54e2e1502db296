import {
  type Chat,
  CommandError,
  type LiveConnection,
  type LogEntry,
  type ServerEvent,
} from '../../../clients/typescript/src/index.js';
import { Store } from '../shared/store.js';
import { missingFrom } from './missing-members.js';
import { deleted, edited, renamed, shown, type ShownMessage } from './shown-message.js';

type Member = Chat['members'][number];
type MemberUpdate = Extract<ServerEvent, { readonly name: 'chat.member_updated' }>['data'];

const PAGE = 50;
/** Messages that are kept while new ones come; of more, the oldest are fetched again where somebody scrolls up to them. */
const MAX_KEPT = 5_000;
/** Milliseconds for which somebody is shown to be writing, after they last said so. */
const TYPING_MS = 6_000;

/** A message of one's own that the server has not confirmed. */
export interface Pending {
  readonly clientMsgId: string;
  readonly content: string;
  /** Why it was refused; null while it is on its way. */
  readonly fault: unknown;
}

/** What was said in one chat, as far as it was looked at: from some message on to the newest, without holes. */
export class ChatLog extends Store {
  private readonly bySeq = new Map<number, ShownMessage>();
  private ordered: ShownMessage[] | null = null;
  private readonly stops: (() => void)[] = [];
  private readonly typers = new Map<number, { readonly name: string; readonly until: number }>();
  private loading: Promise<void> | null = null;
  private typedAt = 0;
  private isStale = false;
  /** Changes of messages that may be on the page of older ones that is on its way, as they were before. */
  private late: (() => void)[] = [];
  pending: Pending[] = [];
  /** User names of those who were invited while one looked, and have not joined yet. */
  invited: readonly string[] = [];
  chat: Chat | null = null;
  hasOlder = true;
  isReadingOlder = false;
  isLoaded = false;
  /** Not a member, or not any more. */
  isGone = false;
  fault: unknown = null;

  constructor(
    private readonly live: LiveConnection,
    readonly chatId: number,
    private readonly userId: number,
  ) {
    super();
    this.stops.push(
      live.on('entry', (entry) => {
        if (entry.chat_id === chatId) this.heard(entry);
      }),
      live.on('event', (event) => this.happened(event)),
      live.on('state', (state) => {
        if (state !== 'open') return;
        // Who is online, and how far they have read, is told only to those who are connected.
        if (this.isLoaded && !this.isStale) void this.refresh();
        else void this.load();
      }),
    );
    if (live.state === 'open') void this.load();
  }

  stop(): void {
    for (const stop of this.stops) stop();
    this.live.unfollow(this.chatId);
  }

  get hasPending(): boolean {
    return this.pending.length > 0;
  }

  /** Oldest first. */
  messages(): readonly ShownMessage[] {
    this.ordered ??= [...this.bySeq.values()].sort((a, b) => a.seq - b.seq);
    return this.ordered;
  }

  /** The names of those who are writing now. */
  typing(): string[] {
    const now = Date.now();
    return [...this.typers.values()].filter(({ until }) => until > now).map(({ name }) => name);
  }

  /** The highest entry that somebody else has read. */
  get readByOthers(): number {
    return Math.max(
      0,
      ...(this.chat?.members ?? []).filter(({ user_id: id }) => id !== this.userId).map(({ read_seq: seq }) => seq),
    );
  }

  /** Reads everything anew: other messages are shown now than before. What is there stays until then. */
  reload(): Promise<void> {
    if (!this.isLoaded) return Promise.resolve();
    const before = this.loading ?? Promise.resolve();
    return before.then(() => {
      this.isStale = true;
      return this.load();
    });
  }

  load(): Promise<void> {
    this.loading ??= this.begin().finally(() => {
      this.loading = null;
    });
    return this.loading;
  }

  /** The page before the oldest message that is here. */
  older(): Promise<void> {
    if (!this.isLoaded || !this.hasOlder) return Promise.resolve();
    this.loading ??= this.readOlder().finally(() => {
      this.loading = null;
    });
    return this.loading;
  }

  /** Says something. It is kept until the server has confirmed it, however often the connection goes meanwhile. */
  async send(content: string, clientMsgId: string = newId()): Promise<void> {
    this.pending = [...this.pending.filter((one) => one.clientMsgId !== clientMsgId), { clientMsgId, content, fault: null }];
    this.typedAt = 0;
    this.changed();
    try {
      await this.live.send(this.chatId, content, { clientMsgId });
      this.discard(clientMsgId);
    } catch (fault) {
      this.pending = this.pending.map((one) => (one.clientMsgId === clientMsgId ? { ...one, fault } : one));
      this.changed();
    }
  }

  discard(clientMsgId: string): void {
    this.pending = this.pending.filter((one) => one.clientMsgId !== clientMsgId);
    this.changed();
  }

  async edit(seq: number, content: string): Promise<void> {
    const { seq: entry } = await this.live.command('chat.edit', { chat_id: this.chatId, seq, content });
    this.change(seq, edited(content, entry));
  }

  async delete(seq: number): Promise<void> {
    await this.live.command('chat.delete', { chat_id: this.chatId, seq });
    this.change(seq, deleted);
  }

  /** Tells the others that something is being written; now and then, however often it is called. */
  type(): void {
    const now = Date.now();
    if (now - this.typedAt < TYPING_MS / 2 || this.live.state !== 'open') return;
    this.typedAt = now;
    this.live.command('chat.typing', { chat_id: this.chatId }).catch(() => undefined);
  }

  know(chat: Chat): void {
    this.chat = chat;
    this.invited = missingFrom(chat, this.invited);
    this.changed();
  }

  /** Somebody was added, but has to accept first. */
  invite(names: readonly string[]): void {
    this.invited = [...new Set([...this.invited, ...names])];
    this.changed();
  }

  async refresh(): Promise<void> {
    try {
      this.know(await this.live.command('chat.get', { chat_id: this.chatId }));
      this.fault = null;
    } catch (thrown) {
      this.failed(thrown);
    }
  }

  private async begin(): Promise<void> {
    try {
      const [chat, page] = await Promise.all([
        this.live.command('chat.get', { chat_id: this.chatId }),
        this.live.command('chat.history', { chat_id: this.chatId, limit: PAGE }),
      ]);
      this.know(chat);
      if (this.isStale) this.bySeq.clear();
      this.isStale = false;
      this.take(page.messages);
      this.hasOlder = page.has_more;
      this.isLoaded = true;
      this.fault = null;
      // From here on, every entry once and in order.
      this.live.follow(this.chatId, page.last_seq);
      this.changed();
    } catch (thrown) {
      this.failed(thrown);
    }
  }

  private async readOlder(): Promise<void> {
    const before = this.messages().find(({ kind }) => kind === 'message' || kind === 'deleted')?.seq;
    this.isReadingOlder = true;
    this.changed();
    try {
      const page = await this.live.command('chat.history', { chat_id: this.chatId, limit: PAGE, before_seq: before ?? null });
      this.take(page.messages);
      for (const change of this.late.splice(0)) change();
      this.hasOlder = page.has_more;
      this.fault = null;
    } catch (thrown) {
      this.failed(thrown);
    }
    this.isReadingOlder = false;
    this.late = [];
    this.changed();
  }

  private failed(thrown: unknown): void {
    if (thrown instanceof CommandError && thrown.code === 'not_found') this.isGone = true;
    // Whatever got lost with the connection is asked for again when it is back.
    else if (!(thrown instanceof CommandError && thrown.code === 'disconnected')) this.fault = thrown;
    this.changed();
  }

  private take(messages: readonly LogEntry[]): void {
    for (const entry of messages) if (!this.bySeq.has(entry.seq)) this.bySeq.set(entry.seq, shown(entry));
    this.ordered = null;
  }

  private heard(entry: LogEntry): void {
    const { kind, target_seq: target, seq } = entry;
    if (kind === 'edited' && target !== undefined) {
      this.change(target, edited(entry.content ?? '', seq));
    } else if (kind === 'deleted' && target !== undefined) {
      this.change(target, deleted);
    } else {
      this.rewind(entry);
      this.take([entry]);
      this.trim();
      this.typers.delete(entry.from_id);
      this.pending = this.pending.filter(
        ({ clientMsgId }) => clientMsgId !== entry.client_msg_id || entry.from_id !== this.userId,
      );
      if (kind === 'left' && entry.member_id === this.userId) this.isGone = true;
      else if (kind === 'joined' || kind === 'left') void this.refresh();
      this.changed();
    }
  }

  /** Where another message has this number, a backup was restored: what was said later is not there any more. */
  private rewind({ seq, created_at: at }: LogEntry): void {
    const known = this.bySeq.get(seq);
    if (!known || known.at === at) return;
    for (const later of [...this.bySeq.keys()]) if (later >= seq) this.bySeq.delete(later);
  }

  private trim(): void {
    if (this.bySeq.size <= MAX_KEPT || this.isReadingOlder) return;
    for (const { seq } of this.messages().slice(0, this.bySeq.size - MAX_KEPT + PAGE)) this.bySeq.delete(seq);
    this.ordered = null;
    this.hasOlder = true;
  }

  private change(seq: number, change: (message: ShownMessage) => ShownMessage): void {
    const message = this.bySeq.get(seq);
    // Older than what was looked at: it will be read as it is then.
    if (!message) {
      if (this.isReadingOlder && this.late.length < MAX_KEPT) this.late.push(() => this.change(seq, change));
      return;
    }
    this.bySeq.set(seq, change(message));
    this.ordered = null;
    this.changed();
  }

  private happened({ name, data }: ServerEvent): void {
    if (name === 'chat.typing' && data.chat_id === this.chatId && data.user_id !== this.userId) {
      this.typers.set(data.user_id, { name: data.username, until: Date.now() + TYPING_MS });
      setTimeout(() => this.changed(), TYPING_MS + 50);
      this.changed();
    } else if (name === 'chat.read' && data.chat_id === this.chatId) {
      this.changeMember(data.user_id, { read_seq: data.seq });
    } else if (name === 'chat.member_updated') {
      this.rename(data);
    } else if (name === 'chat.presence') {
      this.changeMember(data.user_id, { online: data.online });
      if (!data.online) this.typers.delete(data.user_id);
    }
  }

  private changeMember(userId: number, changes: Partial<Member>): void {
    if (!this.chat?.members.some((member) => member.user_id === userId)) return;
    const members = this.chat.members.map((member) => (member.user_id === userId ? { ...member, ...changes } : member));
    this.know({ ...this.chat, members });
  }

  /** A name is shown with every message, in the list of members and, of a personal chat, above it. */
  private rename({ user_id: userId, username, is_active: isActive }: MemberUpdate): void {
    for (const [seq, message] of this.bySeq) this.bySeq.set(seq, renamed(message, userId, username));
    this.ordered = null;
    const typer = this.typers.get(userId);
    if (typer) this.typers.set(userId, { ...typer, name: username });
    const isCompanion = this.chat?.chat_type === 'personal' && userId !== this.userId;
    if (this.chat && isCompanion) this.chat = { ...this.chat, chat_name: username };
    this.changeMember(userId, { username, is_active: isActive ? undefined : false });
    this.changed();
  }
}

/** 128 random bits. `crypto.randomUUID` is not there for pages without TLS. */
function newId(): string {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

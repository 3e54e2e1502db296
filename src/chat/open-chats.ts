import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { Batcher } from '../database/batcher.js';
import { Notifications } from '../database/notifications.js';
import { Sql } from '../database/sql.js';
import type { Connection } from '../realtime/connection.js';
import { Hub } from '../realtime/hub.js';
import type { ConnectionListener } from '../realtime/listeners.js';
import { Consents } from './contacts/consents.js';
import { CHATS_OF_USERS, LAST_SEQS } from './message-log.sql.js';
import type { NewStream, Stream } from './stream.js';

/** How long a user's chats stay open after the last connection went, in case it comes back. */
const LINGER_MS = 10_000;
const SWEEP_MS = 5_000;

interface OpenUser {
  readonly chats: Set<number>;
  connections: number;
  /** Monotonic milliseconds: since when there are no connections. */
  idleSince: number;
  opening: Promise<void> | null;
}

interface ChatState {
  readonly chat_id: number;
  readonly last_seq: number;
  readonly one_sided: boolean;
}

interface ChatOfUser extends ChatState {
  readonly user_id: number;
}

const NONE: ReadonlySet<number> = new Set();

/**
 * The chats whose members are connected to this node. A user's first connection waits until its chats are open, so that whatever is
 * committed after it has opened is delivered to it; from then on who is in a chat follows from the chat's own log.
 */
@Injectable()
export class OpenChats implements ConnectionListener, OnModuleInit, OnModuleDestroy {
  private readonly streams = new Map<number, Stream>();
  private readonly users = new Map<number, OpenUser>();
  private readonly reader: Batcher<number, readonly ChatOfUser[]>;
  /** While chats are being read: what was heard of chats that are not open, and who left which chat at which entry. */
  private openings = 0;
  private readonly heard = new Map<number, number>();
  private readonly departed = new Map<string, number>();
  private readonly settled = new Map<number, boolean>();
  private readonly states: Batcher<number, ChatState | undefined>;
  /** Called with a chat that was found to be behind its log. */
  onBehind: (stream: Stream) => void = () => undefined;
  /** Called with a user who is connected here and has come into a chat; `isNew` where the chat was made at this moment. */
  onEntered: (stream: Stream, userId: number, isNew: boolean) => void = () => undefined;
  /** Called with a user who is connected here and has left a chat, or was removed. */
  onParted: (stream: Stream, userId: number) => void = () => undefined;
  /** Called with a personal chat that both have answered now, or that has become one-sided again. */
  onSettled: (stream: Stream) => void = () => undefined;
  private readonly subscriptions: (() => void)[] = [];
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly sql: Sql,
    private readonly hub: Hub,
    private readonly consents: Consents,
    private readonly notifications: Notifications,
  ) {
    this.states = new Batcher({ run: (chatIds) => this.readStates(chatIds), maxBatch: 500, maxQueued: 100_000, inFlight: 2 });
    this.reader = new Batcher({ run: (userIds) => this.read(userIds), maxBatch: 500, maxQueued: 20_000, inFlight: 2 });
  }

  onModuleInit(): void {
    this.subscriptions.push(
      this.hub.listeners.add(this),
      // `contact:<chat>:1` once both have answered it, `contact:<chat>:0` when that is over.
      this.notifications.on('contact', (subject) => {
        const [chatId, isAnswered] = subject.split(':').map(Number);
        if (chatId !== undefined) this.settle(chatId, isAnswered !== 1, performance.now());
      }),
    );
    this.timer = setInterval(() => this.sweep(), SWEEP_MS);
    this.timer.unref();
  }

  onModuleDestroy(): void {
    clearInterval(this.timer);
    for (const unsubscribe of this.subscriptions) unsubscribe();
  }

  of(chatId: number): Stream | undefined {
    return this.streams.get(chatId);
  }

  all(): Iterable<Stream> {
    return this.streams.values();
  }

  userIds(): Iterable<number> {
    return this.users.keys();
  }

  /** The chats of a user who is connected here. */
  chatsOf(userId: number): ReadonlySet<number> {
    return this.users.get(userId)?.chats ?? NONE;
  }

  isMember(userId: number, chatId: number): boolean {
    return this.users.get(userId)?.chats.has(chatId) === true;
  }

  arriving(userId: number): void | Promise<void> {
    const user = this.users.get(userId);
    if (!user) return this.open(userId);
    user.idleSince = performance.now();
    return user.opening ?? undefined;
  }

  added(_connection: Connection, userId: number): void {
    // Whoever adds connections has called `arriving` before; an extension that has not gets its chats a little later.
    if (!this.users.has(userId)) this.open(userId).catch(() => undefined);
    const user = this.users.get(userId);
    if (user) user.connections += 1;
  }

  removed(_connection: Connection, userId: number): void {
    const user = this.users.get(userId);
    if (!user) return;
    user.connections -= 1;
    user.idleSince = performance.now();
  }

  /**
   * A user who is connected here has become a member. The entry that says so is the first that it hears.
   * @param position where the chat's log stood just before
   * @param made what is known of a chat that was made at this moment
   * @returns the chat's stream, where the user is connected here
   */
  join(chatId: number, userId: number, position: number, made?: NewStream): Stream | undefined {
    const user = this.users.get(userId);
    if (!user) return undefined;
    const stream = this.streams.get(chatId) ?? this.add(chatId, position, made?.oneSided);
    stream.locals.add(userId);
    this.departed.delete(`${chatId}:${userId}`);
    if (user.chats.has(chatId)) return stream;
    user.chats.add(chatId);
    this.onEntered(stream, userId, made !== undefined);
    return stream;
  }

  /** @param seq the entry by which the user left */
  leave(chatId: number, userId: number, seq: number): void {
    if (this.openings > 0) this.departed.set(`${chatId}:${userId}`, seq);
    const stream = this.streams.get(chatId);
    const isMember = this.users.get(userId)?.chats.delete(chatId);
    this.drop(chatId, userId);
    if (stream && isMember) this.onParted(stream, userId);
  }

  /**
   * Whether a chat is one-sided has been read, or the database has notified of it.
   * @param asOf monotonic milliseconds: what is older than what is known says nothing
   */
  settle(chatId: number, oneSided: boolean, asOf: number): void {
    if (this.openings > 0) this.settled.set(chatId, oneSided);
    const stream = this.streams.get(chatId);
    if (!stream || stream.settledAt > asOf) return;
    const isNews = stream.oneSided !== oneSided && stream.settledAt > 0;
    stream.oneSided = oneSided;
    stream.settledAt = asOf;
    if (isNews) this.onSettled(stream);
  }

  /** An entry of a chat that is not open: somebody may be about to open it. */
  missed(chatId: number, seq: number): void {
    if (this.openings > 0) this.heard.set(chatId, Math.max(seq, this.heard.get(chatId) ?? 0));
  }

  /** @param oneSided left out where that has to be read first */
  private add(chatId: number, position: number, oneSided?: boolean, asOf = performance.now()): Stream {
    const stream: Stream = {
      chatId,
      position,
      known: position,
      locals: new Set(),
      oneSided: oneSided ?? true,
      settledAt: oneSided === undefined ? 0 : asOf,
      settling: null,
      filling: null,
    };
    this.streams.set(chatId, stream);
    if (oneSided === undefined) stream.settling = this.look(stream);
    return stream;
  }

  /** Reads whether a chat is one-sided. Where that fails, the next comparison with the logs makes good for it. */
  private async look(stream: Stream): Promise<void> {
    const asOf = performance.now();
    try {
      const state = await this.states.add(stream.chatId);
      if (state && this.streams.get(stream.chatId) === stream) this.settle(stream.chatId, state.one_sided, asOf);
    } catch {
      // As said.
    } finally {
      stream.settling = null;
    }
  }

  private async readStates(chatIds: readonly number[]): Promise<readonly (ChatState | undefined)[]> {
    const rows = await this.sql.rows<ChatState>(LAST_SEQS, [chatIds], 'last-seqs');
    const found = new Map(rows.map((row) => [row.chat_id, row]));
    return chatIds.map((id) => found.get(id));
  }

  private drop(chatId: number, userId: number): void {
    const stream = this.streams.get(chatId);
    stream?.locals.delete(userId);
    if (stream?.locals.size === 0) this.streams.delete(chatId);
  }

  private open(userId: number): Promise<void> {
    const user: OpenUser = { chats: new Set(), connections: 0, idleSince: performance.now(), opening: null };
    this.users.set(userId, user);
    this.openings += 1;
    const asOf = performance.now();
    // Whom the user has blocked is known before anything is delivered.
    const opening = Promise.all([this.reader.add(userId), this.consents.open(userId)])
      .then(
        ([rows]) => {
          for (const row of rows) this.enter(row, user, asOf);
        },
        (thrown: unknown) => {
          this.close(userId, user);
          throw thrown;
        },
      )
      .finally(() => {
        user.opening = null;
        this.openings -= 1;
        if (this.openings > 0) return;
        this.heard.clear();
        this.departed.clear();
        this.settled.clear();
      });
    user.opening = opening;
    return opening;
  }

  /** What was read may be older than what has been delivered meanwhile. */
  private enter(
    { user_id: userId, chat_id: chatId, last_seq: lastSeq, one_sided }: ChatOfUser,
    user: OpenUser,
    asOf: number,
  ): void {
    if ((this.departed.get(`${chatId}:${userId}`) ?? 0) > lastSeq) return;
    const stream = this.streams.get(chatId) ?? this.add(chatId, lastSeq, this.settled.get(chatId) ?? one_sided, asOf);
    stream.locals.add(userId);
    user.chats.add(chatId);
    stream.known = Math.max(stream.known, lastSeq, this.heard.get(chatId) ?? 0);
    if (stream.known > stream.position) this.onBehind(stream);
  }

  private async read(userIds: readonly number[]): Promise<readonly (readonly ChatOfUser[])[]> {
    const rows = await this.sql.rows<ChatOfUser>(CHATS_OF_USERS, [userIds], 'chats-of-users');
    const byUser = new Map<number, ChatOfUser[]>();
    for (const row of rows) {
      const own = byUser.get(row.user_id);
      if (own) own.push(row);
      else byUser.set(row.user_id, [row]);
    }
    return userIds.map((id) => byUser.get(id) ?? []);
  }

  private sweep(): void {
    const latest = performance.now() - LINGER_MS;
    for (const [userId, user] of this.users) {
      if (user.connections <= 0 && !user.opening && user.idleSince < latest) this.close(userId, user);
    }
  }

  private close(userId: number, user: OpenUser): void {
    if (this.users.get(userId) === user) {
      this.users.delete(userId);
      this.consents.close(userId);
    }
    for (const chatId of user.chats) this.drop(chatId, userId);
  }
}

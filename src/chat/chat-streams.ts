import { Injectable, Logger, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { Bus, type JsonValue } from '../bus/bus.js';
import { coreErrorOf } from '../errors/core-error-of.js';
import { stackOf } from '../errors/thrown.js';
import type { Connection } from '../realtime/connection.js';
import { Hub } from '../realtime/hub.js';
import type { Author } from './author.js';
import { EntryDelivery } from './entry-delivery.js';
import type { Message } from './message.js';
import { MessageLog } from './message-log.js';
import { OpenChats } from './open-chats.js';
import { OwnEntries } from './own-entries.js';
import type { Stream } from './stream.js';
import { type Told, toldOf } from './told-entries.js';

const LOG_TOPIC = 'chat.log';
const CREATED_TOPIC = 'chat.made';

const RETRY_MS = 500;

/** A chat that has just been made, as its members are told of it. */
export interface CreatedChat {
  readonly chat_id: number;
  readonly chat_type: 'personal' | 'group';
  readonly chat_name: string | null;
  readonly members: readonly { readonly user_id: number; readonly username: string }[];
}

interface Created {
  readonly chat: CreatedChat;
  readonly memberIds: readonly number[];
}

/**
 * The streams of chats on this node. Of each chat with members connected here it is known which entry was delivered last: the next one is
 * delivered at once, an older one is dropped, and a gap is filled from the log. So every connection is told each entry once and in
 * order, whatever the bus loses, doubles or reorders.
 */
@Injectable()
export class ChatStreams implements OnModuleInit, OnModuleDestroy {
  private readonly logger = new Logger('ChatStreams');
  private readonly writes = new Set<Promise<void>>();
  private readonly lagging = new Set<Stream>();
  private readonly subscriptions: (() => void)[] = [];
  private retry: NodeJS.Timeout | undefined;

  constructor(
    private readonly chats: OpenChats,
    private readonly delivery: EntryDelivery,
    private readonly own: OwnEntries,
    private readonly log: MessageLog,
    private readonly hub: Hub,
    private readonly bus: Bus,
  ) {}

  onModuleInit(): void {
    this.chats.onBehind = (stream) => void this.fill(stream);
    this.subscriptions.push(
      // Only nodes publish on these topics, and only with the methods below.
      this.bus.subscribe(LOG_TOPIC, (message) => this.heard(message as unknown as Told)),
      this.bus.subscribe(CREATED_TOPIC, (message) => this.opened(message as unknown as Created, null)),
    );
  }

  onModuleDestroy(): void {
    clearTimeout(this.retry);
    for (const unsubscribe of this.subscriptions) unsubscribe();
  }

  /** The chats of a user who is connected here. */
  chatsOf(userId: number): ReadonlySet<number> {
    return this.chats.chatsOf(userId);
  }

  /**
   * Appends to logs: runs what does it, and delivers what it appended once that is committed.
   * @param author the request that is answered instead
   * @returns the entries, when the author may be answered for them
   * @throws what `write` throws
   */
  async append(chatId: number, author: Author | null, write: () => Promise<readonly Message[]>): Promise<readonly Message[]> {
    const end = this.begin();
    let entries: readonly Message[];
    try {
      entries = await write();
      this.committed(entries, author);
    } catch (thrown) {
      this.doubtAfter(thrown, chatId);
      throw thrown;
    } finally {
      end();
    }
    for (const { chat_id, seq } of author?.connection ? entries : []) await this.placed(chat_id, seq);
    return entries;
  }

  /** To be called after the commit with what this node appended: delivers it here and tells the other nodes. */
  committed(entries: readonly Message[], author: Author | null = null): void {
    for (const entry of entries) this.take(entry, author);
    this.tell(entries);
  }

  /** Resolves when the connection that made an entry may be answered for it: when it has received all that comes before. */
  placed(chatId: number, seq: number): Promise<void> | undefined {
    return this.own.placed(chatId, seq);
  }

  /** A connection that was kept waiting for earlier entries has received them, up to one of its own. */
  passed(connection: Connection, chatId: number, seq: number): void {
    const author = this.own.authorOf(chatId, seq);
    if (author?.connection !== connection) return;
    const settle = (): void => this.own.settle(chatId, seq);
    if (this.delivery.passed(connection, chatId, author, settle)) settle();
  }

  /**
   * Something is about to be appended for a connection that is answered instead of told. What is read from the log meanwhile may be that
   * very entry: it is delivered once it is known whose it is.
   * @returns to be called when it has been delivered, or was not appended
   */
  begin(): () => void {
    let end: () => void = () => undefined;
    const write = new Promise<void>((resolve) => {
      end = resolve;
    });
    this.writes.add(write);
    return () => {
      this.writes.delete(write);
      end();
    };
  }

  /** Delivers one committed entry here; `tell` has to follow. */
  take(entry: Message, author: Author | null): void {
    const { chat_id: chatId, seq, kind, member_id: memberId } = entry;
    // Who joins may be the first member here: the entry opens the chat.
    const stream =
      this.chats.of(chatId) ?? (kind === 'joined' && memberId ? this.chats.join(chatId, memberId, seq - 1) : undefined);
    if (!stream) return this.chats.missed(chatId, seq);
    if (seq <= stream.position) return;
    const isNext = seq === stream.position + 1;
    if (isNext && this.delivery.deliver(stream, entry, author, () => this.own.settle(chatId, seq))) return;
    if (author?.connection) this.own.add(chatId, seq, author);
    if (!isNext) void this.reach(stream, seq);
  }

  /** Tells the other nodes of committed entries. */
  tell(entries: readonly Message[]): void {
    for (const told of toldOf(entries)) this.bus.forward(LOG_TOPIC, told as unknown as JsonValue);
  }

  /**
   * A new chat: its members are told, and hear it from now on.
   * @param memberIds who is in it: of those whom it names, the other one of a personal chat may not be
   */
  created(
    chat: CreatedChat,
    memberIds: readonly number[] = chat.members.map(({ user_id: id }) => id),
    except: Connection | null = null,
  ): void {
    const created: Created = { chat, memberIds };
    this.bus.forward(CREATED_TOPIC, created as unknown as JsonValue);
    this.opened(created, except);
  }

  /**
   * Sees to it that a chat is delivered here up to an entry that is known to exist.
   * @returns when that has been tried; what could not be read now is read later
   */
  reach(stream: Stream, seq: number): Promise<void> {
    if (seq > stream.known) stream.known = seq;
    return stream.known > stream.position ? this.fill(stream) : Promise.resolve();
  }

  /** Delivers what the log holds by now, whether or not anybody has told of it. */
  async refresh(stream: Stream): Promise<void> {
    // What is being read now may have been asked for too early.
    await stream.filling;
    await this.fill(stream);
  }

  /** Something may have been appended to these chats of which nobody could be told: their logs are read. */
  doubt(chatIds: Iterable<number>): void {
    for (const chatId of chatIds) {
      const stream = this.chats.of(chatId);
      if (stream) void this.refresh(stream);
    }
  }

  /** As `doubt`, where what was thrown leaves open whether something was appended: the connection may have broken after the commit. */
  doubtAfter(thrown: unknown, ...chatIds: readonly number[]): void {
    if (coreErrorOf(thrown).code === 'unavailable') this.doubt(new Set(chatIds));
  }

  private heard({ entries, named }: Told): void {
    for (const entry of entries) this.take(entry, null);
    for (const [chatId, seq] of named) {
      const stream = this.chats.of(chatId);
      if (stream) void this.reach(stream, seq);
      else this.chats.missed(chatId, seq);
    }
  }

  /** Delivers to one connection an entry that it missed. */
  show(connection: Connection, entry: Message): void {
    this.delivery.show(connection, entry);
  }

  /** Reads what follows in the log and delivers it, again and again until it could be read. */
  private fill(stream: Stream): Promise<void> {
    stream.filling ??= this.read(stream).then((isRead) => {
      stream.filling = null;
      if (!isRead || stream.known > stream.position) this.fillLater(stream);
    });
    return stream.filling;
  }

  /** @returns false where the log could not be read */
  private async read(stream: Stream): Promise<boolean> {
    const { chatId } = stream;
    try {
      for (;;) {
        const entries = await this.log.after(chatId, stream.position);
        if (this.writes.size > 0) await Promise.all(this.writes);
        const before = stream.position;
        for (const entry of entries) {
          if (!this.isOpen(stream)) return true;
          if (entry.seq !== stream.position + 1) continue;
          const author = this.own.authorOf(chatId, entry.seq);
          const settle = (): void => this.own.settle(chatId, entry.seq);
          if (this.delivery.deliver(stream, entry, author, settle)) settle();
        }
        // Until the log has no more: that it goes on beyond `known` may be news.
        if (stream.position === before) return true;
      }
    } catch (thrown) {
      const error = coreErrorOf(thrown);
      if (error.code !== 'unavailable') this.logger.error('The log of a chat could not be read', stackOf(thrown));
      return false;
    }
  }

  private isOpen(stream: Stream): boolean {
    return this.chats.of(stream.chatId) === stream;
  }

  private fillLater(stream: Stream): void {
    this.lagging.add(stream);
    this.retry ??= setTimeout(() => {
      this.retry = undefined;
      const streams = [...this.lagging];
      this.lagging.clear();
      for (const behind of streams) if (this.isOpen(behind)) void this.fill(behind);
    }, RETRY_MS).unref();
  }

  private opened({ chat, memberIds }: Created, except: Connection | null): void {
    const { chat_id: chatId, chat_type: type, members } = chat;
    // What its creator sees of the others is not for all of them: who is online is published to those who may know it.
    const shown = { ...chat, members: members.map((member) => ({ ...member, online: false })) };
    const delivery = this.hub.delivery({ domain: 'chat', event: 'created', data: shown });
    for (const userId of memberIds) {
      const stream = this.chats.join(chatId, userId, 0, { oneSided: type === 'personal' });
      if (!stream) continue;
      // Something may have been said already, and heard before this.
      void this.refresh(stream);
      const other = members.find(({ user_id: id }) => id !== userId)?.username ?? null;
      const own =
        type === 'group'
          ? delivery
          : this.hub.delivery({ domain: 'chat', event: 'created', data: { ...shown, chat_name: other } });
      for (const connection of this.hub.of(userId)) if (connection !== except) own.to(connection);
    }
  }
}

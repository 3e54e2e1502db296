import { Injectable, Logger, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { Bus, type JsonValue } from '../bus/bus.js';
import { coreErrorOf } from '../errors/core-error-of.js';
import { stackOf } from '../errors/thrown.js';
import type { Connection } from '../realtime/connection.js';
import { Hub } from '../realtime/hub.js';
import { Consents } from './contacts/consents.js';
import { Holds } from './holds.js';
import { viewsOf } from './entry-views.js';
import { type Message, saysSomething } from './message.js';
import { MessageLog } from './message-log.js';
import { OpenChats } from './open-chats.js';
import type { Stream } from './stream.js';
import { type Told, toldOf } from './told-entries.js';
import { TypingPace } from './typing-pace.js';

const LOG_TOPIC = 'chat.log';
const CREATED_TOPIC = 'chat.made';

/** Entries whose own connection is remembered until they can be delivered. */
const MAX_PENDING = 10_000;
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

const keyOf = (chatId: number, seq: number): string => `${chatId}:${seq}`;

/**
 * The streams of chats on this node. Of each chat with members connected here it is known which entry was delivered last: the next one is
 * delivered at once, an older one is dropped, and a gap is filled from the log. So every connection is told each entry once and in
 * order, whatever the bus loses, doubles or reorders.
 */
@Injectable()
export class ChatStreams implements OnModuleInit, OnModuleDestroy {
  private readonly logger = new Logger('ChatStreams');
  private readonly pending = new Map<string, Connection>();
  private readonly writes = new Set<Promise<void>>();
  private readonly lagging = new Set<Stream>();
  private readonly subscriptions: (() => void)[] = [];
  private retry: NodeJS.Timeout | undefined;

  constructor(
    private readonly chats: OpenChats,
    private readonly holds: Holds,
    private readonly log: MessageLog,
    private readonly hub: Hub,
    private readonly bus: Bus,
    private readonly consents: Consents,
    private readonly typing: TypingPace,
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
   * To be called after the commit with what this node appended: delivers it here and tells the other nodes.
   * @param except the connection that is answered instead
   */
  committed(entries: readonly Message[], except: Connection | null = null): void {
    for (const entry of entries) this.take(entry, except);
    this.tell(entries);
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
  take(entry: Message, except: Connection | null): void {
    const { chat_id: chatId, seq, kind, member_id: memberId } = entry;
    // Who joins may be the first member here: the entry opens the chat.
    const stream =
      this.chats.of(chatId) ?? (kind === 'joined' && memberId ? this.chats.join(chatId, memberId, seq - 1) : undefined);
    if (!stream) return this.chats.missed(chatId, seq);
    if (seq <= stream.position) return;
    if (seq === stream.position + 1) return this.deliver(stream, entry, except);
    if (except && this.pending.size < MAX_PENDING) this.pending.set(keyOf(chatId, seq), except);
    void this.reach(stream, seq);
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

  private deliver(stream: Stream, entry: Message, except: Connection | null): void {
    const { chat_id: chatId, seq, kind, member_id: memberId } = entry;
    stream.position = seq;
    this.begun(entry);
    const viewOf = viewsOf(this.hub, entry, this.blockersOf(entry));
    const isHolding = this.holds.size > 0;
    if (isHolding && except) this.holds.wrote(except, chatId, seq);
    for (const userId of stream.locals) {
      for (const connection of this.hub.of(userId)) {
        if (connection === except || (isHolding && this.holds.keepsBack(connection, chatId, seq))) continue;
        viewOf(userId).to(connection);
      }
    }
    if (kind === 'left' && memberId) this.part(chatId, memberId, seq);
  }

  /** What has to be known before an entry is delivered: who comes in by it receives it, and who wrote it writes no more. */
  private begun({ chat_id: chatId, seq, kind, from_id: authorId, member_id: memberId }: Message): void {
    if (kind === 'joined' && memberId) this.enter(chatId, memberId, seq);
    else if (kind === 'message') this.typing.end(chatId, authorId);
  }

  /** Delivers an entry to one connection, as its user may see it. */
  show(connection: Connection, entry: Message): void {
    const { userId } = connection;
    if (userId === null) return;
    viewsOf(this.hub, entry, this.blockersOf(entry))(userId).to(connection);
  }

  /** Those connected here from whom the words of an entry are withheld. */
  private blockersOf(entry: Message): ReadonlySet<number> | undefined {
    return saysSomething(entry) ? this.consents.blockersOf(entry.from_id) : undefined;
  }

  private enter(chatId: number, userId: number, seq: number): void {
    this.chats.join(chatId, userId, seq - 1);
    for (const connection of this.hub.of(userId)) this.holds.of(connection)?.ends.delete(chatId);
  }

  private part(chatId: number, userId: number, seq: number): void {
    for (const connection of this.hub.of(userId)) this.holds.of(connection)?.ends.set(chatId, seq);
    this.chats.leave(chatId, userId, seq);
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
          if (entry.seq === stream.position + 1) this.deliver(stream, entry, this.takePending(chatId, entry.seq));
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

  private takePending(chatId: number, seq: number): Connection | null {
    if (this.pending.size === 0) return null;
    const key = keyOf(chatId, seq);
    const connection = this.pending.get(key) ?? null;
    this.pending.delete(key);
    return connection;
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

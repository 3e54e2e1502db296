import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { CoreError } from '../errors/catalogue.js';
import type { Connection } from '../realtime/connection.js';
import { Hub } from '../realtime/hub.js';
import type { ConnectionListener } from '../realtime/listeners.js';
import { ChatStreams } from './chat-streams.js';
import { GRACE_MS, type Hold, Holds } from './holds.js';
import type { Message } from './message.js';
import { MessageLog } from './message-log.js';
import { OpenChats } from './open-chats.js';

/** Entries of one chat that are replayed at most; the client fetches the rest. */
export const MAX_REPLAYED = 300;
/** Bytes that may wait for a reader before a replay leaves the rest to it: far below where it would count as too slow. */
const MAX_PENDING_BYTES = 1024 * 1024;

/** Milliseconds for which a request to resume waits for a database that is away. */
const PATIENCE_MS = 2_000;
const RETRY_MS = 250;

/** How much of a log is told in one go, and for how long it is tried to be read. */
interface Limit {
  readonly entries: number;
  readonly ms: number;
}

const FOR_EVER: Limit = { entries: Number.POSITIVE_INFINITY, ms: Number.POSITIVE_INFINITY };

/** Where a client stands in a chat. */
export interface Cursor {
  readonly chatId: number;
  readonly afterSeq: number;
}

/** What became of a cursor. */
export interface Resumed {
  readonly chat_id: number;
  /** Whether nothing is missing between the cursor, what was replayed and what comes live. */
  readonly recovered: boolean;
  /** Where the live stream goes on from; null if the user is not a member. */
  readonly last_seq: number | null;
  /** Whether some of what lies before `last_seq` was left for `chat.sync`. */
  readonly has_more: boolean;
}

/**
 * Tells new connections what they missed before what is new. A connection opens with a short grace in which nothing is told, so that its
 * first request may be to resume; what came meanwhile is read from the log.
 */
@Injectable()
export class Replays implements ConnectionListener, OnModuleInit, OnModuleDestroy {
  private unlisten: () => void = () => undefined;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly hub: Hub,
    private readonly chats: OpenChats,
    private readonly holds: Holds,
    private readonly streams: ChatStreams,
    private readonly log: MessageLog,
  ) {}

  onModuleInit(): void {
    this.unlisten = this.hub.listeners.add(this);
  }

  onModuleDestroy(): void {
    clearTimeout(this.timer);
    this.unlisten();
  }

  added(connection: Connection, userId: number): void {
    if (!connection.codec.resumable || this.chats.chatsOf(userId).size === 0) return;
    this.holds.begin(connection);
    this.timer ??= setTimeout(() => this.expire(), GRACE_MS).unref();
  }

  removed(connection: Connection): void {
    this.holds.end(connection);
  }

  private expire(): void {
    for (const connection of this.holds.expire()) this.release(connection);
    this.timer = this.holds.size > 0 ? setTimeout(() => this.expire(), GRACE_MS / 5).unref() : undefined;
  }

  /**
   * Replays what a connection missed, each chat before anything new of it.
   * @param userId whose connection it is
   * @throws CoreError `unavailable`; `conflict` while another such request of the connection is under way
   */
  async resume(connection: Connection, userId: number, cursors: readonly Cursor[]): Promise<Resumed[]> {
    const hold = this.holds.of(connection);
    if (hold?.isResuming) throw new CoreError('conflict', { detail: 'The connection is being resumed already' });
    // All of them at once: what is new of the last must not overtake the replay of the first.
    for (const { chatId } of cursors) if (hold && !hold.heard.has(chatId)) hold.kept.set(chatId, hold.kept.get(chatId) ?? 0);
    if (hold) this.release(connection, new Set(cursors.map(({ chatId }) => chatId)));
    if (hold) hold.isResuming = true;
    try {
      const resumed: Resumed[] = [];
      for (const cursor of cursors) {
        resumed.push(await this.resumeOne(connection, hold, userId, cursor));
        // What comes from here on is live.
        if (hold) this.letThrough(connection, hold, cursor.chatId);
      }
      return resumed;
    } finally {
      if (hold) {
        hold.isResuming = false;
        for (const { chatId } of cursors) this.letThrough(connection, hold, chatId);
      }
    }
  }

  /** Ends the grace of a connection; chats that are about to be resumed are left out. */
  private release(connection: Connection, except: ReadonlySet<number> = new Set()): void {
    const hold = this.holds.of(connection);
    if (!hold?.isFresh) return;
    hold.isFresh = false;
    for (const [chatId, seq] of hold.kept) {
      if (except.has(chatId)) continue;
      // However long the database is away: nothing of the chat is told before what was kept back. It ends when the connection does.
      this.replay(connection, hold, { chatId, afterSeq: seq - 1 }, FOR_EVER).catch(() => undefined);
    }
  }

  private async resumeOne(connection: Connection, hold: Hold | undefined, userId: number, cursor: Cursor): Promise<Resumed> {
    const { chatId, afterSeq } = cursor;
    const stream = this.chats.of(chatId);
    if (!stream || !this.chats.isMember(userId, chatId)) return this.unproved(chatId, null);
    if (!hold || !this.holds.knows(hold, chatId)) return this.unproved(chatId, stream.position);
    // The client may have been told more by another node than this one has heard of yet.
    if (afterSeq > stream.position) await this.streams.refresh(stream);
    if (afterSeq > stream.position) return this.unproved(chatId, stream.position);
    const heard = hold.heard.get(chatId);
    if (heard !== undefined) return await this.replayBefore(connection, hold, cursor, heard);
    const has_more = await this.replay(connection, hold, cursor, { entries: MAX_REPLAYED, ms: PATIENCE_MS });
    return { chat_id: chatId, recovered: true, last_seq: this.chats.of(chatId)?.position ?? null, has_more };
  }

  private unproved(chatId: number, lastSeq: number | null): Resumed {
    return { chat_id: chatId, recovered: false, last_seq: lastSeq, has_more: false };
  }

  /** The connection has heard of the chat before it asked: only what lies before that is told, nothing twice. */
  private async replayBefore(connection: Connection, hold: Hold, { chatId, afterSeq }: Cursor, heard: number): Promise<Resumed> {
    const lastSeq = this.chats.of(chatId)?.position ?? null;
    let at = afterSeq;
    while (at < heard - 1 && at - afterSeq < MAX_REPLAYED && !isFull(connection)) {
      const entries = await this.read(connection, chatId, at, PATIENCE_MS);
      if (entries.length === 0) break;
      for (const entry of entries) {
        if (entry.seq >= heard || at - afterSeq >= MAX_REPLAYED) break;
        if (!hold.own.get(chatId)?.has(entry.seq)) this.streams.show(connection, entry);
        at = entry.seq;
      }
    }
    return { chat_id: chatId, recovered: true, last_seq: lastSeq, has_more: at < heard - 1 };
  }

  /**
   * Tells what lies between a cursor and where the chat's stream is by then, and lets what is new through again.
   * @returns whether some of it was left out
   */
  private async replay(connection: Connection, hold: Hold, { chatId, afterSeq }: Cursor, limit: Limit): Promise<boolean> {
    let at = afterSeq;
    let left = limit.entries;
    try {
      while (!connection.closed && at < this.endOf(hold, chatId)) {
        if (left <= 0 || isFull(connection)) return true;
        const entries = await this.read(connection, chatId, at, limit.ms);
        if (entries.length === 0) return true;
        // As of now: what the stream has not reached yet comes live.
        const end = this.endOf(hold, chatId);
        for (const entry of entries) {
          if (entry.seq > end || left <= 0) break;
          at = entry.seq;
          if (hold.own.get(chatId)?.has(entry.seq)) {
            this.streams.passed(connection, chatId, entry.seq);
            continue;
          }
          left -= 1;
          this.streams.show(connection, entry);
        }
      }
      // From here on the connection has heard everything after the cursor.
      hold.heard.set(chatId, afterSeq + 1);
      return false;
    } finally {
      this.letThrough(connection, hold, chatId);
    }
  }

  /** From here on entries of the chat are delivered as they come, and own ones answered. */
  private letThrough(connection: Connection, hold: Hold, chatId: number): void {
    if (!hold.kept.delete(chatId)) return;
    for (const seq of hold.own.get(chatId) ?? []) this.streams.passed(connection, chatId, seq);
  }

  /** Reads what follows in a log; while the database is away, again and again for so many milliseconds. */
  private async read(connection: Connection, chatId: number, at: number, ms: number): Promise<readonly Message[]> {
    const deadline = performance.now() + ms;
    for (;;) {
      try {
        return await this.log.after(chatId, at);
      } catch (thrown) {
        if (connection.closed || performance.now() >= deadline) throw thrown;
        await sleep(RETRY_MS, undefined, { ref: false });
      }
    }
  }

  /** The last entry that the connection may be told by now. */
  private endOf(hold: Hold, chatId: number): number {
    return hold.ends.get(chatId) ?? this.chats.of(chatId)?.position ?? 0;
  }
}

const isFull = ({ transport }: Connection): boolean => transport.pendingBytes() > MAX_PENDING_BYTES;

import { Injectable } from '@nestjs/common';
import type { Connection } from '../realtime/connection.js';

/** For how long a new connection may ask for what it missed, before it is told what is new. */
export const GRACE_MS = 250;
/** For how long after its opening a connection may still ask. */
const RESUMABLE_MS = 60_000;
/** Entries of its own that are remembered of a connection; beyond, it is not known any more what it missed. */
const MAX_OWN = 2_048;
/** Of so many chats it is remembered what a connection heard first; beyond, it is not known any more. */
const MAX_HEARD = 1_024;

/** What one connection that has opened of late is not told yet. */
export interface Hold {
  readonly openedAt: number;
  /** Nothing of any chat is told. */
  isFresh: boolean;
  isResuming: boolean;
  /** Chats of which nothing is told now, with the first entry that was kept back (0 for none yet). */
  readonly kept: Map<number, number>;
  /** Chats that its user has left meanwhile, with the entry that says so: the last it may see. */
  readonly ends: Map<number, number>;
  /** Entries by chat that it made itself, and so is answered for. */
  readonly own: Map<number, Set<number>>;
  ownCount: number;
  /** Chats of which it was told something, with the first entry. */
  readonly heard: Map<number, number>;
}

/**
 * Connections that have opened of late. Each entry of a log reaches a connection once and in order, also where the connection asks for
 * what it missed while new entries arrive: those are kept back until the older ones have been told, and then read from the log.
 */
@Injectable()
export class Holds {
  private readonly holds = new Map<Connection, Hold>();

  /** The connections that are held in some way. */
  get size(): number {
    return this.holds.size;
  }

  begin(connection: Connection): Hold {
    const hold: Hold = {
      openedAt: performance.now(),
      isFresh: true,
      isResuming: false,
      kept: new Map(),
      ends: new Map(),
      own: new Map(),
      ownCount: 0,
      heard: new Map(),
    };
    this.holds.set(connection, hold);
    return hold;
  }

  of(connection: Connection): Hold | undefined {
    return this.holds.get(connection);
  }

  end(connection: Connection): void {
    this.holds.delete(connection);
  }

  /** Whether an entry must not be told to the connection now. Otherwise it is about to be told. */
  keepsBack(connection: Connection, chatId: number, seq: number): boolean {
    const hold = this.holds.get(connection);
    if (!hold) return false;
    const kept = hold.kept.get(chatId);
    if (hold.isFresh || kept !== undefined) {
      if (!kept) hold.kept.set(chatId, seq);
      return true;
    }
    if (!hold.heard.has(chatId) && hold.heard.size < MAX_HEARD) hold.heard.set(chatId, seq);
    return false;
  }

  /**
   * The connection is answered for an entry, which is never delivered to it.
   * @returns whether earlier entries of the chat are kept back from it
   */
  wrote(connection: Connection, chatId: number, seq: number): boolean {
    const hold = this.holds.get(connection);
    if (!hold) return false;
    hold.ownCount += 1;
    if (hold.ownCount <= MAX_OWN) {
      const own = hold.own.get(chatId);
      if (own) own.add(seq);
      else hold.own.set(chatId, new Set([seq]));
    }
    return hold.kept.has(chatId);
  }

  /** Whether it is known what the connection has been told of a chat. */
  knows(hold: Hold, chatId: number): boolean {
    if (hold.ownCount > MAX_OWN) return false;
    return hold.heard.has(chatId) || hold.heard.size < MAX_HEARD;
  }

  /** Forgets connections that are too old to ask for anything; @returns those whose grace is over */
  expire(): Connection[] {
    const now = performance.now();
    const over: Connection[] = [];
    for (const [connection, hold] of this.holds) {
      if (hold.isFresh && now - hold.openedAt >= GRACE_MS) over.push(connection);
      else if (now - hold.openedAt >= RESUMABLE_MS && hold.kept.size === 0) this.holds.delete(connection);
    }
    return over;
  }
}

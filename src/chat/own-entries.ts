import { Injectable } from '@nestjs/common';
import type { Author } from './author.js';

/** Entries whose author is remembered until they have been delivered; of more, the oldest is forgotten. */
const MAX_PENDING = 10_000;
/** How long an answer waits for its place. Where a log cannot be read for so long, to be late is worse than to be early. */
const PATIENCE_MS = 2_000;

interface OwnEntry {
  readonly author: Author;
  /** Ends the waiting of the answer. */
  readonly resolve: () => void;
  readonly placed: Promise<void>;
}

const keyOf = (chatId: number, seq: number): string => `${chatId}:${seq}`;

/** Entries of connections of this node that were committed, and whose place in the order of their chat has not come yet. */
@Injectable()
export class OwnEntries {
  private readonly entries = new Map<string, OwnEntry>();

  /** Remembers whose an entry is. */
  add(chatId: number, seq: number, author: Author): void {
    const [oldest] = this.entries.size < MAX_PENDING ? [] : this.entries.keys();
    if (oldest !== undefined) this.end(oldest);
    let resolve: () => void = () => undefined;
    const placed = new Promise<void>((done) => {
      resolve = done;
    });
    setTimeout(resolve, PATIENCE_MS).unref();
    this.entries.set(keyOf(chatId, seq), { author, resolve, placed });
  }

  authorOf(chatId: number, seq: number): Author | null {
    return this.entries.size === 0 ? null : (this.entries.get(keyOf(chatId, seq))?.author ?? null);
  }

  /** The place of an entry has come, or never will. */
  settle(chatId: number, seq: number): void {
    if (this.entries.size > 0) this.end(keyOf(chatId, seq));
  }

  /** Resolves when the answer for an entry may be sent; undefined if that is now. */
  placed(chatId: number, seq: number): Promise<void> | undefined {
    return this.entries.get(keyOf(chatId, seq))?.placed;
  }

  private end(key: string): void {
    this.entries.get(key)?.resolve();
    this.entries.delete(key);
  }
}

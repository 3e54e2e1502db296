import { Injectable } from '@nestjs/common';

/** Milliseconds between two events that say that the same user writes in the same chat. */
export const TYPING_EVERY_MS = 3_000;
/** Two nodes that publish at the same moment do not know of each other yet: what follows this closely is the same event twice. */
const TWICE_MS = 1_000;
/** Writers that are remembered, over all chats; of more, the one who was announced longest ago is forgotten. */
const MAX_REMEMBERED = 100_000;

const keyOf = (chatId: number, userId: number): string => `${chatId}:${userId}`;

/** How often members learn that somebody writes. Every node hears every announcement, so the pace holds over all of a writer's devices. */
@Injectable()
export class TypingPace {
  /** When each writer was announced last, in monotonic milliseconds; the longest ago first. */
  private readonly announced = new Map<string, number>();

  /** Whether the others are to learn now that the user writes. */
  isDue(chatId: number, userId: number): boolean {
    return this.sinceLast(chatId, userId) >= TYPING_EVERY_MS;
  }

  /** Notes an announcement by any node. @returns whether it is to be delivered here */
  announce(chatId: number, userId: number): boolean {
    if (this.sinceLast(chatId, userId) < TWICE_MS) return false;
    const key = keyOf(chatId, userId);
    this.announced.delete(key);
    this.announced.set(key, performance.now());
    this.forgetOld();
    return true;
  }

  /** The user has sent the message: whatever they write next is news. */
  end(chatId: number, userId: number): void {
    if (this.announced.size > 0) this.announced.delete(keyOf(chatId, userId));
  }

  get size(): number {
    return this.announced.size;
  }

  private sinceLast(chatId: number, userId: number): number {
    return performance.now() - (this.announced.get(keyOf(chatId, userId)) ?? Number.NEGATIVE_INFINITY);
  }

  private forgetOld(): void {
    const before = performance.now() - TYPING_EVERY_MS;
    for (const [key, at] of this.announced) {
      if (at > before && this.announced.size <= MAX_REMEMBERED) return;
      this.announced.delete(key);
    }
  }
}

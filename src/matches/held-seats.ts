import type { Seat } from './match-store.js';

/** A player who lost the connection may be back for so long as if nothing had happened. */
export const HOLD_MS = 10_000;

interface Held {
  readonly seat: Seat;
  readonly timer: NodeJS.Timeout;
}

/** The seats of connections that were lost here, each kept for its player for a while. */
export class HeldSeats {
  private readonly held = new Map<string, Set<Held>>();

  /** @param onEnd called after `HOLD_MS`, unless `release` or `clear` comes first */
  keep(matchId: string, seat: Seat, onEnd: () => void): void {
    const key = keyOf(matchId, seat.user_id);
    const end = (): void => {
      const others = this.held.get(key);
      others?.delete(held);
      if (others?.size === 0) this.held.delete(key);
      onEnd();
    };
    const held: Held = { seat, timer: setTimeout(end, HOLD_MS).unref() };
    const known = this.held.get(key);
    if (known) known.add(held);
    else this.held.set(key, new Set([held]));
  }

  /** The player is back in the match, or has left it. @returns the seats that were kept here */
  release(matchId: string, userId: number): Seat[] {
    const key = keyOf(matchId, userId);
    const held = [...(this.held.get(key) ?? [])];
    this.held.delete(key);
    for (const { timer } of held) clearTimeout(timer);
    return held.map(({ seat }) => seat);
  }

  /** Nothing ends here any more. */
  clear(): void {
    for (const held of this.held.values()) for (const { timer } of held) clearTimeout(timer);
    this.held.clear();
  }
}

const keyOf = (matchId: string, userId: number): string => `${userId} ${matchId}`;

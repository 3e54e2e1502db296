export interface PaceShape {
  /** How often something may happen in a second, and how often at once. */
  readonly perSec: number;
  readonly burst: number;
  /** Milliseconds that may be asked of one who comes too soon; 0 where there is no waiting. */
  readonly maxWaitMs: number;
}

/** Spreads something over time for one client: what comes too soon waits for its turn, and what would wait too long is refused. */
export class Pace {
  private readonly everyMs: number;
  private readonly earlyMs: number;
  /** Monotonic milliseconds of the next turn, if nobody were ever early. */
  private nextAt = 0;

  constructor(private readonly shape: PaceShape) {
    this.everyMs = 1000 / shape.perSec;
    this.earlyMs = this.everyMs * (shape.burst - 1);
  }

  /** Takes a turn. @returns milliseconds until it; null where that is too long, and nothing was taken */
  take(now: number): number | null {
    const at = Math.max(this.nextAt, now);
    const wait = Math.max(0, at - this.earlyMs - now);
    if (wait > this.shape.maxWaitMs) return null;
    this.nextAt = at + this.everyMs;
    return wait;
  }
}

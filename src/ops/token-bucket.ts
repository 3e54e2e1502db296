/** Clients remembered at once; the one that was idle longest is forgotten first. About 10 MB. */
const MAX_KEYS = 100_000;

/** Milliseconds for which a client may be in debt. */
const MAX_DEBT_MS = 10_000;

export interface BucketShape {
  /** Requests that an idle client can send at once: those of one second and the burst. */
  readonly capacity: number;
  /** Requests per second by which it refills. */
  readonly rate: number;
}

/**
 * A token bucket per key in bounded memory, kept as one number: the time at which the bucket will be full again (the
 * «theoretical arrival time» of GCRA, ITU-T I.371). Unlike fixed windows it lets nobody through twice as fast around a
 * window's edge, and a refused request costs its sender nothing further.
 */
export class TokenBucket {
  private readonly fullAt = new Map<string, number>();
  private readonly costMs: number;
  private readonly depthMs: number;

  constructor(
    { capacity, rate }: BucketShape,
    private readonly maxKeys = MAX_KEYS,
    private readonly now: () => number = () => performance.now(),
    private readonly maxDebtMs = MAX_DEBT_MS,
  ) {
    this.costMs = 1000 / rate;
    this.depthMs = this.costMs * capacity;
  }

  /** Takes tokens, one unless said: 0, or the milliseconds until there are enough. What is more than the bucket holds takes all of it. */
  take(key: string, tokens = 1): number {
    const now = this.now();
    const fullAt = Math.max(this.fullAt.get(key) ?? now, now) + Math.min(tokens * this.costMs, this.depthMs);
    const wait = fullAt - now - this.depthMs;
    // Sums of fractions are not exact: a thousandth of a millisecond must not cost a token.
    if (wait > 0.001) return wait;
    this.remember(key, fullAt);
    return 0;
  }

  /** Takes tokens whether or not they are there, or gives back a negative number of them. What is owed comes back first, which takes `maxDebtMs` at most. */
  charge(key: string, tokens: number): void {
    const now = this.now();
    const fullAt = Math.max(this.fullAt.get(key) ?? now, now) + tokens * this.costMs;
    this.remember(key, Math.min(fullAt, now + this.depthMs + this.maxDebtMs));
  }

  /** Milliseconds until nothing is owed any more. */
  debt(key: string): number {
    const now = this.now();
    return Math.max(0, (this.fullAt.get(key) ?? now) - now - this.depthMs);
  }

  get size(): number {
    return this.fullAt.size;
  }

  private remember(key: string, fullAt: number): void {
    // Deleted first, so that the Map's order is the order of last use.
    this.fullAt.delete(key);
    this.fullAt.set(key, fullAt);
    if (this.fullAt.size <= this.maxKeys) return;
    const oldest = this.fullAt.keys().next();
    if (!oldest.done) this.fullAt.delete(oldest.value);
  }
}

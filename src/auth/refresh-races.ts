/** How long it is remembered when a token's rotation was answered; requests take far less. */
const KEEP_MS = 15_000;
const MAX_KEPT = 20_000;

/**
 * Which refresh tokens this node is exchanging, or has just exchanged: a second use that had arrived before the first was
 * answered is the same client's impatience (or two of its tabs), not theft.
 */
export class RefreshRaces {
  /** When the rotation was answered, in milliseconds of performance.now(); infinite while it is under way. Oldest first. */
  private readonly answered = new Map<string, number>();

  /** Whether a use that arrived then began before an earlier one was answered. */
  isRaced(token: string, arrivedAt: number): boolean {
    return arrivedAt < (this.answered.get(token) ?? Number.NEGATIVE_INFINITY);
  }

  /** @returns whether the caller is the first here, and has to call `end` */
  begin(token: string): boolean {
    if (this.answered.has(token)) return false;
    this.answered.set(token, Number.POSITIVE_INFINITY);
    return true;
  }

  end(token: string, isRotated: boolean): void {
    this.answered.delete(token);
    if (!isRotated) return;
    const now = performance.now();
    this.answered.set(token, now);
    for (const [oldest, at] of this.answered) {
      if (this.answered.size <= MAX_KEPT && !(at < now - KEEP_MS)) return;
      if (at !== Number.POSITIVE_INFINITY) this.answered.delete(oldest);
    }
  }
}

/** Keys for which something is due, all of them after the same time: first in, first due. */
export class Deadlines {
  /** Since the time is the same for all, the order of insertion is the order of the deadlines. */
  private readonly dueAt = new Map<number, number>();

  /** @param afterMs milliseconds from `set` until a key is due */
  constructor(private readonly afterMs: number) {}

  get size(): number {
    return this.dueAt.size;
  }

  /** From now on once more, whatever was set before. @param now monotonic milliseconds */
  set(key: number, now: number): void {
    this.dueAt.delete(key);
    this.dueAt.set(key, now + this.afterMs);
  }

  delete(key: number): void {
    this.dueAt.delete(key);
  }

  clear(): void {
    this.dueAt.clear();
  }

  /** Takes out those that are due, the longest due first, at most so many; costs no more than there are of them. */
  take(now: number, most: number): number[] {
    const due: number[] = [];
    for (const [key, at] of this.dueAt) {
      if (at > now || due.length === most) break;
      due.push(key);
    }
    for (const key of due) this.dueAt.delete(key);
    return due;
  }
}

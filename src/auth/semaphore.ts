import { CoreError } from '../errors/catalogue.js';

/** Lets few run at once, makes a bounded number wait in order, and refuses the rest. */
export class Semaphore {
  private running = 0;
  private readonly waiting: (() => void)[] = [];
  private idleListeners: (() => void)[] = [];

  /**
   * @param width how many run at once
   * @param maxWaiting how many may wait
   */
  constructor(
    private readonly width: number,
    private readonly maxWaiting: number,
  ) {}

  get queued(): number {
    return this.waiting.length;
  }

  /** @throws CoreError `unavailable` at once when too many wait already; else what `work` throws */
  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.running >= this.width) {
      if (this.waiting.length >= this.maxWaiting) throw new CoreError('unavailable');
      // Who is woken takes over the place of who wakes it: `running` stays as it is, and nobody slips in between.
      await new Promise<void>((resolve) => this.waiting.push(resolve));
    } else {
      this.running += 1;
    }
    try {
      return await work();
    } finally {
      const next = this.waiting.shift();
      if (next) next();
      else this.leave();
    }
  }

  /** Resolves when nothing runs and nothing waits. */
  idle(): Promise<void> {
    if (this.running === 0) return Promise.resolve();
    return new Promise((resolve) => this.idleListeners.push(resolve));
  }

  private leave(): void {
    this.running -= 1;
    if (this.running === 0) for (const tell of this.idleListeners.splice(0)) tell();
  }
}

import { CoreError } from '../errors/catalogue.js';

export interface BatcherOptions<In, Out> {
  /**
   * Does the work of a whole batch at once. Returns one result per item, in their order; an `Error` in its place fails that
   * item alone. What it throws fails every item of the batch.
   */
  readonly run: (items: readonly In[]) => Promise<readonly (Out | Error)[]>;
  /** The most items of one batch. */
  readonly maxBatch: number;
  /** The most items that wait; one more is refused with `unavailable`. */
  readonly maxQueued: number;
  /** How many batches may run at once; 1 keeps the order of items across batches. */
  readonly inFlight?: number;
  /** Hears of an item that waited too long and failed before its batch began. */
  readonly dropped?: (item: In) => void;
}

/**
 * Milliseconds that an item may have waited when the batch before it fails; one that waited longer fails with it. A little less than
 * a batch takes to fail when the database is away or a table is locked: else each further batch would make those behind it wait
 * as long again.
 */
const MAX_WAIT_MS = 1_500;

interface Waiting<In, Out> {
  readonly item: In;
  /** Monotonic milliseconds. */
  readonly addedAt: number;
  readonly resolve: (result: Out) => void;
  readonly reject: (error: Error) => void;
}

/**
 * Group commit: the next batch is whatever was added while the last one ran. There is no timer, so a lone item runs at once,
 * at the end of the turn in which it was added, and a loaded server makes its batches larger by itself.
 */
export class Batcher<In, Out> {
  private waiting: Waiting<In, Out>[] = [];
  private running = 0;
  private scheduled = false;
  private idleListeners: (() => void)[] = [];
  private readonly inFlight: number;

  constructor(private readonly options: BatcherOptions<In, Out>) {
    this.inFlight = options.inFlight ?? 1;
  }

  /** How many items wait for the next batch. */
  get queued(): number {
    return this.waiting.length;
  }

  /**
   * Adds an item to the next batch.
   * @returns its own result
   * @throws CoreError `unavailable` at once when `maxQueued` items wait already, or after a while when those before it fail; else what
   * `run` says of it
   */
  add(item: In): Promise<Out> {
    if (this.waiting.length >= this.options.maxQueued) return Promise.reject(new CoreError('unavailable'));
    const result = new Promise<Out>((resolve, reject) => {
      this.waiting.push({ item, addedAt: performance.now(), resolve, reject });
    });
    this.schedule();
    return result;
  }

  /** Resolves when nothing waits and nothing runs. */
  idle(): Promise<void> {
    if (this.running === 0 && this.waiting.length === 0) return Promise.resolve();
    return new Promise((resolve) => this.idleListeners.push(resolve));
  }

  private schedule(): void {
    if (this.scheduled || this.running >= this.inFlight) return;
    this.scheduled = true;
    // The end of the turn: what one turn adds in a row goes out together.
    queueMicrotask(() => {
      this.scheduled = false;
      while (this.running < this.inFlight && this.waiting.length > 0) this.start();
    });
  }

  private start(): void {
    const { maxBatch } = this.options;
    const batch = this.waiting.length <= maxBatch ? this.waiting : this.waiting.slice(0, maxBatch);
    this.waiting = batch === this.waiting ? [] : this.waiting.slice(maxBatch);
    this.running += 1;
    void this.runBatch(batch).then((succeeded) => {
      this.running -= 1;
      if (!succeeded) this.dropLate();
      if (this.waiting.length > 0) this.schedule();
      else if (this.running === 0) for (const tell of this.idleListeners.splice(0)) tell();
    });
  }

  private dropLate(): void {
    const latest = performance.now() - MAX_WAIT_MS;
    // They wait in the order in which they came.
    if ((this.waiting[0]?.addedAt ?? latest) >= latest) return;
    const kept = this.waiting.findIndex(({ addedAt }) => addedAt >= latest);
    const late = this.waiting.splice(0, kept === -1 ? this.waiting.length : kept);
    for (const { item, reject } of late) {
      this.options.dropped?.(item);
      reject(new CoreError('unavailable'));
    }
  }

  /** Settles every item of the batch; never rejects. @returns false where the batch failed as a whole */
  private async runBatch(batch: readonly Waiting<In, Out>[]): Promise<boolean> {
    try {
      const results = await this.options.run(batch.map(({ item }) => item));
      if (results.length !== batch.length) throw new Error(`${results.length} results for a batch of ${batch.length}`);
      batch.forEach(({ resolve, reject }, index) => {
        const result = results[index] as Out | Error;
        if (result instanceof Error) reject(result);
        else resolve(result);
      });
      return true;
    } catch (thrown) {
      const error = thrown instanceof Error ? thrown : new Error(String(thrown));
      for (const { reject } of batch) reject(error);
      return false;
    }
  }
}

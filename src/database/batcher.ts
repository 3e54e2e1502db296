import { CoreError } from '../errors/catalogue.js';
import { coreErrorOf } from '../errors/core-error-of.js';

export interface BatcherOptions<In, Out> {
  /**
   * Does the work of a whole batch at once. Returns one result per item, in their order; an `Error` in its place fails that
   * item alone. If it throws, nothing may have been done: then the items are run again, each by itself, so that one which the
   * database does not take fails alone; only `unavailable` (`coreErrorOf`) fails all of them at once.
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
 * Milliseconds that an item may have waited when the batch before it turns out to be `unavailable`; one that waited longer fails with it.
 * A batch takes nearly two seconds to fail while a table is locked: whoever has waited already must not wait as long again.
 */
const MAX_WAIT_MS = 100;

interface Waiting<In, Out> {
  readonly item: In;
  /** Monotonic milliseconds. */
  readonly addedAt: number;
  readonly resolve: (result: Out) => void;
  readonly reject: (error: Error) => void;
}

/**
 * Group commit: the next batch is whatever was added while the last one ran. There is no timer, so a lone item runs at once,
 * in the microtask after it was added, and a loaded server makes its batches larger by itself.
 */
export class Batcher<In, Out> {
  private waiting: Waiting<In, Out>[] = [];
  private running = 0;
  private scheduled = false;
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

  private schedule(): void {
    if (this.scheduled || this.running >= this.inFlight) return;
    this.scheduled = true;
    // Once the code that adds is done: what it adds in a row goes out together.
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
    void this.runBatch(batch).then((available) => {
      this.running -= 1;
      if (!available) this.dropLate();
      if (this.waiting.length > 0) this.schedule();
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

  /** Settles every item of the batch; never rejects. @returns false where it was `unavailable` */
  private async runBatch(batch: readonly Waiting<In, Out>[]): Promise<boolean> {
    const failure = await this.attempt(batch);
    if (!failure) return true;
    if (batch.length === 1 || isUnavailable(failure)) {
      rejectAll(batch, failure);
      return !isUnavailable(failure);
    }
    for (const [index, waiting] of batch.entries()) {
      const ownFailure = await this.attempt([waiting]);
      if (!ownFailure) continue;
      if (isUnavailable(ownFailure)) {
        rejectAll(batch.slice(index), ownFailure);
        return false;
      }
      waiting.reject(ownFailure);
    }
    return true;
  }

  /** Runs these and settles them. @returns what `run` threw; then none of them is settled */
  private async attempt(batch: readonly Waiting<In, Out>[]): Promise<Error | undefined> {
    let results: readonly (Out | Error)[];
    try {
      results = await this.options.run(batch.map(({ item }) => item));
    } catch (thrown) {
      return thrown instanceof Error ? thrown : new Error(String(thrown));
    }
    if (results.length !== batch.length) {
      // It was done, whatever it was: never again.
      rejectAll(batch, new Error(`${results.length} results for a batch of ${batch.length}`));
      return undefined;
    }
    batch.forEach(({ resolve, reject }, index) => {
      const result = results[index] as Out | Error;
      if (result instanceof Error) reject(result);
      else resolve(result);
    });
    return undefined;
  }
}

const isUnavailable = (error: Error): boolean => coreErrorOf(error).code === 'unavailable';

function rejectAll<In, Out>(batch: readonly Waiting<In, Out>[], error: Error): void {
  for (const { reject } of batch) reject(error);
}

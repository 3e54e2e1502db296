import { Logger } from '@nestjs/common';
import { CoreError } from '../errors/catalogue.js';
import { coreErrorOf } from '../errors/core-error-of.js';
import { stackOf } from '../errors/thrown.js';

const log = new Logger('Batcher');

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
  /** What an item weighs, in bytes; without it only their number is limited. */
  readonly weight?: (item: In) => number;
  /** The most bytes of one batch; an item that is heavier goes alone. */
  readonly maxBatchBytes?: number;
  /** The most bytes that wait. */
  readonly maxQueuedBytes?: number;
  /**
   * Called with what `run` returned, when the next batch has begun already and before the items are answered: what it does costs
   * the database no time.
   */
  readonly done?: (items: readonly In[], results: readonly (Out | Error)[]) => void;
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
  readonly bytes: number;
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
  private waitingBytes = 0;
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
    const { weight, maxQueued, maxQueuedBytes = Number.POSITIVE_INFINITY } = this.options;
    const bytes = weight?.(item) ?? 0;
    if (this.waiting.length >= maxQueued || this.waitingBytes + bytes > maxQueuedBytes) {
      return Promise.reject(new CoreError('unavailable'));
    }
    this.waitingBytes += bytes;
    const result = new Promise<Out>((resolve, reject) => {
      this.waiting.push({ item, bytes, addedAt: performance.now(), resolve, reject });
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
    const batch = this.take();
    this.running += 1;
    void this.runBatch(batch);
  }

  /** The next batch, at once where something waits: the database works on it while the last one is answered. */
  private next(): void {
    this.running -= 1;
    while (this.running < this.inFlight && this.waiting.length > 0) this.start();
  }

  private take(): readonly Waiting<In, Out>[] {
    const { maxBatch, maxBatchBytes = Number.POSITIVE_INFINITY } = this.options;
    let count = 0;
    let bytes = 0;
    for (const waiting of this.waiting) {
      if (count >= maxBatch || (count > 0 && bytes + waiting.bytes > maxBatchBytes)) break;
      bytes += waiting.bytes;
      count += 1;
    }
    this.waitingBytes -= bytes;
    return this.waiting.splice(0, count);
  }

  private dropLate(): void {
    const latest = performance.now() - MAX_WAIT_MS;
    // They wait in the order in which they came.
    if ((this.waiting[0]?.addedAt ?? latest) >= latest) return;
    const kept = this.waiting.findIndex(({ addedAt }) => addedAt >= latest);
    const late = this.waiting.splice(0, kept === -1 ? this.waiting.length : kept);
    for (const { item, bytes, reject } of late) {
      this.waitingBytes -= bytes;
      this.options.dropped?.(item);
      reject(new CoreError('unavailable'));
    }
  }

  /** Settles every item of the batch; never rejects. */
  private async runBatch(batch: readonly Waiting<In, Out>[]): Promise<void> {
    const failure = await this.attempt(batch, () => this.next());
    if (!failure) return;
    if (batch.length === 1 || isUnavailable(failure)) rejectAll(batch, failure);
    const isAvailable = !isUnavailable(failure) && (batch.length === 1 || (await this.runEach(batch)));
    if (!isAvailable) this.dropLate();
    this.next();
  }

  /** Runs each item by itself. @returns false where that was `unavailable` */
  private async runEach(batch: readonly Waiting<In, Out>[]): Promise<boolean> {
    for (const [index, waiting] of batch.entries()) {
      const failure = await this.attempt([waiting]);
      if (!failure) continue;
      if (isUnavailable(failure)) {
        rejectAll(batch.slice(index), failure);
        return false;
      }
      waiting.reject(failure);
    }
    return true;
  }

  /** Runs these and settles them. @returns what `run` threw; then none of them is settled */
  private async attempt(batch: readonly Waiting<In, Out>[], ran?: () => void): Promise<Error | undefined> {
    const items = batch.map(({ item }) => item);
    let results: readonly (Out | Error)[];
    try {
      results = await this.options.run(items);
    } catch (thrown) {
      return thrown instanceof Error ? thrown : new Error(String(thrown));
    }
    ran?.();
    if (results.length !== batch.length) {
      // It was done, whatever it was: never again.
      rejectAll(batch, new Error(`${results.length} results for a batch of ${batch.length}`));
      return undefined;
    }
    this.tell(items, results);
    batch.forEach(({ resolve, reject }, index) => {
      const result = results[index] as Out | Error;
      if (result instanceof Error) reject(result);
      else resolve(result);
    });
    return undefined;
  }

  private tell(items: readonly In[], results: readonly (Out | Error)[]): void {
    try {
      this.options.done?.(items, results);
    } catch (thrown) {
      // What was done is answered all the same.
      log.error('What follows a batch failed', stackOf(thrown));
    }
  }
}

const isUnavailable = (error: Error): boolean => coreErrorOf(error).code === 'unavailable';

function rejectAll<In, Out>(batch: readonly Waiting<In, Out>[], error: Error): void {
  for (const { reject } of batch) reject(error);
}

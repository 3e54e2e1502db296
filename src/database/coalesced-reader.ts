import { Batcher } from './batcher.js';

export interface CoalescedReaderOptions<Key, Value> {
  /** Reads many at once, as `… WHERE id = ANY($1)` does; what it leaves out does not exist. Keys are distinct. */
  readonly read: (keys: readonly Key[]) => Promise<ReadonlyMap<Key, Value>>;
  /** The most keys of one query; 500 unless told. */
  readonly maxBatch?: number;
  /** The most keys that wait; one more is refused with `unavailable`. 10,000 unless told. */
  readonly maxQueued?: number;
  /** How many queries run at once; 2 unless told: one on its way while the server works at the other. */
  readonly inFlight?: number;
}

/**
 * Turns single look-ups into few queries. A caller never gets a row that was read before it asked: it joins a query that has
 * yet to be sent, not one that is on its way.
 */
export class CoalescedReader<Key extends string | number | bigint, Value> {
  private readonly batcher: Batcher<Key, Value | undefined>;
  private unsent = new Map<Key, Promise<Value | undefined>>();

  constructor({ read, maxBatch = 500, maxQueued = 10_000, inFlight = 2 }: CoalescedReaderOptions<Key, Value>) {
    this.batcher = new Batcher({
      maxBatch,
      maxQueued,
      inFlight,
      dropped: (key) => this.unsent.delete(key),
      run: async (keys) => {
        for (const key of keys) this.unsent.delete(key);
        const found = await read(keys);
        return keys.map((key) => found.get(key));
      },
    });
  }

  /** The value of `key`, read after this call; `undefined` where there is none. */
  get(key: Key): Promise<Value | undefined> {
    const joined = this.unsent.get(key);
    if (joined) return joined;
    const queued = this.batcher.queued;
    const result = this.batcher.add(key);
    if (this.batcher.queued > queued) this.unsent.set(key, result);
    return result;
  }
}

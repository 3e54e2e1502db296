import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Batcher } from '../../src/database/batcher.js';
import { CoalescedReader } from '../../src/database/coalesced-reader.js';
import { CoreError } from '../../src/errors/catalogue.js';

/** A `run` whose batches are settled by hand. */
function byHand<In, Out>() {
  const batches: { items: readonly In[]; resolve: (results: (Out | Error)[]) => void; reject: (error: unknown) => void }[] = [];
  const run = (items: readonly In[]): Promise<(Out | Error)[]> =>
    new Promise((resolve, reject) => batches.push({ items, resolve, reject }));
  return { batches, run };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('Batcher', () => {
  it('runs a lone item at once, without a timer', async () => {
    const { batches, run } = byHand<number, number>();
    const batcher = new Batcher({ run, maxBatch: 10, maxQueued: 10 });
    const result = batcher.add(1);
    await Promise.resolve();
    expect(batches.map(({ items }) => items)).toEqual([[1]]);
    batches[0]?.resolve([10]);
    expect(await result).toBe(10);
  });

  it('makes the next batch of all that was added while the last one ran, in order', async () => {
    const { batches, run } = byHand<number, number>();
    const batcher = new Batcher({ run, maxBatch: 3, maxQueued: 10 });
    const results = [batcher.add(1)];
    await turn();
    for (const item of [2, 3, 4, 5]) {
      results.push(batcher.add(item));
      await turn();
    }
    expect(batches.map(({ items }) => items)).toEqual([[1]]);
    expect(batcher.queued).toBe(4);
    batches[0]?.resolve([10]);
    await turn();
    expect(batches.map(({ items }) => items)).toEqual([[1], [2, 3, 4]]);
    batches[1]?.resolve([20, 30, 40]);
    await turn();
    batches[2]?.resolve([50]);
    expect(await Promise.all(results)).toEqual([10, 20, 30, 40, 50]);
    expect(batches.map(({ items }) => items)).toEqual([[1], [2, 3, 4], [5]]);
  });

  it('fails one item alone, and a whole batch only when the database is away', async () => {
    const { batches, run } = byHand<string, string>();
    const batcher = new Batcher({ run, maxBatch: 10, maxQueued: 10 });
    const first = Promise.allSettled(['a', 'b', 'c'].map((item) => batcher.add(item)));
    await turn();
    const second = Promise.allSettled(['d', 'e'].map((item) => batcher.add(item)));
    batches[0]?.resolve(['A', new CoreError('conflict'), 'C']);
    expect(await first).toMatchObject([{ value: 'A' }, { reason: { code: 'conflict' } }, { value: 'C' }]);
    await turn();
    const gone = { reason: { message: 'Connection terminated' } };
    batches[1]?.reject(new Error('Connection terminated'));
    expect(await second).toMatchObject([gone, gone]);
    const third = batcher.add('f');
    await turn();
    batches[2]?.resolve(['F']);
    expect(await third).toBe('F');
  });

  it('runs each item of a batch that fails by itself, in order, before what came later', async () => {
    const ran: (readonly number[])[] = [];
    const batcher = new Batcher<number, number>({
      run: async (items) => {
        ran.push(items);
        await turn();
        if (items.includes(2)) throw Object.assign(new Error('violates foreign key'), { code: '23503' });
        return items.map((item) => item * 10);
      },
      maxBatch: 3,
      maxQueued: 10,
    });
    const outcomes = await Promise.allSettled([1, 2, 3, 4].map((item) => batcher.add(item)));
    expect(outcomes).toMatchObject([{ value: 10 }, { reason: { code: '23503' } }, { value: 30 }, { value: 40 }]);
    expect(ran).toEqual([[1, 2, 3], [1], [2], [3], [4]]);
  });

  it('gives up the rest of such a batch when the database goes away meanwhile', async () => {
    const ran: (readonly number[])[] = [];
    const batcher = new Batcher<number, number>({
      run: (items) => {
        ran.push(items);
        if (items.length > 1) return Promise.reject(new Error('of one of them'));
        return items[0] === 1 ? Promise.resolve([10]) : Promise.reject(new CoreError('unavailable'));
      },
      maxBatch: 3,
      maxQueued: 10,
    });
    const outcomes = await Promise.allSettled([1, 2, 3].map((item) => batcher.add(item)));
    const away = { reason: { code: 'unavailable' } };
    expect(outcomes).toMatchObject([{ value: 10 }, away, away]);
    expect(ran).toEqual([[1, 2, 3], [1], [2]]);
  });

  it('fails the batch when `run` throws before it returns a promise, or returns too few results', async () => {
    const thrower = new Batcher<number, number>({
      run: () => {
        throw new Error('at once');
      },
      maxBatch: 10,
      maxQueued: 10,
    });
    await expect(thrower.add(1)).rejects.toThrow('at once');
    let runs = 0;
    const short = new Batcher<number, number>({
      run: () => {
        runs += 1;
        return Promise.resolve([1]);
      },
      maxBatch: 10,
      maxQueued: 10,
    });
    expect(await Promise.allSettled([short.add(1), short.add(2)])).toMatchObject([
      { status: 'rejected' },
      { status: 'rejected' },
    ]);
    expect(runs).toBe(1); // it was done, perhaps
  });

  it('refuses what does not fit into the queue, and takes again when there is room', async () => {
    const { batches, run } = byHand<number, number>();
    const batcher = new Batcher({ run, maxBatch: 2, maxQueued: 2 });
    const running = batcher.add(1);
    await turn();
    const queued = [batcher.add(2), batcher.add(3)];
    await expect(batcher.add(4)).rejects.toMatchObject({ code: 'unavailable', retryAfterSec: 1 });
    batches[0]?.resolve([1]);
    await turn();
    const late = batcher.add(5);
    batches[1]?.resolve([2, 3]);
    await turn();
    batches[2]?.resolve([5]);
    expect(await Promise.all([running, ...queued, late])).toEqual([1, 2, 3, 5]);
  });

  it('runs as many batches at once as it may, and no more', async () => {
    const { batches, run } = byHand<number, number>();
    const batcher = new Batcher({ run, maxBatch: 1, maxQueued: 10, inFlight: 2 });
    const results = [1, 2, 3].map((item) => batcher.add(item));
    await turn();
    expect(batches.map(({ items }) => items)).toEqual([[1], [2]]);
    batches[1]?.resolve([2]);
    await turn();
    expect(batches.map(({ items }) => items)).toEqual([[1], [2], [3]]);
    batches[0]?.resolve([1]);
    batches[2]?.resolve([3]);
    expect(await Promise.all(results)).toEqual([1, 2, 3]);
  });

  it('gives every item its own result, whatever the sizes and the order of completion', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer(), { maxLength: 60 }),
        fc.integer({ min: 1, max: 7 }),
        fc.integer({ min: 1, max: 3 }),
        fc.scheduler(),
        async (items, maxBatch, inFlight, scheduler) => {
          const sizes: number[] = [];
          const run = scheduler.scheduleFunction((batch: readonly number[]) => {
            sizes.push(batch.length);
            return Promise.resolve(batch.map((item) => (item % 5 === 0 ? new Error(`${item}`) : item * 2)));
          });
          const batcher = new Batcher({ run, maxBatch, maxQueued: 100, inFlight });
          const results = Promise.allSettled(items.map((item) => batcher.add(item)));
          await scheduler.waitFor(results);
          (await results).forEach((result, index) => {
            const item = items[index] as number;
            expect(result.status === 'fulfilled' ? result.value : String(result.reason.message)).toBe(
              item % 5 === 0 ? `${item}` : item * 2,
            );
          });
          expect(Math.max(0, ...sizes)).toBeLessThanOrEqual(maxBatch);
        },
      ),
    );
  });
});

describe('CoalescedReader', () => {
  it('reads each key of a turn once, in one query, and says what does not exist', async () => {
    const queries: (readonly number[])[] = [];
    const reader = new CoalescedReader<number, string>({
      read: (keys) => {
        queries.push(keys);
        return Promise.resolve(new Map(keys.filter((key) => key < 3).map((key) => [key, `row ${key}`])));
      },
    });
    expect(await Promise.all([1, 2, 2, 3].map((key) => reader.get(key)))).toEqual(['row 1', 'row 2', 'row 2', undefined]);
    expect(queries).toEqual([[1, 2, 3]]);
  });

  it('never answers with a row that was read before it was asked for', async () => {
    let row = 'old';
    const sent: (() => void)[] = [];
    const reader = new CoalescedReader<number, string>({
      inFlight: 1,
      read: async (keys) => {
        const seen = row;
        await new Promise<void>((resolve) => sent.push(resolve));
        return new Map(keys.map((key) => [key, seen]));
      },
    });
    const before = reader.get(1);
    await turn();
    row = 'new';
    const after = [reader.get(1), reader.get(1)];
    sent[0]?.();
    expect(await before).toBe('old');
    await turn();
    sent[1]?.();
    expect(await Promise.all(after)).toEqual(['new', 'new']);
    expect(sent).toHaveLength(2);
  });

  it('passes faults on, and reads again afterwards', async () => {
    let away = true;
    const reader = new CoalescedReader<number, string>({
      maxQueued: 2,
      read: () => (away ? Promise.reject(new Error('away')) : Promise.resolve(new Map([[1, 'row']]))),
    });
    await expect(reader.get(1)).rejects.toThrow('away');
    away = false;
    expect(await reader.get(1)).toBe('row');
    const results = await Promise.allSettled([1, 2, 3].map((key) => reader.get(key)));
    expect(results[2]).toMatchObject({ reason: { code: 'unavailable' } });
  });
});

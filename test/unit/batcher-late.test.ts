import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Batcher } from '../../src/database/batcher.js';
import { CoalescedReader } from '../../src/database/coalesced-reader.js';
import { CoreError } from '../../src/errors/catalogue.js';

/** What a batch takes to fail while a table is locked. */
const LOCKED_MS = 1_800;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'performance'] });
});

afterEach(() => {
  vi.useRealTimers();
});

const locked = (): Promise<never> =>
  new Promise((_resolve, reject) => {
    setTimeout(() => reject(new CoreError('unavailable')), LOCKED_MS);
  });

const outcomeOf = (attempt: Promise<unknown>): Promise<string> =>
  attempt.then(
    (value) => `got ${String(value)}`,
    (error: unknown) => (error instanceof CoreError ? error.code : String(error)),
  );

describe('behind a batch that waits for a lock', () => {
  it('what came soon after it fails with it, and is never run', async () => {
    const ran: number[] = [];
    const batcher = new Batcher<number, number>({
      run: (items) => {
        ran.push(...items);
        return locked();
      },
      maxBatch: 10,
      maxQueued: 100,
    });
    const first = outcomeOf(batcher.add(1));
    await vi.advanceTimersByTimeAsync(100);
    const second = outcomeOf(batcher.add(2));
    await vi.advanceTimersByTimeAsync(1_600);
    const third = outcomeOf(batcher.add(3));
    await vi.advanceTimersByTimeAsync(100);
    expect([await first, await second]).toEqual(['unavailable', 'unavailable']);
    expect(ran).toEqual([1, 3]);
    await vi.advanceTimersByTimeAsync(LOCKED_MS);
    expect(await third).toBe('unavailable');
  });

  it('a key that failed unread is read again when it is asked for again', async () => {
    let isLocked = true;
    const reader = new CoalescedReader<number, string>({
      inFlight: 1,
      read: (keys) => (isLocked ? locked() : Promise.resolve(new Map(keys.map((key) => [key, `row ${key}`])))),
    });
    const outcomes = [outcomeOf(reader.get(1))];
    await vi.advanceTimersByTimeAsync(10);
    outcomes.push(outcomeOf(reader.get(2)), outcomeOf(reader.get(2)));
    await vi.advanceTimersByTimeAsync(LOCKED_MS);
    expect(await Promise.all(outcomes)).toEqual(['unavailable', 'unavailable', 'unavailable']);
    isLocked = false;
    expect(await reader.get(2)).toBe('row 2');
  });
});

import { setImmediate as nextTurn } from 'node:timers/promises';
import { beforeEach, describe, expect, it } from 'vitest';
import { HELD_MS, RefreshRaces } from '../../src/auth/refresh-races.js';

let races: RefreshRaces;
beforeEach(() => {
  races = new RefreshRaces();
});
const begin = (token: string, arrivedAt = performance.now()) => races.begin(token, arrivedAt);

async function took(work: Promise<void>): Promise<number> {
  const from = performance.now();
  await work;
  return performance.now() - from;
}

describe('a use of a refresh token', () => {
  it('is raced while another one waits for its answer, and no longer', async () => {
    const first = begin('a');
    expect(first.isRaced).toBe(false);
    expect(begin('b').isRaced).toBe(false);
    const answered = first.end('won');
    const second = begin('a');
    expect(second.isRaced).toBe(true);
    await Promise.all([answered, second.end('late')]);
    await nextTurn();
    expect(begin('a').isRaced).toBe(false);
  });

  it('is raced if it had arrived before the answer left, however late it is begun', async () => {
    const arrivedAt = performance.now();
    await begin('a').end('won');
    await nextTurn();
    expect(begin('a', arrivedAt).isRaced).toBe(true);
  });

  it('is not raced by one that was refused before', async () => {
    await begin('a').end('bad');
    await nextTurn();
    expect(begin('a', performance.now() - 1_000).isRaced).toBe(false);
  });

  it('is answered only when no other node takes another use for simultaneous any more', async () => {
    expect(await took(begin('a').end('won'))).toBeGreaterThan(HELD_MS);
    expect(await took(begin('a').end('late'))).toBeGreaterThan(HELD_MS);
    expect(await took(begin('a').end('bad'))).toBeLessThan(HELD_MS);
  });

  it('is answered early where others need the place', async () => {
    const times = await Promise.all(['a', 'b', 'c', 'd', 'e'].map((token) => took(begin(token).end('won'))));
    expect(times.filter((time) => time < HELD_MS)).toHaveLength(3);
    expect(times.slice(-2).every((time) => time > HELD_MS)).toBe(true);
  });
});

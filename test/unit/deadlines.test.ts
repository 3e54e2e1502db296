import { describe, expect, it } from 'vitest';
import { Deadlines } from '../../src/chat/deadlines.js';

describe('deadlines', () => {
  it('are due after their time and not before, the longest due first, and once', () => {
    const deadlines = new Deadlines(100);
    deadlines.set(3, 0);
    deadlines.set(1, 10);
    deadlines.set(2, 20);
    expect(deadlines.take(99, 10)).toEqual([]);
    expect(deadlines.take(110, 10)).toEqual([3, 1]);
    expect(deadlines.take(119, 10)).toEqual([]);
    expect(deadlines.take(1000, 10)).toEqual([2]);
    expect(deadlines.take(1000, 10)).toEqual([]);
  });

  it('begin anew where they are set again, and are given up', () => {
    const deadlines = new Deadlines(100);
    for (const key of [1, 2, 3]) deadlines.set(key, 0);
    deadlines.set(1, 50);
    deadlines.delete(2);
    expect(deadlines.take(100, 10)).toEqual([3]);
    expect(deadlines.take(150, 10)).toEqual([1]);
    expect(deadlines.size).toBe(0);
  });

  it('leave for the next time what is more than asked for', () => {
    const deadlines = new Deadlines(0);
    for (let key = 0; key < 5; key++) deadlines.set(key, 0);
    expect([deadlines.take(0, 2), deadlines.take(0, 2), deadlines.take(0, 2)]).toEqual([[0, 1], [2, 3], [4]]);
  });
});

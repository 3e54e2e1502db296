import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { TYPING_EVERY_MS, TypingPace } from '../../src/chat/typing-pace.js';

beforeEach(() => void vi.useFakeTimers({ toFake: ['performance'] }));
afterEach(() => void vi.useRealTimers());

describe('the pace of typing', () => {
  it('lets a writer be announced every three seconds, in each chat by itself', () => {
    const pace = new TypingPace();
    expect([pace.isDue(7, 1), pace.announce(7, 1), pace.isDue(7, 1)]).toEqual([true, true, false]);
    expect([pace.isDue(8, 1), pace.isDue(7, 2)]).toEqual([true, true]);
    vi.advanceTimersByTime(TYPING_EVERY_MS - 1);
    expect(pace.isDue(7, 1)).toBe(false);
    vi.advanceTimersByTime(1);
    expect(pace.isDue(7, 1)).toBe(true);
  });

  it('drops an announcement that two nodes made at the same moment', () => {
    const pace = new TypingPace();
    expect([pace.announce(7, 1), pace.announce(7, 1)]).toEqual([true, false]);
  });

  it('announces a writer anew after a message', () => {
    const pace = new TypingPace();
    pace.announce(7, 1);
    pace.end(7, 1);
    expect(pace.isDue(7, 1)).toBe(true);
  });

  it('remembers nobody for longer than that', () => {
    const pace = new TypingPace();
    for (let user = 0; user < 1_000; user++) pace.announce(7, user);
    vi.advanceTimersByTime(TYPING_EVERY_MS + 1);
    pace.announce(8, 1);
    expect(pace.size).toBe(1);
  });
});

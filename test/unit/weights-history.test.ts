import { expect, it } from 'vitest';
import { passedOver } from '../../src/chat/weights.js';

it('a page of history weighs by how much of the log it was gathered from, for a reader who has blocked somebody', () => {
  const page = (seqs: number[], has_more: boolean) => ({
    messages: seqs.map((seq) => ({ seq })),
    last_seq: 100_000,
    has_more,
  });
  expect(passedOver(page([99_990, 100_000], true), {})).toBeLessThan(0.01);
  expect(passedOver(page([50_000, 100_000], true), {})).toBe(5);
  expect(passedOver(page([], false), {})).toBe(10);
  expect(passedOver(page([], false), { beforeSeq: 20_000 })).toBe(2);
  expect(passedOver(page([60_000], true), { afterSeq: 10_000 })).toBe(5);
  expect(passedOver(page([60_000], false), { afterSeq: 10_000 })).toBe(9);
  expect(passedOver(page([], false), { afterSeq: 10_000, beforeSeq: 9_000 })).toBe(0);
});

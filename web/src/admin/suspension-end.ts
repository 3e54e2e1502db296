import { momentOf } from './audit-filter.js';

/** Days for which one suspends somebody, by what the choice is called. */
const DAYS = { day: 1, week: 7, month: 30, year: 365 } as const;
const DAY_MS = 86_400_000;

export const SPANS = ['day', 'week', 'month', 'year', 'other'] as const;
export type Span = (typeof SPANS)[number];

export interface SuspensionEnd {
  readonly span: Span;
  /** By the clock of the one who looks, as the field has it; counts with `other` only. */
  readonly localTime: string;
}

/** When a suspension ends, in RFC 3339; null while that is not said. @param now unix milliseconds */
export function endOf({ span, localTime }: SuspensionEnd, now: number): string | null {
  if (span !== 'other') return new Date(now + DAYS[span] * DAY_MS).toISOString();
  return momentOf(localTime);
}

/** Whether the end is said: it may still lie in the past, which the server refuses. */
export const isSaid = ({ span, localTime }: SuspensionEnd): boolean => span !== 'other' || momentOf(localTime) !== null;

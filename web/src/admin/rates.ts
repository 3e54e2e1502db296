/** What the server counted, as it gives it: what ends in `_total` and the log-ins only grow, from the start of each process on. */
export interface Figures {
  readonly at: string;
  readonly node: string;
  readonly nodes: number;
  readonly uptime_sec: number;
  readonly users_total: number;
  readonly users_online: number;
  readonly connections: Readonly<Record<string, number>>;
  readonly messages_total: number;
  readonly logins: Readonly<Record<'ok' | 'failed' | 'throttled' | 'unavailable', number>>;
  readonly errors_total: number;
  readonly requests_total: number;
  readonly frames_total: number;
  readonly memory_bytes: number;
  readonly event_loop_lag_ms: number;
}

/** One reading of the figures. */
export interface Reading {
  /** Unix milliseconds, by the server's clock. */
  readonly at: number;
  readonly figures: Figures;
  /** Whether every node has said its part. */
  readonly isWhole: boolean;
}

/** A value at a time; null where there is none, so that a line has a gap there. */
export interface Point {
  /** Unix milliseconds. */
  readonly at: number;
  readonly value: number | null;
}

export const WINDOW_MS = 5 * 60_000;
/** In which what seldom happens is counted. */
export const SPAN_MS = 10_000;
/** Beyond this nobody knows what went on between two readings. */
const LONGEST_STEP_MS = 8_000;

/** The readings with one more, those of the window; one that is not newer than the last (the same answer twice) changes nothing. */
export function withReading(readings: readonly Reading[], reading: Reading): readonly Reading[] {
  const last = readings.at(-1);
  if (last && reading.at === last.at) return readings;
  // The server's clock was set back: what was drawn before has no place beside what comes.
  if (last && reading.at < last.at) return [reading];
  return [...readings.filter(({ at }) => at > reading.at - WINDOW_MS - LONGEST_STEP_MS), reading];
}

/**
 * By how much a counter grew between two readings; null where that cannot be known: it went down (a process started anew),
 * another number of nodes was counted, or too much time has passed.
 */
function growth(before: Reading, after: Reading, count: (figures: Figures) => number): number | null {
  if (!before.isWhole || !after.isWhole || before.figures.nodes !== after.figures.nodes) return null;
  if (after.at - before.at > LONGEST_STEP_MS) return null;
  const grown = count(after.figures) - count(before.figures);
  return grown < 0 ? null : grown;
}

/** How fast a counter grew, a second, at every reading but the first. */
export function ratesOf(readings: readonly Reading[], count: (figures: Figures) => number): Point[] {
  return pairs(readings, (before, after) => {
    const grown = growth(before, after, count);
    return { at: after.at, value: grown === null ? null : grown / ((after.at - before.at) / 1_000) };
  });
}

/** What was measured at every reading; a time without readings is a gap. */
export function gaugesOf(readings: readonly Reading[], measure: (figures: Figures) => number): Point[] {
  return readings.flatMap((reading, index) => {
    const point = { at: reading.at, value: measure(reading.figures) };
    const before = readings[index - 1];
    const isAfterGap = before !== undefined && reading.at - before.at > LONGEST_STEP_MS;
    return isAfterGap ? [{ at: before.at + 1, value: null }, point] : [point];
  });
}

/**
 * By how much a counter grew in each of the equal spans of the window, oldest first; null where nothing is known of a span.
 * The spans lie still: the same event stays in the same one as time goes by. `at` is where a span ends.
 * @param spanMs length of a span in milliseconds
 */
export function countsOf(readings: readonly Reading[], count: (figures: Figures) => number, spanMs: number): Point[] {
  const last = readings.at(-1);
  if (!last) return [];
  const sums = new Map<number, number>();
  pairs(readings, (before, after) => {
    const grown = growth(before, after, count);
    const span = Math.ceil(after.at / spanMs) * spanMs;
    if (grown !== null) sums.set(span, (sums.get(span) ?? 0) + grown);
  });
  const newest = Math.ceil(last.at / spanMs) * spanMs;
  return Array.from({ length: Math.round(WINDOW_MS / spanMs) }, (_none, index) => {
    const at = newest - WINDOW_MS + (index + 1) * spanMs;
    return { at, value: sums.get(at) ?? null };
  });
}

function pairs<Result>(readings: readonly Reading[], make: (before: Reading, after: Reading) => Result): Result[] {
  return readings.slice(1).map((after, index) => make(readings[index] ?? after, after));
}

/** The value of the last point that has one; null where none has. */
export const latestOf = (points: readonly Point[]): number | null =>
  points.findLast(({ value }) => value !== null)?.value ?? null;

/** The largest value; 0 where there is none. */
export const highestOf = (points: readonly Point[]): number => points.reduce((most, { value }) => Math.max(most, value ?? 0), 0);

/** All values together. */
export const totalOf = (points: readonly Point[]): number => points.reduce((sum, { value }) => sum + (value ?? 0), 0);

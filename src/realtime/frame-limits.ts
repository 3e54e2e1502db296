import type { Connection } from './connection.js';

/** Frames a second that a connection may send, and how many more at once. */
const FRAMES_PER_SEC = 120;
const BURST = 240;
/** A flood kept up this long ends the connection. */
const FLOOD_MS = 10_000;
/** A pause without a refused frame this long means that the flood is over. */
const CALM_MS = 2_000;
/** So many bad frames within a minute end the connection. */
const MAX_BAD_FRAMES = 10;
const BAD_FRAMES_WINDOW_MS = 60_000;

export type FrameVerdict = 'ok' | 'over' | 'flood';

/** Fills a connection's allowance up to now. @returns the tokens in it */
function refill(connection: Connection, now: number): number {
  const tokens =
    connection.tokens < 0 ? BURST : Math.min(BURST, connection.tokens + ((now - connection.tokensAt) * FRAMES_PER_SEC) / 1000);
  connection.tokensAt = now;
  return tokens;
}

/** Takes one frame from a connection's allowance (a token bucket). @param now monotonic milliseconds */
export function takeFrame(connection: Connection, now: number): FrameVerdict {
  const tokens = refill(connection, now);
  if (tokens >= 1) {
    connection.tokens = tokens - 1;
    return 'ok';
  }
  connection.tokens = tokens;
  if (connection.floodSince === 0 || now - connection.floodLast > CALM_MS) connection.floodSince = now;
  connection.floodLast = now;
  return now - connection.floodSince >= FLOOD_MS ? 'flood' : 'over';
}

/**
 * Takes from a connection's allowance what a command weighs beyond its frame.
 * @param frames how many it counts for; more than the burst takes the whole of it
 * @param now monotonic milliseconds
 * @returns 0, or the milliseconds until there is enough: nothing was taken then
 */
export function charge(connection: Connection, frames: number, now: number): number {
  const tokens = refill(connection, now);
  const left = tokens - Math.min(frames, BURST);
  connection.tokens = left < 0 ? tokens : left;
  return left < 0 ? (-left * 1000) / FRAMES_PER_SEC : 0;
}

/** Counts a bad frame. @returns whether it was one too many */
export function countBadFrame(connection: Connection, now: number): boolean {
  // Most connections never send one: the list is made with the first.
  const times = (connection.badFrames ??= []);
  times.push(now);
  if (times.length < MAX_BAD_FRAMES) return false;
  const first = times.shift() ?? now;
  return now - first <= BAD_FRAMES_WINDOW_MS;
}

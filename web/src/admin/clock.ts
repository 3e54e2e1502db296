/** Milliseconds by which the server's clock is ahead of this one. */
let ahead = 0;

/** Below this the difference is the age of an answer and the whole seconds of its header rather than a wrong clock. */
const TOLERANCE_MS = 2_500;

/** Learns from an answer what the server's clock shows. */
export function noteClock(response: Response): void {
  const date = Date.parse(response.headers.get('date') ?? '');
  if (Number.isNaN(date)) return;
  const difference = date - Date.now();
  ahead = Math.abs(difference) < TOLERANCE_MS ? 0 : difference;
}

/** The same moment by the server's clock. @param now unix milliseconds by this machine's */
export const byServer = (now: number): number => now + ahead;

/** Frames a second that a connection may send, and how many more at once. */
const FRAMES_PER_SEC = 120;
const BURST = 240;
/** A flood kept up this long ends the connection. */
const FLOOD_MS = 10_000;
/** A pause without a refused frame this long means that the flood is over. */
const CALM_MS = 2_000;
/** Frames over the limit are answered, which costs almost as much as to run them: beyond this rate they end the connection at once. */
const REFUSALS_PER_SEC = 600;
const REFUSALS_BURST = 2 * BURST;
/** So many bad frames within a minute end the connection. */
const MAX_BAD_FRAMES = 10;
const BAD_FRAMES_WINDOW_MS = 60_000;

/**
 * Packets in one payload of long polling: as many as nobody could send at once without a flood. A payload with more is not parsed, and
 * ends the connection.
 */
export const MAX_PAYLOAD_PACKETS = BURST + REFUSALS_BURST;

export type FrameVerdict = 'ok' | 'over' | 'flood';

/** What one connection may send: a token bucket of frames, and a second one of refusals. Times are monotonic milliseconds. */
export class FrameAllowance {
  private tokens = BURST;
  private tokensAt = 0;
  private refusals = REFUSALS_BURST;
  /** Since when, and until when last, frames were over the limit; 0 when not. */
  private floodSince = 0;
  private floodLast = 0;

  /** Takes a frame, or what counts as a part or a multiple of one. What is over the limit takes nothing. */
  take(now: number, frames = 1): FrameVerdict {
    this.refill(now);
    if (this.tokens >= frames) {
      this.tokens -= frames;
      return 'ok';
    }
    return this.refuse(now, frames);
  }

  /**
   * Takes what a command weighs beyond its frame.
   * @param frames how many it counts for; more than the burst takes the whole of it
   * @returns 0, or the milliseconds until there is enough: nothing was taken then
   */
  charge(now: number, frames: number): number {
    this.refill(now);
    const left = this.tokens - Math.min(frames, BURST);
    if (left < 0) return (-left * 1000) / FRAMES_PER_SEC;
    this.tokens = left;
    return 0;
  }

  private refill(now: number): void {
    this.tokens = Math.min(BURST, this.tokens + ((now - this.tokensAt) * FRAMES_PER_SEC) / 1000);
    this.tokensAt = now;
  }

  private refuse(now: number, frames: number): 'over' | 'flood' {
    const sinceLast = now - this.floodLast;
    if (this.floodSince === 0 || sinceLast > CALM_MS) this.floodSince = now;
    this.refusals = Math.min(REFUSALS_BURST, this.refusals + (sinceLast * REFUSALS_PER_SEC) / 1000) - frames;
    this.floodLast = now;
    return this.refusals < 0 || now - this.floodSince >= FLOOD_MS ? 'flood' : 'over';
  }
}

/** What of a connection its limits need. */
interface Sender {
  readonly allowance: FrameAllowance;
  /** When the last bad frames came, oldest first; fewer than would end the connection. */
  badFrames: number[] | null;
}

/** Takes a frame from a connection's allowance. @param now monotonic milliseconds */
export const takeFrame = ({ allowance }: Sender, now: number, frames = 1): FrameVerdict => allowance.take(now, frames);

/** Takes from a connection's allowance what a command weighs beyond its frame; see {@link FrameAllowance.charge}. */
export const charge = ({ allowance }: Sender, frames: number, now: number): number => allowance.charge(now, frames);

/** Counts a bad frame. @returns whether it was one too many */
export function countBadFrame(connection: Sender, now: number): boolean {
  // Most connections never send one: the list is made with the first.
  const times = (connection.badFrames ??= []);
  times.push(now);
  if (times.length < MAX_BAD_FRAMES) return false;
  const first = times.shift() ?? now;
  return now - first <= BAD_FRAMES_WINDOW_MS;
}

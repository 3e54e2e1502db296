import type { CloseReason } from './close-reasons.js';

/** Bytes; past this, a reader is so slow that what waits for it endangers everyone else's memory. */
export const MAX_PENDING_BYTES = 4 * 1024 * 1024;

/** One open socket of any kind, as the core sees it. Every method may be called after the socket has gone. */
export interface Transport<Frame = unknown> {
  /** Makes a frame ready once, to be sent to many sockets of the same kind. */
  prepare(frame: Frame): unknown;
  /** Sends a frame, or what `prepare` made of one. */
  send(frame: unknown): void;
  /** Bytes that wait for the reader. */
  pendingBytes(): number;
  ping(): void;
  /** Sends what waits, then closes with the code; cuts the socket where the peer does not answer in time. */
  close(reason: CloseReason): void;
}

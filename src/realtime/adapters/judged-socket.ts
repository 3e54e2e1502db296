import { randomUUID } from 'node:crypto';
import { WebSocket } from 'ws';
import type { Payer } from '../../ops/intake.js';

/** The largest message of a client, in bytes, whatever it is made of. */
export const MAX_FRAME_BYTES = 256 * 1024;

/** How long a peer may take to answer a close frame before it is cut off, in milliseconds. */
export const CLOSE_TIMEOUT_MS = 1_500;

/** What every server of `ws` here allows; a part of these is not yet in its types. */
export const WS_LIMITS = {
  maxPayload: MAX_FRAME_BYTES,
  // RFC 7692: a context per connection costs more memory than all the rest of it, and time with every frame.
  perMessageDeflate: false,
  // A message in more pieces than this comes from nobody who means well; each piece costs memory of its own.
  maxFragments: 128,
  maxBufferedChunks: 4096,
  maxPendingAutoPongs: 32,
  closeTimeout: CLOSE_TIMEOUT_MS,
} as const;

/**
 * Milliseconds between the packet that disconnects a client and the end of its transport, which most clients end themselves. A client with
 * threads, such as that of Python, may notice the end of the transport first, and would come back.
 */
export const DISMISSED_MS = 500;

/** How long the answers to what was asked before a close frame may hold ours back, in milliseconds. */
const ECHO_WITHIN_MS = 5_000;

/** How long a message may take to arrive, in milliseconds, as long as a request may; what the server itself held up does not count. */
const MESSAGE_WITHIN_MS = 13_000;
/** Of a message in one frame that is no larger, the part that has come costs too little memory to watch it. */
const SMALL_MESSAGE_BYTES = 4 * 1024;

/** Frames that are read after our close frame, in search of the answer to it. */
const MAX_LATE_FRAMES = 256;

/** For the `headers` event of a server of `ws`: an upgrade is an answer and has an id like all others. */
export const nameRequest = (headers: string[]): void => void headers.push(`X-Request-Id: ${randomUUID()}`);

/**
 * `ws`'s server-side socket, which is told before `ws` itself closes it for a fault of the peer: the last chance to say why. It also
 * counts the frames that never become a message.
 */
export abstract class JudgedSocket extends WebSocket {
  /** What its frames are paid for with. */
  payer: Payer | null = null;
  private late = 0;
  private isWaiting = false;
  /** When the message that is arriving has to be there, in monotonic milliseconds; 0 where none is, or it is small. */
  private dueAt = 0;
  private dueTimer: NodeJS.Timeout | undefined;
  private isEchoing = false;
  private isEnding = false;

  /** Counts what is no message. @param frames what it counts for */
  protected abstract extra(frames: number): void;

  /** For `tally`. */
  frame(extra: number, bytes: number): boolean {
    if (this.readyState === WebSocket.OPEN) {
      if (extra > 0) this.extra(extra);
      if (extra < 1 && (extra > 0 || bytes > SMALL_MESSAGE_BYTES)) this.expect();
      this.pay(bytes);
      return true;
    }
    this.late += 1;
    if (this.late <= MAX_LATE_FRAMES) return true;
    // A peer that goes on like that does not listen; not even to throw it away is what it sends read. `ws` resumes after every fault.
    setImmediate(() => this.pause());
    return false;
  }

  /** A message has begun, or goes on. Half a message is kept in memory, and pongs may come between its pieces for ever. */
  private expect(): void {
    if (this.dueAt > 0) return;
    this.dueAt = performance.now() + MESSAGE_WITHIN_MS;
    this.checkIn(MESSAGE_WITHIN_MS);
    this.once('message', () => {
      this.dueAt = 0;
      clearTimeout(this.dueTimer);
    });
  }

  private checkIn(ms: number): void {
    this.dueTimer = setTimeout(() => this.checkDue(), ms).unref();
  }

  private checkDue(): void {
    if (this.readyState !== WebSocket.OPEN || this.dueAt === 0) return;
    const leftMs = this.dueAt - performance.now();
    // Timers may come a fraction of a millisecond early.
    if (leftMs < 1) this.stalled();
    else this.checkIn(leftMs);
  }

  /** A message does not come to its end. Where the protocol above has a heartbeat of messages, that ends the connection. */
  protected stalled(): void {}

  /** What comes too fast is read later: until then it waits at the client. */
  private pay(bytes: number): void {
    const waitMs = this.payer?.pay(bytes) ?? 0;
    if (waitMs <= 0 || this.isWaiting || this.readyState !== WebSocket.OPEN) return;
    this.isWaiting = true;
    if (this.dueAt > 0) this.dueAt += waitMs;
    this.pause();
    setTimeout(() => {
      this.isWaiting = false;
      if (this.late <= MAX_LATE_FRAMES) this.resume();
    }, waitMs).unref();
  }

  /** @param code of RFC 6455 §7.4.1 with which the connection is about to be closed */
  protected abstract faulted(code: number): void;

  /** Goes on when what the peer asked is answered. */
  protected abstract settle(then: () => void): void;

  /** Milliseconds between what `faulted` says and the close frame. */
  protected get lingerMs(): number {
    return 0;
  }

  override close(code?: number, data?: string | Buffer): void {
    // Listeners of a fault of `ws` close the socket, too.
    if (this.isEnding) return;
    const isOpen = this.readyState === WebSocket.OPEN;
    // After a close frame of the peer `ws` calls this, too, to echo its code (§5.5.1): that is no fault.
    const isEcho = Reflect.get(this, '_closeFrameReceived') === true;
    if (isOpen && isEcho && !this.isEchoing) return this.echo(() => super.close(code, data));
    if (code === undefined || isEcho || !isOpen) return super.close(code, data);
    this.faulted(code);
    this.isEnding = this.lingerMs > 0;
    if (this.isEnding) setTimeout(() => super.close(code, data), this.lingerMs).unref();
    else super.close(code, data);
  }

  /** What was asked before a close frame is answered before it is echoed: after our close frame nothing may follow (§5.5.1). */
  private echo(close: () => void): void {
    this.isEchoing = true;
    const timer = setTimeout(close, ECHO_WITHIN_MS);
    timer.unref();
    this.settle(() => {
      clearTimeout(timer);
      close();
    });
  }
}

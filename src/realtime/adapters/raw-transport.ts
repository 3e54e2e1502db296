import type { Duplex } from 'node:stream';
import { type RawData, WebSocket } from 'ws';
import type { CloseReason } from '../close-reasons.js';
import type { Connection } from '../connection.js';
import type { Transport } from '../transport.js';
import { JudgedSocket } from './judged-socket.js';
import { tally } from './frame-tally.js';
import { textFrame } from './text-frame.js';

/** What the sockets of one server share, so that a socket needs no closures of its own. */
export interface RawHandlers {
  message(connection: Connection, text: string | null): void;
  /** A frame that is no message, or a piece of one. @param frames what it counts for */
  extra(connection: Connection, frames: number): void;
  gone(connection: Connection): void;
  /** A message of the peer does not come to its end. */
  stalled(connection: Connection): void;
  /** The peer has sent its close frame. `then` is called when what it asked before is answered. */
  settle(connection: Connection, then: () => void): void;
  /** `ws` itself is about to close for a fault of the peer: the last chance to say why. */
  fault(connection: Connection, code: number): void;
}

/** The transports that have frames waiting for the end of this turn of the event loop. */
let waiting: RawTransport[] = [];

function flushWaiting(): void {
  const transports = waiting;
  waiting = [];
  // The last one first: whoever asked is answered after others have been told, and waits for it.
  for (let i = transports.length - 1; i >= 0; i--) transports[i]?.flush();
  joined = NOTHING;
}

const NOTHING: { readonly frames: readonly Buffer[]; readonly bytes: Buffer } = { frames: [], bytes: Buffer.alloc(0) };
/** The frames that were joined last: under a burst the members of a room have the very same ones, and they are joined once for all. */
let joined = NOTHING;

function join(frames: readonly Buffer[]): Buffer {
  const { frames: last } = joined;
  const isSame = last.length === frames.length && frames.every((frame, i) => frame === last[i]);
  if (!isSame) joined = { frames, bytes: Buffer.concat(frames) };
  return joined.bytes;
}

/**
 * A raw WebSocket. All frames of one turn of the event loop go out in one write: under a burst a system call per socket
 * instead of one per frame is most of the cost saved.
 */
export class RawTransport implements Transport<string> {
  private queue: Buffer[] | null = null;
  private queuedBytes = 0;

  constructor(
    private readonly socket: PeerSocket,
    private readonly stream: Duplex,
  ) {}

  prepare(frame: string): Buffer {
    return textFrame(frame);
  }

  send(frame: unknown): void {
    const bytes = typeof frame === 'string' ? textFrame(frame) : (frame as Buffer);
    this.queuedBytes += bytes.length;
    if (this.queue) {
      this.queue.push(bytes);
      return;
    }
    this.queue = [bytes];
    if (waiting.push(this) === 1) setImmediate(flushWaiting);
  }

  flush(): void {
    const { queue } = this;
    if (!queue) return;
    this.queue = null;
    this.queuedBytes = 0;
    if (this.socket.readyState !== WebSocket.OPEN || this.stream.destroyed) return;
    const [first] = queue;
    this.stream.write(queue.length === 1 && first ? first : join(queue));
  }

  pendingBytes(): number {
    return this.queuedBytes + this.stream.writableLength;
  }

  ping(): void {
    if (this.socket.readyState === WebSocket.OPEN) this.socket.ping();
  }

  close(reason: CloseReason): void {
    this.flush();
    this.socket.close(reason.code, reason.reason);
  }
}

/** `ws`'s server-side socket with the connection it carries. */
export class PeerSocket extends JudgedSocket {
  connection: Connection | null = null;
  handlers: RawHandlers | null = null;

  protected override faulted(code: number): void {
    if (this.connection) this.handlers?.fault(this.connection, code);
  }

  protected override extra(frames: number): void {
    if (this.connection) this.handlers?.extra(this.connection, frames);
  }

  protected override stalled(): void {
    if (this.connection) this.handlers?.stalled(this.connection);
  }

  protected override settle(then: () => void): void {
    if (this.connection && this.handlers) this.handlers.settle(this.connection, then);
    else then();
  }

  carry(connection: Connection, handlers: RawHandlers): void {
    this.connection = connection;
    this.handlers = handlers;
    tally(this);
    this.on('message', onMessage);
    this.on('ping', onSign);
    this.on('pong', onSign);
    this.on('close', onClose);
    this.on('error', ignore);
  }
}

function onMessage(this: WebSocket, data: RawData, isBinary: boolean): void {
  // `ws` gives a Buffer unless its binaryType is changed, which nobody here does.
  if (this instanceof PeerSocket && this.connection)
    this.handlers?.message(this.connection, isBinary ? null : (data as Buffer).toString('utf8'));
}

function onSign(this: WebSocket): void {
  if (this instanceof PeerSocket && this.connection) this.connection.seenAt = performance.now();
}

function onClose(this: WebSocket): void {
  if (this instanceof PeerSocket && this.connection) this.handlers?.gone(this.connection);
}

/** Every error of a socket is followed by its `close`, which is where we act. */
function ignore(): void {}

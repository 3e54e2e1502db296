import type { WebSocket } from 'ws';

/** Opcodes from here on are those of control frames (RFC 6455 §5.2). */
const CONTROL = 0x08;
/** What a piece of a message counts for: `ws` puts it aside, which costs about so much of what a frame costs. */
const PIECE = 1 / 16;

/** A socket that is told of each frame of its peer as soon as the frame's head is read. */
interface Tallied {
  /**
   * @param extra what it counts for beside the message that it may become: nothing but control frames and pieces do
   * @param bytes of its payload
   * @returns whether to read on
   */
  frame(extra: number, bytes: number): boolean;
}

/** What `ws` keeps of the frame that it is reading; none of it is in its types. */
interface Receiver {
  readonly _opcode: number;
  readonly _fin: boolean;
  readonly _payloadLength: number;
  haveLength(done: (error: Error) => void): void;
  /** Also ends the reading of what has arrived. */
  createError(kind: ErrorConstructor, message: string, isPrefixed: boolean, closeCode: number, code: string): Error;
}

/** RFC 6455 §7.4.1; nobody gets to see it, since reading ends only after our close frame. */
const POLICY = 1008;

const peers = new WeakMap<Receiver, Tallied>();

/**
 * Tells a socket of its peer's frames. `ws` tells of messages, and of control frames after it has answered them; of pieces it tells
 * nothing, so that a message in many of them would count once, or not at all.
 */
export function tally(socket: WebSocket & Tallied): void {
  const receiver: unknown = Reflect.get(socket, '_receiver');
  if (!isReceiver(receiver)) throw new Error('ws reads its frames in another way than it used to');
  peers.set(receiver, socket);
  // One function for all sockets: there may be ten thousand of them.
  receiver.haveLength = haveLength;
}

function haveLength(this: Receiver, done: (error: Error) => void): void {
  const extra = this._opcode >= CONTROL ? 1 : this._fin ? 0 : PIECE;
  if (peers.get(this)?.frame(extra, this._payloadLength) === false)
    return done(this.createError(Error, 'Too late', false, POLICY, 'WS_ERR_TOO_LATE'));
  (Object.getPrototypeOf(this) as Receiver).haveLength.call(this, done);
}

const isReceiver = (value: unknown): value is Receiver =>
  typeof value === 'object' && value !== null && typeof Reflect.get(value, 'haveLength') === 'function';

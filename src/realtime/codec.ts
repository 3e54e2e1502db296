import type { CoreError } from '../errors/catalogue.js';
import type { DisconnectNotice } from './close-reasons.js';

/** What a codec may know of the connection it encodes for. */
export interface Peer {
  /** Unique, made by the server. */
  readonly id: string;
  /** The id that the client gave itself, where its protocol has one. */
  readonly clientId: string | null;
  /** The account behind the connection; null while anonymous. */
  readonly userId: number | null;
}

/** A request to run `domain.name`. */
export interface CommandFrame<Context = unknown> {
  readonly kind: 'command';
  readonly domain: string;
  readonly name: string;
  readonly payload: unknown;
  /** Looked at before the command runs; binds the connection to its user (protocols that sign every request). */
  readonly token?: string;
  /** The codec itself chose the command, so that internal ones may be meant, too. */
  readonly internal?: boolean;
  /** Whatever the codec needs to word the answer; given back to it untouched. */
  readonly context: Context;
}

/** What one incoming frame means. */
export type Decoded<Context = unknown> =
  | CommandFrame<Context>
  /** Answered by the protocol itself, without a command. */
  | { readonly kind: 'reply'; readonly context: Context; readonly data: unknown }
  /** Well-formed, but not to be carried out. */
  | { readonly kind: 'refused'; readonly context: Context; readonly error: CoreError }
  /** Not a frame of this protocol. Ten in a minute close the connection. */
  | { readonly kind: 'bad'; readonly context?: Context; readonly detail: string };

/** Something that happened, told to connections without their asking. */
export interface ServerEvent {
  /** Who speaks: `chat`, `user`, `game` … */
  readonly domain: string;
  readonly event: string;
  readonly data: object;
  /** Never stored, and the first to be dropped for a slow reader. */
  readonly ephemeral?: boolean;
  /** Its recipient is the user whom it is about: the one who came or went. */
  readonly isOwn?: boolean;
}

/**
 * One protocol's translation, pure: frames in, meaning out; meaning in, frames out. It has no timers, no state and no
 * reach into the core. `Frame` is what its transport sends: text for raw WebSockets, an event with data for Socket.IO.
 */
export interface Codec<Frame = unknown, Raw = unknown, Context = unknown> {
  readonly protocol: string;
  /** Answers must come in the order of the requests. */
  readonly ordered: boolean;
  /** Whether a connection may be without a user. */
  readonly anonymous: boolean;
  /** Its clients can ask for what they missed (`system.resume`) before they hear what is new. */
  readonly resumable: boolean;
  /**
   * How long a silent client counts as alive: `frames` for twice HEARTBEAT_SEC, `pongs` for 60 s. Any frame and any answer to our pings
   * ends the silence. `transport`: the transport has a heartbeat of its own.
   */
  readonly liveness: 'frames' | 'pongs' | 'transport';
  /**
   * Milliseconds by which an answer has to precede an event that must not overtake it, if the client hands over events that arrive with
   * an answer before the code that awaits the answer goes on; none by default.
   */
  readonly answerLeadMs?: number;
  decode(raw: Raw, peer: Peer): Decoded<Context>;
  /** The first frame, where the protocol has one. */
  hello?(peer: Peer, heartbeatSec: number): Frame;
  result(context: Context, data: unknown, peer: Peer): Frame;
  /** `context` is undefined where no request could be made out. */
  error(context: Context | undefined, error: CoreError, peer: Peer): Frame;
  badFrame(context: Context | undefined, detail: string, peer: Peer): Frame;
  /** undefined: this protocol does not tell its clients of such events. */
  event(event: ServerEvent): Frame | undefined;
  disconnect(notice: DisconnectNotice): Frame;
}

import { randomBytes } from 'node:crypto';
import type { Identity, Origin } from '../identity/identity.js';
import type { Codec, Peer } from './codec.js';
import { FrameAllowance } from './frame-limits.js';
import type { PendingAnswer } from './pending-answer.js';
import type { Seat } from './seats.js';
import type { Transport } from './transport.js';

/** Who runs a command: a connection, or an HTTP request. */
export interface Caller {
  readonly identity: Identity | null;
  readonly origin: Origin;
  /** null where the caller has no live connection. */
  readonly connection: Connection | null;
  /** Of a request of a live connection: its answer. */
  readonly answer?: PendingAnswer;
}

/** A request of a live connection, on behalf of the user that the connection belongs to at that moment. */
export class ConnectionRequest implements Caller {
  constructor(
    readonly connection: Connection,
    readonly answer: PendingAnswer,
  ) {}

  get identity(): Identity | null {
    return this.connection.identity;
  }

  get origin(): Origin {
    return this.connection.origin;
  }
}

/** Called around a change of who a connection is; an endpoint's own rules (such as client ids) live there. */
export interface BindingRules {
  /**
   * Called before a connection opens, and before it becomes somebody else's.
   * @throws CoreError where it may not
   */
  admit(peer: Peer, identity: Identity | null): void | Promise<void>;
  /** The connection has gone, or an admitted one did not come to be. */
  released(peer: Peer): void;
}

export const newConnectionId = (): string => randomBytes(16).toString('base64url');

/**
 * One live connection of any protocol: one small object, no closures, no timers. There may be ten thousand of them.
 */
export class Connection<Frame = unknown> implements Peer, Caller {
  identity: Identity | null = null;
  rules: BindingRules | null = null;
  /** Its place in the limits of its address. */
  seat: Seat | null = null;
  /** The seat is its transport's, which may outlive it. */
  isGuest = false;
  /** The change of who it is that is under way, with those that wait behind it; null when none is. Never rejects. */
  binding: Promise<void> | null = null;
  /** Set once; nothing is sent or handled afterwards. */
  closed = false;

  /** Unix milliseconds; shown to people, never compared with a duration. */
  readonly openedAt = Date.now();
  // Monotonic milliseconds (performance.now): the wall clock may jump.
  seenAt: number;
  pingedAt: number;
  /** What it may send; of a transport that counts before there is a connection, the transport's own. */
  allowance = new FrameAllowance();
  /** When the last bad frames came, oldest first; fewer than would end the connection. */
  badFrames: number[] | null = null;
  inFlight = 0;
  /** Called once when nothing is under way any more, before its answer is sent. */
  onIdle: (() => void) | null = null;
  /** About how many bytes the requests under way keep in memory. */
  inFlightBytes = 0;
  /** What the next frame waits for: of protocols that answer in order the one before it, else a change of who the connection is. */
  tail: Promise<unknown> | null = null;

  constructor(
    readonly codec: Codec<Frame>,
    readonly transport: Transport<Frame>,
    readonly origin: Origin,
    readonly id: string = newConnectionId(),
    readonly clientId: string | null = null,
  ) {
    this.seenAt = performance.now();
    this.pingedAt = this.seenAt;
  }

  get connection(): this {
    return this;
  }

  get userId(): number | null {
    return this.identity?.session.userId ?? null;
  }
}

/** Goes on when everything that was asked is answered: at once, or as soon as the last answer has been handed to the transport. */
export function whenAnswered(connection: Connection, then: () => void): void {
  if (connection.inFlight === 0) then();
  else connection.onIdle = () => setImmediate(then);
}

import type { Server, Socket } from 'node:net';
import type { Settings } from '../../config/settings.js';
import { addressKey } from '../../ops/address-key.js';
import { TokenBucket } from '../../ops/token-bucket.js';
import { ConnectionCap } from './connection-cap.js';

/** Connections that are let in per turn of the event loop: about a millisecond of work, the answers to their first requests included. */
const PER_TURN = 8;
/**
 * Connections of one address in a second, for each request that it may make in a second, and at least. More of them could only be
 * refused, and each refusal costs as much as an answer: what comes faster waits.
 */
const CONNECTIONS_PER_REQUEST = 10;
const MIN_CONNECTIONS = 100;

type Serve = (socket: Socket) => void;

/** A reset while a connection waits must not become an uncaught error. */
const ignore = (): void => undefined;

/**
 * Stands between the accepting of a connection and what serves it. The kernel hands over hundreds of new connections in one turn of the
 * event loop. Each of them costs a parser, a request and an answer, and the open connections would wait for all of them. So a few
 * are let in per turn, one of each address in rotation.
 */
export class Doorway {
  /** What waits, by address. The address whose turn is next comes first. */
  private readonly waiting = new Map<string, Socket[]>();
  private readonly known = new WeakSet<Socket>();
  private readonly cap: ConnectionCap;
  /** Null where all connections may be those of a proxy. */
  private readonly pace: TokenBucket | null;
  private entered = 0;
  private immediate: NodeJS.Immediate | undefined;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    settings: Settings,
    private readonly serve: Serve,
  ) {
    const { RATE_LIMIT: isLimited, RATE_LIMIT_GENERAL: requests, TRUST_PROXY: trusted } = settings;
    const rate = Math.max(MIN_CONNECTIONS, requests * CONNECTIONS_PER_REQUEST);
    this.cap = new ConnectionCap(settings);
    this.pace = isLimited && trusted === false ? new TokenBucket({ rate, capacity: rate }) : null;
  }

  /** Puts a doorway before the listeners that a server has. */
  static before(server: Server, settings: Settings): void {
    const listeners = server.listeners('connection') as Serve[];
    const doorway = new Doorway(settings, (socket) => {
      for (const listener of listeners) listener.call(server, socket);
    });
    server.removeAllListeners('connection').on('connection', doorway.enter);
  }

  readonly enter = (socket: Socket): void => {
    // A connection begins anew after an offer of another protocol that was not taken up: it counts once.
    if (this.known.has(socket)) return this.serve(socket);
    this.known.add(socket);
    const address = addressKey(socket.remoteAddress ?? '');
    if (!this.cap.take(address)) {
      socket.destroy();
      return;
    }
    socket.once('close', () => this.cap.release(address));
    this.immediate ??= setImmediate(this.turn);
    if (this.waiting.size > 0 || this.entered >= PER_TURN || this.msUntil(address) > 0) this.wait(address, socket);
    else this.letIn(socket);
  };

  private wait(address: string, socket: Socket): void {
    socket.on('error', ignore);
    const queue = this.waiting.get(address);
    if (queue) queue.push(socket);
    else this.waiting.set(address, [socket]);
  }

  private letIn(socket: Socket): void {
    this.entered += 1;
    this.serve(socket);
  }

  /** Takes the turn of an address where it has one. @returns 0 then, else the milliseconds until it has */
  private msUntil(address: string): number {
    return this.pace?.take(address) ?? 0;
  }

  private readonly turn = (): void => {
    clearImmediate(this.immediate);
    clearTimeout(this.timer);
    this.immediate = this.timer = undefined;
    this.entered = 0;
    let soonestMs = Number.POSITIVE_INFINITY;
    let early = 0;
    while (this.entered < PER_TURN && early < this.waiting.size) {
      const waitMs = this.next();
      early = waitMs > 0 ? early + 1 : 0;
      if (waitMs > 0) soonestMs = Math.min(soonestMs, waitMs);
    }
    if (this.waiting.size === 0) return;
    if (early < this.waiting.size) this.immediate = setImmediate(this.turn);
    else this.timer = setTimeout(this.turn, soonestMs).unref();
  };

  /** Lets in one of the first address, which then comes last. @returns 0, or the milliseconds until it may have one let in */
  private next(): number {
    const [first] = this.waiting;
    if (!first) return 0;
    const [address, queue] = first;
    this.waiting.delete(address);
    while (queue[0]?.destroyed) queue.shift();
    const [socket] = queue;
    if (!socket) return 0;
    const waitMs = this.msUntil(address);
    if (waitMs === 0) queue.shift();
    if (queue.length > 0) this.waiting.set(address, queue);
    if (waitMs === 0) this.letIn(socket.off('error', ignore));
    return waitMs;
  }
}

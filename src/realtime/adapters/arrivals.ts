import type { IncomingMessage } from 'node:http';
import type { Socket as EngineConnection, Transport } from 'engine.io';
import { CoreError } from '../../errors/catalogue.js';
import type { Payer } from '../../ops/intake.js';
import { FrameAllowance, type FrameVerdict, MAX_PAYLOAD_PACKETS } from '../frame-limits.js';
import type { Seat } from '../seats.js';
import { Backlog } from './backlog.js';
import { Pace } from './pace.js';
import { hasMorePackets, PACKET, packetOf, type PacketParts, partsOf } from './socketio-packet.js';

/** Namespaces that a connection may be in at once, and how long the name of one may be. */
const MAX_NAMESPACES = 16;
const MAX_NAMESPACE_LENGTH = 256;
/** To join costs a look at credentials: ten times at once, and once a second. */
const JOINS = { perSec: 1, burst: 10, maxWaitMs: 0 };
/**
 * Requests of an open session that carry nothing. A client of long polling asks again as soon as it was answered, however often that is;
 * where there is much to say, it is said in fewer answers.
 */
const POLLS = { perSec: 20, burst: 40, maxWaitMs: 1_000 };

/** A packet of Engine.IO. */
interface Packet {
  readonly type: string;
  readonly data?: unknown;
}

/** Who uses a session in the default namespace, and is told what becomes of it. */
export interface Guest {
  /** The WebSocket beneath is about to be closed with this code, for a fault of the peer. */
  fault(code: number): void;
  /** The peer has sent its last: `then` is called when what it asked before is answered. */
  settle(then: () => void): void;
  /** More is made for it than it reads. */
  backlog(): void;
  /** Words the refusal of an event. @returns what to send for it; undefined where there is nothing more to say */
  refuse(event: string, data: unknown, bytes: number): { readonly event: string; readonly data: unknown } | undefined;
  send(frame: { readonly event: string; readonly data: unknown }): void;
  /** Ends the connection because of a flood. */
  flood(): void;
}

/** What a session needs to know of the server. */
export interface ArrivalRules {
  /** Whether there are limits at all (RATE_LIMIT). */
  readonly isLimited: boolean;
  /** What the frames of a new WebSocket are paid for with. */
  payerOf(request: IncomingMessage): Payer;
  /** Something was over a limit. */
  onRefused(): void;
  /** A session that nobody uses is ended because of a flood. */
  onCut(conn: EngineConnection): void;
}

const REFUSAL = new CoreError('too_many_requests');
/** To those whose words we do not know. */
const PLAIN_REFUSAL = { success: false, code: REFUSAL.code, detail: REFUSAL.message };

const sessions = new WeakMap<Transport, Arrivals>();

/**
 * Everything that arrives in one session of Engine.IO, counted before anything is done about it: packets of every kind, joins, frames of
 * the WebSocket beneath, requests of long polling. What is over the limit never reaches Socket.IO: it is answered here.
 */
export class Arrivals {
  readonly allowance = new FrameAllowance();
  guest: Guest | null = null;
  seat: Seat | null = null;
  /** What waits for its reader. */
  backlog: Backlog | null = null;
  private conn: EngineConnection | null = null;
  private isCut = false;
  private readonly joins = new Pace(JOINS);
  private readonly polls = new Pace(POLLS);
  private readonly namespaces = new Set<string>();
  /** Binary packets that belong to a packet before them, and whether that went on. */
  private attachments = 0;
  private areWanted = false;
  /** Packets behind one that leaves a namespace. */
  private behind: (() => void)[] | null = null;

  constructor(private readonly rules: ArrivalRules) {}

  /** Those of an open session. @throws Error where the session is none of an engine that counts */
  static of({ transport }: EngineConnection): Arrivals {
    const arrivals = sessions.get(transport);
    if (!arrivals) throw new Error('A session that nobody counts');
    return arrivals;
  }

  /** Counts what comes by this transport, too: a session may change it once. */
  watch(transport: Transport): void {
    sessions.set(transport, this);
  }

  open(conn: EngineConnection): void {
    this.conn = conn;
    this.backlog = new Backlog(conn, () => (this.guest ? this.guest.backlog() : conn.close(true)));
  }

  /** A request of the session that carries nothing. @returns milliseconds that it has to wait; null where it is refused */
  poll(): number | null {
    return this.rules.isLimited ? this.polls.take(performance.now()) : 0;
  }

  /** @returns whether the packets of a payload may be looked at */
  payload(text: string): boolean {
    if (this.isCut || this.conn?.readyState !== 'open') return false;
    if (!this.rules.isLimited || !hasMorePackets(text, MAX_PAYLOAD_PACKETS)) return true;
    this.rules.onRefused();
    this.cut();
    return false;
  }

  /** The WebSocket beneath is about to be closed with this code, for a fault of the peer. */
  fault(code: number): void {
    this.guest?.fault(code);
    this.flush();
  }

  /** The peer has sent its last over the WebSocket beneath. Socket.IO hands on what came before in the next turn of the event loop. */
  settle(then: () => void): void {
    setImmediate(() => (this.guest ? this.guest.settle(then) : then()));
  }

  /**
   * Hands on a packet, in its turn: Socket.IO drops the events before a packet that leaves a namespace if it gets both at once, since it
   * handles events a little later.
   */
  inTurn({ type, data }: Packet, handOn: () => void): void {
    if (this.behind) return void this.behind.push(handOn);
    if (type !== 'message' || typeof data !== 'string' || data[0] !== PACKET.disconnect) return handOn();
    this.behind = [handOn];
    setImmediate(() => {
      const { behind } = this;
      this.behind = null;
      for (const next of behind ?? []) next();
    });
  }

  /** Sends what Engine.IO holds back while it writes other packets: it would drop it with the connection. */
  private flush(): void {
    const { conn } = this;
    if (!conn) return;
    // Private in Engine.IO's types; it says itself that it may be taken when a connection closes.
    const waiting = Reflect.get(conn, 'writeBuffer') as Parameters<Transport['send']>[0];
    if (waiting.length === 0) return;
    Reflect.set(conn, 'writeBuffer', []);
    conn.transport.send(waiting);
  }

  /** A frame of the WebSocket beneath that is no message, or a piece of one. */
  extra(frames: number): void {
    this.count(frames);
  }

  /** @returns whether a packet goes on to Engine.IO, and from there to Socket.IO */
  packet({ type, data }: Packet): boolean {
    const verdict = this.count(1);
    if (verdict === 'flood') return false;
    // Nothing but messages costs more than to be counted.
    if (type !== 'message') return true;
    return typeof data === 'string' ? this.message(data, verdict) : this.attachment();
  }

  private count(frames: number): FrameVerdict {
    if (this.isCut) return 'flood';
    const verdict = this.rules.isLimited ? this.allowance.take(performance.now(), frames) : 'ok';
    if (verdict !== 'ok') this.rules.onRefused();
    if (verdict === 'flood') this.cut();
    return verdict;
  }

  private message(packet: string, verdict: FrameVerdict): boolean {
    this.attachments = 0;
    switch (packet[0]) {
      case PACKET.connect:
        return this.join(partsOf(packet), verdict);
      case PACKET.disconnect:
        this.namespaces.delete(partsOf(packet).namespace);
        return true;
      case PACKET.event:
        return verdict === 'ok' || this.refuse(partsOf(packet));
      case PACKET.binaryEvent:
      case PACKET.binaryAck:
        return this.binary(packet, verdict);
      default:
        return true;
    }
  }

  /** Packets that belong together go on together: half of them would be a fault of the client. */
  private binary(packet: string, verdict: FrameVerdict): boolean {
    const parts = partsOf(packet);
    this.attachments = parts.attachments;
    this.areWanted = verdict === 'ok' || packet[0] !== PACKET.binaryEvent || this.refuse(parts);
    return this.areWanted;
  }

  private attachment(): boolean {
    if (this.attachments === 0) return true;
    this.attachments -= 1;
    return this.areWanted;
  }

  private join({ namespace }: PacketParts, verdict: FrameVerdict): boolean {
    const isKnown = this.namespaces.has(namespace);
    const hasRoom = namespace.length <= MAX_NAMESPACE_LENGTH && (isKnown || this.namespaces.size < MAX_NAMESPACES);
    const isInTime = !this.rules.isLimited || (verdict === 'ok' && this.joins.take(performance.now()) !== null);
    if (hasRoom && isInTime) {
      this.namespaces.add(namespace);
      return true;
    }
    if (verdict === 'ok') this.rules.onRefused();
    this.conn?.write(packetOf(PACKET.connectError, { namespace }, { message: REFUSAL.message }));
    return false;
  }

  /** Answers an event that is over the limit. @returns true where it cannot be read: Socket.IO has its own way with those */
  private refuse({ namespace, id, json }: PacketParts): boolean {
    const args = listOf(json);
    if (!args) return true;
    const guest = namespace === '/' ? this.guest : null;
    const [event, data] = args;
    const frame = guest ? guest.refuse(event, data, json.length) : { event: '', data: PLAIN_REFUSAL };
    if (frame && id !== '') this.conn?.write(packetOf(PACKET.ack, { namespace, id }, [frame.data]));
    else if (frame) guest?.send(frame);
    return false;
  }

  /** Not amid the reading of what brought it about: that is still answered by whoever reads it. */
  private cut(): void {
    if (this.isCut) return;
    this.isCut = true;
    const { conn } = this;
    if (!conn) return;
    queueMicrotask(() => {
      if (conn.readyState !== 'open') return;
      if (this.guest) {
        this.guest.flood();
        return;
      }
      this.rules.onCut(conn);
      conn.close(true);
    });
  }
}

/** The arguments of an event, its name first; undefined where that is not what the text says. */
function listOf(json: string): [event: string, data: unknown] | undefined {
  try {
    const args: unknown = JSON.parse(json);
    return Array.isArray(args) && typeof args[0] === 'string' ? [args[0], args[1] as unknown] : undefined;
  } catch {
    return undefined;
  }
}

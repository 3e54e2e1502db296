import type { Socket } from 'socket.io';
import { MAX_PENDING_BYTES } from '../transport.js';

/** The Engine.IO connection under a Socket.IO socket. */
type EngineConnection = Socket['conn'];

/** What a waiting packet costs beside its data: the packet's own objects, some of them small, most of them many. */
const PACKET_BYTES = 256;

const backlogs = new WeakMap<EngineConnection, Backlog>();

/**
 * What waits for the reader of an Engine.IO connection. Engine.IO keeps packets in arrays and says nothing of their size, so
 * the bytes are counted here: made by `packetCreate`, handed to the network by `flush`, gone by `drain`. That is every packet,
 * whoever makes it: acknowledgements, and what Socket.IO answers by itself, pass by the hub.
 */
export class Backlog {
  private waiting = 0;
  private flushed = 0;
  private isReported = false;
  /** Called once, when another packet is made while too much waits; cuts the connection unless set. */
  onExcess: () => void;

  /** The one backlog of a connection, made with the first call. */
  static of(conn: EngineConnection): Backlog {
    const known = backlogs.get(conn);
    if (known) return known;
    const made = new Backlog(conn);
    backlogs.set(conn, made);
    return made;
  }

  private constructor(conn: EngineConnection) {
    this.onExcess = () => conn.close(true);
    conn.on('packetCreate', ({ data }: { data?: unknown }) => {
      this.check();
      const isMeasured = typeof data === 'string' || Buffer.isBuffer(data);
      this.waiting += PACKET_BYTES + (isMeasured ? data.length : 0);
    });
    conn.on('flush', () => {
      this.flushed += this.waiting;
      this.waiting = 0;
    });
    conn.on('drain', () => {
      this.flushed = 0;
    });
  }

  get bytes(): number {
    return this.waiting + this.flushed;
  }

  private check(): void {
    if (this.isReported || this.bytes <= MAX_PENDING_BYTES) return;
    this.isReported = true;
    // Not amid the making of a packet: what is sent by way of farewell follows it.
    queueMicrotask(() => this.onExcess());
  }
}

import type { Socket as EngineConnection } from 'engine.io';
import { MAX_PENDING_BYTES } from '../transport.js';

/** What a waiting packet costs beside its data: the packet's own objects, some of them small, most of them many. */
const PACKET_BYTES = 256;
const costOf = ({ data }: { data?: unknown }): number =>
  PACKET_BYTES + (typeof data === 'string' || Buffer.isBuffer(data) ? data.length : 0);

/** Packets that may wait, however small they are. */
const MAX_PENDING_PACKETS = 8_192;

/**
 * What waits for the reader of an Engine.IO connection. Engine.IO keeps packets in arrays and says nothing of their size, so
 * the bytes are counted here: made by `packetCreate`, handed to the network by `flush`, gone by `drain`. That is every packet,
 * whoever makes it: acknowledgements, and what Socket.IO answers by itself, pass by the hub.
 */
export class Backlog {
  private waiting = 0;
  private flushed = 0;
  private packets = 0;
  private flushedPackets = 0;
  private isReported = false;

  /** @param onExcess called once, when another packet is made while too much waits */
  constructor(
    conn: EngineConnection,
    private readonly onExcess: () => void,
  ) {
    conn.on('packetCreate', (packet: { data?: unknown }) => {
      this.check();
      this.waiting += costOf(packet);
      this.packets += 1;
    });
    // Of long polling, some of what waits may be left for the next poll (`limitPolls`).
    conn.on('flush', (packets: readonly { data?: unknown }[]) => {
      const bytes = packets.reduce((sum, packet) => sum + costOf(packet), 0);
      this.flushed += bytes;
      this.flushedPackets += packets.length;
      this.waiting -= bytes;
      this.packets -= packets.length;
    });
    conn.on('drain', () => {
      this.flushed = 0;
      this.flushedPackets = 0;
    });
  }

  get bytes(): number {
    return this.waiting + this.flushed;
  }

  private check(): void {
    if (this.isReported) return;
    if (this.bytes <= MAX_PENDING_BYTES && this.packets + this.flushedPackets <= MAX_PENDING_PACKETS) return;
    this.isReported = true;
    // Not amid the making of a packet: what is sent by way of farewell follows it.
    queueMicrotask(() => this.onExcess());
  }
}

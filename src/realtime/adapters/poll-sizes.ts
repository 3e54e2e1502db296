import type { Socket as EngineConnection } from 'engine.io';
import { MAX_ANSWER_BYTES } from '../../validation/answer-size.js';

interface Packet {
  readonly data?: unknown;
}

/** What Engine.IO keeps to itself. */
interface Insides {
  writeBuffer: Packet[];
  readonly transport: { readonly name: string; shouldClose?: (() => void) | null };
}

/** Bytes of the packet's type, and of what stands between two packets. */
const AROUND = 2;

const sizeOf = ({ data }: Packet): number => {
  if (typeof data === 'string') return Buffer.byteLength(data) + AROUND;
  // Bytes are sent in base64.
  return Buffer.isBuffer(data) ? Math.ceil(data.length / 3) * 4 + AROUND : AROUND;
};

/** How many of the packets one body can carry, at least one. */
function countOf(packets: readonly Packet[]): number {
  let bytes = 0;
  const index = packets.findIndex((packet) => (bytes += sizeOf(packet)) > MAX_ANSWER_BYTES);
  return index < 0 ? packets.length : Math.max(index, 1);
}

/**
 * Keeps what answers a poll within the size of an answer: packets that do not fit follow with the next poll. Engine.IO would put everything
 * that waits into one body. It says `flush` with what it is about to send, and `drain` right after that.
 */
export function limitPolls(conn: EngineConnection): void {
  const insides = conn as unknown as Insides;
  let rest: Packet[] = [];
  let ending: Insides['transport']['shouldClose'];
  conn.on('flush', (packets: Packet[]) => {
    const { transport } = insides;
    if (transport.name !== 'polling') return;
    rest = packets.splice(countOf(packets));
    if (rest.length === 0) return;
    // It would end the transport along with these packets.
    ending = transport.shouldClose;
    transport.shouldClose = null;
  });
  conn.on('drain', () => {
    if (rest.length === 0) return;
    insides.writeBuffer.unshift(...rest);
    rest = [];
    insides.transport.shouldClose ??= ending ?? null;
    ending = null;
  });
}

import type { Codec, ServerEvent } from './codec.js';
import type { Connection } from './connection.js';

/** Past this, ephemeral events (typing, presence) are no longer queued for a reader. */
const EPHEMERAL_PENDING_BYTES = 256 * 1024;

/** What sends a prepared frame: the hub. */
interface Sender {
  send(connection: Connection, frame: unknown): void;
}

/** One event on its way to any number of connections: encoded once per protocol, when the first connection of it is met. */
export class Delivery {
  private readonly frames = new Map<Codec, unknown>();

  constructor(
    private readonly hub: Sender,
    private readonly event: ServerEvent,
  ) {}

  /** @returns 1 where it was sent; 0 where the protocol does not tell of it, or the reader is too slow for what is ephemeral */
  to(connection: Connection): 0 | 1 {
    const { codec, transport } = connection;
    let frame = this.frames.get(codec);
    if (frame === undefined) {
      const encoded = codec.event(this.event);
      frame = encoded === undefined ? null : transport.prepare(encoded);
      this.frames.set(codec, frame);
    }
    if (frame === null || connection.closed) return 0;
    if (this.event.ephemeral && transport.pendingBytes() > EPHEMERAL_PENDING_BYTES) return 0;
    this.hub.send(connection, frame);
    return 1;
  }
}

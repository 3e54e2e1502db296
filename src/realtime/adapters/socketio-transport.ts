import type { Socket } from 'socket.io';
import type { CloseReason } from '../close-reasons.js';
import type { Transport } from '../transport.js';
import { Arrivals, type Guest } from './arrivals.js';
import { CLOSE_TIMEOUT_MS } from './judged-socket.js';
import { textFrame } from './text-frame.js';

/** An event with its data: what Socket.IO sends. */
export interface SocketIoFrame {
  readonly event: string;
  readonly data: unknown;
}

/**
 * An event encoded once for any number of sockets: the packet of Socket.IO's default namespace, for whatever transport the socket is on,
 * and the WebSocket frame that carries it. As what Socket.IO itself makes of a broadcast.
 */
class EncodedEvent {
  /** Socket.IO protocol 5: `2` is an event; no namespace means `/`. What we tell of is plain JSON, never binary. */
  readonly packet: string;
  readonly options: { readonly wsPreEncodedFrame: readonly Buffer[] };

  constructor({ event, data }: SocketIoFrame) {
    this.packet = `2${JSON.stringify([event, data])}`;
    // Engine.IO protocol 4: `4` is a message.
    this.options = { wsPreEncodedFrame: [textFrame(`4${this.packet}`)] };
  }
}

/** A Socket.IO socket, over WebSocket or long polling. */
export class SocketIoTransport implements Transport<SocketIoFrame> {
  /** What arrives in the session beneath, which may outlive the socket. */
  readonly arrivals: Arrivals;

  constructor(
    private readonly socket: Socket,
    handlers: Omit<Guest, 'send'>,
  ) {
    this.arrivals = Arrivals.of(socket.conn);
    const guest = { ...handlers, send: (frame: SocketIoFrame) => this.send(frame) };
    this.arrivals.guest = guest;
    socket.once('disconnect', () => {
      if (this.arrivals.guest === guest) this.arrivals.guest = null;
    });
  }

  prepare(frame: SocketIoFrame): EncodedEvent {
    return new EncodedEvent(frame);
  }

  send(frame: unknown): void {
    if (frame instanceof EncodedEvent) {
      // Engine.IO knows this option, its declarations do not.
      this.socket.conn.write(frame.packet, frame.options as object);
      return;
    }
    const { event, data } = frame as SocketIoFrame;
    this.socket.emit(event, data);
  }

  pendingBytes(): number {
    return this.arrivals.backlog?.bytes ?? 0;
  }

  /** Engine.IO pings by itself. */
  ping(): void {}

  close(_reason: CloseReason): void {
    const { conn } = this.socket;
    this.socket.disconnect(true);
    const timer = setTimeout(() => conn.close(true), CLOSE_TIMEOUT_MS);
    timer.unref();
    conn.once('close', () => clearTimeout(timer));
  }
}

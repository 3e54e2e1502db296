import type { Socket } from 'socket.io';
import type { CloseReason } from '../close-reasons.js';
import type { Transport } from '../transport.js';
import { Arrivals, type Guest } from './arrivals.js';
import { CLOSE_TIMEOUT_MS, DISMISSED_MS } from './judged-socket.js';
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
    const guest: Guest = { ...handlers, send: (frame: SocketIoFrame) => this.send(frame) };
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

  /**
   * How it ends decides what a stock client does next: it comes back by itself after its transport has closed, and stays away after a
   * packet that disconnects it.
   */
  close({ reconnect }: CloseReason): void {
    const { conn } = this.socket;
    if (reconnect) conn.close();
    else this.dismiss();
    const timers = [setTimeout(() => conn.close(), DISMISSED_MS), setTimeout(() => conn.close(true), CLOSE_TIMEOUT_MS)];
    for (const timer of timers) timer.unref();
    conn.once('close', () => timers.forEach(clearTimeout));
  }

  /** Sends the packet that disconnects the client to every namespace it has joined. The transport stays open. */
  dismiss(): void {
    // Private in Socket.IO's types; `disconnect(true)` does the same, and closes the transport in the same breath.
    const sockets = Reflect.get(this.socket.client, 'sockets') as ReadonlyMap<string, Socket>;
    for (const socket of [...sockets.values()]) socket.disconnect();
  }
}

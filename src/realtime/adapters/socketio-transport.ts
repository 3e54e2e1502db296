import type { Socket } from 'socket.io';
import type { CloseReason } from '../close-reasons.js';
import type { Transport } from '../transport.js';
import { Backlog } from './backlog.js';
import { EngineSocket } from './engine-sockets.js';
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

/** What the transport finds out about its peer. */
export interface SocketIoHandlers {
  /** The WebSocket under it is about to be closed with this code, for a fault of the peer. */
  fault(code: number): void;
  /** More is made for it than it reads, not all of it by way of `send`. */
  backlog(): void;
}

/** A Socket.IO socket, over WebSocket or long polling. */
export class SocketIoTransport implements Transport<SocketIoFrame> {
  private readonly waiting: Backlog;

  constructor(
    private readonly socket: Socket,
    handlers: SocketIoHandlers,
  ) {
    const { conn } = socket;
    const watch = (transport: object): void => {
      const under: unknown = Reflect.get(transport, 'socket');
      if (under instanceof EngineSocket) under.onFault = (code) => handlers.fault(code);
    };
    watch(conn.transport);
    conn.on('upgrade', watch);
    this.waiting = Backlog.of(conn);
    const cut = this.waiting.onExcess;
    this.waiting.onExcess = () => (socket.connected ? handlers.backlog() : cut());
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
    return this.waiting.bytes;
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

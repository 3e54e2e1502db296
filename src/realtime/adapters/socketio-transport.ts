import type { Socket } from 'socket.io';
import type { CloseReason } from '../close-reasons.js';
import type { Transport } from '../transport.js';
import { EngineSocket } from './engine-sockets.js';
import { CLOSE_TIMEOUT_MS } from './judged-socket.js';

/** An event with its data: what Socket.IO sends. */
export interface SocketIoFrame {
  readonly event: string;
  readonly data: unknown;
}

/**
 * A Socket.IO socket, over WebSocket or long polling. Engine.IO keeps packets in arrays and says nothing of their size,
 * so the bytes that wait are counted here: made by `packetCreate`, handed to the network by `flush`, gone by `drain`.
 */
export class SocketIoTransport implements Transport<SocketIoFrame> {
  private waitingBytes = 0;
  private flushedBytes = 0;

  /** @param onFault the WebSocket under it is about to be closed with this code, for a fault of the peer */
  constructor(
    private readonly socket: Socket,
    onFault: (code: number) => void,
  ) {
    const { conn } = socket;
    const watch = (transport: object): void => {
      const under: unknown = Reflect.get(transport, 'socket');
      if (under instanceof EngineSocket) under.onFault = onFault;
    };
    watch(conn.transport);
    conn.on('upgrade', watch);
    conn.on('packetCreate', ({ data }: { data?: unknown }) => {
      if (typeof data === 'string' || Buffer.isBuffer(data)) this.waitingBytes += data.length;
    });
    conn.on('flush', () => {
      this.flushedBytes += this.waitingBytes;
      this.waitingBytes = 0;
    });
    conn.on('drain', () => {
      this.flushedBytes = 0;
    });
  }

  prepare(frame: SocketIoFrame): SocketIoFrame {
    return frame;
  }

  send(frame: unknown): void {
    const { event, data } = frame as SocketIoFrame;
    this.socket.emit(event, data);
  }

  pendingBytes(): number {
    return this.waitingBytes + this.flushedBytes;
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

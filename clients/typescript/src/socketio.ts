import { io } from 'socket.io-client';
import type { BackoffOptions } from './backoff.js';
import type { LiveConnection } from './live-connection.js';
import type { Switchboard } from './switchboard.js';
import type { OpenTransport, ServerFrame } from './transport.js';

export interface SocketIoOptions {
  /** Long polling, too, for where something on the way lets no WebSocket through; a WebSocket only unless said. */
  readonly transports?: readonly ('websocket' | 'polling')[];
  /** How long to wait between attempts. */
  readonly reconnect?: BackoffOptions;
}

/** As `Switchboard.connect`, over Socket.IO. */
export function connectSocketIo(switchboard: Switchboard, options: SocketIoOptions = {}): LiveConnection {
  const { transports = ['websocket'], reconnect } = options;
  return switchboard.connectWith(socketIoTransport(switchboard.baseUrl, transports), reconnect);
}

const FRAMES: ReadonlySet<string> = new Set(['hello', 'response', 'error', 'disconnect_notice']);
/** What a connection that ends without a close code ends with. */
const NO_CODE = 1006;

function socketIoTransport(base: string, transports: readonly ('websocket' | 'polling')[]): OpenTransport {
  return (token, events) => {
    // Whoever uses this sees to reconnecting, for which each connection is a new one.
    const { origin, pathname } = new URL(base);
    // To Socket.IO a path in the address is a namespace.
    const path = `${pathname.replace(/\/+$/, '')}/socket.io/`;
    const socket = io(origin, { path, transports: [...transports], reconnection: false, forceNew: true, auth: { token } });
    let isOver = false;
    const end = (): void => {
      if (isOver) return;
      isOver = true;
      events.closed(NO_CODE);
    };
    socket.onAny((name: string, data: unknown) => {
      if (isOver) return;
      events.wire('in', () => JSON.stringify([name, data]));
      if (typeof data === 'object' && data !== null) events.frame(frameOf(name, data as ServerFrame));
    });
    socket.on('disconnect', end);
    socket.on('connect_error', end);
    return {
      send(frame) {
        if (isOver || !socket.connected) return;
        socket.emit('command', frame);
        events.wire('out', () => JSON.stringify(['command', frame]));
      },
      close() {
        isOver = true;
        socket.disconnect();
      },
    };
  };
}

/** An event of Socket.IO as a frame of `game`: frames go by their names, other events by their domains. */
function frameOf(name: string, data: ServerFrame): ServerFrame {
  if (FRAMES.has(name)) return data;
  const { type, ...rest } = data;
  return { type: 'event', v: 1, domain: name, event: type, data: rest };
}

import { io } from 'socket.io-client';
import type { Link, LinkEvents } from './links';
import { socketIoPlace } from './snippet-job';

/** Types of Engine.IO's packets, as they go over the wire. */
const TYPES: Readonly<Record<string, string>> = {
  open: '0',
  close: '1',
  ping: '2',
  pong: '3',
  message: '4',
  upgrade: '5',
  noop: '6',
};

interface Packet {
  readonly type: string;
  readonly data?: unknown;
}

const packetText = ({ type, data }: Packet): string =>
  (TYPES[type] ?? '') + (typeof data === 'string' ? data : data === undefined ? '' : '(binary)');

/** A connection of Socket.IO, over a web socket alone, that shows its packets. It does not come back by itself. */
export function openSocketIo(server: string, token: string | null, events: LinkEvents): Link {
  const place = socketIoPlace(server);
  const socket = io(place.origin, {
    ...(place.path !== null && { path: place.path }),
    auth: token === null ? {} : { token },
    transports: ['websocket'],
    reconnection: false,
    forceNew: true,
    autoConnect: false,
  });
  let isOver = false;
  const end = (code: number, reason: string): void => {
    if (isOver) return;
    isOver = true;
    socket.disconnect();
    events.onClose(code, reason);
  };
  socket.on('connect', events.onOpen);
  socket.on('connect_error', (error) => {
    // That its own transport failed says nothing of why.
    if (error.message !== 'websocket error') events.onRefused(error.message);
    end(1006, '');
  });
  socket.on('disconnect', (reason) => end(reason === 'io client disconnect' ? 1000 : 1006, ''));
  socket.connect();
  // The engine is there as soon as it connects, and before its first packet.
  socket.io.engine.on('packet', (packet) => events.onFrame('in', packetText(packet as Packet)));
  socket.io.engine.on('packetCreate', (packet) => events.onFrame('out', packetText(packet as Packet)));
  return {
    send(wire) {
      if (wire.kind === 'event') socket.emit(wire.event, wire.argument, () => undefined);
    },
    close: () => end(1000, ''),
  };
}

import type { Wire } from './wire';

/** What a link tells of itself. */
export interface LinkEvents {
  onOpen: () => void;
  /** A frame, or a packet of Engine.IO, as it goes over the wire. */
  onFrame: (direction: 'out' | 'in', text: string) => void;
  /** Once, at the end. `code` is 1006 where nobody said one. */
  onClose: (code: number, reason: string) => void;
  /** The server said why it does not let the client in. */
  onRefused: (message: string) => void;
}

/** A connection over which frames go. */
export interface Link {
  /** Sends what this connection has for it: a frame or an event. */
  send(wire: Wire): void;
  close(): void;
}

/** A plain web socket. */
export function openWebSocket(url: string, events: LinkEvents): Link {
  const socket = new WebSocket(url);
  socket.onopen = events.onOpen;
  socket.onmessage = ({ data }) => events.onFrame('in', typeof data === 'string' ? data : '(binary)');
  socket.onclose = ({ code, reason }) => events.onClose(code, reason);
  return {
    send(wire) {
      if (wire.kind !== 'frame') return;
      socket.send(wire.text);
      events.onFrame('out', wire.text);
    },
    close: () => socket.close(1000),
  };
}

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
  /** @throws TypeError where it is nothing that this link could send */
  send(text: string): void;
  /** An event with an acknowledgement, where the link has events. */
  emit(event: string, argument: unknown): void;
  close(): void;
}

/** A plain web socket. */
export function openWebSocket(url: string, events: LinkEvents): Link {
  const socket = new WebSocket(url);
  socket.onopen = events.onOpen;
  socket.onmessage = ({ data }) => events.onFrame('in', typeof data === 'string' ? data : '(binary)');
  socket.onclose = ({ code, reason }) => events.onClose(code, reason);
  const send = (text: string): void => {
    socket.send(text);
    events.onFrame('out', text);
  };
  return { send, emit: (event, argument) => send(JSON.stringify([event, argument])), close: () => socket.close(1000) };
}

import { parsed } from './http.js';
import type { OpenTransport, ServerFrame } from './transport.js';

/** What is used of a WebSocket. */
export interface SocketLike {
  readonly readyState: number;
  send(text: string): void;
  close(): void;
  addEventListener(type: 'message', listener: (event: { readonly data: unknown }) => void): void;
  addEventListener(type: 'close', listener: (event: { readonly code: number }) => void): void;
  addEventListener(type: 'open' | 'error', listener: () => void): void;
}

/** The browser's WebSocket, or one of Node such as that of `ws`. */
export type WebSocketClass = new (url: string) => SocketLike;

const OPEN = 1;
/** What a connection ends with of which nobody says how. */
const NO_CODE = 1006;

/** The raw WebSocket of the protocol `game`. */
export function webSocketTransport(WebSocket: WebSocketClass, base: string): OpenTransport {
  const url = `${base.replace(/^http/, 'ws')}/v1/connect?token=`;
  return (token, events) => {
    // Browsers can set no headers of a WebSocket.
    const socket = new WebSocket(url + encodeURIComponent(token));
    let [hasOpened, isOver] = [false, false];
    const end = (code: number): void => {
      if (isOver) return;
      isOver = true;
      events.closed(code);
    };
    socket.addEventListener('message', ({ data }) => {
      if (isOver) return;
      const text = String(data);
      events.wire('in', () => text);
      const frame = parsed(text);
      if (typeof frame === 'object' && frame !== null) events.frame(frame as ServerFrame);
    });
    socket.addEventListener('open', () => {
      hasOpened = true;
    });
    socket.addEventListener('close', ({ code }) => end(code));
    // Of a connection that fails, Node 22 tells nothing else; others send `close` as well. Without a listener `ws` would throw.
    socket.addEventListener('error', () => {
      if (!hasOpened) end(NO_CODE);
    });
    return {
      send(frame) {
        if (isOver || socket.readyState !== OPEN) return;
        const text = JSON.stringify(frame);
        socket.send(text);
        events.wire('out', () => text);
      },
      close() {
        isOver = true;
        socket.close();
      },
    };
  };
}

import { type ServerOptions, WebSocketServer } from 'ws';
import { JudgedSocket, nameRequest, WS_LIMITS } from './judged-socket.js';

/** The WebSocket under a Socket.IO connection. */
export class EngineSocket extends JudgedSocket {
  /** Set by the transport that uses it. */
  onFault: ((code: number) => void) | null = null;

  protected override faulted(code: number): void {
    this.onFault?.(code);
  }
}

/** Engine.IO's `wsEngine`: the same limits for its WebSockets as for the raw ones. */
export class EngineSockets extends WebSocketServer<typeof EngineSocket> {
  constructor(options: ServerOptions<typeof EngineSocket>) {
    super({ ...options, ...WS_LIMITS, WebSocket: EngineSocket });
    this.on('headers', nameRequest);
  }
}

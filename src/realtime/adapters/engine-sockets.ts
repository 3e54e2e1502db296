import { type ServerOptions, WebSocketServer } from 'ws';
import { tally } from './frame-tally.js';
import { JudgedSocket, nameRequest, WS_LIMITS } from './judged-socket.js';

/** The WebSocket under a Socket.IO connection. */
export class EngineSocket extends JudgedSocket {
  /** Set by the transport that uses it. */
  onFault: ((code: number) => void) | null = null;
  private onExtra: ((frames: number) => void) | null = null;

  /** From now on frames that are no messages are counted. */
  count(onExtra: (frames: number) => void): void {
    this.onExtra = onExtra;
    tally(this);
  }

  protected override extra(frames: number): void {
    this.onExtra?.(frames);
  }

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

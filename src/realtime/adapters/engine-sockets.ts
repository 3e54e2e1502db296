import { type ServerOptions, WebSocketServer } from 'ws';
import { answerRaw } from '../../http/raw-answer.js';
import { tally } from './frame-tally.js';
import { DISMISSED_MS, JudgedSocket, nameRequest, WS_LIMITS } from './judged-socket.js';

/** The WebSocket under a Socket.IO connection. */
export class EngineSocket extends JudgedSocket {
  /** Set by the transport that uses it. */
  onFault: ((code: number) => void) | null = null;
  /** Set by it, too: goes on when what came before a close frame is answered. */
  onSettle: ((then: () => void) => void) | null = null;
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

  protected override settle(then: () => void): void {
    if (this.onSettle) this.onSettle(then);
    else then();
  }

  /** Time to notice the packet that has just disconnected it; nothing that it sends meanwhile is read. */
  protected override get lingerMs(): number {
    return DISMISSED_MS;
  }
}

/** Engine.IO's `wsEngine`: the same limits for its WebSockets as for the raw ones. */
export class EngineSockets extends WebSocketServer<typeof EngineSocket> {
  constructor(options: ServerOptions<typeof EngineSocket>) {
    super({ ...options, ...WS_LIMITS, WebSocket: EngineSocket });
    this.on('headers', nameRequest);
    // With a listener `ws` leaves the answer to us. What it refuses was not seen by `handshakeFault`, such as a bad list of subprotocols.
    this.on('wsClientError', (_error, socket) => answerRaw(socket, 400, { code: 3, message: 'Bad request' }));
  }
}

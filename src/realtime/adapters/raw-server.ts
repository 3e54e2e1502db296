import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { Injectable } from '@nestjs/common';
import { WebSocketServer } from 'ws';
import { CoreError } from '../../errors/catalogue.js';
import type { Identity, Origin } from '../../identity/identity.js';
import { CLOSE } from '../close-reasons.js';
import type { Codec } from '../codec.js';
import { type BindingRules, Connection, whenAnswered } from '../connection.js';
import { FramePipeline } from '../frame-pipeline.js';
import { Intake } from '../../ops/intake.js';
import { Hub } from '../hub.js';
import { Settings } from '../../config/settings.js';
import { nameRequest, WS_LIMITS } from './judged-socket.js';
import { PeerSocket, type RawHandlers, RawTransport } from './raw-transport.js';

/** What was found out about an upgrade before it is granted. */
export interface Admission {
  readonly id: string;
  readonly clientId: string | null;
  readonly identity: Identity | null;
  readonly origin: Origin;
  readonly codec: Codec<string, string | null>;
  readonly rules: BindingRules | null;
}

/** Turns granted upgrades into connections. */
@Injectable()
export class RawServer implements RawHandlers {
  private readonly server = new WebSocketServer<typeof PeerSocket>({
    noServer: true,
    clientTracking: false,
    WebSocket: PeerSocket,
    ...WS_LIMITS,
  });

  /** Why `ws` refuses the handshake that it is looking at. */
  private refusal: CoreError | null = null;

  constructor(
    private readonly hub: Hub,
    private readonly pipeline: FramePipeline,
    private readonly settings: Settings,
    private readonly intake: Intake,
  ) {
    this.server.on('headers', nameRequest);
    // With a listener `ws` leaves the answer to us.
    this.server.on('wsClientError', ({ message }) => {
      this.refusal = new CoreError('bad_handshake', { detail: message });
    });
  }

  /**
   * @returns false where the client has gone
   * @throws CoreError `bad_handshake` for what `ws` refuses although `handshakeFault` did not
   */
  open(request: IncomingMessage, stream: Duplex, head: Buffer, admission: Admission): boolean {
    let opened = false;
    this.server.handleUpgrade(request, stream, head, (socket) => {
      opened = true;
      this.connect(socket, stream, admission);
    });
    const refusal = this.takeRefusal();
    if (refusal) throw refusal;
    return opened;
  }

  private takeRefusal(): CoreError | null {
    const { refusal } = this;
    this.refusal = null;
    return refusal;
  }

  private connect(socket: PeerSocket, stream: Duplex, admission: Admission): void {
    const { codec, origin, id, clientId, identity, rules } = admission;
    const connection = new Connection(codec, new RawTransport(socket, stream), origin, id, clientId);
    connection.rules = rules;
    connection.identity = identity;
    socket.payer = this.intake.payerOf(origin.address);
    socket.carry(connection, this);
    this.hub.add(connection);
    const hello = codec.hello?.(connection, this.settings.HEARTBEAT_SEC);
    if (hello !== undefined) this.hub.send(connection, hello);
  }

  message(connection: Connection, text: string | null): void {
    const answer = this.pipeline.receive(connection, text, text?.length ?? 0);
    if (!(answer instanceof Promise)) return this.reply(connection, answer);
    answer
      .then((frame) => this.reply(connection, frame))
      .catch((thrown: unknown) => this.reply(connection, this.pipeline.unsendable(connection, text, thrown)));
  }

  private reply(connection: Connection, frame: unknown): void {
    if (frame !== undefined) this.hub.send(connection, frame);
  }

  extra(connection: Connection, frames: number): void {
    this.pipeline.count(connection, frames);
  }

  gone(connection: Connection): void {
    this.hub.remove(connection);
  }

  stalled(connection: Connection): void {
    this.hub.close(connection, CLOSE.silent);
  }

  fault(connection: Connection, code: number): void {
    this.hub.fault(connection, code);
    flush(connection);
  }

  settle(connection: Connection, then: () => void): void {
    whenAnswered(connection, () => {
      flush(connection);
      then();
    });
  }
}

/** The close frame that follows goes out at once: what waits for the end of this turn would come too late. */
function flush({ transport }: Connection): void {
  if (transport instanceof RawTransport) transport.flush();
}

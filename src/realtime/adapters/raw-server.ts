import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { Injectable } from '@nestjs/common';
import { WebSocketServer } from 'ws';
import type { Identity, Origin } from '../../identity/identity.js';
import type { Codec } from '../codec.js';
import { type BindingRules, Connection } from '../connection.js';
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

  constructor(
    private readonly hub: Hub,
    private readonly pipeline: FramePipeline,
    private readonly settings: Settings,
    private readonly intake: Intake,
  ) {
    this.server.on('headers', nameRequest);
  }

  /** @returns false where the request was no proper WebSocket handshake (`ws` has answered it) */
  open(request: IncomingMessage, stream: Duplex, head: Buffer, admission: Admission): boolean {
    let opened = false;
    this.server.handleUpgrade(request, stream, head, (socket) => {
      opened = true;
      this.connect(socket, stream, admission);
    });
    return opened;
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

  fault(connection: Connection, code: number): void {
    const { transport } = connection;
    this.hub.fault(connection, code);
    // The close frame that follows goes out at once.
    if (transport instanceof RawTransport) transport.flush();
  }
}

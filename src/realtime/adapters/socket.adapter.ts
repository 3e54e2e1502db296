import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { INestApplication } from '@nestjs/common';
import { IoAdapter } from '@nestjs/platform-socket.io';
import type { Socket as EngineConnection } from 'engine.io';
import { type Namespace, Server, type ServerOptions } from 'socket.io';
import { Settings } from '../../config/settings.js';
import { CoreError } from '../../errors/catalogue.js';
import { coreErrorOf } from '../../errors/core-error-of.js';
import { bodyCodingFault } from '../../http/body-codings.js';
import { ErrorFormats } from '../../http/error-formats.js';
import { DEFAULT_HEADERS } from '../../http/default-headers.js';
import { queryOf } from '../../http/urlencoded.js';
import { CLOSE } from '../close-reasons.js';
import { Intake } from '../../ops/intake.js';
import { Hub } from '../hub.js';
import { type ArrivalRules, Arrivals } from './arrivals.js';
import { ClientAddress } from '../../http/client-address.js';
import { handshakeFault, upgradeRequired } from './handshake.js';
import { CountedEngine } from './counted-engine.js';
import { EngineRequests } from './engine-requests.js';
import type { FrontHandlers, HttpFront } from './http-front.js';
import { EngineSockets } from './engine-sockets.js';
import { MAX_FRAME_BYTES } from './judged-socket.js';
import { refuseRequest, refuseUpgrade } from './refuse.js';
import { UpgradeChecks } from './upgrade-checks.js';
import { UpgradeGate } from './upgrade-gate.js';

/** Engine.IO's own heartbeat, and how long a client may take to name its namespace. */
const PING_INTERVAL_MS = 25_000;
const PING_TIMEOUT_MS = 20_000;
const CONNECT_TIMEOUT_MS = 10_000;

const ENGINE_OPTIONS = {
  wsEngine: EngineSockets,
  maxHttpBufferSize: MAX_FRAME_BYTES,
  pingInterval: PING_INTERVAL_MS,
  pingTimeout: PING_TIMEOUT_MS,
  perMessageDeflate: false,
  httpCompression: false,
  // The origin has been judged before Engine.IO sees a request; this only makes it say so to the browser.
  cors: { origin: true, credentials: true },
};

/**
 * Nest's WebSocket adapter: Socket.IO gateways (ours and those of extensions) and the raw endpoints, on the one HTTP port.
 * Where no Socket.IO gateway exists, `/socket.io/` is an unknown path like any other.
 */
export class SocketAdapter extends IoAdapter implements FrontHandlers {
  private engine: CountedEngine | null = null;
  private readonly gate: UpgradeGate;
  private readonly requests: EngineRequests;
  private readonly formats: ErrorFormats;
  private readonly hub: Hub;
  private readonly addresses: ClientAddress;
  private readonly intake: Intake;
  private readonly isLimited: boolean;

  constructor(app: INestApplication, front: HttpFront) {
    super(app);
    this.gate = app.get(UpgradeGate);
    this.formats = app.get(ErrorFormats);
    this.hub = app.get(Hub);
    this.addresses = app.get(ClientAddress);
    this.intake = app.get(Intake);
    this.requests = new EngineRequests(app.get(UpgradeChecks), this.hub, this.intake);
    this.isLimited = app.get(Settings).RATE_LIMIT;
    front.serve(this);
  }

  override createIOServer(_port: number, options: Partial<ServerOptions> = {}): Server {
    const io = new Server({ ...options, serveClient: false, connectTimeout: CONNECT_TIMEOUT_MS });
    this.engine ??= this.createEngine();
    io.bind(this.engine);
    return io;
  }

  private createEngine(): CountedEngine {
    const rules: ArrivalRules = {
      isLimited: this.isLimited,
      payerOf: (request) => this.intake.payerOf(this.addresses.of(request)),
      onRefused: () => this.hub.countRefused('socketio'),
      onCut: (conn) => this.hub.countClosure(CLOSE.flood, this.addresses.of(conn.request)),
    };
    return new CountedEngine(ENGINE_OPTIONS, rules).on('connection', (conn: EngineConnection) => this.seat(conn));
  }

  upgrade(request: IncomingMessage, stream: Duplex, head: Buffer): void {
    void this.gate.upgrade(request, stream, head);
  }

  socketIoUpgrade(request: IncomingMessage, stream: Duplex, head: Buffer): void {
    const onError = (): void => void stream.destroy();
    stream.on('error', onError);
    this.admit(request, handshakeFault).then(
      (engine) => {
        stream.off('error', onError);
        if (engine && !stream.destroyed) engine.handleUpgrade(request, stream, head);
      },
      (thrown: unknown) => refuseUpgrade(request, stream, this.formats.of('socketio'), coreErrorOf(thrown)),
    );
  }

  socketIoRequest(request: IncomingMessage, response: ServerResponse): void {
    this.admit(request, plainFault).then(
      (engine) => {
        response.setHeaders(new Map(Object.entries({ ...DEFAULT_HEADERS, 'x-request-id': randomUUID() })));
        engine?.handleRequest(Object.assign(request, { res: response }), response);
      },
      (thrown: unknown) => refuseRequest(request, response, this.formats.of('socketio'), coreErrorOf(thrown)),
    );
  }

  /**
   * @param faultOf what is wrong with the request itself
   * @returns null where the client has gone meanwhile
   */
  private async admit(
    request: IncomingMessage,
    faultOf: (request: IncomingMessage) => CoreError | undefined,
  ): Promise<CountedEngine | null> {
    const { engine } = this;
    if (!engine) throw new CoreError('not_found');
    if (this.gate.isClosing) throw new CoreError('unavailable', { retryAfterSec: 5 });
    const isThere = await this.requests.admit(engine, request);
    const fault = faultOf(request);
    if (fault) throw fault;
    return isThere ? engine : null;
  }

  /** From the start: a client may stay in namespaces that are not ours, or in none. */
  private seat(conn: EngineConnection): void {
    const address = this.addresses.of(conn.request);
    const isFull = !this.hub.hasRoom(address, null);
    const seat = this.hub.seats.take(address);
    Arrivals.of(conn).seat = seat;
    conn.once('close', () => seat.leave());
    // Others were let in while this one was looked at.
    if (isFull) conn.close(true);
  }

  override async close(server: Server | Namespace): Promise<void> {
    // A gateway with a namespace of its own is closed along with the server.
    if (!(server instanceof Server)) return;
    await server.close();
    this.engine = null;
  }
}

/** A body that is not understood, or a request that names the transport for which it would have to ask for a WebSocket. */
function plainFault({ method, url, headers }: IncomingMessage): CoreError | undefined {
  const isPlain = method === 'GET' && queryOf(url).transport === 'websocket';
  return isPlain ? upgradeRequired() : bodyCodingFault(headers);
}

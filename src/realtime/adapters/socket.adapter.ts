import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { INestApplication } from '@nestjs/common';
import { IoAdapter } from '@nestjs/platform-socket.io';
import { type Socket as EngineConnection, Server as EngineServer } from 'engine.io';
import { type Namespace, Server, type ServerOptions } from 'socket.io';
import { CoreError } from '../../errors/catalogue.js';
import { coreErrorOf } from '../../errors/core-error-of.js';
import { ErrorFormats } from '../../http/error-formats.js';
import { OriginPolicy } from '../../http/origins.js';
import { addressKey } from '../../ops/address-key.js';
import { Hub } from '../hub.js';
import { Backlog } from './backlog.js';
import { ClientAddress } from './client-address.js';
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

function createEngine(): EngineServer {
  return new EngineServer({
    wsEngine: EngineSockets,
    maxHttpBufferSize: MAX_FRAME_BYTES,
    pingInterval: PING_INTERVAL_MS,
    pingTimeout: PING_TIMEOUT_MS,
    perMessageDeflate: false,
    httpCompression: false,
    // The origin has been judged before Engine.IO sees a request; this only makes it say so to the browser.
    cors: { origin: true, credentials: true },
  });
}

/**
 * Nest's WebSocket adapter: Socket.IO gateways (ours and those of extensions) and the raw endpoints, on the one HTTP port.
 * Where no Socket.IO gateway exists, `/socket.io/` is an unknown path like any other.
 */
export class SocketAdapter extends IoAdapter implements FrontHandlers {
  private engine: EngineServer | null = null;
  /** Connections of Engine.IO, whether or not they have joined a namespace. */
  private readonly openByAddress = new Map<string, number>();
  private readonly gate: UpgradeGate;
  private readonly checks: UpgradeChecks;
  private readonly formats: ErrorFormats;
  private readonly origins: OriginPolicy;
  private readonly hub: Hub;
  private readonly addresses: ClientAddress;

  constructor(app: INestApplication, front: HttpFront) {
    super(app);
    this.gate = app.get(UpgradeGate);
    this.checks = app.get(UpgradeChecks);
    this.formats = app.get(ErrorFormats);
    this.origins = app.get(OriginPolicy);
    this.hub = app.get(Hub);
    this.addresses = app.get(ClientAddress);
    front.serve(this);
  }

  override createIOServer(_port: number, options: Partial<ServerOptions> = {}): Server {
    const io = new Server({ ...options, serveClient: false, connectTimeout: CONNECT_TIMEOUT_MS });
    this.engine ??= createEngine().on('connection', (conn: EngineConnection) => this.watch(conn));
    io.bind(this.engine);
    return io;
  }

  upgrade(request: IncomingMessage, stream: Duplex, head: Buffer): void {
    void this.gate.upgrade(request, stream, head);
  }

  socketIoUpgrade(request: IncomingMessage, stream: Duplex, head: Buffer): void {
    const onError = (): void => void stream.destroy();
    stream.on('error', onError);
    this.check(request).then(
      (engine) => {
        stream.off('error', onError);
        if (!stream.destroyed) engine.handleUpgrade(request, stream, head);
      },
      (thrown: unknown) => refuseUpgrade(stream, this.formats.of('socketio'), coreErrorOf(thrown)),
    );
  }

  socketIoRequest(request: IncomingMessage, response: ServerResponse): void {
    this.check(request).then(
      (engine) => {
        response.setHeader('x-request-id', randomUUID());
        engine.handleRequest(Object.assign(request, { res: response }), response);
      },
      (thrown: unknown) => refuseRequest(request, response, this.formats.of('socketio'), coreErrorOf(thrown)),
    );
  }

  /** A request of a session that is open already has been let in before; frames have limits of their own. */
  private async check(request: IncomingMessage): Promise<EngineServer> {
    const { engine } = this;
    if (!engine) throw new CoreError('not_found');
    if (this.gate.isClosing) throw new CoreError('unavailable', { retryAfterSec: 5 });
    if (isOpenSession(engine, request)) {
      if (!this.origins.allows(request.headers.origin, request.headers.host)) throw new CoreError('forbidden');
      return engine;
    }
    if (request.method !== 'OPTIONS') this.checkRoom(this.addresses.of(request));
    await this.checks.checkRequest(request, 'general');
    return engine;
  }

  /** The hub knows a client when it has joined a namespace; before, which may take it 10 s, only Engine.IO does. */
  private checkRoom(address: string): void {
    this.hub.checkRoom(address, null, this.openByAddress.get(addressKey(address)));
  }

  /** From the start: a client may stay in namespaces that are not ours, or in none. */
  private watch(conn: EngineConnection): void {
    Backlog.of(conn);
    const key = addressKey(this.addresses.of(conn.request));
    this.openByAddress.set(key, (this.openByAddress.get(key) ?? 0) + 1);
    conn.once('close', () => {
      const left = (this.openByAddress.get(key) ?? 1) - 1;
      if (left > 0) this.openByAddress.set(key, left);
      else this.openByAddress.delete(key);
    });
  }

  override async close(server: Server | Namespace): Promise<void> {
    // A gateway with a namespace of its own is closed along with the server.
    if (!(server instanceof Server)) return;
    await server.close();
    this.engine = null;
  }
}

/** Whether a request names a session that exists: anybody can write `?sid=`. */
function isOpenSession(engine: EngineServer, { url = '' }: IncomingMessage): boolean {
  // Read as Engine.IO reads it: of several the last counts.
  const { sid } = Object.fromEntries(new URLSearchParams(url.slice(url.indexOf('?') + 1)));
  const clients: unknown = Reflect.get(engine, 'clients');
  return sid !== undefined && typeof clients === 'object' && clients !== null && Object.hasOwn(clients, sid);
}

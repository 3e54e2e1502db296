import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { publicPathRemover } from '../../http/base-path.js';
import { answerClientError } from '../../http/client-errors.js';
import { normalizeForwardedFor } from '../../http/forwarded.js';
import { requestFault } from '../../http/request-faults.js';
import type { Settings } from '../../config/settings.js';
import { boundPipeline, countWaiting } from './bound-pipeline.js';
import { Doorway } from './doorway.js';
import { asksForWebSocket, ignoreUpgrade, whenAnswered } from './ignore-upgrade.js';
import { StandingReaders } from './standing-readers.js';

/** Engine.IO's own path; some clients leave out the slash at its end. */
const SOCKET_IO_PATH = /^\/socket\.io(?:[/?]|$)/;

/** Time for a client to send its headers, and its whole request: slow senders do not hold a connection for longer. */
const HEADERS_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 13_000;
/** Node looks for timed-out requests this often; its default of 30 s would let them live three times as long. */
const CHECK_INTERVAL_MS = 1_000;

export interface FrontHandlers {
  upgrade(request: IncomingMessage, stream: Duplex, head: Buffer): void;
  socketIoUpgrade(request: IncomingMessage, stream: Duplex, head: Buffer): void;
  socketIoRequest(request: IncomingMessage, response: ServerResponse): void;
}

/**
 * The one HTTP server under everything: it hands Socket.IO's requests to Engine.IO, upgrades to the gate, and the rest to
 * Fastify. Engine.IO is never attached to the server itself: it would answer, or cut off, upgrades that are not its own.
 */
export class HttpFront {
  private handlers: FrontHandlers | null = null;
  /** Connections that end with an answer that is on its way. */
  private readonly ending = new WeakSet<Socket>();

  private readonly removePublicPath: (request: IncomingMessage) => void;

  constructor(private readonly settings: Settings) {
    this.removePublicPath = publicPathRemover(settings);
  }

  /** For Fastify's `serverFactory`. */
  readonly createServer = (handler: unknown): Server => {
    // Fastify types its handler for HTTP/1 and HTTP/2 at once.
    const route = handler as RequestListener;
    const readers = new StandingReaders(this.settings.TRUST_PROXY !== false);
    const server = createServer(
      {
        headersTimeout: HEADERS_TIMEOUT_MS,
        requestTimeout: REQUEST_TIMEOUT_MS,
        connectionsCheckingInterval: CHECK_INTERVAL_MS,
        // A little above what balancers use (60 s), so that it is they who close idle connections.
        keepAliveTimeout: 65_000,
        noDelay: true,
        // Judged below, for a missing one to be answered like everything else.
        requireHostHeader: false,
      },
      (request, response) => {
        // Behind a request that was refused: where it begins nobody can say (RFC 9112 §9.6).
        if (this.ending.has(request.socket)) return;
        countWaiting(request.socket, response);
        readers.watch(request.socket, response);
        normalizeForwardedFor(request);
        this.removePublicPath(request);
        const fault = requestFault(request);
        if (fault) this.refuse(fault, request, response);
        else if (this.handlers && isSocketIo(request)) this.handlers.socketIoRequest(request, response);
        else route(request, response);
      },
    );
    server.on('connection', boundPipeline);
    readers.attend(server);
    // Node refuses an expectation by itself, without a word of ours, and closes a connection that asks for a tunnel.
    server.on('checkExpectation', (request, response) => server.emit('request', request, response));
    server.on('checkContinue', (request, response: ServerResponse) => {
      if (!requestFault(request)) response.writeContinue();
      server.emit('request', request, response);
    });
    server.on('connect', (_request, stream) => whenAnswered(stream, () => answerClientError(NO_TUNNELS, stream as Socket)));
    Doorway.before(server, this.settings);
    return server.on('upgrade', (request, stream, head) => {
      normalizeForwardedFor(request);
      this.removePublicPath(request);
      whenAnswered(stream, () => {
        if (asksForWebSocket(request)) this.upgrade(request, stream, head);
        else ignoreUpgrade(server, request, stream, head);
      });
    });
  };

  serve(handlers: FrontHandlers): void {
    this.handlers = handlers;
  }

  /** Answers in turn and ends the connection: earlier requests of it may still wait for their answers. */
  private refuse(fault: Error, { socket }: IncomingMessage, response: ServerResponse): void {
    this.ending.add(socket);
    if (response.socket) answerClientError(fault, socket);
    else response.once('socket', () => answerClientError(fault, socket));
  }

  private upgrade(request: IncomingMessage, stream: Duplex, head: Buffer): void {
    const fault = requestFault(request);
    if (!this.handlers) stream.destroy();
    else if (fault) answerClientError(fault, stream as Socket);
    else if (isSocketIo(request)) this.handlers.socketIoUpgrade(request, stream, head);
    else this.handlers.upgrade(request, stream, head);
  }
}

/** RFC 9110 §9.3.6: most origin servers do not implement CONNECT, and neither does this one. */
const NO_TUNNELS = Object.assign(new Error('CONNECT is not implemented'), { code: 'UNKNOWN_METHOD' });

const isSocketIo = (request: IncomingMessage): boolean => SOCKET_IO_PATH.test(request.url ?? '');

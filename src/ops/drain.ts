import type { ServerResponse } from 'node:http';
import type { Server, Socket } from 'node:net';
import {
  type BeforeApplicationShutdown,
  Injectable,
  Logger,
  type OnApplicationShutdown,
  type OnModuleDestroy,
  type OnModuleInit,
} from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyInstance } from 'fastify';

/** Milliseconds that requests in flight have; the whole shutdown may take 10 s. */
const LIMIT_MS = 8000;
const IDLE_CHECK_MS = 50;

/**
 * Going down without cutting anybody off: no new connections from the first moment, requests in flight are answered whole, and connections
 * end as they become idle (Fastify alone would wait 72 s for each that is kept alive). What still hangs after 8 s is cut.
 */
@Injectable()
export class Drain implements OnModuleInit, OnModuleDestroy, BeforeApplicationShutdown, OnApplicationShutdown {
  private readonly log = new Logger('Drain');
  private readonly inFlight = new Set<ServerResponse>();
  private readonly sockets = new Set<Socket>();
  private readonly furtherDoors: Server[] = [];
  private closing = false;
  private idleCheck: NodeJS.Timeout | undefined;
  private deadline: NodeJS.Timeout | undefined;
  private emptied: (() => void) | undefined;

  constructor(private readonly host: HttpAdapterHost) {}

  /** Whether this server is on its way down: nothing new should start. */
  get draining(): boolean {
    return this.closing;
  }

  /** Closes one more server with the rest, which hands its connections to the application's own. */
  closeToo(door: Server): void {
    this.furtherDoors.push(door);
  }

  onModuleInit(): void {
    const fastify = this.fastify();
    fastify.server.on('connection', (socket: Socket) => {
      // A connection begins anew after an offer of another protocol that was not taken up.
      if (this.sockets.has(socket)) return;
      this.sockets.add(socket);
      socket.once('close', () => this.sockets.delete(socket));
    });
    fastify.addHook('onRequest', (_request, reply, done) => {
      this.inFlight.add(reply.raw);
      // Fires for answers that were cut off, too; `onResponse` does not.
      reply.raw.once('close', () => this.finished(reply.raw));
      done();
    });
    fastify.addHook('onSend', (_request, reply, payload, done) => {
      if (this.closing) reply.header('connection', 'close');
      done(null, payload);
    });
    fastify.addHook('onResponse', (_request, reply, done) => {
      this.finished(reply.raw);
      done();
    });
  }

  onModuleDestroy(): void {
    if (this.closing) return;
    this.closing = true;
    const { server } = this.fastify();
    for (const door of [server, ...this.furtherDoors]) door.close();
    this.idleCheck = setInterval(() => server.closeIdleConnections(), IDLE_CHECK_MS);
    this.deadline = setTimeout(() => this.cut(), LIMIT_MS);
  }

  /** Until the last request in flight is answered. The database and the bus close only after this. */
  async beforeApplicationShutdown(): Promise<void> {
    if (this.inFlight.size === 0 || !this.closing) return;
    await new Promise<void>((resolve) => {
      this.emptied = resolve;
    });
  }

  onApplicationShutdown(): void {
    clearInterval(this.idleCheck);
    clearTimeout(this.deadline);
  }

  private finished(response: ServerResponse): void {
    this.inFlight.delete(response);
    if (this.inFlight.size === 0) this.emptied?.();
  }

  private cut(): void {
    if (this.sockets.size > 0 || this.inFlight.size > 0) {
      this.log.warn({
        msg: 'connections were cut: they outlasted the shutdown',
        connections: this.sockets.size,
        requests: this.inFlight.size,
      });
    }
    this.fastify().server.closeAllConnections();
    // Upgraded sockets are no longer among the server's own connections, yet it waits for them.
    for (const socket of this.sockets) socket.destroy();
    this.inFlight.clear();
    this.emptied?.();
  }

  private fastify(): FastifyInstance {
    return this.host.httpAdapter.getInstance<FastifyInstance>();
  }
}

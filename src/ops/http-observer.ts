import { Injectable, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Metrics } from './metrics.js';

/** Machines ask these every few seconds: their answers are worth a line only to somebody who looks for them. */
const QUIET = /^\/(health\/|metrics$)/;

/** Gives every answer its request's id, and every request its line in the log and its place in the figures. */
@Injectable()
export class HttpObserver implements OnModuleInit {
  constructor(
    private readonly host: HttpAdapterHost,
    private readonly metrics: Metrics,
  ) {}

  onModuleInit(): void {
    const fastify: FastifyInstance = this.host.httpAdapter.getInstance();
    // At the end, not at the start: a hook that refuses a request ends the hooks of its start.
    fastify.addHook('onSend', (request, reply, payload, done) => {
      reply.header('x-request-id', request.id);
      done(null, payload);
    });
    fastify.addHook('onResponse', (request, reply, done) => {
      this.observe(request, reply);
      done();
    });
  }

  private observe(request: FastifyRequest, reply: FastifyReply): void {
    const route = request.routeOptions.url ?? 'unmatched';
    this.metrics.httpRequest(request.method, route, reply.statusCode, reply.elapsedTime / 1000);
    const line = { req: request, status: reply.statusCode, ms: Math.round(reply.elapsedTime * 10) / 10 };
    if (QUIET.test(route)) request.log.debug(line, 'request');
    else request.log.info(line, 'request');
  }
}

import { Injectable, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyInstance } from 'fastify';
import { HttpExceptionFilter } from '../../http/exception.filter.js';
import { SocketEndpoints } from '../endpoints.js';
import { upgradeRequired } from './handshake.js';

/** Answers plain requests for the paths of raw sockets, unless the path is also a page: 426 says what they are for (RFC 9110 §15.5.22). */
@Injectable()
export class PlainRequests implements OnModuleInit {
  constructor(
    private readonly host: HttpAdapterHost,
    private readonly endpoints: SocketEndpoints,
    private readonly filter: HttpExceptionFilter,
  ) {}

  /** Routes of controllers are there by now. */
  onModuleInit(): void {
    const fastify: FastifyInstance = this.host.httpAdapter.getInstance();
    for (const { protocol, paths } of this.endpoints.all()) {
      for (const url of paths.flatMap(withoutLast)) {
        if (fastify.hasRoute({ method: 'GET', url })) continue;
        fastify.get(url, { config: { protocol } }, (request, reply) => {
          this.filter.answer(upgradeRequired(), request, reply);
          return reply;
        });
      }
    }
  }
}

/** A path with a parameter at its end, and the same path with none there. */
const withoutLast = (path: string): string[] => (path.includes('/:') ? [path, path.replace(/\/:\w+$/, '/')] : [path]);

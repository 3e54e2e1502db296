import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { CoreError, type ErrorCode } from '../errors/catalogue.js';
import { coreErrorOf } from '../errors/core-error-of.js';
import { FaultLog } from '../errors/fault-log.js';
import { bearerOf, challengeOf } from './bearer.js';
import { ErrorFormats, httpAnswer } from './error-formats.js';
import { KnownRoutes, type RouteMatch } from './known-routes.js';

/** What a status of Nest or Fastify means to us. */
const BY_STATUS: Readonly<Record<number, ErrorCode>> = {
  400: 'malformed',
  401: 'not_authenticated',
  403: 'forbidden',
  404: 'not_found',
  405: 'method_not_allowed',
  408: 'malformed',
  409: 'conflict',
  413: 'too_large',
  414: 'malformed',
  415: 'unsupported_media_type',
  429: 'too_many_requests',
  503: 'unavailable',
};

/** The core error behind anything that a handler, Nest or Fastify throws. */
function httpErrorOf(thrown: unknown): CoreError {
  if (thrown instanceof CoreError) return thrown;
  const status = statusOf(thrown);
  const code = status === undefined ? undefined : BY_STATUS[status];
  if (code) return new CoreError(code, { cause: thrown });
  if (status !== undefined && status >= 400 && status < 500) return new CoreError('malformed', { cause: thrown });
  return coreErrorOf(thrown);
}

function statusOf(thrown: unknown): number | undefined {
  if (thrown instanceof HttpException) return thrown.getStatus();
  // Fastify's own errors carry a status and a code that starts with FST_.
  if (thrown instanceof Error && 'statusCode' in thrown && 'code' in thrown && String(thrown.code).startsWith('FST_')) {
    return Number(thrown.statusCode);
  }
  return undefined;
}

/** The path is served, by other methods (RFC 9110 §15.5.6). */
function wrongMethod({ methods }: RouteMatch, method: string): CoreError {
  // A handler may answer 404 itself where the method fits.
  if (methods.includes(method)) return new CoreError('not_found');
  return new CoreError('method_not_allowed', { headers: { allow: methods.join(', ') } });
}

/** Every error of every route, in the words of the protocol that serves it. */
@Catch()
export class HttpExceptionFilter implements ExceptionFilter {
  constructor(
    private readonly formats: ErrorFormats,
    private readonly faults: FaultLog,
    private readonly routes: KnownRoutes,
  ) {}

  catch(thrown: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    this.answer(thrown, http.getRequest<FastifyRequest>(), http.getResponse<FastifyReply>());
  }

  answer(thrown: unknown, request: FastifyRequest, reply: FastifyReply): void {
    const fault = httpErrorOf(thrown);
    const found = request.is404 ? this.routes.match(request.url) : null;
    const error = found && fault.code === 'not_found' ? wrongMethod(found, request.method) : fault;
    this.faults.report(error, { requestId: request.id, route: request.routeOptions?.url });
    if (reply.sent || reply.raw.headersSent) return;
    const protocol = found?.protocol ?? request.routeOptions?.config?.protocol ?? this.routes.match(request.url)?.protocol;
    const { status, headers, body } = httpAnswer(this.formats.of(protocol), error);
    // What the router refuses passes no hook that would set these two.
    const always = { 'cache-control': 'no-store', 'x-request-id': request.id };
    void reply
      .status(status)
      .headers({ ...headers, ...challengeOf(error, status, bearerOf(request.headers.authorization)), ...always })
      .type('application/json; charset=utf-8')
      .send(JSON.stringify(body));
  }
}

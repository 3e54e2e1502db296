import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { CoreError } from '../errors/catalogue.js';
import { RateLimits } from '../ops/rate-limits.js';
import { parseJsonBody } from '../validation/json.js';
import { DEFAULT_HEADERS } from './default-headers.js';
import type { ErrorFormats } from './error-formats.js';
import { HttpExceptionFilter } from './exception.filter.js';
import { parseFormBody } from './urlencoded.js';

/** The largest body that is taken, in bytes. */
export const BODY_LIMIT = 1024 * 1024;

const API_PATH = /^\/(api\/|auth(\/|$)|register(\/|$))/;
const FREE_PATH = /^\/health\//;

/** Body parsers of our own: invalid UTF-8 and bottomless nesting are refused before anything looks at the value. */
export function registerBodyParsers(fastify: FastifyInstance): void {
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser(
    /^application\/([\w.-]+\+)?json(;|$)/i,
    { parseAs: 'buffer', bodyLimit: BODY_LIMIT },
    async (_request: FastifyRequest, body: Buffer) => parseJsonBody(body),
  );
  fastify.addContentTypeParser(
    'application/x-www-form-urlencoded',
    { parseAs: 'buffer', bodyLimit: BODY_LIMIT },
    async (_request: FastifyRequest, body: Buffer) => parseFormBody(body),
  );
}

/** The first hook: everything else takes its time after the request has arrived. */
export function registerArrival(fastify: FastifyInstance): void {
  fastify.decorateRequest('arrivedAt', 0);
  fastify.addHook('onRequest', (request, _reply, done) => {
    request.arrivedAt = performance.now();
    done();
  });
}

/** Of a request that no route takes the framework says nothing but its URL: whose it would have been is noted as routes are made. */
export function registerOwners(fastify: FastifyInstance, formats: ErrorFormats): void {
  fastify.addHook('onRoute', ({ url, config }) => {
    if (config?.protocol !== undefined) formats.own(url, config.protocol);
  });
}

/** The limit on requests of an address, before anything else is done for them. */
export function registerRateLimits(fastify: FastifyInstance, limits: RateLimits, filter: HttpExceptionFilter): void {
  fastify.addHook('onRequest', async (request: FastifyRequest, reply: FastifyReply) => {
    const path = request.routeOptions.url ?? request.url;
    if (FREE_PATH.test(path)) return undefined;
    const wait = await limits.take(API_PATH.test(path) ? 'api' : 'general', request.ip);
    if (wait === 0) return undefined;
    filter.answer(new CoreError('too_many_requests', { retryAfterSec: wait }), request, reply);
    return reply;
  });
}

export function registerDefaultHeaders(fastify: FastifyInstance): void {
  fastify.addHook('onRequest', (_request, reply, done) => {
    void reply.headers(DEFAULT_HEADERS);
    done();
  });
}

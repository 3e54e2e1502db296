import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { CoreError } from '../errors/catalogue.js';
import type { Intake } from '../ops/intake.js';
import { RateLimits } from '../ops/rate-limits.js';
import { parseJsonBody } from '../validation/json.js';
import { bodyCodingFault } from './body-codings.js';
import { DEFAULT_HEADERS } from './default-headers.js';
import { HttpExceptionFilter } from './exception.filter.js';
import type { KnownRoutes } from './known-routes.js';
import { parseMultipartBody } from './multipart.js';
import { declaredLength } from './request.js';
import { parseFormBody } from './urlencoded.js';

/** The largest body that is taken, in bytes. */
export const BODY_LIMIT = 1024 * 1024;

const API_PATH = /^\/(api\/|auth(\/|$)|register(\/|$))/;
const FREE_PATH = /^\/health\//;

/** Body parsers of our own: invalid UTF-8 and bottomless nesting are refused before anything looks at the value. */
export function registerBodyParsers(fastify: FastifyInstance, intake: Intake): void {
  /** Of a body that did not say how long it is the most was paid for. */
  const arrived = ({ ip, headers }: FastifyRequest, body: Buffer): Buffer => {
    if (headers['transfer-encoding'] !== undefined) intake.giveBack(ip, BODY_LIMIT - body.length);
    return body;
  };
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser(
    /^application\/([\w.-]+\+)?json(;|$)/i,
    { parseAs: 'buffer', bodyLimit: BODY_LIMIT },
    async (request: FastifyRequest, body: Buffer) => parseJsonBody(arrived(request, body)),
  );
  fastify.addContentTypeParser(
    'application/x-www-form-urlencoded',
    { parseAs: 'buffer', bodyLimit: BODY_LIMIT },
    async (request: FastifyRequest, body: Buffer) => parseFormBody(arrived(request, body)),
  );
  fastify.addContentTypeParser(
    'multipart/form-data',
    { parseAs: 'buffer', bodyLimit: BODY_LIMIT },
    async (request: FastifyRequest, body: Buffer) =>
      parseMultipartBody(request.headers['content-type'] ?? '', arrived(request, body)),
  );
}

/** Notes routes as they are made. */
export function registerKnownRoutes(fastify: FastifyInstance, routes: KnownRoutes): void {
  fastify.addHook('onRoute', ({ url, method, config }) => routes.note(url, [method].flat(), config?.protocol));
}

/** The limit on requests of an address, before anything else is done for them. */
export function registerRateLimits(fastify: FastifyInstance, limits: RateLimits, filter: HttpExceptionFilter): void {
  fastify.addHook('onRequest', async (request: FastifyRequest, reply: FastifyReply) => {
    const { url: route } = request.routeOptions;
    // Only what is served there: a path that nobody serves may be asked for like any other.
    if (route !== undefined && FREE_PATH.test(route)) return undefined;
    const wait = await limits.take(API_PATH.test(route ?? request.url) ? 'api' : 'general', request.ip);
    if (wait === 0) return undefined;
    filter.answer(new CoreError('too_many_requests', { retryAfterSec: wait }), request, reply);
    return reply;
  });
}

/** Bodies are read as fast as their address may send, before any memory is spent on them. */
export function registerIntake(fastify: FastifyInstance, intake: Intake, filter: HttpExceptionFilter): void {
  fastify.addHook('onRequest', async (request: FastifyRequest, reply: FastifyReply) => {
    try {
      await intake.admit(request.ip, declaredLength(request.raw, BODY_LIMIT));
      return undefined;
    } catch (thrown) {
      filter.answer(thrown, request, reply);
      return reply;
    }
  });
}

/** Bodies in a coding or charset that is not understood, on every route that takes one. */
export function registerBodyCodings(fastify: FastifyInstance, filter: HttpExceptionFilter): void {
  fastify.addHook('onRequest', (request, reply, done) => {
    const fault = bodyCodingFault(request.headers);
    if (fault) filter.answer(fault, request, reply);
    else done();
  });
}

export function registerDefaultHeaders(fastify: FastifyInstance): void {
  fastify.addHook('onRequest', (_request, reply, done) => {
    void reply.headers(DEFAULT_HEADERS);
    done();
  });
}

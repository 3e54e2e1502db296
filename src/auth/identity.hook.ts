import type { FastifyInstance, FastifyRequest } from 'fastify';
import { coreErrorOf } from '../errors/core-error-of.js';
import { bearerOf } from '../http/bearer.js';
import type {} from '../http/request.js';
import type { TokenReader } from '../realtime/ports.js';

/**
 * Finds out who asks, once per request and before anything else, from the `Authorization` header alone: a token in the query
 * opens no route. It decides nothing: guards do. A token that was seen before is recognised without a promise.
 */
export function registerIdentityHook(fastify: FastifyInstance, reader: TokenReader): void {
  fastify.decorateRequest('identity', null);
  fastify.decorateRequest('identityFault', null);
  fastify.addHook('onRequest', (request, _reply, done) => {
    const token = bearerOf(request.headers.authorization);
    if (token === null) return done();
    const found = identify(reader, token, request);
    if (!(found instanceof Promise)) return done();
    found.then(() => done(), done);
  });
}

/** Sets `identity`, or `identityFault` where it could not be found out. */
function identify(reader: TokenReader, token: string, request: FastifyRequest): void | Promise<void> {
  const fault = (thrown: unknown): void => {
    request.identityFault = coreErrorOf(thrown);
  };
  try {
    const found = reader.identify(token);
    if (!(found instanceof Promise)) {
      request.identity = found;
      return undefined;
    }
    return found.then((identity) => {
      request.identity = identity;
    }, fault);
  } catch (thrown) {
    return fault(thrown);
  }
}

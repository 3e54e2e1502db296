import type { IncomingMessage } from 'node:http';
import type { FastifyRequest } from 'fastify';
import { CoreError } from '../errors/catalogue.js';
import { plainAddress } from './forwarded.js';
import type { Identity, LiveSession, Origin } from '../identity/identity.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** Who asks, found once per request by the identity hook; null without a good token. */
    identity: Identity | null;
    /** Set where the token could not be looked at (the database is away): guards answer it, public routes do not care. */
    identityFault: CoreError | null;
  }
  interface FastifyContextConfig {
    /** The protocol whose controller serves the route, which words its errors. */
    protocol?: string;
  }
}

const MAX_USER_AGENT = 512;

/** What a client calls itself, as far as it is kept. */
export const userAgentOf = ({ headers }: Pick<IncomingMessage, 'headers'>): string | null =>
  headers['user-agent']?.slice(0, MAX_USER_AGENT) ?? null;

/** From where a request comes, for sessions and audit rows. */
export function originOf(request: FastifyRequest): Origin {
  return {
    protocol: request.routeOptions.config.protocol ?? 'rest',
    address: plainAddress(request.ip),
    userAgent: userAgentOf(request),
  };
}

/** The session of a request that the guard has let through. @throws CoreError `not_authenticated` */
export function sessionOf(request: FastifyRequest): LiveSession {
  if (!request.identity) throw new CoreError('not_authenticated');
  return request.identity.session;
}

/** Bytes of the body that a request announces, `most` at most; `most` where it does not say how many. */
export function declaredLength({ headers }: Pick<IncomingMessage, 'headers'>, most: number): number {
  if (headers['transfer-encoding'] !== undefined) return most;
  return Math.min(Number(headers['content-length'] ?? 0), most);
}

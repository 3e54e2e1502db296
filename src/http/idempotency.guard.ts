import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyRequest } from 'fastify';
import { type Issue, invalidInput } from '../errors/catalogue.js';
import { ROUTE_DOCS, type RouteDocs } from './route-docs.js';

/** The header as routes document it that take it. */
export const IDEMPOTENCY_KEY = 'Idempotency-Key';

/** These change nothing, however often they are repeated. */
const SAFE: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

export const KEY_WITHOUT_MEANING: Issue = {
  loc: ['header', IDEMPOTENCY_KEY],
  msg: 'has no meaning here; POST /api/v1/chats and POST /api/v1/chats/{chat_id}/messages take it',
  type: 'value_error.header',
};

/**
 * Refuses an `Idempotency-Key` where the route does not document it: a client that sends one relies on it when it repeats the request, and would do
 * things twice if the key were ignored.
 */
@Injectable()
export class IdempotencyGuard implements CanActivate {
  constructor(private readonly reflector: Reflector) {}

  /** @throws CoreError `invalid_input` */
  canActivate(context: ExecutionContext): boolean {
    if (context.getType() !== 'http') return true;
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    if (SAFE.has(request.method)) return true;
    const docs = this.reflector.get<RouteDocs | null | undefined>(ROUTE_DOCS, context.getHandler());
    if (docs?.headers?.[IDEMPOTENCY_KEY] === undefined && !docs?.refusesKey) refuseKey(request);
    return true;
  }
}

/** @throws CoreError `invalid_input` if the request has a key */
export function refuseKey({ headers }: Pick<FastifyRequest, 'headers'>): void {
  if (headers['idempotency-key'] !== undefined) throw invalidInput(KEY_WITHOUT_MEANING);
}

import {
  applyDecorators,
  type CallHandler,
  type ExecutionContext,
  Injectable,
  type NestInterceptor,
  SetMetadata,
  UseInterceptors,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyRequest } from 'fastify';
import { lastValueFrom, type Observable, of } from 'rxjs';
import { CoreError } from '../errors/catalogue.js';
import { DatabaseLanes } from '../ops/database-lanes.js';
import { RateLimits } from '../ops/rate-limits.js';

export const ASKS_DATABASE = Symbol('asks-database');

/** What a request costs beyond itself, in requests to the API, by its query string as it came. */
export type RequestCost = (query: Readonly<Record<string, unknown>>) => number;

/** Runs a handler when it is its caller's turn, as commands are run: few of a user, and of an address, at a time. */
@Injectable()
class DatabaseLane implements NestInterceptor {
  constructor(
    private readonly reflector: Reflector,
    private readonly lanes: DatabaseLanes,
    private readonly limits: RateLimits,
  ) {}

  async intercept(context: ExecutionContext, next: CallHandler): Promise<Observable<unknown>> {
    const { identity, ip, query } = context.switchToHttp().getRequest<FastifyRequest>();
    const cost = this.reflector
      .get<{ readonly of?: RequestCost }, symbol>(ASKS_DATABASE, context.getHandler())
      .of?.(query as Readonly<Record<string, unknown>>);
    if (cost !== undefined && cost > 0) await this.charge(ip, cost);
    const handle = (): Promise<unknown> => lastValueFrom(next.handle(), { defaultValue: undefined });
    return of(await this.lanes.run({ identity, origin: { address: ip } }, handle));
  }

  private async charge(address: string, cost: number): Promise<void> {
    const wait = await this.limits.take('api', address, cost);
    if (wait > 0) throw new CoreError('too_many_requests', { retryAfterSec: wait });
  }
}

/**
 * The route asks the database, other than by a command or a batcher: it waits for its caller's turn. Log-in, refresh, log-out and health
 * never do.
 * @param cost what it costs beyond one request
 */
export const AsksDatabase = (cost?: RequestCost) =>
  applyDecorators(SetMetadata(ASKS_DATABASE, { of: cost }), UseInterceptors(DatabaseLane));

import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { CoreError } from '../../../src/errors/catalogue.js';

/** Lets nobody through who asks for it to be a weekend. */
@Injectable()
export class WeekdayGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const { headers } = context.switchToHttp().getRequest<FastifyRequest>();
    if (headers['x-weekend'] === 'yes') throw new CoreError('forbidden');
    return true;
  }
}

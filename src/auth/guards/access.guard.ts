import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyRequest } from 'fastify';
import { CoreError } from '../../errors/catalogue.js';
import { ACCESS, type Access } from '../../http/access.js';
import { idFromPath } from '../../http/input.js';
import { LiveSessions } from '../live-sessions.js';
import { confirm } from './confirm.js';

/**
 * Decides over every HTTP route, by what its handler or controller says of itself. One that says nothing, or something
 * unknown, needs an account.
 */
@Injectable()
export class AccessGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly live: LiveSessions,
  ) {}

  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    if (context.getType() !== 'http') throw new CoreError('not_authenticated');
    const access = this.reflector.getAllAndOverride<Access | undefined>(ACCESS, [context.getHandler(), context.getClass()]);
    if (access?.kind === 'public') return true;
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    if (request.identityFault) throw request.identityFault;
    const confirmed = confirm(this.live, request.identity);
    return confirmed instanceof Promise ? confirmed.then(() => authorise(request, access)) : authorise(request, access);
  }
}

/** @throws CoreError `forbidden`, or `invalid_input` where the path names nobody at all */
function authorise({ identity, params }: FastifyRequest, access: Access | undefined): true {
  if (!identity) throw new CoreError('not_authenticated');
  if (access === undefined || identity.session.isSuperuser) return true;
  if (access.kind !== 'self') throw new CoreError('forbidden');
  const given = (params as Readonly<Record<string, string | undefined>>)[access.param];
  // Another's id is forbidden, whether or not there is such an account.
  if (idFromPath(given, access.param) !== identity.session.userId) throw new CoreError('forbidden');
  return true;
}

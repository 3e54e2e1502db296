import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyRequest } from 'fastify';
import { CoreError } from '../../errors/catalogue.js';
import { ACCESS, type Access } from '../../http/access.js';
import { idFromPath } from '../../http/input.js';
import type { Identity } from '../../identity/identity.js';
import { LiveSessions } from '../live-sessions.js';
import { confirm } from './confirm.js';
import { WsTokenGuard } from './ws-token.guard.js';

/**
 * Decides over every HTTP route and every handler of a Nest gateway, by what it or its class says of itself. One that says
 * nothing, or something unknown, needs an account.
 */
@Injectable()
export class AccessGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly live: LiveSessions,
    private readonly sockets: WsTokenGuard,
  ) {}

  /** @throws CoreError `not_authenticated`, `forbidden`, `unavailable`, or `invalid_input` for an id in the path that is none */
  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    const access = this.reflector.getAllAndOverride<Access | undefined>(ACCESS, [context.getHandler(), context.getClass()]);
    if (access?.kind === 'public') return true;
    const identity = this.identify(context);
    const allow = (confirmed: Identity): true => authorise(confirmed, access, context);
    return identity instanceof Promise ? identity.then(allow) : allow(identity);
  }

  private identify(context: ExecutionContext): Identity | Promise<Identity> {
    const type = context.getType();
    if (type === 'ws') return this.sockets.identify(context);
    if (type !== 'http') throw new CoreError('not_authenticated');
    const { identity, identityFault } = context.switchToHttp().getRequest<FastifyRequest>();
    if (identityFault) throw identityFault;
    return confirm(this.live, identity);
  }
}

function authorise({ session }: Identity, access: Access | undefined, context: ExecutionContext): true {
  if (access === undefined || session.isSuperuser) return true;
  if (access.kind !== 'self' || context.getType() !== 'http') throw new CoreError('forbidden');
  const params = context.switchToHttp().getRequest<FastifyRequest>().params as Readonly<Record<string, string | undefined>>;
  // Another's id is forbidden, whether or not there is such an account.
  if (idFromPath(params[access.param], access.param) !== session.userId) throw new CoreError('forbidden');
  return true;
}

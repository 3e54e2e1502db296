import { type CanActivate, type ExecutionContext, Injectable, mixin, type Type } from '@nestjs/common';
import { AuthGuard } from '@nestjs/passport';
import type { FastifyRequest } from 'fastify';
import { CoreError } from '../../errors/catalogue.js';
import { coreErrorOf } from '../../errors/core-error-of.js';
import { type Dto, validate } from '../../validation/validate.js';
import type { User } from '../../users/user.entity.js';
import { type LoginField, LocalLoginStrategy, LocalStrategy } from '../strategies/local.strategy.js';

/**
 * A guard that logs in with the body: `@UseGuards(LogInWith(LogInBody))`. Guards run before pipes,
 * so it validates the body first: passport-local would answer a missing field as wrong credentials. The body is the
 * validated one afterwards, and {@link loggedInUser} gives the user.
 * @param dto the body, with a field for the name and `password`
 * @param fields.username how that protocol calls the field of the name; `username` unless told
 */
export function LogInWith(
  dto: Dto,
  { username: field }: { readonly username: LoginField } = { username: 'username' },
): Type<CanActivate> {
  @Injectable()
  class LogInGuard extends AuthGuard() {
    constructor(byUsername: LocalStrategy, byLogin: LocalLoginStrategy) {
      super({ defaultStrategy: field === 'username' ? byUsername.ownName : byLogin.ownName, session: false });
    }

    override async canActivate(context: ExecutionContext): Promise<boolean> {
      const request = context.switchToHttp().getRequest<FastifyRequest>();
      const body = validate(dto, request.body, 'body');
      request.body = body;
      // passport-local looks into the query for what is empty here; a password has no business there.
      if (!Reflect.get(body, field) || !Reflect.get(body, 'password')) throw new CoreError('wrong_credentials');
      return (await super.canActivate(context)) === true;
    }

    /** @throws CoreError what the strategy threw, or `wrong_credentials` */
    override handleRequest<Verified>(error: unknown, user: Verified | false | null): Verified {
      if (error) throw coreErrorOf(error);
      if (!user) throw new CoreError('wrong_credentials');
      return user;
    }
  }
  return mixin(LogInGuard);
}

/** Who has just logged in by way of {@link LogInWith}. */
export function loggedInUser(request: FastifyRequest): User {
  const { user } = request as { readonly user?: User };
  if (!user) throw new CoreError('wrong_credentials');
  return user;
}

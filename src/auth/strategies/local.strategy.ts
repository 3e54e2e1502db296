import { randomUUID } from 'node:crypto';
import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import type { FastifyRequest } from 'fastify';
import passport from 'passport';
import { Strategy } from 'passport-local';
import { originOf } from '../../http/request.js';
import type { User } from '../../users/user.entity.js';
import { AccountsService } from '../accounts.service.js';

/** How a protocol calls the field of the user name. */
export type LoginField = 'username' | 'login';

/**
 * Log-in by name and password through Passport, once for each name of the field. Passport keeps strategies by name for the
 * whole process, so each has a name of its own besides: several applications in one process do not log in through each other.
 */
const localStrategyFor = (field: LoginField) => {
  @Injectable()
  class FieldStrategy
    extends PassportStrategy(Strategy, field === 'username' ? 'local' : `local-${field}`)
    implements OnApplicationShutdown
  {
    readonly ownName = `local-${randomUUID()}`;

    constructor(private readonly accounts: AccountsService) {
      super({ usernameField: field, passwordField: 'password', passReqToCallback: true, session: false });
      passport.use(this.ownName, this);
    }

    /** @throws CoreError `wrong_credentials`, `too_many_requests` or `unavailable` */
    validate(request: FastifyRequest, login: string, password: string): Promise<User> {
      return this.accounts.verifyCredentials(login, password, originOf(request));
    }

    /** Not earlier: until here the requests that had come in by the beginning of the shutdown are still answered. */
    onApplicationShutdown(): void {
      passport.unuse(this.ownName);
    }
  }
  return FieldStrategy;
};

/** `username` and `password`. */
export class LocalStrategy extends localStrategyFor('username') {}

/** `login` and `password`. */
export class LocalLoginStrategy extends localStrategyFor('login') {}

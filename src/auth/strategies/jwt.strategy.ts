import { Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import type { FastifyRequest } from 'fastify';
import { Strategy } from 'passport-jwt';
import { bearerOf } from '../../http/bearer.js';
import type { Identity } from '../../identity/identity.js';
import { TokenReader } from '../../realtime/ports.js';
import { confirm } from '../guards/confirm.js';
import { ALGORITHM } from '../key-pair.js';
import { LiveSessions } from '../live-sessions.js';
import { AUDIENCE, ISSUER, SigningKeys } from '../signing-keys.js';
import { kidOf } from '../tokens.js';

/**
 * `@UseGuards(AuthGuard('jwt'))` for those who are used to it: as strict as our own guard, since it asks for the same session.
 * It leaves the `Identity` on `request.user`. Passport keeps strategies by name for the whole process: of several
 * applications in one process, the one made last answers for the name.
 */
@Injectable()
export class JwtStrategy extends PassportStrategy(Strategy, 'jwt') {
  constructor(
    keys: SigningKeys,
    private readonly tokens: TokenReader,
    private readonly live: LiveSessions,
  ) {
    super({
      jwtFromRequest: (request: FastifyRequest) => bearerOf(request.headers.authorization),
      secretOrKeyProvider: (_request: FastifyRequest, token: string, done: (error: unknown, key?: Buffer) => void) => {
        keyOf(keys, token).then(
          // The types of passport-jwt know no KeyObject, which jsonwebtoken takes, and takes faster.
          (key) => done(key ? null : new Error('Unknown key'), key as unknown as Buffer),
          (thrown: unknown) => done(thrown),
        );
      },
      algorithms: [ALGORITHM],
      issuer: ISSUER,
      audience: AUDIENCE,
      passReqToCallback: true,
    });
  }

  /** @throws CoreError `not_authenticated`, or `unavailable` */
  async validate(request: FastifyRequest): Promise<Identity> {
    const token = bearerOf(request.headers.authorization);
    return confirm(this.live, token === null ? null : await this.tokens.identify(token));
  }
}

async function keyOf(keys: SigningKeys, token: string) {
  const kid = kidOf(token);
  if (kid === undefined) return undefined;
  return (keys.find(kid) ?? (await keys.discover(kid)))?.publicKey;
}

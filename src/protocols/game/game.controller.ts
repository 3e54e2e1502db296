import { HttpCode, Post, Req, UseGuards } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { AccountsService } from '../../auth/accounts.service.js';
import { LogInWith, loggedInUser } from '../../auth/guards/log-in.guard.js';
import { LogOuts } from '../../auth/log-outs.js';
import { GOOD_ONCE, type IssuedTokens, SessionsService } from '../../auth/sessions.service.js';
import { Public } from '../../http/access.js';
import { bearerOf } from '../../http/bearer.js';
import { ValidBody } from '../../http/input.js';
import { ProtocolController } from '../../http/protocol-controller.js';
import { originOf } from '../../http/request.js';
import { Documented } from '../../http/route-docs.js';
import type { JsonSchema } from '../../validation/fields.js';
import { GameLoginBody, GameRefreshBody, GameRegisterBody } from './game.dto.js';

interface GameAnswer<Data> {
  readonly success: true;
  readonly data: Data;
}

interface GameTokens {
  readonly token: string;
  readonly refresh_token: string;
  readonly expires_in: number;
}

const answered = <Data>(data: Data): GameAnswer<Data> => ({ success: true, data });

const tokensOf = ({ token, refreshToken, expiresIn }: IssuedTokens): GameAnswer<GameTokens> =>
  answered({ token, refresh_token: refreshToken ?? '', expires_in: expiresIn });

const envelope = (properties: Record<string, JsonSchema>): JsonSchema => ({
  type: 'object',
  properties: { success: { const: true }, data: { type: 'object', properties, required: Object.keys(properties) } },
  required: ['success', 'data'],
});

const TOKENS = {
  description: 'An access token, and a refresh token that is good once',
  schema: envelope({
    token: { type: 'string' },
    refresh_token: { type: 'string' },
    expires_in: { type: 'integer', description: 'Seconds' },
  }),
  example: {
    success: true,
    data: { token: 'JWT_access_token_goes_here', refresh_token: 'refresh_token_string_goes_here', expires_in: 3600 },
  },
};

/** Accounts for the game: every success is 200 with `{"success": true, "data": {…}}`. */
@ProtocolController('game', 'auth')
export class GameController {
  constructor(
    private readonly accounts: AccountsService,
    private readonly sessions: SessionsService,
    private readonly logOuts: LogOuts,
  ) {}

  @Post('register')
  @Public()
  @HttpCode(200)
  @Documented({
    summary: 'Register an account',
    body: GameRegisterBody,
    answer: {
      description: 'The account',
      schema: envelope({ account_id: { type: 'integer' }, email: { type: 'string' }, username: { type: 'string' } }),
      example: { success: true, data: { account_id: 12345, email: 'user@example.com', username: 'my_username' } },
    },
    errors: ['taken', 'registration_closed'],
  })
  async register(
    @ValidBody(GameRegisterBody) body: GameRegisterBody,
    @Req() request: FastifyRequest,
  ): Promise<GameAnswer<object>> {
    const user = await this.accounts.register(body, originOf(request), 'before-log-in');
    return answered({ account_id: user.id, email: user.email, username: user.username });
  }

  @Post('login')
  @Public()
  @UseGuards(LogInWith(GameLoginBody))
  @HttpCode(200)
  @Documented({ summary: 'Log in', body: GameLoginBody, answer: TOKENS, errors: ['wrong_credentials'] })
  async login(@Req() request: FastifyRequest): Promise<GameAnswer<GameTokens>> {
    return tokensOf(await this.sessions.open(loggedInUser(request), originOf(request), { refresh: true }));
  }

  @Post('refresh')
  @Public()
  @HttpCode(200)
  @Documented({
    summary: 'Exchange a refresh token for new tokens',
    description: GOOD_ONCE,
    body: GameRefreshBody,
    answer: TOKENS,
    errors: ['bad_refresh_token'],
  })
  async refresh(
    @ValidBody(GameRefreshBody) body: GameRefreshBody,
    @Req() request: FastifyRequest,
  ): Promise<GameAnswer<GameTokens>> {
    return tokensOf(await this.sessions.rotate(body.refresh_token, originOf(request)));
  }

  @Post('logout')
  @Public()
  @HttpCode(200)
  @Documented({
    summary: 'End the session of a refresh token, and that of the access token if one comes along',
    credentials: ['token'],
    isAnonymousAllowed: true,
    body: GameRefreshBody,
    answer: {
      description: 'The session is over, its tokens and sockets with it',
      schema: envelope({}),
      example: { success: true, data: {} },
    },
  })
  async logout(@ValidBody(GameRefreshBody) body: GameRefreshBody, @Req() request: FastifyRequest): Promise<GameAnswer<object>> {
    await this.logOuts.end(body.refresh_token, bearerOf(request.headers.authorization), originOf(request));
    return answered({});
  }
}

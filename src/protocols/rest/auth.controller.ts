import { HttpCode, Post, Req, Res, UseGuards } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { AccountsService } from '../../auth/accounts.service.js';
import { LogInWith, loggedInUser } from '../../auth/guards/log-in.guard.js';
import { LogOuts } from '../../auth/log-outs.js';
import { RecoveryService } from '../../auth/recovery.service.js';
import { GOOD_ONCE, type IssuedTokens, SessionsService } from '../../auth/sessions.service.js';
import { Public } from '../../http/access.js';
import { bearerOf } from '../../http/bearer.js';
import { ValidBody } from '../../http/input.js';
import { ProtocolController } from '../../http/protocol-controller.js';
import { originOf } from '../../http/request.js';
import { Documented } from '../../http/route-docs.js';
import { RefreshCookie } from './refresh-cookie.js';
import { RestLoginBody, RestRecoverBody, RestRegisterBody, RestResetBody } from './rest.dto.js';
import { MESSAGE_SCHEMA, TOKEN_EXAMPLE, TOKEN_SCHEMA } from './rest.schemas.js';

export interface RestToken {
  readonly access_token: string;
  readonly token_type: 'bearer';
}

const TOKEN = {
  description: 'An access token; the refresh token comes as an HttpOnly cookie',
  schema: TOKEN_SCHEMA,
  example: TOKEN_EXAMPLE,
  headers: { 'Set-Cookie': 'refresh_token=…; HttpOnly; SameSite=Strict; Path=/api/v1/auth' },
};

/** Log-in, registration, refresh and recovery. */
@ProtocolController('rest', 'api/v1')
export class RestAuthController {
  constructor(
    private readonly accounts: AccountsService,
    private readonly sessions: SessionsService,
    private readonly logOuts: LogOuts,
    private readonly recovery: RecoveryService,
    private readonly cookie: RefreshCookie,
  ) {}

  @Post(['auth/login', 'login/access-token'])
  @Public()
  @UseGuards(LogInWith(RestLoginBody))
  @HttpCode(200)
  @Documented({
    summary: 'Log in',
    description: 'The user name may be an e-mail address. Takes JSON and forms.',
    body: RestLoginBody,
    form: true,
    answer: TOKEN,
    errors: ['wrong_credentials'],
  })
  async login(@Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply): Promise<RestToken> {
    return this.answer(request, reply, await this.sessions.open(loggedInUser(request), originOf(request), { refresh: true }));
  }

  @Post('auth/register')
  @Public()
  @HttpCode(200)
  @Documented({ summary: 'Register an account', body: RestRegisterBody, answer: TOKEN, errors: ['taken', 'registration_closed'] })
  async register(
    @ValidBody(RestRegisterBody) body: RestRegisterBody,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<RestToken> {
    const { email, username, password, full_name: fullName = null } = body;
    const user = await this.accounts.register({ email, username, password, fullName }, originOf(request), 'always');
    return this.answer(request, reply, await this.sessions.open(user, originOf(request), { refresh: true }));
  }

  @Post('auth/refresh')
  @Public()
  @HttpCode(200)
  @Documented({
    summary: 'Exchange the refresh token of the cookie for new tokens',
    description: GOOD_ONCE,
    credentials: ['cookie'],
    answer: TOKEN,
    errors: ['bad_refresh_token', 'origin_not_allowed'],
  })
  async refresh(@Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply): Promise<RestToken> {
    // A cookie that is refused is not cleared: it may be the loser of a race, and the browser holds the winner's by now.
    const tokens = await this.sessions.rotate(this.cookie.read(request), originOf(request));
    return this.answer(request, reply, tokens);
  }

  @Post('auth/logout')
  @Public()
  @HttpCode(200)
  @Documented({
    summary: 'End the session of the access token, and that of the cookie',
    description: [
      'The cookie counts without an access token, and with one of the same user, which may have run out. That of another user, who has',
      'logged in in another tab, stays as it is.',
    ].join(' '),
    credentials: ['token', 'cookie'],
    answer: { description: 'The session is over', schema: MESSAGE_SCHEMA, example: { message: 'Logged out successfully' } },
    errors: ['bad_refresh_token', 'not_authenticated', 'origin_not_allowed'],
  })
  async logout(@Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply): Promise<{ message: string }> {
    const accessToken = bearerOf(request.headers.authorization);
    const cookie = accessToken === null ? this.cookie.read(request) : this.cookie.find(request);
    if (await this.logOuts.endWithCookie(cookie, accessToken, originOf(request))) this.cookie.clear(request, reply);
    return { message: 'Logged out successfully' };
  }

  @Post('auth/recover')
  @Public()
  @HttpCode(202)
  @Documented({
    summary: 'Ask for a recovery link by mail',
    description: 'The answer is the same whether the address is known or not.',
    body: RestRecoverBody,
    answer: {
      status: 202,
      description: 'A mail is on its way if the address is known',
      schema: MESSAGE_SCHEMA,
      example: { message: 'If the address is known, a mail is on its way' },
    },
  })
  async recover(@ValidBody(RestRecoverBody) body: RestRecoverBody, @Req() request: FastifyRequest): Promise<{ message: string }> {
    await this.recovery.request({ email: body.email }, originOf(request));
    return { message: 'If the address is known, a mail is on its way' };
  }

  @Post('auth/reset')
  @Public()
  @HttpCode(200)
  @Documented({
    summary: 'Set a new password with a recovery token',
    description: 'All sessions of the account end; log in again.',
    body: RestResetBody,
    answer: { description: 'The password is set', schema: MESSAGE_SCHEMA, example: { message: 'Password changed successfully' } },
    errors: ['bad_recovery_token'],
  })
  async reset(@ValidBody(RestResetBody) body: RestResetBody, @Req() request: FastifyRequest): Promise<{ message: string }> {
    await this.recovery.reset(body.token, body.password, originOf(request));
    return { message: 'Password changed successfully' };
  }

  private answer(request: FastifyRequest, reply: FastifyReply, { token, refreshToken }: IssuedTokens): RestToken {
    if (refreshToken) this.cookie.set(request, reply, refreshToken);
    return { access_token: token, token_type: 'bearer' };
  }
}

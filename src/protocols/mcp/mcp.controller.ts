import { HttpCode, Post, Req, UseGuards } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { AccountsService } from '../../auth/accounts.service.js';
import { LogInWith, loggedInUser } from '../../auth/guards/log-in.guard.js';
import { SessionsService } from '../../auth/sessions.service.js';
import { CoreError } from '../../errors/catalogue.js';
import { Public } from '../../http/access.js';
import { ValidBody } from '../../http/input.js';
import { ProtocolController } from '../../http/protocol-controller.js';
import { originOf } from '../../http/request.js';
import { Documented } from '../../http/route-docs.js';
import { McpCredentials, McpRegisterBody } from './mcp.dto.js';

const SUCCESS = { success: true } as const;
const SUCCESS_SCHEMA = { type: 'object', properties: { success: { const: true } }, required: ['success'] };

/** Log-in of "MCP" servers: a token that lives as long as its session, without refresh. */
@ProtocolController('mcp', '')
export class McpController {
  constructor(
    private readonly accounts: AccountsService,
    private readonly sessions: SessionsService,
  ) {}

  @Post('auth')
  @Public()
  @UseGuards(LogInWith(McpCredentials, { username: 'login' }))
  @HttpCode(200)
  @Documented({
    summary: 'Log in',
    body: McpCredentials,
    answer: {
      description: 'A token that opens every socket',
      schema: { type: 'object', properties: { token: { type: 'string' } }, required: ['token'] },
      example: { token: 'token' },
    },
    errors: ['wrong_credentials'],
  })
  async logIn(@Req() request: FastifyRequest): Promise<{ token: string }> {
    const { token } = await this.sessions.open(loggedInUser(request), originOf(request), { refresh: false });
    return { token };
  }

  @Post('register')
  @Public()
  @HttpCode(200)
  @Documented({
    summary: 'Register an account',
    body: McpRegisterBody,
    answer: { description: 'The account exists now', schema: SUCCESS_SCHEMA, example: SUCCESS },
    errors: ['taken', 'registration_closed'],
  })
  async register(@ValidBody(McpRegisterBody) body: McpRegisterBody, @Req() request: FastifyRequest): Promise<typeof SUCCESS> {
    const { login: username, password, email = null } = body;
    await this.accounts.register({ username, password, email }, originOf(request));
    return SUCCESS;
  }

  @Post('auth/revoke')
  @HttpCode(200)
  @Documented({
    summary: 'End the session of the token',
    answer: { description: 'The session is over, its sockets are closed', schema: SUCCESS_SCHEMA, example: SUCCESS },
  })
  async revoke(@Req() request: FastifyRequest): Promise<typeof SUCCESS> {
    if (!request.identity) throw new CoreError('not_authenticated');
    const { session } = request.identity;
    await this.sessions.revoke(session.id, 'logout', session, originOf(request));
    return SUCCESS;
  }
}

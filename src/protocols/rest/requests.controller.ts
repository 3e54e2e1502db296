import { Get, HttpCode, Post, Req } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { PathId, ValidQuery } from '../../http/input.js';
import { ProtocolController } from '../../http/protocol-controller.js';
import { Documented } from '../../http/route-docs.js';
import { RestPageQuery } from './chats.dto.js';
import { CHAT_ID, JOINED_CHAT, REQUESTS } from './chats.schemas.js';
import { RestCommandRunner } from './command-runner.js';

const TAG = 'rest: chats';

/** Requests for the caller to come into a chat, over HTTP. */
@ProtocolController('rest', 'api/v1/chats')
export class RestRequestsController {
  constructor(private readonly commands: RestCommandRunner) {}

  @Get('requests')
  @Documented({
    tag: TAG,
    summary: 'Who wants the caller in which chat, the newest first',
    query: RestPageQuery,
    answer: REQUESTS,
  })
  list(@ValidQuery(RestPageQuery) query: RestPageQuery, @Req() request: FastifyRequest): Promise<object> {
    return this.commands.run('chat.requests', { query }, request);
  }

  @Post(':chat_id/accept')
  @HttpCode(200)
  @Documented({
    tag: TAG,
    summary: 'Come into a chat to which somebody asked the caller',
    description: 'Or choose one that others put the caller into: of a personal chat both see each other from then on.',
    answer: JOINED_CHAT,
    errors: ['not_found', 'conflict'],
  })
  accept(@PathId('chat_id') chatId: number, @Req() request: FastifyRequest): Promise<object> {
    return this.commands.run('chat.accept', { path: { chat_id: chatId } }, request);
  }

  @Post(':chat_id/decline')
  @HttpCode(200)
  @Documented({
    tag: TAG,
    summary: 'Decline a request',
    description: 'Who asked is not told, and cannot ask again for the same chat.',
    answer: CHAT_ID,
    errors: ['not_found'],
  })
  decline(@PathId('chat_id') chatId: number, @Req() request: FastifyRequest): Promise<object> {
    return this.commands.run('chat.decline', { path: { chat_id: chatId } }, request);
  }
}

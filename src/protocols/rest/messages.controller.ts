import { Body, Delete, Get, Headers, HttpCode, Patch, Post, Req } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { IDEMPOTENCY_KEY } from '../../http/idempotency.guard.js';
import { PathId, ValidQuery } from '../../http/input.js';
import { ProtocolController } from '../../http/protocol-controller.js';
import { Documented } from '../../http/route-docs.js';
import { RestEditBody, RestMessageBody, RestMessagesQuery } from './chats.dto.js';
import { CHANGED, MESSAGES, SENT } from './chats.schemas.js';
import { RestCommandRunner } from './command-runner.js';

const TAG = 'rest: chats';

/** The messages of a chat over HTTP. */
@ProtocolController('rest', 'api/v1/chats/:chat_id/messages')
export class RestMessagesController {
  constructor(private readonly commands: RestCommandRunner) {}

  @Get()
  @Documented({
    tag: TAG,
    summary: 'What was said in a chat',
    description: 'The newest messages, those before or those after an entry. Edits are applied, deleted messages left out.',
    query: RestMessagesQuery,
    answer: MESSAGES,
    errors: ['not_found'],
  })
  list(
    @PathId('chat_id') chatId: number,
    @ValidQuery(RestMessagesQuery) query: RestMessagesQuery,
    @Req() request: FastifyRequest,
  ): Promise<object> {
    return this.commands.run('chat.history', { query, path: { chat_id: chatId } }, request);
  }

  @Post()
  @HttpCode(200)
  @Documented({
    tag: TAG,
    summary: 'Say something in a chat',
    description: 'The answer means that it is stored.',
    headers: {
      [IDEMPOTENCY_KEY]: 'The `client_msg_id`, 1 to 128 characters: sent again under the same one, the message is stored once',
    },
    body: RestMessageBody,
    answer: SENT,
    errors: ['not_found', 'conflict'],
  })
  send(
    @PathId('chat_id') chatId: number,
    @Body() body: unknown,
    @Headers('idempotency-key') key: string | undefined,
    @Req() request: FastifyRequest,
  ): Promise<object> {
    const header: Readonly<Record<string, string>> = key === undefined ? {} : { client_msg_id: key };
    return this.commands.run('chat.send', { body, header, path: { chat_id: chatId } }, request);
  }

  @Patch(':seq')
  @Documented({
    tag: TAG,
    summary: "Change the caller's own message",
    body: RestEditBody,
    answer: CHANGED,
    errors: ['not_found', 'forbidden'],
  })
  edit(
    @PathId('chat_id') chatId: number,
    @PathId('seq') seq: number,
    @Body() body: unknown,
    @Req() request: FastifyRequest,
  ): Promise<object> {
    return this.commands.run('chat.edit', { body, path: { chat_id: chatId, seq } }, request);
  }

  @Delete(':seq')
  @Documented({
    tag: TAG,
    summary: "Take a message out of the history: one's own, or anybody's by the owner or an admin",
    answer: CHANGED,
    errors: ['not_found', 'forbidden'],
  })
  remove(@PathId('chat_id') chatId: number, @PathId('seq') seq: number, @Req() request: FastifyRequest): Promise<object> {
    return this.commands.run('chat.delete', { path: { chat_id: chatId, seq } }, request);
  }
}

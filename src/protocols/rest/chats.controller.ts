import { Body, Delete, Get, Headers, HttpCode, Post, Put, Req } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { IDEMPOTENCY_KEY } from '../../http/idempotency.guard.js';
import { PathId, ValidQuery } from '../../http/input.js';
import { ProtocolController } from '../../http/protocol-controller.js';
import { Documented } from '../../http/route-docs.js';
import { RestChatQuery, RestChatsQuery, RestCreateChatBody, RestMemberBody, RestReadBody } from './chats.dto.js';
import { CHAT, CHAT_ID, CHATS, LEFT, NEW_CHAT, READ, TAKEN_IN } from './chats.schemas.js';
import { RestCommandRunner } from './command-runner.js';

const TAG = 'rest: chats';

/** Chats over HTTP: the commands of the `chat` domain under paths of their own. */
@ProtocolController('rest', 'api/v1/chats')
export class RestChatsController {
  constructor(private readonly commands: RestCommandRunner) {}

  @Get()
  @Documented({
    tag: TAG,
    summary: 'List the chats of the caller, newest activity first',
    description: 'With `hidden=true` those that the caller has hidden, else the others.',
    query: RestChatsQuery,
    answer: CHATS,
  })
  list(@ValidQuery(RestChatsQuery) query: RestChatsQuery, @Req() request: FastifyRequest): Promise<object> {
    return this.commands.run('chat.list', { query }, request);
  }

  @Post()
  @HttpCode(200)
  @Documented({
    tag: TAG,
    summary: 'Make a chat',
    description:
      'A second personal chat of the same two is the first one. `invited` names those who were asked to come into a group instead of being put into it.',
    headers: {
      [IDEMPOTENCY_KEY]: 'The `client_chat_id`, 1 to 128 characters: sent again under the same one, the chat is made once',
    },
    body: RestCreateChatBody,
    answer: NEW_CHAT,
    errors: ['conflict'],
  })
  create(
    @Body() body: unknown,
    @Headers('idempotency-key') key: string | undefined,
    @Req() request: FastifyRequest,
  ): Promise<object> {
    const header: Readonly<Record<string, string>> = key === undefined ? {} : { client_chat_id: key };
    return this.commands.run('chat.create', { body, header }, request);
  }

  @Get(':chat_id')
  @Documented({ tag: TAG, summary: 'A chat with its members', query: RestChatQuery, answer: CHAT, errors: ['not_found'] })
  read(
    @PathId('chat_id') chatId: number,
    @ValidQuery(RestChatQuery) query: RestChatQuery,
    @Req() request: FastifyRequest,
  ): Promise<object> {
    return this.commands.run('chat.get', { query, path: { chat_id: chatId } }, request);
  }

  @Post(':chat_id/read')
  @HttpCode(200)
  @Documented({
    tag: TAG,
    summary: 'Say how far the caller has read',
    description: 'The highest counts.',
    body: RestReadBody,
    answer: READ,
    errors: ['not_found'],
  })
  markRead(@PathId('chat_id') chatId: number, @Body() body: unknown, @Req() request: FastifyRequest): Promise<object> {
    return this.commands.run('chat.read', { body, path: { chat_id: chatId } }, request);
  }

  @Post(':chat_id/hide')
  @HttpCode(200)
  @Documented({
    tag: TAG,
    summary: "Take a chat out of the caller's list",
    description: 'It is listed again when something new is in it.',
    answer: CHAT_ID,
    errors: ['not_found'],
  })
  hide(@PathId('chat_id') chatId: number, @Req() request: FastifyRequest): Promise<object> {
    return this.commands.run('chat.hide', { path: { chat_id: chatId } }, request);
  }

  @Post(':chat_id/unhide')
  @HttpCode(200)
  @Documented({ tag: TAG, summary: "Put a hidden chat back into the caller's list", answer: CHAT_ID, errors: ['not_found'] })
  unhide(@PathId('chat_id') chatId: number, @Req() request: FastifyRequest): Promise<object> {
    return this.commands.run('chat.unhide', { path: { chat_id: chatId } }, request);
  }

  @Put(':chat_id/members/:user_id')
  @Documented({
    tag: TAG,
    summary: 'Take a user into a group, or give a member a role',
    description: '`invited` names the user where they were asked instead.',
    body: RestMemberBody,
    answer: TAKEN_IN,
    errors: ['not_found', 'forbidden', 'conflict'],
  })
  putMember(
    @PathId('chat_id') chatId: number,
    @PathId('user_id') userId: number,
    @Body() body: unknown,
    @Req() request: FastifyRequest,
  ): Promise<object> {
    // Nothing has to be said of an ordinary member.
    return this.commands.run('chat.put_member', { body: body ?? {}, path: { chat_id: chatId, user_id: userId } }, request);
  }

  @Delete(':chat_id/members/:user_id')
  @Documented({
    tag: TAG,
    summary: 'Take a member out of a group, or leave a chat',
    description: 'Who leaves comes back only by accepting.',
    answer: LEFT,
    errors: ['not_found', 'forbidden', 'conflict'],
  })
  removeMember(
    @PathId('chat_id') chatId: number,
    @PathId('user_id') userId: number,
    @Req() request: FastifyRequest,
  ): Promise<object> {
    return this.commands.run('chat.remove_member', { path: { chat_id: chatId, user_id: userId } }, request);
  }
}

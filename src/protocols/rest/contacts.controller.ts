import { Body, Delete, Get, Put, Req } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { PathId, ValidQuery } from '../../http/input.js';
import { ProtocolController } from '../../http/protocol-controller.js';
import { Documented } from '../../http/route-docs.js';
import { RestPageQuery, RestPrivacyBody } from './chats.dto.js';
import { BLOCKED, BLOCKED_LIST, PRIVACY, UNBLOCKED } from './chats.schemas.js';
import { RestCommandRunner } from './command-runner.js';

const TAG = 'rest: contacts';

/** Whom the caller has blocked, and what others see of the caller, over HTTP. */
@ProtocolController('rest', 'api/v1')
export class RestContactsController {
  constructor(private readonly commands: RestCommandRunner) {}

  @Get('blocks')
  @Documented({ tag: TAG, summary: 'Whom the caller has blocked, the newest first', query: RestPageQuery, answer: BLOCKED_LIST })
  listBlocked(@ValidQuery(RestPageQuery) query: RestPageQuery, @Req() request: FastifyRequest): Promise<object> {
    return this.commands.run('contacts.blocked', { query }, request);
  }

  @Put('blocks/:user_id')
  @Documented({
    tag: TAG,
    summary: 'Block a user',
    description: 'Nothing of theirs reaches the caller any more, and neither sees when the other is online. They do not notice.',
    answer: BLOCKED,
    errors: ['not_found', 'conflict'],
  })
  block(@PathId('user_id') userId: number, @Req() request: FastifyRequest): Promise<object> {
    return this.commands.run('contacts.block', { path: { user_id: userId } }, request);
  }

  @Delete('blocks/:user_id')
  @Documented({ tag: TAG, summary: 'End a block', answer: UNBLOCKED })
  unblock(@PathId('user_id') userId: number, @Req() request: FastifyRequest): Promise<object> {
    return this.commands.run('contacts.unblock', { path: { user_id: userId } }, request);
  }

  @Get('users/me/privacy')
  @Documented({ tag: TAG, summary: 'What others see of the caller', answer: PRIVACY })
  privacy(@Req() request: FastifyRequest): Promise<object> {
    return this.commands.run('contacts.privacy', {}, request);
  }

  @Put('users/me/privacy')
  @Documented({
    tag: TAG,
    summary: 'Hide presence, typing and read positions from everybody else, or show them again',
    description: 'In force at once.',
    body: RestPrivacyBody,
    answer: PRIVACY,
  })
  setPrivacy(@Body() body: unknown, @Req() request: FastifyRequest): Promise<object> {
    return this.commands.run('contacts.set_privacy', { body }, request);
  }
}

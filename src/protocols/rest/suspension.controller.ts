import { Body, Delete, Put, Req } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { Superuser } from '../../http/access.js';
import { PathId } from '../../http/input.js';
import { ProtocolController } from '../../http/protocol-controller.js';
import { Documented } from '../../http/route-docs.js';
import { RestCommandRunner } from './command-runner.js';
import { RestSuspensionBody } from './moderation.dto.js';

const TAG = 'rest: moderation';

/** The suspension of a user. */
@ProtocolController('rest', 'api/v1/users/:user_id/suspension')
export class RestSuspensionController {
  constructor(private readonly commands: RestCommandRunner) {}

  @Put()
  @Superuser()
  @Documented({
    tag: TAG,
    summary: 'Suspend a user until a given time',
    description: `While it lasts the account is as an inactive one. Its sessions end at once, and the user gets a mail with the reason and the
end. A user who is suspended already gets the new end and reason. Refused for oneself and for the last active superuser.`,
    body: RestSuspensionBody,
    answer: { description: 'The user', command: 'moderation.suspend' },
    errors: ['not_found'],
  })
  suspend(@PathId('user_id') userId: number, @Body() body: unknown, @Req() request: FastifyRequest): Promise<object> {
    return this.commands.run('moderation.suspend', { body, path: { user_id: userId } }, request);
  }

  @Delete()
  @Superuser()
  @Documented({
    tag: TAG,
    summary: 'Lift a suspension before its end',
    description: 'A user who is not suspended stays as it is.',
    answer: { description: 'The user', command: 'moderation.unsuspend' },
    errors: ['not_found'],
  })
  lift(@PathId('user_id') userId: number, @Req() request: FastifyRequest): Promise<object> {
    return this.commands.run('moderation.unsuspend', { path: { user_id: userId } }, request);
  }
}

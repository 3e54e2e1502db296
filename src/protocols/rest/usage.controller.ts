import { Get, Req } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { CoreError } from '../../errors/catalogue.js';
import { SelfOrSuperuser } from '../../http/access.js';
import { AsksDatabase } from '../../http/database-lane.js';
import { PathId } from '../../http/input.js';
import { ProtocolController } from '../../http/protocol-controller.js';
import { sessionOf } from '../../http/request.js';
import { Documented } from '../../http/route-docs.js';
import { Quotas } from '../../quotas/quotas.js';
import { USAGE_EXAMPLE, USAGE_SCHEMA, type Usage } from '../../quotas/usage-schema.js';
import { UsersService } from '../../users/users.service.js';

const TAG = 'rest: users';
const USAGE = { description: 'Each quota, and how far it is used', schema: USAGE_SCHEMA, example: USAGE_EXAMPLE };

/** How far users' quotas are used: everyone's own, and all for superusers. */
@ProtocolController('rest', 'api/v1/users')
export class RestUsageController {
  constructor(
    private readonly quotas: Quotas,
    private readonly users: UsersService,
  ) {}

  @Get('me/usage')
  @AsksDatabase()
  @Documented({ tag: TAG, summary: "How far the caller's quotas are used", answer: USAGE })
  async readMine(@Req() request: FastifyRequest): Promise<Usage> {
    return { quotas: await this.quotas.usage(sessionOf(request).userId) };
  }

  @Get(':user_id/usage')
  @AsksDatabase()
  @SelfOrSuperuser()
  @Documented({ tag: TAG, summary: "How far a user's quotas are used", answer: USAGE, errors: ['not_found'] })
  async readOfUser(@PathId('user_id') userId: number): Promise<Usage> {
    if (!(await this.users.find(userId))) throw new CoreError('not_found');
    return { quotas: await this.quotas.usage(userId) };
  }
}

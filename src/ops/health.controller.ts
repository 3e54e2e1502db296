import { Controller, Get, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { Public } from '../http/access.js';
import { Documented } from '../http/route-docs.js';
import { Health, type Readiness } from './health.js';

const STATUS = { type: 'object', properties: { status: { const: 'ok' } }, required: ['status'] };
const READINESS = {
  title: 'Readiness',
  type: 'object',
  properties: {
    status: { enum: ['ok', 'error', 'shutting_down'] },
    checks: { type: 'object', additionalProperties: { enum: ['up', 'down'] } },
  },
  required: ['status', 'checks'],
};

/** What balancers and container engines ask: `live` is about this process alone, `ready` about all it needs. */
@Controller('health')
export class HealthController {
  constructor(private readonly health: Health) {}

  @Public()
  @Documented({
    tag: 'server',
    summary: 'Whether the process runs',
    answer: { description: 'It does', schema: STATUS, example: { status: 'ok' } },
  })
  @Get('live')
  live(): { readonly status: 'ok' } {
    return { status: 'ok' };
  }

  @Public()
  @Documented({
    tag: 'server',
    summary: 'Whether the server can do its work',
    description: 'Asks the database, and Redis where it is set.',
    answer: { description: 'It can', schema: READINESS, example: { status: 'ok', checks: { database: 'up' } } },
    otherAnswers: [
      {
        status: 503,
        description: 'It cannot, or is going down',
        schema: READINESS,
        example: { status: 'error', checks: { database: 'down' } },
      },
    ],
  })
  @Get('ready')
  async ready(@Res({ passthrough: true }) reply: FastifyReply): Promise<Readiness> {
    const readiness = await this.health.readiness();
    if (readiness.status !== 'ok') reply.status(503).header('retry-after', '1');
    return readiness;
  }
}

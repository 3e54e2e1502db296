import { Controller, Get, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { Public } from '../http/access.js';
import { Documented } from '../http/route-docs.js';
import { Health, type Readiness } from './health.js';

/** What balancers and container engines ask: `live` is about this process alone, `ready` about all it needs. */
@Controller('health')
export class HealthController {
  constructor(private readonly health: Health) {}

  @Public()
  @Documented({ summary: 'Whether the process runs', answer: { description: 'It does', example: { status: 'ok' } } })
  @Get('live')
  live(): { readonly status: 'ok' } {
    return { status: 'ok' };
  }

  @Public()
  @Documented({
    summary: 'Whether the server can do its work',
    description:
      'Asks the database, and Redis where it is set. While it cannot, or is going down, the same body comes with status 503.',
    answer: { description: 'It can', example: { status: 'ok', checks: { database: 'up' } } },
  })
  @Get('ready')
  async ready(@Res({ passthrough: true }) reply: FastifyReply): Promise<Readiness> {
    const readiness = await this.health.readiness();
    if (readiness.status !== 'ok') reply.status(503).header('retry-after', '1');
    return readiness;
  }
}

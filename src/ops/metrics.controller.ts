import { Controller, Get, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { Public } from '../http/access.js';
import { Documented } from '../http/route-docs.js';
import { Metrics } from './metrics.js';

/** What Prometheus scrapes. It holds figures only; where even these are private, a proxy closes the path. */
@Controller('metrics')
export class MetricsController {
  constructor(private readonly metrics: Metrics) {}

  @Public()
  @Documented({
    tag: 'server',
    summary: 'Figures for Prometheus',
    answer: {
      description: 'The text exposition format',
      type: 'text/plain',
      example: 'switchboard_connections{protocol="game"} 3\n',
    },
  })
  @Get()
  async scrape(@Res({ passthrough: true }) reply: FastifyReply): Promise<string> {
    const { text, contentType } = await this.metrics.exposition();
    reply.type(contentType);
    return text;
  }
}

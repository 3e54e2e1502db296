import { Get, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { Superuser } from '../../http/access.js';
import { ProtocolController } from '../../http/protocol-controller.js';
import { Documented } from '../../http/route-docs.js';
import { Figures } from '../../realtime/figures.js';
import { UsersService } from '../../users/users.service.js';
import { FIGURES_EXAMPLE, FIGURES_SCHEMA, MISSING_HEADER } from './admin.schemas.js';
import { tellMissing } from './missing-nodes.js';

/** What a page draws. Prometheus has a path of its own. */
@ProtocolController('rest', 'api/v1/figures')
export class RestFiguresController {
  constructor(
    private readonly figures: Figures,
    private readonly users: UsersService,
  ) {}

  @Get()
  @Superuser()
  @Documented({
    summary: 'Live figures',
    description: `The sum over all nodes, at most half a second old. What ends in \`_total\` and the log-ins only grow, from the start of
each process on: draw the difference of two answers over that of their \`at\`, and begin anew where one is smaller or \`nodes\` is
another.`,
    answer: {
      description: 'The figures',
      schema: FIGURES_SCHEMA,
      example: FIGURES_EXAMPLE,
      headers: MISSING_HEADER,
    },
  })
  async read(@Res({ passthrough: true }) reply: FastifyReply): Promise<object> {
    const [{ at, node, nodes, missing, users_online, ...rest }, total] = await Promise.all([
      this.figures.read(),
      this.users.count(),
    ]);
    tellMissing(reply, missing);
    return {
      // Rates are drawn from it: whole seconds would be too coarse.
      at: new Date(at).toISOString(),
      node,
      nodes,
      uptime_sec: Math.round(process.uptime() * 10) / 10,
      users_total: total,
      users_online,
      ...rest,
    };
  }
}

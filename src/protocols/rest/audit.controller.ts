import { Get, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { AuditLog, type AuditRecord } from '../../auth/audit-log.js';
import { BasePath } from '../../http/base-path.js';
import { Superuser } from '../../http/access.js';
import { AsksDatabase } from '../../http/database-lane.js';
import { ValidQuery } from '../../http/input.js';
import { ProtocolController } from '../../http/protocol-controller.js';
import { Documented } from '../../http/route-docs.js';
import { RestAuditQuery } from './admin.dto.js';
import { AUDIT_EXAMPLE, AUDIT_SCHEMA } from './admin.schemas.js';
import { listOf } from './rest.schemas.js';

/** What was done to accounts. */
@ProtocolController('rest', 'api/v1/audit')
export class RestAuditController {
  constructor(
    private readonly log: AuditLog,
    private readonly base: BasePath,
  ) {}

  @Get()
  @AsksDatabase()
  @Superuser()
  @Documented({
    summary: 'Read the audit log',
    description: `Follow the \`Link\` header for what follows. Where little of a long log fits the filters, a page may hold fewer
entries than \`limit\`, or none, although more follow: the end is where there is no \`Link\`.`,
    query: RestAuditQuery,
    answer: {
      description: 'A page of entries, newest first',
      schema: listOf(AUDIT_SCHEMA),
      example: [AUDIT_EXAMPLE],
      headers: { Link: '<…>; rel="next", where more may follow' },
    },
  })
  async list(
    @ValidQuery(RestAuditQuery) query: RestAuditQuery,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<readonly AuditRecord[]> {
    const { since, until, before, limit, ...columns } = query;
    const page = await this.log.page({ columns, since: momentOf(since), until: momentOf(until), before, limit });
    if (page.nextBefore !== null)
      void reply.header('link', `<${this.base.at('/api/v1/audit')}?${nextOf(query, page.nextBefore)}>; rel="next"`);
    return page.entries;
  }
}

const momentOf = (time: string | undefined): number | undefined => (time === undefined ? undefined : Date.parse(time));

/** The same question from there on. */
function nextOf(query: RestAuditQuery, before: number): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== undefined) parameters.set(name, String(value));
  parameters.set('before', String(before));
  return parameters.toString();
}

import { Body, Get, HttpCode, Post, Req } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { Superuser } from '../../http/access.js';
import { PathId, ValidQuery } from '../../http/input.js';
import { ProtocolController } from '../../http/protocol-controller.js';
import { Documented } from '../../http/route-docs.js';
import { RestCommandRunner } from './command-runner.js';
import { RestReportBody, RestReportsQuery, RestResolveBody } from './moderation.dto.js';

const TAG = 'rest: moderation';

/** Reports over HTTP: the commands of the `moderation` domain under paths of their own. */
@ProtocolController('rest', 'api/v1/reports')
export class RestReportsController {
  constructor(private readonly commands: RestCommandRunner) {}

  @Post()
  @HttpCode(200)
  @Documented({
    tag: TAG,
    summary: 'Report a message or a user to the superusers',
    description: `A copy of the message is kept as evidence, with its edits and what came before it. Its author does not learn of it. While a report
of the same message or user is open, that one is answered again.`,
    body: RestReportBody,
    answer: { description: 'The report', command: 'moderation.report' },
    errors: ['not_found', 'conflict'],
  })
  file(@Body() body: unknown, @Req() request: FastifyRequest): Promise<object> {
    return this.commands.run('moderation.report', { body }, request);
  }

  @Get()
  @Superuser()
  @Documented({
    tag: TAG,
    summary: 'List reports, newest first',
    query: RestReportsQuery,
    answer: { description: 'A page of reports', command: 'moderation.reports' },
  })
  list(@ValidQuery(RestReportsQuery) query: RestReportsQuery, @Req() request: FastifyRequest): Promise<object> {
    return this.commands.run('moderation.reports', { query }, request);
  }

  @Get(':report_id')
  @Superuser()
  @Documented({
    tag: TAG,
    summary: 'A report with its evidence',
    answer: { description: 'The report, with the message as it was', command: 'moderation.get_report' },
    errors: ['not_found'],
  })
  read(@PathId('report_id') reportId: number, @Req() request: FastifyRequest): Promise<object> {
    return this.commands.run('moderation.get_report', { path: { report_id: reportId } }, request);
  }

  @Post(':report_id/resolve')
  @Superuser()
  @HttpCode(200)
  @Documented({
    tag: TAG,
    summary: 'Close a report: delete the message, suspend its author, or dismiss the report',
    body: RestResolveBody,
    answer: { description: 'The report, closed', command: 'moderation.resolve' },
    errors: ['not_found', 'conflict'],
  })
  resolve(@PathId('report_id') reportId: number, @Body() body: unknown, @Req() request: FastifyRequest): Promise<object> {
    return this.commands.run('moderation.resolve', { body, path: { report_id: reportId } }, request);
  }
}

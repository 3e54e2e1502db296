import { Injectable } from '@nestjs/common';
import { sessionOf } from '../commands/caller.js';
import { Command } from '../commands/command.js';
import type { Caller } from '../realtime/connection.js';
import { ReportMessagePayload, ReportPayload, type Target, targetOf } from './moderation.payloads.js';
import { FILED_EXAMPLE, FILED_SCHEMA } from './moderation.schemas.js';
import { ReportsService } from './reports.service.js';

interface Filed {
  readonly report_id: number;
}

/** Somebody without right costs the end of a log, somebody with very many chats a look at each of them. */
const FILING = 8;

/** What everybody can do: report a message or a user to the superusers. */
@Injectable()
export class ReportCommands {
  constructor(private readonly reports: ReportsService) {}

  @Command('moderation.report', {
    summary:
      'Reports a message, or a user, to the superusers. A copy of the message is kept as evidence; its author is not told.',
    payload: ReportPayload,
    answer: FILED_SCHEMA,
    example: { payload: { chat_id: 7, seq: 42, reason: 'abuse', comment: 'Third time today' }, answer: FILED_EXAMPLE },
    errors: ['not_found', 'conflict'],
    weight: FILING,
  })
  report(payload: ReportPayload, caller: Caller): Promise<Filed> {
    return this.file(targetOf(payload), payload, caller);
  }

  @Command('moderation.report_message', {
    summary: 'As moderation.report, of a message only.',
    payload: ReportMessagePayload,
    answer: FILED_SCHEMA,
    example: { payload: { chat_id: 7, seq: 42, reason: 'abuse' }, answer: FILED_EXAMPLE },
    errors: ['not_found', 'conflict'],
    weight: FILING,
    internal: true,
  })
  reportMessage(payload: ReportMessagePayload, caller: Caller): Promise<Filed> {
    return this.file({ chatId: payload.chat_id, seq: payload.seq }, payload, caller);
  }

  private async file(target: Target, { reason, comment }: ReportMessagePayload | ReportPayload, caller: Caller): Promise<Filed> {
    const { userId } = sessionOf(caller);
    return { report_id: await this.reports.file({ target, reason, comment: comment ?? null }, userId, caller.origin) };
  }
}

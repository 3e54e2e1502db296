import { Injectable } from '@nestjs/common';
import { sessionOf } from '../commands/caller.js';
import { Command } from '../commands/command.js';
import type { Spending } from '../quotas/spending.js';
import type { Caller } from '../realtime/connection.js';
import { ReportMessagePayload, ReportPayload, targetOf } from './moderation.payloads.js';
import { FILED_EXAMPLE, FILED_SCHEMA } from './moderation.schemas.js';
import { type NewReport, ReportsService } from './reports.service.js';

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
      'Reports a message, or a user, to the superusers. A copy of the message is kept as evidence; its author does not learn of it.',
    payload: ReportPayload,
    answer: FILED_SCHEMA,
    example: { payload: { chat_id: 7, seq: 42, reason: 'abuse', comment: 'Third time today' }, answer: FILED_EXAMPLE },
    errors: ['not_found', 'conflict'],
    weight: FILING,
    spends: () => ({ reports: 1 }),
  })
  report(payload: ReportPayload, caller: Caller, spending: Spending): Promise<Filed> {
    return this.file({ target: targetOf(payload), ...groundsOf(payload) }, caller, spending);
  }

  @Command('moderation.report_message', {
    summary: 'As moderation.report, of a message only.',
    payload: ReportMessagePayload,
    answer: FILED_SCHEMA,
    example: { payload: { chat_id: 7, seq: 42, reason: 'abuse' }, answer: FILED_EXAMPLE },
    errors: ['not_found', 'conflict'],
    weight: FILING,
    spends: () => ({ reports: 1 }),
    internal: true,
  })
  reportMessage(payload: ReportMessagePayload, caller: Caller, spending: Spending): Promise<Filed> {
    const { chat_id: chatId, seq } = payload;
    return this.file({ target: { chatId, seq }, ...groundsOf(payload) }, caller, spending);
  }

  private async file(report: NewReport, caller: Caller, spending: Spending): Promise<Filed> {
    const { id, isNew } = await this.reports.file(report, sessionOf(caller).userId, caller.origin);
    if (!isNew) spending.giveBack();
    return { report_id: id };
  }
}

const groundsOf = ({ reason, comment }: ReportPayload | ReportMessagePayload): Omit<NewReport, 'target'> => ({
  reason,
  comment: comment ?? null,
});

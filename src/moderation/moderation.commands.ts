import { Injectable } from '@nestjs/common';
import { Suspensions } from '../auth/suspensions.js';
import { sessionOf } from '../commands/caller.js';
import { Command, SuperuserOnly } from '../commands/command.js';
import type { Caller } from '../realtime/connection.js';
import type { AdminUserRecord } from '../users/user-record.js';
import { ADMIN_USER_SCHEMA, SUSPENDED_USER_EXAMPLE, USER_EXAMPLE } from '../users/user-schema.js';
import {
  ReportIdPayload,
  ReportsPayload,
  ResolvePayload,
  SuspendPayload,
  suspensionOf,
  UserPayload,
} from './moderation.payloads.js';
import { REPORT_EXAMPLE, REPORT_SCHEMA, REPORTS_EXAMPLE, REPORTS_SCHEMA, RESOLVED_EXAMPLE } from './moderation.schemas.js';
import type { Report } from './report.js';
import { type ReportsPage, ReportsService } from './reports.service.js';
import { type Decision, ResolutionsService } from './resolutions.service.js';

/** What superusers do about reports and about users who do harm. */
@Injectable()
export class ModerationCommands {
  constructor(
    private readonly reports: ReportsService,
    private readonly resolutions: ResolutionsService,
    private readonly suspensions: Suspensions,
  ) {}

  @Command('moderation.reports', {
    summary: 'Lists reports, newest first.',
    payload: ReportsPayload,
    answer: REPORTS_SCHEMA,
    example: { payload: { state: 'open' }, answer: REPORTS_EXAMPLE },
    weight: 3,
  })
  @SuperuserOnly()
  list({ state, limit, cursor }: ReportsPayload): Promise<ReportsPage> {
    return this.reports.page({ state: state ?? null, limit: limit ?? 50, before: cursor ? Number(cursor) : null });
  }

  @Command('moderation.get_report', {
    summary: 'Shows a report with the message as it was, and what came before it.',
    payload: ReportIdPayload,
    answer: REPORT_SCHEMA,
    example: { payload: { report_id: 12 }, answer: REPORT_EXAMPLE },
    errors: ['not_found'],
    weight: 2,
  })
  @SuperuserOnly()
  get({ report_id }: ReportIdPayload): Promise<Report> {
    return this.reports.get(report_id);
  }

  @Command('moderation.resolve', {
    summary: 'Closes a report: deletes the message, suspends its author, or dismisses the report.',
    payload: ResolvePayload,
    answer: REPORT_SCHEMA,
    example: { payload: { report_id: 12, action: 'delete' }, answer: RESOLVED_EXAMPLE },
    errors: ['not_found', 'conflict'],
    weight: 6,
  })
  @SuperuserOnly()
  resolve(payload: ResolvePayload, caller: Caller): Promise<Report> {
    const { report_id: id, action, reason } = payload;
    const decision: Decision =
      action === 'suspend' ? { action, suspension: suspensionOf(payload) } : { action, note: reason ?? null };
    return this.resolutions.resolve(id, decision, { session: sessionOf(caller), caller });
  }

  @Command('moderation.suspend', {
    summary: 'Shuts an account out until a given time, and ends its sessions. Its owner gets a mail with the reason.',
    payload: SuspendPayload,
    answer: ADMIN_USER_SCHEMA,
    example: {
      payload: { user_id: 2, reason: 'Spam in three groups', until: '2034-02-11T00:00:00Z' },
      answer: SUSPENDED_USER_EXAMPLE,
    },
    errors: ['not_found'],
    weight: 4,
  })
  @SuperuserOnly()
  suspend({ user_id, reason, until }: SuspendPayload, caller: Caller): Promise<AdminUserRecord> {
    return this.suspensions.suspend(user_id, { reason, until: new Date(until) }, sessionOf(caller), caller.origin);
  }

  @Command('moderation.unsuspend', {
    summary: 'Lifts the suspension of an account before its end.',
    payload: UserPayload,
    answer: ADMIN_USER_SCHEMA,
    example: { payload: { user_id: 2 }, answer: USER_EXAMPLE },
    errors: ['not_found'],
    weight: 4,
  })
  @SuperuserOnly()
  unsuspend({ user_id }: UserPayload, caller: Caller): Promise<AdminUserRecord> {
    return this.suspensions.lift(user_id, sessionOf(caller), caller.origin);
  }
}

import { Injectable } from '@nestjs/common';
import { Sql } from '../database/sql.js';
import { CoreError } from '../errors/catalogue.js';
import { fitting } from '../validation/answer-size.js';
import type { Origin } from '../identity/identity.js';
import type { Target } from './moderation.payloads.js';
import { ModerationFeed } from './moderation-feed.js';
import {
  type FullRow,
  type Report,
  reportOf,
  type ReportReason,
  type ReportRow,
  type ReportSummary,
  summaryOf,
} from './report.js';
import { FILE_MESSAGE, FILE_USER, type FiledRow, REPORT_BY_ID, type ReportState, reportsPage } from './reports.sql.js';

export interface NewReport {
  readonly target: Target;
  readonly reason: ReportReason;
  readonly comment: string | null;
}

/** What became of a report. */
export interface FiledReport {
  readonly id: number;
  /** false: it was open already. */
  readonly isNew: boolean;
}

export interface ReportsPage {
  readonly reports: readonly ReportSummary[];
  /** Where the next page begins; null after the last. */
  readonly next_cursor: string | null;
  /** Counted up to 10,000. */
  readonly total_open: number;
}

export interface PageRequest {
  /** null for all. */
  readonly state: ReportState | null;
  readonly limit: number;
  /** Only reports below this id. */
  readonly before: number | null;
}

/** A row of a page; without an id where there is no report. */
type PageRow = { readonly total_open: number } & { readonly [K in keyof ReportRow]: ReportRow[K] | null };

/** An open report of the same reporter may be closed between two looks, or come in between; more often than this nobody is so unlucky. */
const ATTEMPTS = 5;

/** Files and reads reports. */
@Injectable()
export class ReportsService {
  constructor(
    private readonly sql: Sql,
    private readonly feed: ModerationFeed,
  ) {}

  /**
   * Files a report. While one of the same reporter about the same message or user is open, that one stays as it is.
   * @returns it, or the one that is open
   * @throws CoreError `not_found` for what the reporter cannot see, `conflict` for oneself
   */
  async file({ target, reason, comment }: NewReport, reporterId: number, origin: Origin): Promise<FiledReport> {
    const [statement, name, first, second] =
      'userId' in target
        ? ([FILE_USER, 'reports.file-user', target.userId, null] as const)
        : ([FILE_MESSAGE, 'reports.file-message', target.chatId, target.seq] as const);
    const { protocol, address, userAgent } = origin;
    const values = [reporterId, first, second, reason, comment, protocol, address, userAgent];
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      const [row] = await this.sql.rows<FiledRow>(statement, values, name);
      if (!row) throw new CoreError('not_found');
      if (row.is_own) throw new CoreError('conflict', { detail: 'You cannot report yourself' });
      if (row.new_id !== null) {
        this.feed.publish({ event: 'reported', data: { report_id: row.new_id } });
        return { id: row.new_id, isNew: true };
      }
      if (row.open_id !== null) return { id: row.open_id, isNew: false };
    }
    throw new CoreError('unavailable');
  }

  /** A page of the queue, newest first. */
  async page({ state, limit, before }: PageRequest): Promise<ReportsPage> {
    const values = [limit + 1, before ?? Number.MAX_SAFE_INTEGER];
    const rows = await this.sql.rows<PageRow>(reportsPage(state), values, `reports.page-${state ?? 'all'}`);
    const found = rows.filter((row): row is PageRow & ReportRow => row.id !== null);
    const reports = fitting(found.slice(0, limit).map(summaryOf));
    return {
      reports,
      next_cursor: found.length > reports.length ? String(reports.at(-1)?.report_id) : null,
      total_open: rows[0]?.total_open ?? 0,
    };
  }

  /** A report with its evidence. @throws CoreError `not_found` */
  async get(id: number): Promise<Report> {
    const [row] = await this.sql.rows<FullRow>(REPORT_BY_ID, [id], 'reports.by-id');
    if (!row) throw new CoreError('not_found');
    return reportOf(row);
  }
}

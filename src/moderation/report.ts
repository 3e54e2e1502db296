import { encodedSize, MAX_LIST_BYTES } from '../validation/answer-size.js';
import type { ReportState } from './reports.sql.js';

export const REPORT_REASONS = ['spam', 'abuse', 'illegal', 'impersonation', 'other'] as const;
export type ReportReason = (typeof REPORT_REASONS)[number];

export const ACTIONS = ['delete', 'suspend', 'dismiss'] as const;
export type Action = (typeof ACTIONS)[number];

/** One version of a reported message: what it said first, or an edit. */
export interface Version {
  readonly seq: number;
  readonly content: string | null;
  readonly created_at: string;
  /** Only the beginning was kept. */
  readonly truncated: boolean;
}

/** A reported message as it was at the time of the report. */
export interface ReportedMessage {
  readonly seq: number;
  readonly from_id: number;
  readonly from_name: string;
  readonly content_type: string | null;
  readonly created_at: string;
  /** Whether it was deleted before the report. */
  readonly deleted: boolean;
  /** Oldest first: what it said first, up to eight edits in between, what it said last. */
  readonly versions: readonly Version[];
}

/** An entry of the log before a reported message. */
export interface ContextEntry {
  readonly seq: number;
  readonly kind: string;
  readonly from_id: number;
  readonly from_name: string;
  readonly content: string | null;
  readonly content_type: string | null;
  readonly truncated: boolean;
  readonly created_at: string;
  readonly deleted: boolean;
  readonly member_id: number | null;
  readonly member_name: string | null;
}

export interface Resolution {
  readonly action: Action;
  /** What the superuser wrote; of a suspension, its reason. */
  readonly note: string | null;
  /** When the suspension ends. */
  readonly until: string | null;
  readonly by_id: number;
  readonly by_name: string;
  readonly at: string;
}

/** A report as the queue lists it; names are as they were, times UTC with milliseconds. */
export interface ReportSummary {
  readonly report_id: number;
  readonly state: ReportState;
  readonly reason: ReportReason;
  readonly comment: string | null;
  readonly reporter_id: number;
  readonly reporter_name: string;
  /** Who is reported: the author of the message, or the user. */
  readonly user_id: number;
  readonly username: string;
  /** Of a message: where it is; null in the report of a user. */
  readonly chat_id: number | null;
  readonly chat_type: 'personal' | 'group' | null;
  readonly chat_name: string | null;
  readonly seq: number | null;
  /** The beginning of the message. */
  readonly excerpt: string | null;
  readonly created_at: string;
  /** null while it is open. */
  readonly resolution: Resolution | null;
}

export interface Report extends ReportSummary {
  readonly message: ReportedMessage | null;
  /** Up to five entries of the log before it, oldest first. */
  readonly context: readonly ContextEntry[];
}

/** A report as the database gives it. */
export interface ReportRow extends Omit<ReportSummary, 'report_id' | 'state' | 'created_at' | 'resolution'> {
  readonly id: number;
  readonly created_at: Date;
  readonly closed_at: Date | null;
  readonly closed_by_id: number | null;
  readonly closed_by_name: string | null;
  readonly action: Action | null;
  readonly note: string | null;
  readonly suspended_until: Date | null;
}

export interface FullRow extends ReportRow {
  readonly evidence: { readonly message: ReportedMessage; readonly context: readonly ContextEntry[] } | null;
}

function resolutionOf(row: ReportRow): Resolution | null {
  const { action, closed_at: at, closed_by_id: byId } = row;
  if (action === null || at === null || byId === null) return null;
  return {
    action,
    note: row.note,
    until: row.suspended_until?.toISOString() ?? null,
    by_id: byId,
    by_name: row.closed_by_name ?? '',
    at: at.toISOString(),
  };
}

export const summaryOf = (row: ReportRow): ReportSummary => ({
  report_id: row.id,
  state: row.closed_at === null ? 'open' : 'closed',
  reason: row.reason,
  comment: row.comment,
  reporter_id: row.reporter_id,
  reporter_name: row.reporter_name,
  user_id: row.user_id,
  username: row.username,
  chat_id: row.chat_id,
  chat_type: row.chat_type,
  chat_name: row.chat_name,
  seq: row.seq,
  excerpt: row.excerpt,
  created_at: row.created_at.toISOString(),
  resolution: resolutionOf(row),
});

/** Characters to which texts are cut if all of a report does not fit into an answer; that is so where most of them have to be escaped. */
const CUT = 4_096;

const cut = <T extends Pick<Version, 'content' | 'truncated'>>(part: T): T =>
  part.content !== null && part.content.length > CUT ? { ...part, content: part.content.slice(0, CUT), truncated: true } : part;

/** A report whose answer fits: what the message says now is kept whole. */
function fittingReport(report: Report): Report {
  const { message } = report;
  if (message === null || encodedSize(report) <= MAX_LIST_BYTES) return report;
  const { versions } = message;
  return { ...report, message: { ...message, versions: [...versions.slice(0, -1).map(cut), ...versions.slice(-1)] } };
}

export const reportOf = (row: FullRow): Report =>
  fittingReport({
    ...summaryOf(row),
    message: row.evidence?.message ?? null,
    context: row.evidence?.context ?? [],
  });

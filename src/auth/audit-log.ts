import { Injectable } from '@nestjs/common';
import { Sql } from '../database/sql.js';
import { fitting } from '../validation/answer-size.js';
import { printTime } from '../identity/print-time.js';
import type { AuditAction } from './audit.js';
import { type AuditQuery, auditPage } from './audit-log.sql.js';

/** An entry as people see it; times in UTC. */
export interface AuditRecord {
  readonly id: number;
  readonly at: string;
  readonly action: AuditAction;
  /** Who did it; null for somebody without an account and for the owner of the server. */
  readonly actor_id: number | null;
  /** What that account is called now; null where it is gone. */
  readonly actor_name: string | null;
  /** To whose account. */
  readonly user_id: number | null;
  readonly username: string | null;
  readonly protocol: string | null;
  readonly ip: string | null;
  readonly user_agent: string | null;
  readonly details: Readonly<Record<string, unknown>>;
}

export interface AuditPage {
  /** Newest first. May be fewer than asked for, or none, although more follow. */
  readonly entries: readonly AuditRecord[];
  /** What to give as `before` for what follows; null at the end. */
  readonly nextBefore: number | null;
}

type Row = Omit<AuditRecord, 'id' | 'at'> & {
  /** null where the page is empty. */
  readonly id: number | null;
  readonly at: Date;
  readonly reach: number | null;
};

/** Reads what `Audit` writes. */
@Injectable()
export class AuditLog {
  constructor(private readonly sql: Sql) {}

  /** A page of the log. However rare what is asked for may be, so many entries are looked at and no more. */
  async page(query: AuditQuery): Promise<AuditPage> {
    const { text, values } = auditPage(query);
    const rows = await this.sql.rows<Row>(text, values);
    const entries = rows.flatMap(({ reach: _reach, id, at, ...rest }) =>
      id === null ? [] : [{ id, at: printTime(at), ...rest }],
    );
    const shown = fitting(entries.slice(0, query.limit));
    const isFull = entries.length > shown.length;
    return { entries: shown, nextBefore: (isFull ? shown.at(-1)?.id : rows[0]?.reach) ?? null };
  }
}

import { Injectable } from '@nestjs/common';
import { ReservedSql, type SqlTx } from '../database/sql.js';
import type { Origin } from '../identity/identity.js';

export const AUDIT_ACTIONS = [
  'login',
  'login_failed',
  'register',
  'logout',
  'refresh_reuse',
  'password_changed',
  'password_reset_requested',
  'password_reset',
  'email_changed',
  'username_changed',
  'role_changed',
  'activated',
  'deactivated',
  'user_suspended',
  'user_unsuspended',
  'user_created',
  'user_deleted',
  'sessions_revoked',
  'connection_closed',
  'key_rotated',
  'report_made',
  'report_resolved',
] as const;

export type AuditAction = (typeof AUDIT_ACTIONS)[number];

/** What happened, by whom, to whom. Never a password, token, hash or message, and never what somebody typed as a name: it may be a password. */
export interface AuditEntry {
  readonly action: AuditAction;
  /** Who did it; null for somebody without an account and for the owner of the server. */
  readonly actorId: number | null;
  /** To whose account. */
  readonly userId: number | null;
  /** null for what the server or its owner does. */
  readonly origin: Origin | null;
  readonly details?: Readonly<Record<string, string | number | boolean | null>>;
}

const INSERT = `
  INSERT INTO audit_log (action, actor_id, user_id, protocol, ip, user_agent, details)
  VALUES ($1, $2, $3, $4, $5, $6, $7)`;

/** The record of what was done to accounts; it outlives them. */
@Injectable()
export class Audit {
  constructor(private readonly sql: ReservedSql) {}

  /** Adds an entry: within `tx`, so that it is there exactly if the deed is, or by itself where there is none. */
  async write(tx: SqlTx | null, { action, actorId, userId, origin, details = {} }: AuditEntry): Promise<void> {
    const values = [action, actorId, userId, origin?.protocol, origin?.address, origin?.userAgent, JSON.stringify(details)];
    await (tx ?? this.sql).affected(INSERT, values, 'write-audit');
  }
}

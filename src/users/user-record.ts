import { printTime } from '../identity/print-time.js';
import type { User } from './user.entity.js';

/** An account as clients see it: exactly these eight fields, in this order. */
export interface UserRecord {
  readonly id: number;
  readonly email: string | null;
  readonly username: string;
  readonly full_name: string | null;
  readonly is_active: boolean;
  readonly is_superuser: boolean;
  /** UTC, whole seconds: `2024-02-11T00:00:00Z`. */
  readonly created_at: string;
  readonly updated_at: string;
}

/** An account as superusers see it: the two fields are there for as long as a suspension lasts. */
export interface AdminUserRecord extends UserRecord {
  readonly suspended_until?: string;
  readonly suspension_reason?: string | null;
}

export function recordOf(user: User): UserRecord {
  return {
    id: user.id,
    email: user.email,
    username: user.username,
    full_name: user.fullName,
    is_active: user.isActive,
    is_superuser: user.isSuperuser,
    created_at: printTime(user.createdAt),
    updated_at: printTime(user.updatedAt),
  };
}

export function adminRecordOf(user: User): AdminUserRecord {
  const { isSuspended, suspendedUntil, suspensionReason } = user;
  if (!isSuspended || !suspendedUntil) return recordOf(user);
  return { ...recordOf(user), suspended_until: printTime(suspendedUntil), suspension_reason: suspensionReason };
}

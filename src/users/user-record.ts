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

const printed = (time: Date): string => `${time.toISOString().slice(0, 19)}Z`;

export function recordOf(user: User): UserRecord {
  return {
    id: user.id,
    email: user.email,
    username: user.username,
    full_name: user.fullName,
    is_active: user.isActive,
    is_superuser: user.isSuperuser,
    created_at: printed(user.createdAt),
    updated_at: printed(user.updatedAt),
  };
}

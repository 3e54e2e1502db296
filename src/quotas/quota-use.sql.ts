/** A row of `quota_use`. */
export interface UseRow {
  readonly user_id: number;
  readonly kind: string;
  readonly window_start: Date;
  readonly used: number;
}

/**
 * What users ($1) have used in windows that began at $2 or later: the primary key, a few rows for each user.
 */
export const READ_USE = `
  SELECT user_id, kind, window_start, used FROM quota_use WHERE user_id = ANY($1::bigint[]) AND window_start >= $2`;

/**
 * Adds amounts to what was used: $1 users, $2 kinds, $3 starts of windows, $4 amounts, which may be negative. Rows of users that have
 * been deleted are left out. Nodes add in the same order, so that two never wait for each other.
 */
export const ADD_USE = `
  INSERT INTO quota_use AS q (user_id, kind, window_start, used)
  SELECT u.id, d.kind, d.window_start, sum(d.amount)::bigint
  FROM unnest($1::bigint[], $2::text[], $3::timestamptz[], $4::bigint[]) AS d (user_id, kind, window_start, amount)
  JOIN users u ON u.id = d.user_id
  GROUP BY u.id, d.kind, d.window_start ORDER BY u.id, d.kind, d.window_start
  ON CONFLICT (user_id, kind, window_start) DO UPDATE SET used = q.used + EXCLUDED.used
  RETURNING user_id, kind, window_start, used`;

/** Deletes up to $1 rows of windows that began $2 seconds ago or earlier, by quota_use_window_start_idx. */
export const PURGE_USE = `
  DELETE FROM quota_use WHERE (user_id, kind, window_start) IN (
    SELECT user_id, kind, window_start FROM quota_use WHERE window_start < now() - make_interval(secs => $2)
    ORDER BY window_start LIMIT $1 FOR UPDATE SKIP LOCKED
  )`;

/** Seconds for which rows are kept: the longest window is a day. */
export const USE_KEPT_SEC = 2 * 86_400;

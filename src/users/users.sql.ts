import { MAX_LIST_BYTES } from '../validation/answer-size.js';

/** Every column under its name in the entity `User`. */
const USER_COLUMNS = `id, username, username_fold AS "usernameFold", username_skeleton AS "usernameSkeleton",
  username_lookalike AS "usernameLookalike", email,
  email_fold AS "emailFold", full_name AS "fullName", password_hash AS "passwordHash", is_active AS "isActive",
  is_superuser AS "isSuperuser", suspended_until AS "suspendedUntil", suspension_reason AS "suspensionReason",
  coalesce(suspended_until > now(), false) AS "isSuspended", created_at AS "createdAt", updated_at AS "updatedAt"`;

/** Whether an account can log in and act: `isUsable`, by the clock of the database. @param user the alias of its table */
export const isUsableSql = (user: string): string => `(${user}.is_active AND coalesce(${user}.suspended_until <= now(), true))`;

/** `UserRecord`, made by the database: the same fields, order and print of time as `recordOf`. */
const RECORD = `u.id, u.email, u.username, u.full_name, u.is_active, u.is_superuser,
  to_char(u.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS created_at,
  to_char(u.updated_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS updated_at`;

/** What `AdminUserRecord` has beyond it. */
const SUSPENSION = `to_char(u.suspended_until AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS suspended_until, u.suspension_reason`;

/** `AdminUserRecord` of an account `u` as JSON: as `adminRecordOf`. */
const ADMIN_RECORD = `CASE WHEN u.suspended_until > now()
    THEN (SELECT row_to_json(x) FROM (SELECT ${RECORD}, ${SUSPENSION}) AS x)
    ELSE (SELECT row_to_json(x) FROM (SELECT ${RECORD}) AS x)
  END`;

/** Plan: Index Scan using users_pkey. */
export const USER_BY_ID = `SELECT ${USER_COLUMNS} FROM users WHERE id = $1`;

/**
 * The account of a log-in: by $1, a folded user name.
 * Plan: Index Scan by username_fold, of whose two indexes either will do.
 */
export const USER_BY_NAME = `SELECT ${USER_COLUMNS} FROM users WHERE username_fold = $1`;

/** The same by a folded e-mail address. Plan: Index Scan by email_fold, likewise. */
export const USER_BY_EMAIL = `SELECT ${USER_COLUMNS} FROM users WHERE email_fold = $1`;

/**
 * Accounts by id, many at once.
 * Plan: Index Scan using users_pkey, Index Cond: id = ANY ($1).
 */
export const FIND_USERS = `SELECT ${RECORD} FROM users u WHERE u.id = ANY ($1::bigint[])`;

/**
 * Active accounts by folded user name, many at once.
 * Plan: Index Scan by username_fold, Index Cond: username_fold = ANY ($1).
 */
export const FIND_ACTIVE_BY_NAMES = `SELECT id, username, username_fold AS fold FROM users WHERE username_fold = ANY ($1) AND is_active`;

/** How many accounts there are, as the triggers of the table count. Plan: one row of counters by its key. */
export const COUNT_USERS = `SELECT value FROM counters WHERE name = 'users'`;

/** JSON of the page `ids` ($1: its limit), and the id after which the next one begins. `ids` holds one row more than the page, if there is one. */
const pageOf = (ids: string, total: string): string => `
  SELECT
    '[' || coalesce(string_agg(fit.record, ',' ORDER BY fit.id) FILTER (WHERE fit.is_shown), '') || ']' AS json,
    CASE WHEN bool_or(NOT fit.is_shown) THEN max(fit.id) FILTER (WHERE fit.is_shown) END AS "nextAfter",
    ${total} AS total
  FROM (
    SELECT page.id, r.record, page.place <= $1 AND sum(octet_length(r.record) + 1) OVER (ORDER BY page.id) <= ${MAX_LIST_BYTES} AS is_shown
    FROM (SELECT id, row_number() OVER (ORDER BY id) AS place FROM (${ids}) AS ids) AS page
    JOIN LATERAL (SELECT (${ADMIN_RECORD})::text AS record FROM users u WHERE u.id = page.id) AS r ON true
  ) AS fit`;

/**
 * A page in id order: $1 limit, $2 id after which it begins, $3 rows to skip.
 * Plan: Limit over Index Only Scan using users_pkey, Index Cond: id > $2 — rows that are skipped are never read from the
 * table —, then a Nested Loop with Index Scan using users_pkey for the rows of the page; the total from counters by its key.
 * Never a prepared statement: after a few deep pages the server would settle on one plan for any limit, which reads the table.
 */
export const USERS_PAGE = pageOf(
  'SELECT id FROM users WHERE id > $2 ORDER BY id LIMIT $1::bigint + 1 OFFSET $3',
  "(SELECT value FROM counters WHERE name = 'users')",
);

/**
 * As `USERS_PAGE`, of accounts whose user name matches $4 or whose address matches $5 (LIKE patterns of a prefix).
 * Plan: BitmapOr of users_username_prefix_idx and users_email_prefix_idx. Never a prepared statement: a plan made for any
 * pattern could not use the indexes. For a prefix that most accounts share the planner walks users_pkey instead.
 */
export const USERS_SEARCH = pageOf(
  `SELECT id FROM users WHERE id > $2 AND (username_fold LIKE $4 OR email_fold LIKE $5)
    ORDER BY id LIMIT $1::bigint + 1 OFFSET $3`,
  'NULL::bigint',
);

/**
 * As `USERS_PAGE`, of accounts whose user name matches $4 or whose address matches $5 (LIKE patterns of any part); $6 and $7: all pairs of
 * characters of these parts.
 * Plan: BitmapOr of two scans of users_grams_idx, which has the pairs of each account. Never a prepared statement, as above: for a part that
 * most accounts share the planner walks users_pkey instead.
 */
export const USERS_SEARCH_PARTS = pageOf(
  `SELECT id FROM users WHERE id > $2
    AND ((user_grams(username_fold, email_fold) @> $6::text[] AND username_fold LIKE $4)
      OR (user_grams(username_fold, email_fold) @> $7::text[] AND email_fold LIKE $5))
    ORDER BY id LIMIT $1::bigint + 1 OFFSET $3`,
  'NULL::bigint',
);

/** Plan: BitmapOr of the four unique indexes. */
export const IS_TAKEN = `
  SELECT 1 FROM users WHERE username_fold = $1 OR username_skeleton = $2 OR username_lookalike = $3 OR email_fold = $4 LIMIT 1`;

export const INSERT_USER = `
  INSERT INTO users (username, username_fold, username_skeleton, username_lookalike, email, email_fold, full_name, password_hash,
    is_active, is_superuser)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
  RETURNING ${USER_COLUMNS}`;

/**
 * Locks the accounts of $1, and where $2 all active superusers too, in id order: any two transactions that take these locks
 * wait for each other and never deadlock, and of two superusers who act on each other the second finds what the first did.
 */
export const LOCK_USERS = `
  SELECT ${USER_COLUMNS} FROM users
  WHERE id = ANY ($1::bigint[]) OR ($2 AND is_superuser AND is_active)
  ORDER BY id FOR UPDATE`;

/**
 * An account of the folded name $1 that was made within $2 seconds, was not changed since and, unless $3, has no session.
 * Plan: Index Scan by username_fold; sessions by sessions_user_id_created_at_idx.
 */
export const FIND_NEW_USER = `
  SELECT ${USER_COLUMNS} FROM users
  WHERE username_fold = $1 AND created_at > now() - make_interval(secs => $2) AND updated_at = created_at AND is_active
    AND ($3 OR NOT EXISTS (SELECT 1 FROM sessions WHERE user_id = users.id))`;

/** $1 id; the others as in `INSERT_USER`. */
export const UPDATE_USER = `
  UPDATE users SET username = $2, username_fold = $3, username_skeleton = $4, username_lookalike = $5, email = $6, email_fold = $7,
    full_name = $8, password_hash = $9, is_active = $10, is_superuser = $11, updated_at = now()
  WHERE id = $1
  RETURNING ${USER_COLUMNS}`;

/** $1 id, $2 when the suspension ends (null: none), $3 why. */
export const SUSPEND_USER = `
  UPDATE users SET suspended_until = $2, suspension_reason = $3, updated_at = now() WHERE id = $1 RETURNING ${USER_COLUMNS}`;

/** Another hash ($3) of the same password in the place of $2. Plan: Index Scan using users_pkey. */
export const REHASH = 'UPDATE users SET password_hash = $3 WHERE id = $1 AND password_hash = $2';

import { isUsableSql } from '../users/users.sql.js';

/**
 * The hot SQL of sessions; that of refreshing is in `refresh.sql.ts`. What all of it relies on:
 *
 * - Locks are taken in one order, so that no two statements wait for each other in a circle: the row of the user, then rows of
 *   sessions by `id`, then rows of refresh tokens by `hash`. Whatever locks several sessions first locks them by `id`.
 * - The isolation is READ COMMITTED: a row that is read with a lock is read in its newest committed version, after the wait
 *   for whoever held it; a row that is read without one, as of the beginning of the statement.
 * - A revoked session's `expires_at` is not after its revocation, so that the index on `expires_at` finds it for the purge.
 */

/** A session with what is needed of its user. */
export interface SessionRow {
  readonly id: string;
  readonly user_id: number;
  readonly protocol: string;
  readonly username: string;
  readonly is_superuser: boolean;
  /** Unix milliseconds. */
  readonly expires_at: number;
  readonly is_alive: boolean;
  readonly lost_generations: readonly number[];
}

/** A time as unix milliseconds. */
export const MILLISECONDS = (column: string): string => `floor(extract(epoch FROM ${column}) * 1000)::bigint`;

/** Many sessions by primary key: nested loops over sessions_pkey and users_pkey, one index probe each. */
export const READ_SESSIONS = `
  SELECT s.id, s.user_id, s.protocol, u.username, u.is_superuser, ${MILLISECONDS('s.expires_at')} AS expires_at,
    s.revoked_at IS NULL AND s.expires_at > now() AND ${isUsableSql('u')} AS is_alive, s.lost_generations
  FROM sessions s
  JOIN users u ON u.id = s.user_id
  WHERE s.id = ANY($1::uuid[])`;

/**
 * Opens many sessions. FOR SHARE waits for a change of the user that is about to commit and then sees the user as changed:
 * a password change, a deactivation or a suspension meanwhile wins, and an entry whose user is no longer what was verified opens nothing.
 * In turn such a change waits for this statement, and its revocation then finds the session.
 *
 * $1 session ids, $2 user ids, $3 password hashes as verified, $4 hashes of refresh tokens (null: none), $5 protocols,
 * $6 addresses, $7 user agents, $8 seconds that a session lasts.
 */
export const OPEN_SESSIONS = `
  WITH asked AS MATERIALIZED (
    SELECT * FROM unnest($1::uuid[], $2::bigint[], $3::text[], $4::bytea[], $5::text[], $6::text[], $7::text[])
      AS a(id, user_id, password_hash, refresh_hash, protocol, ip, user_agent)
  ), owner AS MATERIALIZED (
    SELECT id, username, password_hash, is_active, suspended_until, is_superuser FROM users WHERE id = ANY($2::bigint[]) ORDER BY id FOR SHARE
  ), opened AS (
    INSERT INTO sessions (id, user_id, protocol, ip, user_agent, expires_at)
    SELECT a.id, a.user_id, a.protocol, a.ip, a.user_agent, now() + make_interval(secs => $8)
    FROM asked a JOIN owner o ON o.id = a.user_id AND ${isUsableSql('o')} AND o.password_hash = a.password_hash
    RETURNING id, user_id, protocol, ip, user_agent, expires_at
  ), refreshable AS (
    INSERT INTO refresh_tokens (hash, session_id, expires_at)
    SELECT a.refresh_hash, s.id, s.expires_at FROM opened s JOIN asked a ON a.id = s.id WHERE a.refresh_hash IS NOT NULL
  ), noted AS (
    INSERT INTO audit_log (action, actor_id, user_id, protocol, ip, user_agent, details)
    SELECT 'login', user_id, user_id, protocol, ip, user_agent, jsonb_build_object('session_id', id) FROM opened
  )
  SELECT s.id, s.user_id, s.protocol, o.username, o.is_superuser, ${MILLISECONDS('s.expires_at')} AS expires_at, true AS is_alive,
    '{}'::integer[] AS lost_generations
  FROM opened s JOIN owner o ON o.id = s.user_id`;

/** What ends a session, wherever it is ended. */
const ENDED = (reason: string): string =>
  `revoked_at = now(), revoked_reason = ${reason}, expires_at = least(s.expires_at, now())`;

export interface EndedRow {
  readonly id: string;
  readonly user_id: number;
}

export interface PresentedRow extends EndedRow {
  /** Whether this statement ended it; false also where it was over. */
  readonly is_ended: boolean;
}

/**
 * Log-out by refresh token, spent or not: its session, whether or not it is ended by this.
 * $1 hash, $2 protocol, $3 address, $4 user agent, $5 user it has to belong to (null: any).
 */
export const END_BY_TOKEN = `
  WITH presented AS MATERIALIZED (
    SELECT s.id, s.user_id FROM refresh_tokens t JOIN sessions s ON s.id = t.session_id WHERE t.hash = $1
  ), ended AS (
    UPDATE sessions s SET ${ENDED("'logout'")}
    FROM presented p WHERE s.id = p.id AND s.revoked_at IS NULL AND ($5::bigint IS NULL OR s.user_id = $5)
    RETURNING s.id, s.user_id
  ), noted AS (
    INSERT INTO audit_log (action, actor_id, user_id, protocol, ip, user_agent, details)
    SELECT 'logout', user_id, user_id, $2, $3, $4, jsonb_build_object('session_id', id) FROM ended
  )
  SELECT p.id, p.user_id, e.id IS NOT NULL AS is_ended FROM presented p LEFT JOIN ended e ON e.id = p.id`;

/**
 * Ends one session. $1 session, $2 user it has to belong to (null: any), $3 reason, $4 audit action, $5 actor, $6 protocol,
 * $7 address, $8 user agent.
 */
export const END_ONE = `
  WITH ended AS (
    UPDATE sessions s SET ${ENDED('$3')}
    WHERE s.id = $1 AND ($2::bigint IS NULL OR s.user_id = $2) AND s.revoked_at IS NULL AND s.expires_at > now()
    RETURNING s.id, s.user_id
  ), noted AS (
    INSERT INTO audit_log (action, actor_id, user_id, protocol, ip, user_agent, details)
    SELECT $4, $5::bigint, user_id, $6, $7, $8, jsonb_build_object('session_id', id, 'reason', $3::text) FROM ended
  )
  SELECT id, user_id FROM ended`;

/** Ends every session of a user by way of sessions_user_id_created_at_idx. $1 user, $2 reason, $3 session to spare (null: none). */
export const END_ALL = `
  WITH doomed AS MATERIALIZED (
    SELECT id FROM sessions
    WHERE user_id = $1 AND revoked_at IS NULL AND expires_at > now() AND ($3::uuid IS NULL OR id <> $3)
    ORDER BY id FOR NO KEY UPDATE
  )
  UPDATE sessions s SET ${ENDED('$2')}
  FROM doomed d WHERE s.id = d.id
  RETURNING s.id, s.user_id`;

/** $1 actor, $2 user, $3 protocol, $4 address, $5 user agent, $6 details. */
export const NOTE_ENDED = `
  INSERT INTO audit_log (action, actor_id, user_id, protocol, ip, user_agent, details)
  VALUES ('sessions_revoked', $1, $2, $3, $4, $5, $6)`;

/**
 * Writes down when sessions were last used. Sessions that somebody holds are left out: the time is not worth a wait.
 * $1 session ids, $2 milliseconds ago.
 */
export const NOTE_USE = `
  WITH used AS MATERIALIZED (
    SELECT s.id, now() - make_interval(secs => a.ago / 1000) AS at
    FROM unnest($1::uuid[], $2::float8[]) AS a(id, ago) JOIN sessions s ON s.id = a.id
    ORDER BY s.id FOR NO KEY UPDATE OF s SKIP LOCKED
  )
  UPDATE sessions s SET last_used_at = u.at FROM used u WHERE s.id = u.id AND s.last_used_at < u.at`;

/** Deletes up to $1 sessions that were over $2 seconds ago, with their tokens (ON DELETE CASCADE), by sessions_expires_at_idx. */
export const PURGE_SESSIONS = `
  DELETE FROM sessions WHERE id IN (
    SELECT id FROM sessions WHERE expires_at < now() - make_interval(secs => $2) ORDER BY expires_at LIMIT $1 FOR UPDATE SKIP LOCKED
  )`;

/**
 * Deletes up to $1 tokens that ran out $2 seconds ago, of sessions that are still going. They have no index of their own that
 * every refresh would have to keep: once an hour the table is read in full, and left alone again where that finds nothing.
 */
export const PURGE_TOKENS = `
  DELETE FROM refresh_tokens WHERE hash IN (
    SELECT hash FROM refresh_tokens WHERE expires_at < now() - make_interval(secs => $2) LIMIT $1 FOR UPDATE SKIP LOCKED
  )`;

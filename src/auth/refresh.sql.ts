import { MAX_LOST } from '../identity/identity.js';
import { isUsableSql } from '../users/users.sql.js';
import { MILLISECONDS, type SessionRow } from './sessions.sql.js';

/** Seconds after which an answer that has not left is taken for lost: its node is gone. */
const UNANSWERED_SEC = 2;

/** What became of one refresh token that was presented. */
export interface RotationRow extends SessionRow {
  /** Its place in the arrays, from 1. */
  readonly n: number;
  /**
   * `good`: exchanged. `renewed`: exchanged once more, since the first answer seems to be lost. `bad`: unknown or expired, or its session
   * is over. `late`: another use was first, and its answer has not left. `reused`: theft.
   */
  readonly verdict: 'good' | 'renewed' | 'bad' | 'late' | 'reused';
  /** That of the successor. */
  readonly generation: number;
}

/**
 * Exchanges many refresh tokens, each by itself: either all of its changes are made, or none. The lock on the session decides the order of
 * everything that happens to its tokens, on every node; the rows say the rest:
 *
 * 1. An unspent token is exchanged.
 * 2. A spent one whose successor was used is theft, and ends the session. So is one that was replaced itself.
 * 3. A spent one whose successor is unused is refused while the answer to its last use has not left; nothing else happens.
 * 4. Afterwards, until $8 seconds after it was first spent, it gets another successor. The unused one is worthless from then on, and so are
 *    the access tokens of its generation. Later than that it is theft.
 *
 * A use that waited for the lock while the token changed (`seen` shows it as of the beginning of the statement) falls under 3: the answer
 * cannot have left before this statement began. No clock but the database's is asked, and 1 to 3 ask none.
 *
 * Of one session in one batch, 1 and 4 contradict each other: the second to arrive is theft.
 *
 * The end of a session moves in steps of a minute (or a hundredth of $6, if that is less): a client that refreshes all the time
 * does not rewrite the session, which is in three indexes, every time.
 *
 * The count in `token` makes `session` be read to its end, that is: locked, before the first token is locked.
 * Plan: index probes of refresh_tokens_pkey and sessions_pkey per entry. The planner takes what has a verdict for one row and
 * would join it to others by nested loops, so it is joined to tables only, by primary key.
 *
 * $1 hashes of the tokens, $2 hashes of their successors, $3 protocols, $4 addresses, $5 user agents, $6 seconds that a session lasts
 * unused, $7 seconds that it lasts at most, $8 seconds within which an answer may be asked for again.
 */
export const ROTATE_TOKENS = `
  WITH asked AS MATERIALIZED (
    SELECT a.*, row_number() OVER (PARTITION BY hash ORDER BY n) = 1 AS is_first
    FROM unnest($1::bytea[], $2::bytea[], $3::text[], $4::text[], $5::text[])
      WITH ORDINALITY AS a(hash, next, protocol, ip, user_agent, n)
  ), seen AS MATERIALIZED (
    SELECT hash, session_id, spent_at, successor FROM refresh_tokens WHERE hash = ANY($1::bytea[])
  ), session AS MATERIALIZED (
    SELECT id, user_id, protocol, created_at, expires_at, revoked_at, lost_generations FROM sessions
    WHERE id IN (SELECT session_id FROM seen) ORDER BY id FOR NO KEY UPDATE
  ), token AS MATERIALIZED (
    SELECT hash, session_id, generation, expires_at, spent_at, successor, offered_at FROM refresh_tokens
    WHERE hash = ANY(ARRAY(SELECT unnest($1::bytea[]) UNION SELECT successor FROM seen WHERE successor IS NOT NULL))
      AND (SELECT count(*) FROM session) >= 0
    ORDER BY hash FOR NO KEY UPDATE
  ), judged AS MATERIALIZED (
    SELECT a.n, a.is_first, a.hash, a.next, a.protocol, a.ip, a.user_agent, s.id AS session_id, s.user_id, s.protocol AS opened_by,
      u.username, u.is_superuser, s.expires_at, s.lost_generations, t.successor, h.generation AS lost,
      coalesce(h.generation, t.generation) + 1 AS generation,
      least(now() + make_interval(secs => $6), s.created_at + make_interval(secs => $7)) AS until,
      CASE
        WHEN s.revoked_at IS NULL AND least(s.expires_at, t.expires_at, s.created_at + make_interval(secs => $7)) > now()
          AND ${isUsableSql('u')} THEN
          CASE
            WHEN t.spent_at IS NULL THEN CASE WHEN a.is_first THEN 'good' ELSE 'late' END
            WHEN v.spent_at IS NULL OR v.successor IS DISTINCT FROM t.successor THEN 'late'
            WHEN h.hash IS NULL OR h.spent_at IS NOT NULL OR t.spent_at < now() - make_interval(secs => $8) THEN 'reused'
            WHEN NOT a.is_first OR t.offered_at > now() - interval '${UNANSWERED_SEC} s' THEN 'late'
            ELSE 'renewed'
          END
        ELSE 'bad'
      END AS verdict
    FROM asked a
    LEFT JOIN seen v ON v.hash = a.hash
    LEFT JOIN token t ON t.hash = a.hash
    LEFT JOIN token h ON h.hash = t.successor
    LEFT JOIN session s ON s.id = t.session_id
    LEFT JOIN users u ON u.id = s.user_id
  ), weighed AS MATERIALIZED (
    SELECT n, verdict, session_id,
      bool_or(verdict = 'reused') OVER of_session OR (bool_or(verdict = 'good') OVER of_session AND bool_or(verdict = 'renewed') OVER of_session)
        AS is_stolen
    FROM judged WINDOW of_session AS (PARTITION BY session_id)
  ), decided AS MATERIALIZED (
    SELECT j.n, is_first, hash, next, protocol, ip, user_agent, j.session_id, user_id, opened_by, username, is_superuser, successor, generation,
      CASE WHEN until < expires_at + make_interval(secs => least($6 / 100, 60)) THEN expires_at ELSE until END AS until,
      CASE
        WHEN w.is_stolen AND j.verdict = 'good' THEN 'bad'
        WHEN w.is_stolen AND j.verdict = 'renewed' THEN 'reused'
        ELSE j.verdict
      END AS verdict,
      CASE WHEN j.verdict = 'renewed' THEN (lost_generations || lost)[greatest(1, cardinality(lost_generations) + 2 - ${MAX_LOST}):]
        ELSE lost_generations END AS lost_generations
    FROM judged j JOIN weighed w ON w.n = j.n
  ), outcome AS MATERIALIZED (
    SELECT DISTINCT ON (session_id) session_id, verdict = 'reused' AS is_stolen, until, lost_generations FROM decided
    WHERE verdict IN ('good', 'renewed', 'reused') ORDER BY session_id, verdict = 'reused' DESC
  ), spent AS (
    UPDATE refresh_tokens t SET spent_at = coalesce(t.spent_at, clock_timestamp()), successor = d.next, offered_at = clock_timestamp(),
      contested_at = NULL
    FROM decided d WHERE d.verdict IN ('good', 'renewed') AND t.hash = d.hash
  ), contested AS (
    UPDATE refresh_tokens t SET contested_at = clock_timestamp() FROM decided d WHERE d.verdict = 'late' AND d.is_first AND t.hash = d.hash
  ), replaced AS (
    UPDATE refresh_tokens t SET spent_at = clock_timestamp() FROM decided d WHERE d.verdict = 'renewed' AND t.hash = d.successor
  ), issued AS (
    INSERT INTO refresh_tokens (hash, session_id, generation, expires_at)
    SELECT next, session_id, generation, until FROM decided WHERE verdict IN ('good', 'renewed')
  ), moved AS (
    UPDATE sessions s SET
      expires_at = CASE WHEN o.is_stolen THEN least(s.expires_at, now()) ELSE o.until END,
      last_used_at = now(),
      revoked_at = CASE WHEN o.is_stolen THEN now() END,
      revoked_reason = CASE WHEN o.is_stolen THEN 'refresh_reuse' END,
      lost_generations = o.lost_generations
    FROM outcome o
    WHERE s.id = o.session_id AND (o.is_stolen OR o.until <> s.expires_at OR o.lost_generations <> s.lost_generations)
  ), noted AS (
    INSERT INTO audit_log (action, user_id, protocol, ip, user_agent, details)
    SELECT DISTINCT ON (session_id) 'refresh_reuse', user_id, protocol, ip, user_agent, jsonb_build_object('session_id', session_id)
    FROM decided WHERE verdict = 'reused' ORDER BY session_id, n
  )
  SELECT n, verdict, generation, session_id AS id, user_id, opened_by AS protocol, username, is_superuser, lost_generations,
    ${MILLISECONDS('until')} AS expires_at, verdict IN ('good', 'renewed') AS is_alive
  FROM decided`;

export interface AnswerRow {
  /** Its place in the arrays, from 1. */
  readonly n: number;
  /** `sent`: it may leave. `waiting`: the token was used again recently. `replaced`: another answer has taken its place. */
  readonly state: 'sent' | 'waiting' | 'replaced';
}

/**
 * Notes that answers leave. A token that was contested within $4 milliseconds keeps its answer waiting, unless it is `hurried`. Rows that
 * somebody holds are passed over: this statement waits for nobody, so that it need not keep to the order of locks.
 *
 * $1 hashes of spent tokens, $2 hashes of the successors that the answers carry, $3 hurried, $4 milliseconds.
 */
export const SEND_ANSWERS = `
  WITH asked AS MATERIALIZED (
    SELECT * FROM unnest($1::bytea[], $2::bytea[], $3::boolean[]) WITH ORDINALITY AS a(hash, next, hurried, n)
  ), held AS MATERIALIZED (
    SELECT hash, successor, greatest(offered_at, contested_at) AS quiet_since FROM refresh_tokens
    WHERE hash = ANY($1::bytea[]) FOR NO KEY UPDATE SKIP LOCKED
  ), sent AS MATERIALIZED (
    SELECT a.n, a.hash FROM asked a JOIN held h ON h.hash = a.hash AND h.successor = a.next
    WHERE a.hurried OR h.quiet_since < clock_timestamp() - make_interval(secs => $4::float8 / 1000)
  ), noted AS (
    UPDATE refresh_tokens t SET offered_at = NULL, contested_at = NULL FROM sent s WHERE t.hash = s.hash
  )
  SELECT a.n, CASE WHEN s.n IS NOT NULL THEN 'sent' WHEN t.successor = a.next THEN 'waiting' ELSE 'replaced' END AS state
  FROM asked a
  LEFT JOIN sent s ON s.n = a.n
  LEFT JOIN refresh_tokens t ON t.hash = a.hash`;

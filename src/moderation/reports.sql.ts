/** Entries of the log before a reported message that are kept with it. */
const CONTEXT = 5;
/** Edits between what a message said first and what it says now that are kept: the newest. Both ends are kept whole. */
const EDITS = 8;
/** Entries in front of a message among which its context is looked for: those that were withheld from the reporter are passed over. */
const CONTEXT_WITHIN = 200;
/** Characters that are kept of an edit in between and of an entry of the context. With the above a report takes 1 MiB at most. */
const CUT = 4_096;
/** Characters of a message that a list shows. */
const EXCERPT = 200;
/** Open reports are counted up to here: every look at the queue counts them. */
const MAX_COUNTED = 10_000;

const DELETED_USER = `'deleted user'`;
const time = (column: string): string => `to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;

/** One version of a message: what it said first, or an edit. @param text what is kept of it */
const version = (entry: string, text: string): string =>
  `jsonb_build_object('seq', ${entry}.seq, 'content', ${text}, 'created_at', ${time(`${entry}.created_at`)},
      'truncated', coalesce(length(${entry}.content) > length(${text}), false))`;

const cut = (text: string): string => `left(${text}, ${CUT})`;

/** All versions of the message `t`, oldest first. Plan: messages_edits_idx backwards, up to the limit. */
const VERSIONS = `(
    SELECT jsonb_build_array(${version('t', 't.content')}) || coalesce(jsonb_agg(e.version ORDER BY e.seq), '[]')
    FROM (
      SELECT x.seq, CASE WHEN x.seq = t.edited_seq THEN ${version('x', 'x.content')} ELSE ${version('x', cut('x.content'))} END AS version
      FROM messages x
      WHERE x.chat_id = t.chat_id AND x.kind = 'edited' AND x.target_seq = t.seq AND x.seq <= t.edited_seq
      ORDER BY x.seq DESC LIMIT ${EDITS} + 1
    ) e
  )`;

/** The entry said something while the reporter ($1) had blocked its author: it never reached them. */
const wasWithheld = (entry: string): string => `(
    ${entry}.kind IN ('message', 'edited') AND EXISTS (
      SELECT 1 FROM blocks w WHERE w.user_id = $1 AND w.blocked_id = ${entry}.sender_id AND w.created_at <= ${entry}.created_at
    )
  )`;

/** What the log said before the message `t`, oldest first: edits applied, deleted messages marked. */
const BEFORE = `(
    SELECT coalesce(jsonb_agg(e.entry ORDER BY e.seq), '[]')
    FROM (
      SELECT b.seq, jsonb_build_object(
        'seq', b.seq, 'kind', b.kind, 'from_id', b.sender_id, 'from_name', coalesce(s.username, ${DELETED_USER}),
        'content', ${cut('coalesce(b.edited_content, b.content)')}, 'content_type', b.content_type,
        'truncated', coalesce(length(coalesce(b.edited_content, b.content)) > ${CUT}, false),
        'created_at', ${time('b.created_at')}, 'deleted', b.deleted_seq IS NOT NULL,
        'member_id', b.member_id, 'member_name', CASE WHEN b.member_id IS NOT NULL THEN coalesce(m.username, ${DELETED_USER}) END
      ) AS entry
      FROM messages b LEFT JOIN users s ON s.id = b.sender_id LEFT JOIN users m ON m.id = b.member_id
      WHERE b.chat_id = t.chat_id AND b.seq < t.seq AND b.seq >= t.seq - ${CONTEXT_WITHIN} AND NOT ${wasWithheld('b')}
      ORDER BY b.seq DESC LIMIT ${CONTEXT}
    ) e
  )`;

/**
 * The message `m` was written to the reporter ($1): to one of the two of a personal chat `c`, whether or not they are in it (a request that
 * waits), to a member, or to somebody who was one then.
 */
const COULD_READ = `(
    $1 IN (c.low_user_id, c.high_user_id)
    OR EXISTS (SELECT 1 FROM chat_members p WHERE p.chat_id = c.id AND p.user_id = $1)
    OR EXISTS (SELECT 1 FROM chat_leavers v WHERE v.chat_id = c.id AND v.user_id = $1 AND v.left_seq > m.seq)
    OR EXISTS (
      SELECT 1 FROM messages l
      WHERE l.chat_id = c.id AND l.kind = 'left' AND l.member_id = $1 AND l.seq > m.seq
    )
  )`;

/** What every way of filing ends with: the entry of the audit log, and the one row that says what came of it. */
const filed = (isOpen: string): string => `
  , noted AS (
    INSERT INTO audit_log (action, actor_id, user_id, protocol, ip, user_agent, details)
    SELECT 'report_made', $1, f.user_id, $6, $7, $8, jsonb_build_object('report_id', f.id, 'reason', $4::text) FROM filed f
  )
  SELECT t.sender_id = $1 AS is_own, f.id AS new_id,
    (SELECT o.id FROM reports o WHERE o.reporter_id = $1 AND o.closed_at IS NULL AND ${isOpen}) AS open_id
  FROM target t LEFT JOIN filed f ON true`;

/** What became of a report. No row: there is no such thing, or not for this reporter. */
export interface FiledRow {
  readonly is_own: boolean;
  readonly new_id: number | null;
  /** The open report of the same reporter that was there when the statement began. */
  readonly open_id: number | null;
}

/**
 * Files a report of a message, with its copy, in one statement: what is kept is what the reporter could read at this moment.
 * $1 reporter, $2 chat, $3 seq, $4 reason, $5 comment, $6 protocol, $7 address, $8 user agent.
 * Plan: index probes of the primary keys of messages (one partition), chats, chat_members, chat_leavers, blocks and users, of
 * messages_edits_idx and, for somebody who is no member, of messages_left_idx.
 */
export const FILE_MESSAGE = `
  WITH target AS MATERIALIZED (
    SELECT m.*, c.chat_type, c.name AS chat_name, r.username AS reporter_name, coalesce(s.username, ${DELETED_USER}) AS sender_name
    FROM messages m JOIN chats c ON c.id = m.chat_id JOIN users r ON r.id = $1 LEFT JOIN users s ON s.id = m.sender_id
    WHERE m.chat_id = $2 AND m.seq = $3 AND m.kind = 'message' AND ${COULD_READ} AND NOT ${wasWithheld('m')}
  ), filed AS (
    INSERT INTO reports (reason, comment, reporter_id, reporter_name, user_id, username, chat_id, chat_type, chat_name, seq, excerpt, evidence)
    SELECT $4, $5, $1, t.reporter_name, t.sender_id, t.sender_name, t.chat_id, t.chat_type, t.chat_name, t.seq,
      left(coalesce(t.edited_content, t.content), ${EXCERPT}),
      jsonb_build_object(
        'message', jsonb_build_object('seq', t.seq, 'from_id', t.sender_id, 'from_name', t.sender_name, 'content_type', t.content_type,
          'created_at', ${time('t.created_at')}, 'deleted', t.deleted_seq IS NOT NULL, 'versions', ${VERSIONS}),
        'context', ${BEFORE})
    FROM target t WHERE t.sender_id <> $1
    ON CONFLICT DO NOTHING RETURNING id, user_id
  )${filed('o.chat_id = $2 AND o.seq = $3')}`;

/**
 * Files a report of a user ($2) with whom the reporter ($1) shares a chat, has a personal one, whether or not both are in it, or who has
 * asked the reporter into a chat.
 * The others as in `FILE_MESSAGE`, without $3.
 * Plan: the personal chat by its key; requests by an index of either user; else the chats of the reporter by chat_members_user_id_joined_at_idx, each met by the primary key.
 */
export const FILE_USER = `
  WITH target AS MATERIALIZED (
    SELECT u.id AS sender_id, u.username, r.username AS reporter_name
    FROM users u JOIN users r ON r.id = $1
    WHERE u.id = $2 AND $3::bigint IS NULL AND (
      EXISTS (SELECT 1 FROM chats c WHERE c.low_user_id = least($1::bigint, $2) AND c.high_user_id = greatest($1::bigint, $2))
      OR EXISTS (SELECT 1 FROM chat_requests q WHERE q.user_id = $1 AND q.from_id = $2)
      OR EXISTS (
        SELECT 1 FROM chat_members a JOIN chat_members b ON b.chat_id = a.chat_id AND b.user_id = $2 WHERE a.user_id = $1
      )
    )
  ), filed AS (
    INSERT INTO reports (reason, comment, reporter_id, reporter_name, user_id, username)
    SELECT $4, $5, $1, t.reporter_name, t.sender_id, t.username FROM target t WHERE t.sender_id <> $1
    ON CONFLICT DO NOTHING RETURNING id, user_id
  )${filed('o.user_id = $2 AND o.seq IS NULL')}`;

const SUMMARY = `id, reason, comment, reporter_id, reporter_name, user_id, username, chat_id, chat_type, chat_name, seq, excerpt, created_at,
  closed_at, closed_by_id, closed_by_name, action, note, suspended_until`;

const COUNT = `(SELECT count(*)::int FROM (SELECT 1 FROM reports WHERE closed_at IS NULL LIMIT ${MAX_COUNTED}) AS counted)`;

/** How many reports are open, up to 10,000. Plan: reports_open_idx alone. */
export const COUNT_OPEN = `SELECT ${COUNT} AS count`;

export type ReportState = 'open' | 'closed';

const IN_STATE: Readonly<Record<ReportState, string>> = { open: 'AND closed_at IS NULL', closed: 'AND closed_at IS NOT NULL' };

/**
 * A page of reports, newest first: at most $1 with ids below $2. Of an empty page the one row has no id.
 * Plan: Index Scan Backward of reports_open_idx, reports_closed_idx or reports_pkey, up to the limit.
 */
export const reportsPage = (state: ReportState | null): string => `
  SELECT ${COUNT} AS total_open, p.*
  FROM (SELECT) AS one
  LEFT JOIN (SELECT ${SUMMARY} FROM reports WHERE id < $2 ${state ? IN_STATE[state] : ''} ORDER BY id DESC LIMIT $1) p ON true
  ORDER BY p.id DESC`;

/** One report with its evidence. Plan: reports_pkey. */
export const REPORT_BY_ID = `SELECT ${SUMMARY}, evidence FROM reports WHERE id = $1`;

/** Closes a report that is open: of two who do so at once the second waits, and changes nothing. $2 who, $3 its name, $4 action, $5 note, $6 end. */
export const CLOSE_REPORT = `
  UPDATE reports SET closed_at = now(), closed_by_id = $2, closed_by_name = $3, action = $4, note = $5, suspended_until = $6
  WHERE id = $1 AND closed_at IS NULL`;

/** See `take_down_message` in database/migrations/moderation. */
export const TAKE_DOWN = 'SELECT take_down_message($1, $2, $3) AS seq';

/** Deletes up to $1 reports that were closed $2 seconds ago, by reports_closed_at_idx. */
export const PURGE_REPORTS = `
  DELETE FROM reports WHERE id IN (
    SELECT id FROM reports WHERE closed_at < now() - make_interval(secs => $2) ORDER BY closed_at LIMIT $1 FOR UPDATE SKIP LOCKED
  )`;

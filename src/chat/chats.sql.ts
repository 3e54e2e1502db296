/** The name of a chat for its member `m`: a personal one bears that of the other. */
const NAME = `CASE WHEN c.chat_type = 'group' THEN c.name ELSE coalesce(o.username, 'deleted user') END`;
const OTHER = `LEFT JOIN users o ON o.id = CASE WHEN c.low_user_id = m.user_id THEN c.high_user_id ELSE c.low_user_id END`;

const CHAT = `c.id AS chat_id, c.chat_type, ${NAME} AS chat_name, c.last_seq, c.last_deleted_seq, m.read_seq, c.created_at, c.last_activity_at`;

/** One chat ($1) as its member ($2) sees it: primary keys only. */
export const CHAT_OF = `
  SELECT ${CHAT} FROM chat_members m JOIN chats c ON c.id = m.chat_id ${OTHER} WHERE m.chat_id = $1 AND m.user_id = $2`;

/** Who is in a chat ($1), its owner first: its part of the primary key of chat_members, and each name by the primary key of users. */
export const MEMBERS_OF = `
  SELECT m.user_id, u.username, m.role, m.read_seq
  FROM chat_members m JOIN users u ON u.id = m.user_id WHERE m.chat_id = $1 ORDER BY m.role <> 'owner', m.joined_at, m.user_id`;

/**
 * A page of the chats of a user ($1), the one with the newest activity first: at most $2, those after the place ($3, $4).
 *
 * The plan: the user's memberships by the index on (user_id, joined_at), each chat by its primary key, a top-N sort; for each chat of the
 * page, the end of messages_standing_idx. The activity of a chat changes with every message, so there is no index on it.
 */
export const CHATS_PAGE = `
  SELECT ${CHAT}, l.*, s.username AS sender_name
  FROM (
    SELECT m.* FROM chat_members m JOIN chats c ON c.id = m.chat_id
    WHERE m.user_id = $1 AND ($3::timestamptz IS NULL OR (c.last_activity_at, c.id) < ($3::timestamptz, $4::bigint))
    ORDER BY c.last_activity_at DESC, c.id DESC LIMIT $2
  ) m
  JOIN chats c ON c.id = m.chat_id ${OTHER}
  LEFT JOIN LATERAL (
    SELECT x.seq, x.kind, x.sender_id, coalesce(x.edited_content, x.content) AS content, x.content_type, x.client_msg_id,
      x.created_at AS said_at, x.edited_seq
    FROM messages x
    WHERE x.chat_id = m.chat_id AND x.kind = 'message' AND x.deleted_seq IS NULL
    ORDER BY x.seq DESC LIMIT 1
  ) l ON true
  LEFT JOIN users s ON s.id = l.sender_id
  ORDER BY c.last_activity_at DESC, c.id DESC`;

/** Unread messages are counted up to this. */
export const MAX_UNREAD = 999;
/** Messages at the end of a chat that a count looks at: a member who writes and never reads has as many unread ones of its own as it likes. */
const MAX_LOOKED = 2_000;

/**
 * How many messages stand in chats ($1), each after one entry ($2) and up to another ($3), that are by none of these users ($4).
 *
 * The plan: for each chat an Index Only Scan Backward of messages_standing_idx in its one partition, at most `MAX_LOOKED` entries of it.
 * The table itself is read only for pages that no vacuum has seen yet.
 */
export const COUNT_STANDING = `
  SELECT w.chat_id, (
    SELECT count(*)::int FROM (
      SELECT 1 FROM (
        SELECT x.sender_id FROM messages x
        WHERE x.chat_id = w.chat_id AND x.seq > w.after_seq AND x.seq <= w.last_seq AND x.kind = 'message' AND x.deleted_seq IS NULL
        ORDER BY x.seq DESC LIMIT ${MAX_LOOKED}
      ) newest WHERE newest.sender_id <> ALL ($4::bigint[]) LIMIT ${MAX_UNREAD}
    ) counted
  ) AS count
  FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) AS w (chat_id, after_seq, last_seq)`;

/** The chats of a user ($1) by name only, newest activity first: at most $2. As `CHATS_PAGE`, without a look at any log. */
export const CHAT_NAMES = `
  SELECT c.id AS chat_id, c.chat_type, ${NAME} AS chat_name
  FROM chat_members m JOIN chats c ON c.id = m.chat_id ${OTHER}
  WHERE m.user_id = $1 ORDER BY c.last_activity_at DESC, c.id DESC LIMIT $2`;

export const CREATE_CHAT = 'SELECT * FROM create_chat($1, $2, $3, $4)';
export const ADD_MEMBERS = 'SELECT * FROM add_chat_members($1, $2, $3, $4)';
export const REMOVE_MEMBER = 'SELECT * FROM remove_chat_member($1, $2, $3)';
export const CHANGE_MESSAGE = 'SELECT * FROM change_message($1, $2, $3, $4, $5)';

/**
 * What members have read: the highest counts, and nothing beyond the end of the log. One row for each entry, in any order. Members are
 * locked in the order of their ids, as by what changes who is in a chat: in another order, the two would wait for each other.
 *
 * The plan on tables of any size: nested loops over the primary keys of chats and chat_members; the order is that of the sort before it.
 */
export const MARK_READ = `
  WITH read AS (
    SELECT r.chat_id, r.user_id, least(max(r.seq), c.last_seq) AS seq
    FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) AS r (chat_id, user_id, seq) JOIN chats c ON c.id = r.chat_id
    GROUP BY r.chat_id, r.user_id, c.last_seq
  ), held AS (
    SELECT m.chat_id, m.user_id, r.seq
    FROM read r JOIN chat_members m ON m.chat_id = r.chat_id AND m.user_id = r.user_id
    WHERE m.read_seq < r.seq ORDER BY m.chat_id, m.user_id FOR NO KEY UPDATE OF m
  ), marked AS (
    UPDATE chat_members m SET read_seq = h.seq FROM held h
    WHERE m.chat_id = h.chat_id AND m.user_id = h.user_id AND m.read_seq < h.seq
    RETURNING m.chat_id, m.user_id
  )
  SELECT m.chat_id, m.user_id, greatest(m.read_seq, r.seq) AS read_seq, k.user_id IS NOT NULL AS moved
  FROM read r
  JOIN chat_members m ON m.chat_id = r.chat_id AND m.user_id = r.user_id
  LEFT JOIN marked k ON k.chat_id = r.chat_id AND k.user_id = r.user_id`;

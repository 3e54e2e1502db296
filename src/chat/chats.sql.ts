import { PREVIEW_READ } from './preview.js';

import { isUsableSql } from '../users/users.sql.js';

/** The name of a chat for its member `m`: a personal one bears that of the other. */
const NAME = `CASE WHEN c.chat_type = 'group' THEN c.name ELSE coalesce((
    SELECT o.username FROM users o WHERE o.id = CASE WHEN c.low_user_id = m.user_id THEN c.high_user_id ELSE c.low_user_id END
  ), 'deleted user') END`;

const CHAT = `c.id AS chat_id, c.chat_type, ${NAME} AS chat_name, c.last_seq, c.last_deleted_seq, m.read_seq, c.created_at, c.last_activity_at`;

/** One chat ($1) as its member ($2) sees it: primary keys only. */
export const CHAT_OF = `
  SELECT ${CHAT} FROM chat_members m JOIN chats c ON c.id = m.chat_id WHERE m.chat_id = $1 AND m.user_id = $2`;

/**
 * Who is in a chat ($1), its owner first, as one of its members ($2) sees them: how far somebody has read only where it is shared with the
 * member. Where $3 is true, a personal chat names the other one until one of the two has left, whether or not the other is in it: that a
 * block kept somebody out must not show.
 *
 * The plan: the chat's part of the primary key of chat_members; each name, and what a member shares with the other, by primary keys.
 */
export const MEMBERS_OF = `
  SELECT q.user_id, q.username, q.is_active, q.role, CASE WHEN q.is_shown THEN q.read_seq ELSE 0 END AS read_seq, q.is_shown, q.is_member, q.joined_at
  FROM (
    SELECT m.user_id, u.username, ${isUsableSql('u')} AS is_active, m.role, m.read_seq, m.joined_at, true AS is_member, m.user_id = $2 OR (NOT c.one_sided
      AND p.user_id IS NULL AND own.user_id IS NULL AND other.user_id IS NULL) AS is_shown
    FROM chats c JOIN chat_members m ON m.chat_id = c.id JOIN users u ON u.id = m.user_id
    LEFT JOIN user_privacy p ON p.user_id = m.user_id AND NOT p.share_presence
    LEFT JOIN blocks own ON own.user_id = $2 AND own.blocked_id = m.user_id
    LEFT JOIN blocks other ON other.user_id = m.user_id AND other.blocked_id = $2
    WHERE c.id = $1
    UNION ALL
    SELECT u.id, u.username, ${isUsableSql('u')}, 'member', 0, c.created_at, false, false
    FROM chats c JOIN users u ON u.id = CASE WHEN c.low_user_id = $2 THEN c.high_user_id ELSE c.low_user_id END
    WHERE c.id = $1 AND $3 AND c.chat_type = 'personal'
      AND NOT EXISTS (SELECT 1 FROM chat_members m WHERE m.chat_id = c.id AND m.user_id = u.id)
      AND NOT EXISTS (SELECT 1 FROM chat_leavers l WHERE l.chat_id = c.id)
  ) q ORDER BY q.role <> 'owner', q.joined_at, q.user_id`;

/** Whom the user $1 has blocked; read once for each statement. */
const BLOCKED = '(SELECT b.blocked_id FROM blocks b WHERE b.user_id = $1)';

/** A chat that its member has hidden since its last entry. Entries by the other one of a personal chat who is blocked bring none back. */
const IS_HIDDEN = `(m.hidden_seq IS NOT NULL AND (m.hidden_seq >= c.last_seq OR (c.chat_type = 'personal'
      AND CASE WHEN c.low_user_id = m.user_id THEN c.high_user_id ELSE c.low_user_id END IN ${BLOCKED})))`;

/** Messages at the end of a chat among which one is looked for that is by nobody whom the reader has blocked. */
const MAX_SKIPPED = 1_000;

/**
 * Which message of a chat is shown with it: its last one. Found by the index alone: in a partition in which most messages stand, the primary
 * key would look as good, and pass over all the edits at the end of the chat.
 */
const LAST = `WHERE x.chat_id = m.chat_id AND x.seq = (
      SELECT n.seq FROM messages n WHERE n.chat_id = m.chat_id AND n.kind = 'message' AND n.deleted_seq IS NULL ORDER BY n.seq DESC LIMIT 1
    )`;

/** The same for a reader who has blocked somebody. By the index alone: a blocked user may have written very much. */
const LAST_UNBLOCKED = `WHERE x.chat_id = m.chat_id AND x.seq = (
      SELECT n.seq FROM (
        SELECT y.seq, y.sender_id FROM messages y WHERE y.chat_id = m.chat_id AND y.kind = 'message' AND y.deleted_seq IS NULL
        ORDER BY y.seq DESC LIMIT ${MAX_SKIPPED}
      ) n WHERE n.sender_id NOT IN ${BLOCKED} LIMIT 1
    )`;

/** Transactions under way that a cursor names; where there are more, it begins with the oldest of them. */
const MAX_UNDER_WAY = 20;

/**
 * Which transactions this statement does not see, as numbers of 32 bits: all from the first one on, and those after it, which are under way. One
 * plan for the whole page.
 */
const SINCE = `(
    SELECT CASE WHEN cardinality(r.under_way) > ${MAX_UNDER_WAY} THEN pg_snapshot_xmin(r.now)::xid::text
      ELSE array_to_string(pg_snapshot_xmax(r.now)::xid::text || r.under_way, '-') END
    FROM (SELECT s AS now, ARRAY(SELECT x::xid::text FROM pg_snapshot_xip(s) x) AS under_way FROM pg_current_snapshot() s) r
  ) AS since`;

/** How chats of a user ($1) are chosen, at most $2 of them, and in which order; $5 says whether those that are hidden, or the others. */
interface Choice {
  readonly where: string;
  readonly order: string;
}

/**
 * Chats of a user with the message that is shown with each.
 *
 * The plan: the user's memberships by the index on (user_id, joined_at), each chat by its primary key, a top-N sort; for each chat of the
 * page, the end of messages_standing_idx. The activity of a chat changes with every message, so there is no index on it. Names are looked
 * up one by one, by primary key: a join might read all accounts up to the highest id.
 */
const chatsOf = ({ where, order }: Choice, last: string): string => `
  SELECT ${CHAT}, ${SINCE}, l.*, (SELECT s.username FROM users s WHERE s.id = l.sender_id) AS sender_name
  FROM (
    SELECT m.* FROM chat_members m JOIN chats c ON c.id = m.chat_id
    WHERE m.user_id = $1 AND ${where} ORDER BY ${order} LIMIT $2
  ) m
  JOIN chats c ON c.id = m.chat_id
  LEFT JOIN LATERAL (
    SELECT x.seq, x.kind, x.sender_id, left(coalesce(x.edited_content, x.content), ${PREVIEW_READ}) AS content, x.content_type, x.client_msg_id,
      x.created_at AS said_at, x.edited_seq
    FROM messages x ${last}
  ) l ON true
  ORDER BY ${order}`;

/** The newest activity first, those after the place ($3, $4). */
const NEWEST: Choice = {
  where: `($3::timestamptz IS NULL OR (c.last_activity_at, c.id) < ($3::timestamptz, $4::bigint)) AND ${IS_HIDDEN} = $5`,
  order: 'c.last_activity_at DESC, c.id DESC',
};
/**
 * By id, those after one ($3) whose row was written by a transaction that the first page did not see: one that is not older than $4, or one of
 * those that were under way ($7). Except some ($6). Ages are as of one moment, so that it does not matter that the numbers begin anew.
 */
const CHANGED: Choice = {
  where: `c.id > $3 AND (age(c.xmin) <= age($4::text::xid) OR c.xmin::text = ANY ($7::text[])) AND c.id <> ALL ($6::bigint[])
      AND ${IS_HIDDEN} = $5`,
  order: 'c.id',
};

/** Pages of a user's chats; the second of each pair is for a reader who has blocked somebody. */
export const [CHATS_PAGE, CHATS_PAGE_UNBLOCKED] = [chatsOf(NEWEST, LAST), chatsOf(NEWEST, LAST_UNBLOCKED)];
export const [CHANGED_CHATS, CHANGED_CHATS_UNBLOCKED] = [chatsOf(CHANGED, LAST), chatsOf(CHANGED, LAST_UNBLOCKED)];

/** Names and types of chats alone. As `chatsOf`, without a look at any log. */
const namesOf = ({ where, order }: Choice): string => `
  SELECT c.id AS chat_id, c.chat_type, ${NAME} AS chat_name, c.last_activity_at, ${SINCE}
  FROM chat_members m JOIN chats c ON c.id = m.chat_id
  WHERE m.user_id = $1 AND ${where} ORDER BY ${order} LIMIT $2`;

export const [CHAT_NAMES, CHANGED_CHAT_NAMES] = [namesOf(NEWEST), namesOf(CHANGED)];

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
      ) newest WHERE newest.sender_id NOT IN (SELECT unnest($4::bigint[])) LIMIT ${MAX_UNREAD}
    ) counted
  ) AS count
  FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) AS w (chat_id, after_seq, last_seq)`;

export const CREATE_CHAT = 'SELECT * FROM create_chat($1, $2, $3, $4, $5)';
export const CREATE_CHAT_ONCE = 'SELECT * FROM create_chat_once($1, $2, $3, $4, $5, $6, $7)';
export const ADD_MEMBERS = 'SELECT * FROM add_chat_members($1, $2, $3, $4, $5)';
export const REMOVE_MEMBER = 'SELECT * FROM remove_chat_member($1, $2, $3)';
export const CHANGE_MESSAGE = 'SELECT * FROM change_message($1, $2, $3, $4, $5)';

/** Which of these users ($2) are in a chat ($1): its part of the primary key of chat_members. */
export const MEMBERS_AMONG = 'SELECT m.user_id FROM chat_members m WHERE m.chat_id = $1 AND m.user_id = ANY ($2::bigint[])';

/** Which of these users ($2) are in the chat in the same place ($1): the primary key of chat_members. */
export const ARE_MEMBERS = `
  SELECT m.chat_id, m.user_id FROM unnest($1::bigint[], $2::bigint[]) AS w (chat_id, user_id)
  JOIN chat_members m ON m.chat_id = w.chat_id AND m.user_id = w.user_id`;

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

/**
 * Users ($1) as those see them who share a chat with them, and the chats: theirs, and the personal ones that they are out of, or asked into, which
 * bear their name all the same. Of deleted accounts there is no name, and the chats that they have not left yet.
 *
 * The plan: for each user the primary key of users and one index each of chat_members, chat_leavers and chat_requests.
 */
export const USERS_IN_CHATS = `
  SELECT w.id AS user_id, u.username, coalesce(${isUsableSql('u')}, false) AS is_active, ARRAY(
    SELECT m.chat_id FROM chat_members m WHERE m.user_id = w.id
    UNION SELECT c.id FROM chat_leavers l JOIN chats c ON c.id = l.chat_id WHERE l.user_id = w.id AND c.chat_type = 'personal'
    UNION SELECT c.id FROM chat_requests r JOIN chats c ON c.id = r.chat_id WHERE r.user_id = w.id AND c.chat_type = 'personal'
  ) AS chat_ids
  FROM unnest($1::bigint[]) AS w (id) LEFT JOIN users u ON u.id = w.id`;

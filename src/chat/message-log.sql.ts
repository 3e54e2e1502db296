import { MAX_LIST_BYTES } from '../validation/answer-size.js';

/** Bytes of content after which a page ends, whatever its limit: no more is read than can be answered. Encoded they may be more. */
const PAGE_BYTES = MAX_LIST_BYTES;
/** The same for each chat that a node catches up with. */
const CATCH_UP_BYTES = 256 * 1024;

/** Whom the reader $2 has blocked; read once for each statement. */
const BLOCKED = '(SELECT b.blocked_id FROM blocks b WHERE b.user_id = $2)';
const IS_WITHHELD = `(kind IN ('message', 'edited') AND sender_id IN ${BLOCKED})`;

const COLUMNS = 'chat_id, seq, kind, sender_id, member_id, target_seq, content_type, client_msg_id, created_at';
const AS_WRITTEN = `${COLUMNS}, content, NULL::bigint AS edited_seq, deleted_seq`;
const AS_OF_NOW = `${COLUMNS}, coalesce(edited_content, content) AS content, edited_seq`;

/** As it was written, without the words of those whom the reader has blocked. */
const AS_SHOWN = `${COLUMNS}, CASE WHEN NOT ${IS_WITHHELD} THEN content END AS content, NULL::bigint AS edited_seq, deleted_seq, ${IS_WITHHELD} AS is_withheld`;

/** What was said and still stands: changes are applied to it instead of being listed. */
const STANDING = `AND kind = 'message' AND deleted_seq IS NULL`;

interface PageShape {
  readonly columns: string;
  readonly where: string;
  readonly order: 'ASC' | 'DESC';
  readonly bytes: number;
  /** Which chat; $1 unless said. */
  readonly chat?: string;
  /** Only messages that stand. */
  readonly stands?: boolean;
  /** Whether messages of those whom the reader has blocked are left out. */
  readonly unblocked?: boolean;
}

/**
 * What was said and still stands, by nobody whom the reader has blocked. It is found by messages_standing_idx alone, which has the sender, since
 * the chat may end with very many edits, and somebody who is blocked may have written very much in between; then by the primary key. All of it is
 * passed over: a reader who has blocked somebody must not lose what others said before. What that costs is settled by the command.
 */
const standing = ({ columns, where, order, unblocked }: PageShape): string => `
      SELECT ${columns} FROM messages WHERE chat_id = $1 AND seq = ANY (ARRAY(
        SELECT seq FROM messages WHERE chat_id = $1 ${where} ${STANDING} ${unblocked ? `AND sender_id NOT IN ${BLOCKED}` : ''} ORDER BY seq ${order} LIMIT $3
      )) ORDER BY seq ${order}`;

const plain = ({ columns, where, order, chat = '$1' }: PageShape): string =>
  `SELECT ${columns} FROM messages WHERE chat_id = ${chat} ${where} ORDER BY seq ${order} LIMIT $3`;

/**
 * The entries of one chat ($1) in one direction, at most `$3` of them. `found` is how many there were before the page was cut by its size.
 *
 * The plan: the one partition of the chat ($1 prunes the others when it runs), its primary key forwards or backwards up to the limit,
 * so that a page costs the same wherever in the log it is; of history, messages_standing_idx. `octet_length` reads no long content; only
 * what is returned is read.
 */
const entries = (shape: PageShape): string => `
  SELECT p.*, s.username AS sender_name, t.username AS member_name
  FROM (
    SELECT q.*, count(*) OVER () AS found, sum(octet_length(q.content)) OVER (ORDER BY q.seq ${shape.order}) - octet_length(q.content) AS before
    FROM (${shape.stands ? standing(shape) : plain(shape)}) q
  ) p
  LEFT JOIN users s ON s.id = p.sender_id
  LEFT JOIN users t ON t.id = p.member_id
  WHERE p.before IS NULL OR p.before < ${shape.bytes}
  ORDER BY p.seq`;

/** A page for a member ($2) of the chat: no row at all for anybody else; one without `seq` where the page is empty. */
const pageOf = (shape: PageShape): string => `
  SELECT c.last_seq, e.*
  FROM chat_members m JOIN chats c ON c.id = m.chat_id LEFT JOIN LATERAL (${entries(shape)}) e ON true
  WHERE m.chat_id = $1 AND m.user_id = $2
  ORDER BY e.seq`;

const BEFORE: PageShape = { columns: AS_OF_NOW, where: 'AND seq < $4', stands: true, order: 'DESC', bytes: PAGE_BYTES };
const AFTER: PageShape = {
  columns: AS_OF_NOW,
  where: 'AND seq > $4 AND seq < $5',
  stands: true,
  order: 'ASC',
  bytes: PAGE_BYTES,
};

/** The newest before `$4`. */
export const HISTORY_BEFORE = pageOf(BEFORE);
/** The oldest after `$4`, and before `$5`. */
export const HISTORY_AFTER = pageOf(AFTER);
/** The same for a reader who has blocked somebody. */
export const HISTORY_BEFORE_UNBLOCKED = pageOf({ ...BEFORE, unblocked: true });
export const HISTORY_AFTER_UNBLOCKED = pageOf({ ...AFTER, unblocked: true });
/** The log as it was written, after `$4`, for the reader. */
export const SYNC = pageOf({ columns: AS_SHOWN, where: 'AND seq > $4', order: 'ASC', bytes: PAGE_BYTES });

/**
 * The logs of some chats as they were written, each after its own `seq`, for whoever has seen to it that they may be shown. The same
 * plan once for each chat: the entries' `$1` and `$4` are here what stands in `wanted`.
 */
export const LOGS_AFTER = `
  SELECT e.* FROM unnest($1::bigint[], $2::bigint[]) AS wanted (chat_id, after_seq) CROSS JOIN LATERAL (
    ${entries({ columns: AS_WRITTEN, where: 'AND seq > wanted.after_seq', order: 'ASC', bytes: CATCH_UP_BYTES, chat: 'wanted.chat_id' })}
  ) e ORDER BY e.chat_id, e.seq`;

/** Where the logs of these chats end, and whether one of a personal chat's two has not answered it. */
export const LAST_SEQS = 'SELECT id AS chat_id, last_seq, one_sided FROM chats WHERE id = ANY ($1)';

/** The chats of these users, with where their logs end: the primary key of chats, met by the index on (user_id, joined_at). */
export const CHATS_OF_USERS = `
  SELECT m.user_id, m.chat_id, c.last_seq, c.one_sided
  FROM chat_members m JOIN chats c ON c.id = m.chat_id WHERE m.user_id = ANY ($1)`;

/** Who of these users joined a chat in the last minutes, and where that chat's log stood just before. */
export const JOINED_SINCE = `
  SELECT m.user_id, m.chat_id, CASE WHEN m.joined_seq > 0 THEN m.joined_seq - 1 ELSE m.read_seq END AS position
  FROM chat_members m WHERE m.user_id = ANY ($1) AND m.joined_at > $2::timestamptz - interval '1 minute'`;

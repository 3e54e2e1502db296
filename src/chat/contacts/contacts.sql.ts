/** What these users consent to: whom they have blocked, by the primary key of blocks, and whether they share their presence. */
export const CONSENT_OF_USERS = `
  SELECT u.id AS user_id, coalesce(p.share_presence, true) AS share_presence,
    array(SELECT b.blocked_id FROM blocks b WHERE b.user_id = u.id) AS blocked
  FROM unnest($1::bigint[]) AS u (id) LEFT JOIN user_privacy p ON p.user_id = u.id`;

export const BLOCK_USER = 'SELECT block_user($1, $2) AS created_at';
export const UNBLOCK_USER = 'DELETE FROM blocks WHERE user_id = $1 AND blocked_id = $2';

/**
 * Whom a user ($1) has blocked, the newest first: at most $2, those after the place ($3, $4). There are at most 10,000, all of them by the
 * primary key of blocks.
 */
export const BLOCKS_PAGE = `
  SELECT b.blocked_id AS user_id, coalesce(u.username, 'deleted user') AS username, b.created_at
  FROM blocks b LEFT JOIN users u ON u.id = b.blocked_id
  WHERE b.user_id = $1 AND ($3::timestamptz IS NULL OR (b.created_at, b.blocked_id) < ($3::timestamptz, $4::bigint))
  ORDER BY b.created_at DESC, b.blocked_id DESC LIMIT $2`;

/** Changes nothing for a user who is being deleted at the same moment. */
export const SET_PRIVACY = `
  INSERT INTO user_privacy (user_id, share_presence) SELECT u.id, $2 FROM users u WHERE u.id = $1 FOR KEY SHARE
  ON CONFLICT (user_id) DO UPDATE SET share_presence = excluded.share_presence
  WHERE user_privacy.share_presence <> excluded.share_presence`;

/** Requests that wait for a user, one for each chat: the newest by somebody whom the user has not blocked. */
const requests = (user: string, chats: string): string => `
  SELECT DISTINCT ON (r.chat_id) r.chat_id, c.chat_type, CASE WHEN c.chat_type = 'group' THEN c.name ELSE u.username END AS chat_name,
    r.from_id, u.username AS from_name, r.created_at
  FROM chat_requests r JOIN chats c ON c.id = r.chat_id JOIN users u ON u.id = r.from_id
  WHERE r.user_id = ${user} AND r.declined_at IS NULL ${chats}
    AND NOT EXISTS (SELECT 1 FROM blocks b WHERE b.user_id = r.user_id AND b.blocked_id = r.from_id)
  ORDER BY r.chat_id, r.created_at DESC`;

/**
 * A page of the requests of a user ($1), the newest first: at most $2, those after the place ($3, $4). There are at most 1,000, all of them
 * by the index on (user_id, declined_at).
 */
export const REQUESTS_PAGE = `
  SELECT q.* FROM (${requests('$1', '')}) q
  WHERE $3::timestamptz IS NULL OR (q.created_at, q.chat_id) < ($3::timestamptz, $4::bigint)
  ORDER BY q.created_at DESC, q.chat_id DESC LIMIT $2`;

/** The requests of some users ($1), each for one chat ($2), by the primary key of chat_requests; no row where none waits. */
export const REQUESTS_FOR = `
  SELECT w.user_id AS asked_id, q.*
  FROM unnest($1::bigint[], $2::bigint[]) AS w (user_id, chat_id) CROSS JOIN LATERAL (${requests('w.user_id', 'AND r.chat_id = w.chat_id')}) q`;

export const ACCEPT_CHAT = 'SELECT * FROM accept_chat($1, $2)';
export const DECLINE_CHAT = 'SELECT decline_chat($1, $2)';

/** Hides a chat ($1) from the list of a member ($2) until its log goes on; @returns no row to who is no member */
export const HIDE_CHAT = `
  UPDATE chat_members m SET hidden_seq = c.last_seq FROM chats c
  WHERE m.chat_id = $1 AND m.user_id = $2 AND c.id = m.chat_id RETURNING m.chat_id`;
export const UNHIDE_CHAT = 'UPDATE chat_members SET hidden_seq = NULL WHERE chat_id = $1 AND user_id = $2 RETURNING chat_id';

import { refuse } from '../chats/entries.js';

/** Users whom one user has blocked at most: each of them is in the memory of the node that the user is connected to. */
const MAX_BLOCKS = 10_000;

/**
 * `block_user`: blocks a user, once; what that user has asked for and waits is gone. @returns since when
 *
 * Requests are locked in the order of their keys: an account that is deleted at the same moment takes its own along.
 */
export const BLOCK_USER = `
  CREATE FUNCTION block_user(p_user bigint, p_blocked bigint) RETURNS timestamptz LANGUAGE plpgsql AS $$
  DECLARE
    since timestamptz;
  BEGIN
    SELECT b.created_at INTO since FROM blocks b WHERE b.user_id = p_user AND b.blocked_id = p_blocked;
    IF since IS NOT NULL THEN RETURN since; END IF;
    PERFORM 1 FROM users u WHERE u.id IN (p_user, p_blocked) ORDER BY u.id FOR KEY SHARE;
    IF NOT EXISTS (SELECT 1 FROM users u WHERE u.id = p_blocked) THEN ${refuse('not_found')}; END IF;
    IF (SELECT count(*) FROM (SELECT 1 FROM blocks b WHERE b.user_id = p_user LIMIT ${MAX_BLOCKS}) x) >= ${MAX_BLOCKS} THEN
      ${refuse('conflict', `A user blocks at most ${MAX_BLOCKS} others`)};
    END IF;
    INSERT INTO blocks (user_id, blocked_id) VALUES (p_user, p_blocked)
    ON CONFLICT (user_id, blocked_id) DO UPDATE SET created_at = blocks.created_at RETURNING created_at INTO since;
    WITH held AS (
      SELECT r.chat_id FROM chat_requests r WHERE r.user_id = p_user AND r.from_id = p_blocked AND r.declined_at IS NULL
      ORDER BY r.chat_id FOR UPDATE
    )
    DELETE FROM chat_requests r USING held h WHERE r.chat_id = h.chat_id AND r.user_id = p_user AND r.from_id = p_blocked;
    RETURN since;
  END
  $$;
`;

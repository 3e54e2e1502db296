import { refuse } from '../chats/entries.js';

/** Chats of one user at most that were made, accepted or written into by that user, and as many again by others. */
const MAX_CHATS = 10_000;
/** Members of a group at most: every message is delivered to each of them. */
const MAX_MEMBERS = 5_000;
/** Requests that wait for one user at most: each is somebody else's wish. */
const MAX_REQUESTS = 1_000;

/** How many rows there are, looking no further than `limit`. */
export const countOf = (from: string, limit: number): string => `(SELECT count(*) FROM (SELECT 1 FROM ${from} LIMIT ${limit}) x)`;

export const hasBlocked = (user: string, other: string): string =>
  `EXISTS (SELECT 1 FROM blocks b WHERE b.user_id = ${user} AND b.blocked_id = ${other})`;

export const isMember = (chat: string, user: string): string =>
  `EXISTS (SELECT 1 FROM chat_members m WHERE m.chat_id = ${chat} AND m.user_id = ${user})`;

/** The other one of a personal chat, whose row is `chat`. */
export const otherOf = (chat: string, user: string): string =>
  `CASE WHEN ${chat}.low_user_id = ${user} THEN ${chat}.high_user_id ELSE ${chat}.low_user_id END`;

export const refuseBlocked = `${refuse('conflict', 'You have blocked this user')};`;

/** `check_own_chats`: refuses where a user is in as many chats of their own choice as one can be. */
const CHECK_OWN_CHATS = `
  CREATE FUNCTION check_own_chats(p_user bigint) RETURNS void LANGUAGE plpgsql AS $$
  BEGIN
    IF ${countOf('chat_members m WHERE m.user_id = p_user AND m.chosen', MAX_CHATS)} >= ${MAX_CHATS} THEN
      ${refuse('conflict', `A user is in at most ${MAX_CHATS} chats`)};
    END IF;
  END
  $$;
`;

/**
 * Whether a user can be put into a chat without being asked: not by somebody they have blocked, not into what they have left, not beyond the
 * cap of chats that others put them into, and where the server asks for it (`asks`) by contacts only. An expression and not a function, since
 * a thousand names may be judged at once.
 */
export const mayBePut = (chat: string, user: string, actor: string, asks: string): string => `(
      NOT ${hasBlocked(user, actor)}
      AND NOT EXISTS (SELECT 1 FROM chat_leavers l WHERE l.chat_id = ${chat} AND l.user_id = ${user})
      AND (NOT ${asks} OR EXISTS (
        SELECT 1 FROM chats c
        WHERE c.low_user_id = least(${user}, ${actor}) AND c.high_user_id = greatest(${user}, ${actor}) AND NOT c.one_sided
      ))
      AND ${countOf(`chat_members m WHERE m.user_id = ${user} AND NOT m.chosen`, MAX_CHATS)} < ${MAX_CHATS}
      AND ${countOf(`chat_members m WHERE m.user_id = ${user}`, 2 * MAX_CHATS)} < ${2 * MAX_CHATS}
    )`;

/**
 * `ask_user`: a request for a user to come into a chat, unless there is one by the same person, open or declined. A user who has blocked
 * that person, or has too many requests already, gets none; the person is not told. The caller has locked the chat.
 */
export const ASK_USER = `
  CREATE FUNCTION ask_user(p_chat bigint, p_user bigint, p_from bigint) RETURNS void LANGUAGE plpgsql AS $$
  BEGIN
    IF EXISTS (SELECT 1 FROM chat_requests r WHERE r.chat_id = p_chat AND r.user_id = p_user AND r.from_id = p_from)
      OR ${hasBlocked('p_user', 'p_from')} THEN RETURN; END IF;
    PERFORM 1 FROM users u WHERE u.id = p_user FOR KEY SHARE;
    IF NOT FOUND OR ${countOf('chat_requests r WHERE r.user_id = p_user AND r.declined_at IS NULL', MAX_REQUESTS)} >= ${MAX_REQUESTS} THEN
      RETURN;
    END IF;
    INSERT INTO chat_requests (chat_id, user_id, from_id) VALUES (p_chat, p_user, p_from);
  END
  $$;
`;

/** `settle_chat`: keeps `one_sided` of a personal chat, which the caller has locked, in step with its members. */
const SETTLE_CHAT = `
  CREATE FUNCTION settle_chat(p_chat bigint) RETURNS void LANGUAGE plpgsql AS $$
  BEGIN
    UPDATE chats c SET one_sided = s.value
    FROM (SELECT count(*) < 2 AS value FROM chat_members m WHERE m.chat_id = p_chat AND m.chosen) s
    WHERE c.id = p_chat AND c.chat_type = 'personal' AND c.one_sided <> s.value;
  END
  $$;
`;

/**
 * `settle_sender`: what follows for the members of a chat from something said there: who says it has chosen the chat, while there is room
 * for one more; the other one of a personal chat is asked to come back. The caller has locked the chat.
 */
const SETTLE_SENDER = `
  CREATE FUNCTION settle_sender(p_chat bigint, p_sender bigint) RETURNS void LANGUAGE plpgsql AS $$
  DECLARE
    chat chats;
    other bigint;
  BEGIN
    SELECT c.* INTO chat FROM chats c WHERE c.id = p_chat;
    UPDATE chat_members m SET chosen = true
    WHERE m.chat_id = p_chat AND m.user_id = p_sender AND NOT m.chosen
      AND ${countOf('chat_members x WHERE x.user_id = p_sender AND x.chosen', MAX_CHATS)} < ${MAX_CHATS};
    IF chat.chat_type = 'group' THEN RETURN; END IF;
    other := ${otherOf('chat', 'p_sender')};
    IF ${isMember('p_chat', 'other')} THEN PERFORM settle_chat(p_chat);
    ELSE PERFORM ask_user(p_chat, other, p_sender); END IF;
  END
  $$;
`;

/** `check_room`: refuses where so many more would be too many for a group. */
const CHECK_ROOM = `
  CREATE FUNCTION check_room(p_chat bigint, p_more bigint) RETURNS void LANGUAGE plpgsql AS $$
  BEGIN
    IF p_more > 0 AND (SELECT count(*) FROM chat_members m WHERE m.chat_id = p_chat) + p_more > ${MAX_MEMBERS} THEN
      ${refuse('conflict', `A group has at most ${MAX_MEMBERS} members`)};
    END IF;
  END
  $$;
`;

/** The rules of who comes into which chat, on which the other functions rely. */
export const RULES = CHECK_OWN_CHATS + ASK_USER + SETTLE_CHAT + SETTLE_SENDER + CHECK_ROOM;
export const DROP_RULES = 'DROP FUNCTION check_own_chats, ask_user, settle_chat, settle_sender, check_room;';

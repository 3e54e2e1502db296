import { ENTRIES, refuse, returnEntries } from '../chats/entries.js';
import { hasBlocked, isMember, mayBePut, otherOf, refuseBlocked } from './rules.js';

/**
 * `enter_chat`: lets a user into a chat by their own choice, with an entry of the log. What was said in a personal chat while they were out
 * of it is unread. The caller has locked the account and the chat. @returns the `seq` of the entry
 */
const ENTER_CHAT = `
  CREATE FUNCTION enter_chat(p_chat bigint, p_user bigint) RETURNS bigint LANGUAGE plpgsql AS $$
  DECLARE
    chat chats;
    read_up_to bigint;
  BEGIN
    UPDATE chats c SET last_seq = c.last_seq + 1, last_activity_at = statement_timestamp() WHERE c.id = p_chat RETURNING c.* INTO chat;
    INSERT INTO messages (chat_id, seq, kind, sender_id, member_id, created_at)
    VALUES (p_chat, chat.last_seq, 'joined', p_user, p_user, statement_timestamp());
    DELETE FROM chat_leavers l WHERE l.chat_id = p_chat AND l.user_id = p_user RETURNING l.left_seq INTO read_up_to;
    DELETE FROM chat_requests r WHERE r.chat_id = p_chat AND r.user_id = p_user;
    INSERT INTO chat_members (chat_id, user_id, role, read_seq, joined_seq, chosen)
    VALUES (p_chat, p_user, 'member', CASE WHEN chat.chat_type = 'personal' THEN coalesce(read_up_to, 0) ELSE chat.last_seq END,
      chat.last_seq, true);
    PERFORM settle_chat(p_chat);
    RETURN chat.last_seq;
  END
  $$;
`;

/** `start_personal_chat`: what `create_chat` does where there is a chat of the two already, which the caller has locked. */
const START_PERSONAL_CHAT = `
  CREATE FUNCTION start_personal_chat(chat chats, p_user bigint) RETURNS bigint LANGUAGE plpgsql AS $$
  DECLARE
    other bigint := ${otherOf('chat', 'p_user')};
    is_chosen boolean;
    new_seq bigint;
  BEGIN
    SELECT m.chosen INTO is_chosen FROM chat_members m WHERE m.chat_id = chat.id AND m.user_id = p_user;
    IF ${hasBlocked('p_user', 'other')} THEN
      IF is_chosen IS NULL THEN ${refuseBlocked} END IF;
      RETURN NULL;
    END IF;
    IF is_chosen IS NULL THEN
      PERFORM check_own_chats(p_user);
      new_seq := enter_chat(chat.id, p_user);
    ELSIF NOT is_chosen THEN
      PERFORM check_own_chats(p_user);
      UPDATE chat_members m SET chosen = true WHERE m.chat_id = chat.id AND m.user_id = p_user;
      PERFORM settle_chat(chat.id);
    END IF;
    IF NOT ${isMember('chat.id', 'other')} THEN PERFORM ask_user(chat.id, other, p_user); END IF;
    RETURN new_seq;
  END
  $$;
`;

/** Locks the personal chat of `p_creator` and `other`, where there is one. */
const LOCK_PERSONAL = `SELECT c.* INTO chat FROM chats c
      WHERE c.low_user_id = least(p_creator, other) AND c.high_user_id = greatest(p_creator, other) FOR NO KEY UPDATE`;

/**
 * `create_chat`: a group of its creator and others, or the one personal chat of two. Others come in where they may be put into it; who may not is
 * asked. `joined_seq` is the entry by which the creator came back into a personal chat.
 *
 * Accounts are locked first, against being deleted: one that goes afterwards is taken out of the chat, one that went before is not in
 * it; without its creator there is none. Of two who make the same personal chat at the same moment one makes it; the other waits for
 * that, and gets the same chat.
 */
const CREATE_CHAT = `
  CREATE FUNCTION create_chat(p_type text, p_name text, p_creator bigint, p_others bigint[], p_asks boolean DEFAULT false)
  RETURNS TABLE (chat_id bigint, created boolean, joined_seq bigint)
  LANGUAGE plpgsql AS $$
  #variable_conflict use_column
  DECLARE
    new_id bigint;
    other bigint := p_others[1];
    chat chats;
  BEGIN
    PERFORM 1 FROM users u WHERE u.id = ANY (p_others || p_creator) ORDER BY u.id FOR KEY SHARE;
    IF NOT EXISTS (SELECT 1 FROM users u WHERE u.id = p_creator) THEN ${refuse('not_found')}; END IF;
    IF p_type = 'personal' THEN
      ${LOCK_PERSONAL};
      IF NOT FOUND THEN
        IF ${hasBlocked('p_creator', 'other')} THEN ${refuseBlocked} END IF;
        PERFORM check_own_chats(p_creator);
        INSERT INTO chats (chat_type, low_user_id, high_user_id, one_sided)
        SELECT 'personal', least(p_creator, u.id), greatest(p_creator, u.id), true FROM users u WHERE u.id = other
        ON CONFLICT (low_user_id, high_user_id) DO NOTHING RETURNING id INTO new_id;
        IF new_id IS NULL THEN
          ${LOCK_PERSONAL};
          IF NOT FOUND THEN RETURN; END IF;
        END IF;
      END IF;
      IF new_id IS NULL THEN
        RETURN QUERY SELECT chat.id, false, start_personal_chat(chat, p_creator);
        RETURN;
      END IF;
    ELSE
      PERFORM check_own_chats(p_creator);
      INSERT INTO chats (chat_type, name) VALUES (p_type, p_name) RETURNING id INTO new_id;
    END IF;
    INSERT INTO chat_members (chat_id, user_id, role, chosen)
    SELECT new_id, u.id, CASE WHEN p_type = 'group' AND u.id = p_creator THEN 'owner' ELSE 'member' END, u.id = p_creator
    FROM users u
    WHERE u.id = ANY (p_others || p_creator) AND (u.id = p_creator OR ${mayBePut('new_id', 'u.id', 'p_creator', 'p_asks')});
    PERFORM ask_user(new_id, u.id, p_creator) FROM users u WHERE u.id = ANY (p_others) AND NOT ${isMember('new_id', 'u.id')};
    RETURN QUERY SELECT new_id, true, NULL::bigint;
  END
  $$;
`;

/**
 * `accept_chat`: a user comes into a chat to which somebody asked them, also where they had declined before, or chooses one that they were
 * put into. @returns the entry of the log, where there is one
 */
const ACCEPT_CHAT = `
  CREATE FUNCTION accept_chat(p_chat bigint, p_user bigint) RETURNS ${ENTRIES}
  LANGUAGE plpgsql AS $$
  #variable_conflict use_column
  DECLARE
    chat chats;
    is_chosen boolean;
    new_seq bigint;
  BEGIN
    PERFORM 1 FROM users u WHERE u.id = p_user FOR KEY SHARE;
    SELECT c.* INTO chat FROM chats c WHERE c.id = p_chat FOR NO KEY UPDATE;
    SELECT m.chosen INTO is_chosen FROM chat_members m WHERE m.chat_id = p_chat AND m.user_id = p_user;
    IF is_chosen THEN RETURN; END IF;
    IF is_chosen IS NULL AND NOT EXISTS (
      SELECT 1 FROM chat_requests r WHERE r.chat_id = p_chat AND r.user_id = p_user AND NOT ${hasBlocked('p_user', 'r.from_id')}
    ) THEN ${refuse('not_found')}; END IF;
    IF chat.chat_type = 'personal' AND ${hasBlocked('p_user', otherOf('chat', 'p_user'))} THEN ${refuseBlocked} END IF;
    PERFORM check_own_chats(p_user);
    IF is_chosen IS NULL THEN
      IF chat.chat_type = 'group' THEN PERFORM check_room(p_chat, 1); END IF;
      new_seq := enter_chat(p_chat, p_user);
      ${returnEntries('p_chat', 'new_seq', 'new_seq')}
    ELSE
      UPDATE chat_members m SET chosen = true WHERE m.chat_id = p_chat AND m.user_id = p_user;
      PERFORM settle_chat(p_chat);
    END IF;
  END
  $$;
`;

/** `decline_chat`: requests stay as declined, so that the same people cannot ask again. */
const DECLINE_CHAT = `
  CREATE FUNCTION decline_chat(p_chat bigint, p_user bigint) RETURNS void LANGUAGE plpgsql AS $$
  BEGIN
    PERFORM 1 FROM chats c WHERE c.id = p_chat FOR NO KEY UPDATE;
    UPDATE chat_requests r SET declined_at = now()
    WHERE r.chat_id = p_chat AND r.user_id = p_user AND r.declined_at IS NULL AND NOT ${hasBlocked('p_user', 'r.from_id')};
    IF NOT FOUND AND NOT EXISTS (
      SELECT 1 FROM chat_requests r
      WHERE r.chat_id = p_chat AND r.user_id = p_user AND r.declined_at IS NOT NULL AND NOT ${hasBlocked('p_user', 'r.from_id')}
    ) THEN ${refuse('not_found')}; END IF;
  END
  $$;
`;

/** Everything by which chats begin for somebody who wants them. */
export const START_CHATS = ENTER_CHAT + START_PERSONAL_CHAT + CREATE_CHAT + ACCEPT_CHAT + DECLINE_CHAT;
export const DROP_START_CHATS = 'DROP FUNCTION enter_chat, start_personal_chat, create_chat, accept_chat, decline_chat;';

import { ENTRIES, refuse, returnEntries } from '../chats/entries.js';
import { isMember, mayBePut } from './rules.js';

/**
 * `add_chat_members`: puts users into a group, on the word of its owner or an admin, with an entry of the log for each. Who is in it
 * already stays; with a role given (which is the owner's to give) they get it. Who may not be put into it is asked instead.
 *
 * Members are locked in the order of their ids, here and below: who reads does not lock the chat, only the rows of its members.
 */
const ADD_CHAT_MEMBERS = `
  CREATE FUNCTION add_chat_members(p_chat bigint, p_actor bigint, p_users bigint[], p_role text, p_asks boolean DEFAULT false)
  RETURNS ${ENTRIES}
  LANGUAGE plpgsql AS $$
  #variable_conflict use_column
  DECLARE
    chat chats;
    actor_role text;
    joining bigint[];
    added bigint;
  BEGIN
    PERFORM 1 FROM users u WHERE u.id = ANY (p_users) ORDER BY u.id FOR KEY SHARE;
    SELECT c.* INTO chat FROM chats c WHERE c.id = p_chat FOR NO KEY UPDATE;
    SELECT m.role INTO actor_role FROM chat_members m WHERE m.chat_id = p_chat AND m.user_id = p_actor;
    IF actor_role IS NULL THEN ${refuse('not_found')}; END IF;
    IF chat.chat_type <> 'group' THEN ${refuse('conflict', 'A personal chat has exactly two members')}; END IF;
    IF actor_role = 'member' OR (p_role IS NOT NULL AND actor_role <> 'owner') THEN ${refuse('forbidden')}; END IF;
    PERFORM 1 FROM chat_members m WHERE m.chat_id = p_chat AND m.user_id = ANY (p_users) AND m.role NOT IN ('owner', p_role)
    ORDER BY m.user_id FOR NO KEY UPDATE;
    UPDATE chat_members m SET role = p_role
    WHERE m.chat_id = p_chat AND m.user_id = ANY (p_users) AND m.role NOT IN ('owner', p_role);
    SELECT array_agg(n.id ORDER BY n.place), count(*) INTO joining, added FROM (
      SELECT u.id, min(w.place) AS place FROM unnest(p_users) WITH ORDINALITY AS w (id, place) JOIN users u ON u.id = w.id
      WHERE NOT ${isMember('p_chat', 'u.id')} AND ${mayBePut('p_chat', 'u.id', 'p_actor', 'p_asks')}
      GROUP BY u.id
    ) n;
    PERFORM check_room(p_chat, added);
    INSERT INTO messages (chat_id, seq, kind, sender_id, member_id, created_at)
    SELECT p_chat, chat.last_seq + j.place, 'joined', p_actor, j.id, statement_timestamp()
    FROM unnest(joining) WITH ORDINALITY AS j (id, place);
    INSERT INTO chat_members (chat_id, user_id, role, read_seq, joined_seq, chosen)
    SELECT p_chat, j.id, coalesce(p_role, 'member'), chat.last_seq + j.place, chat.last_seq + j.place, false
    FROM unnest(joining) WITH ORDINALITY AS j (id, place);
    DELETE FROM chat_requests r WHERE r.chat_id = p_chat AND r.user_id = ANY (joining);
    IF added > 0 THEN
      UPDATE chats c SET last_seq = chat.last_seq + added, last_activity_at = statement_timestamp() WHERE c.id = p_chat;
    END IF;
    PERFORM ask_user(p_chat, u.id, p_actor) FROM users u WHERE u.id = ANY (p_users) AND NOT ${isMember('p_chat', 'u.id')};
    ${returnEntries('p_chat', 'chat.last_seq + 1', 'chat.last_seq + added')}
  END
  $$;
`;

/**
 * `part_from_chat`: takes a member out of a chat that the caller has locked, with an entry of the log; an owner is followed by the eldest
 * admin, or else the eldest member. Requests for a chat that nobody is in any more are gone with the last member.
 * @returns the `seq` of the entry; null where the user is no member
 */
const PART_FROM_CHAT = `
  CREATE FUNCTION part_from_chat(p_chat bigint, p_actor bigint, p_user bigint) RETURNS bigint
  LANGUAGE plpgsql AS $$
  DECLARE
    left_role text;
    heir bigint;
    new_seq bigint;
  BEGIN
    SELECT m.role INTO left_role FROM chat_members m WHERE m.chat_id = p_chat AND m.user_id = p_user;
    IF left_role IS NULL THEN RETURN NULL; END IF;
    IF left_role = 'owner' THEN
      SELECT h.user_id INTO heir FROM chat_members h WHERE h.chat_id = p_chat AND h.user_id <> p_user
      ORDER BY h.role <> 'admin', h.joined_at, h.user_id LIMIT 1;
      PERFORM 1 FROM chat_members m WHERE m.chat_id = p_chat AND m.user_id IN (p_user, heir) ORDER BY m.user_id FOR UPDATE;
      UPDATE chat_members m SET role = 'owner' WHERE m.chat_id = p_chat AND m.user_id = heir;
    END IF;
    DELETE FROM chat_members m WHERE m.chat_id = p_chat AND m.user_id = p_user;
    UPDATE chats c SET last_seq = c.last_seq + 1, last_activity_at = statement_timestamp() WHERE c.id = p_chat
    RETURNING c.last_seq INTO new_seq;
    INSERT INTO messages (chat_id, seq, kind, sender_id, member_id, created_at)
    VALUES (p_chat, new_seq, 'left', p_actor, p_user, statement_timestamp());
    IF NOT EXISTS (SELECT 1 FROM chat_members m WHERE m.chat_id = p_chat) THEN
      DELETE FROM chat_requests r WHERE r.chat_id = p_chat;
    END IF;
    PERFORM settle_chat(p_chat);
    RETURN new_seq;
  END
  $$;
`;

/**
 * `remove_chat_member`: the owner removes anyone, admins remove members, and everybody may go, also from a personal chat. Who goes by
 * themselves comes back only by accepting, and takes back what they asked of the other one of a personal chat.
 */
const REMOVE_CHAT_MEMBER = `
  CREATE FUNCTION remove_chat_member(p_chat bigint, p_actor bigint, p_user bigint) RETURNS ${ENTRIES}
  LANGUAGE plpgsql AS $$
  #variable_conflict use_column
  DECLARE
    chat chats;
    actor_role text;
    user_role text;
    new_seq bigint;
  BEGIN
    SELECT c.* INTO chat FROM chats c WHERE c.id = p_chat FOR NO KEY UPDATE;
    SELECT m.role INTO actor_role FROM chat_members m WHERE m.chat_id = p_chat AND m.user_id = p_actor;
    IF actor_role IS NULL THEN ${refuse('not_found')}; END IF;
    IF chat.chat_type <> 'group' AND p_user <> p_actor THEN ${refuse('conflict', 'A personal chat has exactly two members')}; END IF;
    SELECT m.role INTO user_role FROM chat_members m WHERE m.chat_id = p_chat AND m.user_id = p_user;
    IF p_user <> p_actor AND (actor_role = 'member' OR (actor_role = 'admin' AND user_role IN ('admin', 'owner'))) THEN ${refuse('forbidden')}; END IF;
    IF user_role IS NULL THEN ${refuse('not_found')}; END IF;
    new_seq := part_from_chat(p_chat, p_actor, p_user);
    IF p_user = p_actor THEN
      INSERT INTO chat_leavers (chat_id, user_id, left_seq) VALUES (p_chat, p_user, new_seq)
      ON CONFLICT (chat_id, user_id) DO UPDATE SET left_seq = new_seq;
      IF chat.chat_type = 'personal' THEN DELETE FROM chat_requests r WHERE r.chat_id = p_chat AND r.from_id = p_user; END IF;
    END IF;
    ${returnEntries('p_chat', 'new_seq', 'new_seq')}
  END
  $$;
`;

/** `depart_from_chat`: takes an account that has been deleted out of a chat. Nothing is returned where that was done before. */
const DEPART_FROM_CHAT = `
  CREATE FUNCTION depart_from_chat(p_user bigint, p_chat bigint) RETURNS ${ENTRIES}
  LANGUAGE plpgsql AS $$
  #variable_conflict use_column
  DECLARE
    new_seq bigint;
  BEGIN
    PERFORM 1 FROM chats c WHERE c.id = p_chat FOR NO KEY UPDATE;
    new_seq := part_from_chat(p_chat, p_user, p_user);
    ${returnEntries('p_chat', 'new_seq', 'new_seq')}
  END
  $$;
`;

/** Everything by which others come into a chat, and by which somebody goes out of it. */
export const MEMBERSHIP = ADD_CHAT_MEMBERS + PART_FROM_CHAT + REMOVE_CHAT_MEMBER + DEPART_FROM_CHAT;
export const DROP_MEMBERSHIP = 'DROP FUNCTION add_chat_members, part_from_chat, remove_chat_member, depart_from_chat;';

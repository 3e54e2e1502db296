import { checkChatsOf, refuse } from './entries.js';

/**
 * `create_chat`: a group of its creator and others, or the one personal chat of two.
 *
 * Accounts are locked first, against being deleted: one that goes afterwards is taken out of the chat, one that went before is not in
 * it; without its creator there is none. Of two who make the same personal chat at the same moment one makes it; the other waits for
 * that, and gets the same chat.
 */
export const CREATE_CHAT = `
  CREATE FUNCTION create_chat(p_type text, p_name text, p_creator bigint, p_others bigint[])
  RETURNS TABLE (chat_id bigint, created boolean)
  LANGUAGE plpgsql AS $$
  #variable_conflict use_column
  DECLARE
    new_id bigint;
  BEGIN
    PERFORM 1 FROM users u WHERE u.id = ANY (p_others || p_creator) ORDER BY u.id FOR KEY SHARE;
    IF NOT EXISTS (SELECT 1 FROM users u WHERE u.id = p_creator) THEN ${refuse('not_found')}; END IF;
    IF p_type = 'personal' THEN
      INSERT INTO chats (chat_type, low_user_id, high_user_id)
      SELECT 'personal', least(p_creator, u.id), greatest(p_creator, u.id) FROM users u WHERE u.id = p_others[1]
      ON CONFLICT (low_user_id, high_user_id) DO NOTHING RETURNING id INTO new_id;
      IF new_id IS NULL THEN
        RETURN QUERY SELECT c.id, false FROM chats c
        WHERE c.low_user_id = least(p_creator, p_others[1]) AND c.high_user_id = greatest(p_creator, p_others[1]);
        RETURN;
      END IF;
    ELSE
      INSERT INTO chats (chat_type, name) VALUES (p_type, p_name) RETURNING id INTO new_id;
    END IF;
    ${checkChatsOf('p_others || p_creator')}
    INSERT INTO chat_members (chat_id, user_id, role)
    SELECT new_id, u.id, CASE WHEN p_type = 'group' AND u.id = p_creator THEN 'owner' ELSE 'member' END
    FROM users u WHERE u.id = ANY (p_others || p_creator);
    RETURN QUERY SELECT new_id, true;
  END
  $$;
`;

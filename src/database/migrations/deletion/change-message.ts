import { ENTRIES, refuse, returnEntries } from '../chats/entries.js';
import { hasBlocked, otherOf, refuseBlocked } from '../consent/rules.js';

/**
 * `change_message`: an edit (`edited`) of one's own message, or the deletion (`deleted`) of one's own or, for the owner and admins of a
 * group, anybody's. It is an entry of the log itself, and marked on the message, so that a page of history need not look for it. A deletion
 * erases the text; deleting a message that is deleted already returns the entry of the first deletion.
 * Nobody says something new by an edit to a user whom they have blocked.
 */
export const CHANGE_MESSAGE = `
  CREATE OR REPLACE FUNCTION change_message(p_chat bigint, p_actor bigint, p_seq bigint, p_kind text, p_content text) RETURNS ${ENTRIES}
  LANGUAGE plpgsql AS $$
  #variable_conflict use_column
  DECLARE
    chat chats;
    actor_role text;
    target messages;
    new_seq bigint;
  BEGIN
    SELECT c.* INTO chat FROM chats c WHERE c.id = p_chat FOR NO KEY UPDATE;
    SELECT m.role INTO actor_role FROM chat_members m WHERE m.chat_id = p_chat AND m.user_id = p_actor;
    SELECT m.* INTO target FROM messages m WHERE m.chat_id = p_chat AND m.seq = p_seq;
    IF actor_role IS NULL OR target.kind IS DISTINCT FROM 'message' THEN ${refuse('not_found')}; END IF;
    IF target.deleted_seq IS NOT NULL THEN
      IF p_kind <> 'deleted' OR (target.sender_id <> p_actor AND actor_role = 'member' AND NOT EXISTS (
        SELECT 1 FROM messages d WHERE d.chat_id = p_chat AND d.seq = target.deleted_seq AND d.sender_id = p_actor
      )) THEN ${refuse('not_found')}; END IF;
      ${returnEntries('p_chat', 'target.deleted_seq', 'target.deleted_seq')}
      RETURN;
    END IF;
    IF target.sender_id <> p_actor AND (p_kind = 'edited' OR actor_role = 'member') THEN ${refuse('forbidden')}; END IF;
    IF p_kind = 'edited' AND chat.chat_type = 'personal' AND ${hasBlocked('p_actor', otherOf('chat', 'p_actor'))} THEN ${refuseBlocked} END IF;
    UPDATE chats c SET last_seq = c.last_seq + 1 WHERE c.id = p_chat RETURNING c.last_seq INTO new_seq;
    INSERT INTO messages (chat_id, seq, kind, sender_id, target_seq, content, content_type, created_at)
    VALUES (p_chat, new_seq, p_kind, p_actor, p_seq, p_content, CASE WHEN p_kind = 'edited' THEN target.content_type END, statement_timestamp());
    IF p_kind = 'edited' THEN
      UPDATE messages m SET edited_seq = new_seq, edited_content = p_content WHERE m.chat_id = p_chat AND m.seq = p_seq;
    ELSE
      PERFORM erase_message(p_chat, p_seq, new_seq);
    END IF;
    ${returnEntries('p_chat', 'new_seq', 'new_seq')}
  END
  $$;
`;

/**
 * `take_down_message`: the deletion of a message by a superuser, who need not be a member of its chat. For the members it is an entry of
 * the log like any other deletion. @returns the `seq` of the entry; null if there is nothing left to delete
 */
export const TAKE_DOWN_MESSAGE = `
  CREATE FUNCTION take_down_message(p_chat bigint, p_actor bigint, p_seq bigint) RETURNS bigint
  LANGUAGE plpgsql AS $$
  DECLARE
    new_seq bigint;
  BEGIN
    PERFORM 1 FROM chats c WHERE c.id = p_chat FOR NO KEY UPDATE;
    PERFORM 1 FROM messages m WHERE m.chat_id = p_chat AND m.seq = p_seq AND m.kind = 'message' AND m.deleted_seq IS NULL;
    IF NOT FOUND THEN RETURN NULL; END IF;
    UPDATE chats c SET last_seq = c.last_seq + 1, last_activity_at = statement_timestamp() WHERE c.id = p_chat
    RETURNING c.last_seq INTO new_seq;
    INSERT INTO messages (chat_id, seq, kind, sender_id, target_seq, created_at)
    VALUES (p_chat, new_seq, 'deleted', p_actor, p_seq, statement_timestamp());
    UPDATE messages m SET deleted_seq = new_seq WHERE m.chat_id = p_chat AND m.seq = p_seq;
    RETURN new_seq;
  END
  $$;
`;

/**
 * `erase_message`: marks a message as deleted by an entry of its log, and erases what it said, first and by every edit. The caller has locked
 * the chat.
 *
 * The plan: the primary key, and messages_edits_idx, in the one partition. A plan for any message would read the whole chat where most of a
 * partition are edits of one message; the settings keep to a plan for this one.
 */
export const ERASE_MESSAGE = `
  CREATE OR REPLACE FUNCTION erase_message(p_chat bigint, p_seq bigint, p_deleted_seq bigint) RETURNS void LANGUAGE plpgsql 
  SET enable_seqscan = off SET plan_cache_mode = force_custom_plan AS $$
  BEGIN
    UPDATE messages m SET deleted_seq = p_deleted_seq, content = NULL, content_type = NULL, edited_content = NULL
    WHERE m.chat_id = p_chat AND m.seq = p_seq;
    UPDATE messages m SET content = NULL, content_type = NULL
    WHERE m.chat_id = p_chat AND m.kind = 'edited' AND m.target_seq = p_seq AND m.content IS NOT NULL;
  END
  $$;
`;
export const DROP_ERASE_MESSAGE = 'DROP FUNCTION erase_message;';

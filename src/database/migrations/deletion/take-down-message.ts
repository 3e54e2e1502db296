import { TAKE_DOWN_MESSAGE as BEFORE } from '../moderation/take-down-message.js';
import { replacing, revised } from './revised.js';

/** `take_down_message`: erases the message. */
export const TAKE_DOWN_MESSAGE = revised(
  replacing(BEFORE),
  [', last_activity_at = statement_timestamp()', '', 1],
  [
    'UPDATE messages m SET deleted_seq = new_seq WHERE m.chat_id = p_chat AND m.seq = p_seq;',
    'PERFORM erase_message(p_chat, p_seq, new_seq);',
    1,
  ],
);
export const TAKE_DOWN_BEFORE = replacing(BEFORE);

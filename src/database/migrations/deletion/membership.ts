import { refuse, returnEntries } from '../chats/entries.js';
import { START_CHATS } from '../consent/create-chat.js';
import { MEMBERSHIP as BEFORE } from '../consent/members.js';
import { replacing, revised } from './revised.js';

/** `enter_chat` without the functions that follow it: only messages move a chat in lists. */
const ENTER_BEFORE = replacing(START_CHATS.slice(0, START_CHATS.indexOf('CREATE FUNCTION start_personal_chat')));
export const ENTER_CHAT = revised(ENTER_BEFORE, [', last_activity_at = statement_timestamp()', '', 1]);

/**
 * `add_chat_members`, `part_from_chat`, `remove_chat_member` and `depart_from_chat`. Only messages move a chat in lists. To remove a user who
 * has left or was removed already, oneself included, returns the entry by which that happened, by messages_left_idx.
 */
export const MEMBERSHIP = revised(
  replacing(BEFORE),
  [', last_activity_at = statement_timestamp()', '', 2],
  [
    `IF actor_role IS NULL THEN ${refuse('not_found')}; END IF;
    IF chat.chat_type <> 'group' AND p_user <> p_actor`,
    `IF actor_role IS NULL AND p_user <> p_actor THEN ${refuse('not_found')}; END IF;
    IF chat.chat_type <> 'group' AND p_user <> p_actor`,
    1,
  ],
  [
    `IF user_role IS NULL THEN ${refuse('not_found')}; END IF;`,
    `IF user_role IS NULL THEN
      SELECT max(m.seq) INTO new_seq FROM messages m WHERE m.chat_id = p_chat AND m.kind = 'left' AND m.member_id = p_user;
      IF new_seq IS NULL THEN ${refuse('not_found')}; END IF;
      ${returnEntries('p_chat', 'new_seq', 'new_seq')}
      RETURN;
    END IF;`,
    1,
  ],
);

/** As they were before. */
export const MEMBERSHIP_BEFORE = ENTER_BEFORE + replacing(BEFORE);

/** What the functions that append to a log return: entries as `MessageRow` of chat/message.ts. */
export const ENTRIES = `TABLE (
    chat_id bigint, seq bigint, kind text, sender_id bigint, sender_name text, content text, content_type text, client_msg_id text,
    created_at timestamptz, target_seq bigint, member_id bigint, member_name text
  )`;

/** Returns the entries of the log from one `seq` to another. */
export const returnEntries = (chat: string, first: string, last: string): string => `
    RETURN QUERY SELECT m.chat_id, m.seq, m.kind, m.sender_id, s.username, m.content, m.content_type, m.client_msg_id,
      m.created_at::timestamptz, m.target_seq, m.member_id, t.username
    FROM messages m LEFT JOIN users s ON s.id = m.sender_id LEFT JOIN users t ON t.id = m.member_id
    WHERE m.chat_id = ${chat} AND m.seq BETWEEN ${first} AND ${last} ORDER BY m.seq;`;

/** Refusals travel as errors with a state of our own, so that nothing of the call stays. */
export const REFUSALS = { forbidden: 'SB403', not_found: 'SB404', conflict: 'SB409' } as const;

export const refuse = (code: keyof typeof REFUSALS, detail = ''): string =>
  `RAISE EXCEPTION USING ERRCODE = '${REFUSALS[code]}', MESSAGE = '${detail || code}'`;

/** Chats of one user at most: each of them is in the memory of the node that the user is connected to. */
const MAX_CHATS = 10_000;

/** Refuses where somebody of these would be in too many chats; it looks no further than that many. */
export const checkChatsOf = (users: string): string => `
    IF EXISTS (
      SELECT 1 FROM unnest(${users}) AS u (id)
      WHERE (SELECT count(*) FROM (SELECT 1 FROM chat_members m WHERE m.user_id = u.id LIMIT ${MAX_CHATS}) x) >= ${MAX_CHATS}
    ) THEN ${refuse('conflict', `A user is in at most ${MAX_CHATS} chats`)}; END IF;`;

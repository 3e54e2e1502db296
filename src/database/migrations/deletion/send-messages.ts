import { hasBlocked, otherOf } from '../consent/rules.js';

/** Whether standing messages of others lie between two entries of a log: one probe of messages_standing_idx. */
const passes = (chat: string, user: string, after: string, before: string): string => `EXISTS (
        SELECT 1 FROM messages x WHERE x.chat_id = ${chat} AND x.seq > ${after} AND x.seq < ${before} AND x.kind = 'message'
          AND x.deleted_seq IS NULL AND x.sender_id <> ${user}
      )`;

/**
 * `send_messages`: a batch of messages of any chats, one entry per element of the arrays, one row per entry as answer, in the same
 * order.
 *
 * It is a function because each statement of one sees what was committed before that statement began, not before the whole call:
 * the chats are locked first (in the order of their ids, so that two batches never wait for each other), and membership,
 * duplicates and the last `seq` are read afterwards. No lock of a chat is held while anything travels: a node that dies or hangs
 * in the middle blocks nobody.
 *
 * Outcomes: `stored`; `duplicate` and `conflict` of what has the same `client_msg_id`, with the same content or another;
 * `not_found` where the sender is no member; `wrong_type` where the entry names another type of chat; `blocked` where the sender has blocked
 * the other one of a personal chat.
 *
 * A message that was deleted has no text to compare: what is sent again with its `client_msg_id` is a `duplicate`.
 *
 * A member who says something has read the chat up to it. `has_read` of the last message of a member where that passes unread messages of others,
 * so that they have to learn it.
 * Members are locked in the order in which they are locked everywhere.
 *
 * Who says something in a chat has chosen it, and the other one of a personal chat who is out of it is asked to come back: `settle_sender`,
 * where a row that is read anyway says that there is something to settle. An answered chat costs one look at `blocks` more.
 *
 * The plan it relies on: nested loops over the primary keys of chats and chat_members, and over messages_client_msg_id_idx of the one
 * partition that is meant; the rest is windows over the entries, never a join of them with themselves. The settings keep it there
 * however empty or stale the statistics are. A lone message, which is what most batches are, takes simpler statements: a third of the time.
 */
export const SEND_MESSAGES = `
  CREATE OR REPLACE FUNCTION send_messages(
    chat_ids bigint[], sender_ids bigint[], contents text[], content_types text[], client_msg_ids text[], chat_types text[]
  ) RETURNS TABLE (outcome text, seq bigint, created_at timestamptz, has_read boolean)
  LANGUAGE plpgsql
  SET enable_hashjoin = off SET enable_mergejoin = off SET enable_seqscan = off SET jit = off SET plan_cache_mode = force_generic_plan
  AS $$
  #variable_conflict use_column
  DECLARE
    moment timestamptz(3) := statement_timestamp();
    chat record;
    known record;
    sender chat_members;
    outcomes text[];
    seqs bigint[];
    moments timestamptz[];
    reads bigint[];
    unsettled_chats bigint[];
    unsettled_senders bigint[];
  BEGIN
    IF cardinality(chat_ids) = 1 THEN
      SELECT c.last_seq, c.chat_type, c.one_sided, ${otherOf('c', 'sender_ids[1]')} AS other_id INTO chat
      FROM chats c WHERE c.id = chat_ids[1] FOR NO KEY UPDATE;
      SELECT m.* INTO sender FROM chat_members m WHERE m.chat_id = chat_ids[1] AND m.user_id = sender_ids[1];
      IF NOT FOUND THEN
        RETURN QUERY SELECT 'not_found', NULL::bigint, moment, false;
        RETURN;
      END IF;
      IF chat_types[1] <> chat.chat_type THEN
        RETURN QUERY SELECT 'wrong_type', NULL::bigint, moment, false;
        RETURN;
      END IF;
      IF client_msg_ids[1] IS NOT NULL THEN
        SELECT d.seq, d.created_at, d.deleted_seq IS NOT NULL OR (d.content = contents[1] AND d.content_type = content_types[1]) AS is_same
        INTO known
        FROM messages d WHERE d.sender_id = sender_ids[1] AND d.chat_id = chat_ids[1] AND d.client_msg_id = client_msg_ids[1];
        IF FOUND THEN
          RETURN QUERY SELECT CASE WHEN known.is_same THEN 'duplicate' ELSE 'conflict' END, known.seq, known.created_at, false;
          RETURN;
        END IF;
      END IF;
      IF chat.chat_type = 'personal' AND ${hasBlocked('sender_ids[1]', 'chat.other_id')} THEN
        RETURN QUERY SELECT 'blocked', NULL::bigint, moment, false;
        RETURN;
      END IF;
      INSERT INTO messages (chat_id, seq, kind, sender_id, content, content_type, client_msg_id, created_at)
      VALUES (chat_ids[1], chat.last_seq + 1, 'message', sender_ids[1], contents[1], content_types[1], client_msg_ids[1], moment);
      UPDATE chats c SET last_seq = chat.last_seq + 1, last_activity_at = moment WHERE c.id = chat_ids[1];
      has_read := sender.read_seq < chat.last_seq AND ${passes('chat_ids[1]', 'sender_ids[1]', 'sender.read_seq', 'chat.last_seq + 1')};
      UPDATE chat_members m SET read_seq = chat.last_seq + 1 WHERE m.chat_id = chat_ids[1] AND m.user_id = sender_ids[1];
      IF chat.one_sided OR NOT sender.chosen THEN PERFORM settle_sender(chat_ids[1], sender_ids[1]); END IF;
      RETURN QUERY SELECT 'stored', chat.last_seq + 1, moment, has_read;
      RETURN;
    END IF;

    PERFORM 1 FROM chats c WHERE c.id = ANY (chat_ids) ORDER BY c.id FOR NO KEY UPDATE;
    WITH entries AS (
      SELECT e.*, c.last_seq, d.seq AS known_seq, d.created_at AS known_at, d.content AS known_content, d.content_type AS known_type,
        d.deleted_seq IS NOT NULL AS is_gone,
        c.one_sided OR NOT m.chosen AS is_unsettled,
        CASE WHEN m.user_id IS NULL THEN 'not_found' WHEN e.chat_type <> c.chat_type THEN 'wrong_type'
          WHEN b.user_id IS NOT NULL AND d.seq IS NULL THEN 'blocked' END AS refusal
      FROM unnest(chat_ids, sender_ids, contents, content_types, client_msg_ids, chat_types)
        WITH ORDINALITY AS e (chat_id, sender_id, content, content_type, client_msg_id, chat_type, place)
      LEFT JOIN chat_members m ON m.chat_id = e.chat_id AND m.user_id = e.sender_id
      LEFT JOIN chats c ON c.id = e.chat_id
      LEFT JOIN messages d ON d.sender_id = e.sender_id AND d.chat_id = e.chat_id AND d.client_msg_id = e.client_msg_id
      LEFT JOIN blocks b ON b.user_id = e.sender_id AND b.blocked_id = CASE WHEN c.chat_type = 'personal' THEN ${otherOf('c', 'e.sender_id')} END
    ), judged AS (
      SELECT e.*, e.refusal IS NULL AND e.known_seq IS NULL AND (e.client_msg_id IS NULL OR e.place =
        min(e.place) FILTER (WHERE e.refusal IS NULL) OVER (PARTITION BY e.sender_id, e.chat_id, e.client_msg_id)) AS is_new
      FROM entries e
    ), numbered AS (
      SELECT j.*, CASE WHEN j.is_new
        THEN j.last_seq + count(*) FILTER (WHERE j.is_new) OVER (PARTITION BY j.chat_id ORDER BY j.place) END AS new_seq
      FROM judged j
    ), answered AS MATERIALIZED (
      SELECT n.*,
        min(n.new_seq) OVER twin AS twin_seq,
        min(n.content) FILTER (WHERE n.is_new) OVER twin AS twin_content,
        min(n.content_type) FILTER (WHERE n.is_new) OVER twin AS twin_type
      FROM numbered n WINDOW twin AS (PARTITION BY n.sender_id, n.chat_id, n.client_msg_id)
    ), inserted AS (
      INSERT INTO messages (chat_id, seq, kind, sender_id, content, content_type, client_msg_id, created_at)
      SELECT a.chat_id, a.new_seq, 'message', a.sender_id, a.content, a.content_type, a.client_msg_id, moment FROM answered a WHERE a.is_new
    ), moved AS (
      UPDATE chats c SET last_seq = n.last_seq, last_activity_at = moment
      FROM (SELECT a.chat_id, max(a.new_seq) AS last_seq FROM answered a WHERE a.is_new GROUP BY a.chat_id) n WHERE c.id = n.chat_id
    )
    SELECT
      array_agg(CASE WHEN a.refusal IS NOT NULL THEN a.refusal WHEN a.is_new THEN 'stored'
        WHEN a.is_gone OR coalesce(a.known_content, a.twin_content) = a.content AND coalesce(a.known_type, a.twin_type) = a.content_type THEN 'duplicate'
        ELSE 'conflict' END ORDER BY a.place),
      array_agg(CASE WHEN a.refusal IS NULL THEN coalesce(a.new_seq, a.known_seq, a.twin_seq) END ORDER BY a.place),
      array_agg(coalesce(a.known_at, moment) ORDER BY a.place),
      array_agg(a.chat_id) FILTER (WHERE a.is_new AND a.is_unsettled), array_agg(a.sender_id) FILTER (WHERE a.is_new AND a.is_unsettled)
    INTO outcomes, seqs, moments, unsettled_chats, unsettled_senders
    FROM answered a;
    WITH said AS (
      SELECT e.chat_id, e.sender_id, max(e.seq) AS seq, max(e.place) AS place
      FROM unnest(chat_ids, sender_ids, seqs, outcomes) WITH ORDINALITY AS e (chat_id, sender_id, seq, outcome, place)
      WHERE e.outcome = 'stored' GROUP BY e.chat_id, e.sender_id
    ), held AS MATERIALIZED (
      SELECT m.chat_id, m.user_id, m.read_seq, s.seq, s.place
      FROM said s JOIN chat_members m ON m.chat_id = s.chat_id AND m.user_id = s.sender_id
      ORDER BY m.chat_id, m.user_id FOR NO KEY UPDATE OF m
    ), marked AS (
      UPDATE chat_members m SET read_seq = h.seq FROM held h WHERE m.chat_id = h.chat_id AND m.user_id = h.user_id
    )
    SELECT array_agg(h.place) INTO reads FROM held h
    WHERE h.read_seq < h.seq - 1 AND ${passes('h.chat_id', 'h.user_id', 'h.read_seq', 'h.seq')};
    -- In the order in which members are locked everywhere.
    PERFORM settle_sender(u.chat_id, u.sender_id) FROM (
      SELECT DISTINCT w.chat_id, w.sender_id FROM unnest(unsettled_chats, unsettled_senders) AS w (chat_id, sender_id) ORDER BY 1, 2
    ) u;
    RETURN QUERY SELECT a.outcome, a.seq, a.moment, coalesce(a.place = ANY (reads), false)
    FROM unnest(outcomes, seqs, moments) WITH ORDINALITY AS a (outcome, seq, moment, place) ORDER BY a.place;
  END
  $$;
`;

/** `append_messages`, with the signature that the version before calls. */
export const APPEND_MESSAGES = `
  CREATE OR REPLACE FUNCTION append_messages(
    chat_ids bigint[], sender_ids bigint[], contents text[], content_types text[], client_msg_ids text[], chat_types text[]
  ) RETURNS TABLE (outcome text, seq bigint, created_at timestamptz)
  LANGUAGE sql AS $$
    SELECT s.outcome, s.seq, s.created_at FROM send_messages(chat_ids, sender_ids, contents, content_types, client_msg_ids, chat_types) s
  $$;
`;
export const DROP_SEND_MESSAGES = 'DROP FUNCTION send_messages;';

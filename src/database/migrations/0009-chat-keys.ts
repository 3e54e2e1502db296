import type { MigrationInterface, QueryRunner } from 'typeorm';
import { refuse } from './chats/entries.js';

// One row for each chat that was made under a key, and both last: a client may repeat its request whenever it finds no answer.
const CHAT_KEYS = `
  CREATE TABLE chat_keys (
    user_id bigint NOT NULL REFERENCES users ON DELETE CASCADE,
    client_chat_id text NOT NULL,
    fingerprint text NOT NULL,
    chat_id bigint REFERENCES chats ON DELETE CASCADE,
    PRIMARY KEY (user_id, client_chat_id)
  );
  CREATE INDEX chat_keys_chat_id_idx ON chat_keys (chat_id);
`;

/**
 * `create_chat_once`: as `create_chat`, under a key of its creator's: repeated, also at the same moment, it returns the chat of the first time. The
 * key is taken before the chat is made, so that a second transaction waits for the first one. The same key with another fingerprint is a conflict.
 */
const CREATE_CHAT_ONCE = `
  CREATE FUNCTION create_chat_once(
    p_type text, p_name text, p_creator bigint, p_others bigint[], p_asks boolean, p_key text, p_fingerprint text
  ) RETURNS TABLE (chat_id bigint, created boolean, joined_seq bigint)
  LANGUAGE plpgsql AS $$
  #variable_conflict use_column
  DECLARE
    known chat_keys;
    made record;
  BEGIN
    PERFORM 1 FROM users u WHERE u.id = ANY (p_others || p_creator) ORDER BY u.id FOR KEY SHARE;
    IF NOT EXISTS (SELECT 1 FROM users u WHERE u.id = p_creator) THEN ${refuse('not_found')}; END IF;
    INSERT INTO chat_keys (user_id, client_chat_id, fingerprint) VALUES (p_creator, p_key, p_fingerprint) ON CONFLICT DO NOTHING;
    IF NOT FOUND THEN
      SELECT k.* INTO known FROM chat_keys k WHERE k.user_id = p_creator AND k.client_chat_id = p_key;
      IF known.fingerprint <> p_fingerprint THEN ${refuse('conflict', 'Another chat was made with this client_chat_id')}; END IF;
      RETURN QUERY SELECT known.chat_id, false, NULL::bigint;
      RETURN;
    END IF;
    SELECT c.* INTO made FROM create_chat(p_type, p_name, p_creator, p_others, p_asks) c;
    IF made.chat_id IS NULL THEN
      DELETE FROM chat_keys k WHERE k.user_id = p_creator AND k.client_chat_id = p_key;
      RETURN;
    END IF;
    UPDATE chat_keys k SET chat_id = made.chat_id WHERE k.user_id = p_creator AND k.client_chat_id = p_key;
    RETURN QUERY SELECT made.chat_id, made.created, made.joined_seq;
  END
  $$;
`;

/** Keys under which chats are made once, however often a client repeats its request. */
export class ChatKeys1764600000000 implements MigrationInterface {
  readonly name = 'ChatKeys1764600000000';

  async up(runner: QueryRunner): Promise<void> {
    for (const part of [CHAT_KEYS, CREATE_CHAT_ONCE]) await runner.query(part);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP FUNCTION create_chat_once; DROP TABLE chat_keys;');
  }
}

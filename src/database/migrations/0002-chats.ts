import type { MigrationInterface, QueryRunner } from 'typeorm';
import { APPEND_MESSAGES } from './chats/append-messages.js';
import { CHANGE_MESSAGE } from './chats/change-message.js';
import { CREATE_CHAT } from './chats/create-chat.js';
import { ADD_CHAT_MEMBERS, LEAVE_CHATS } from './chats/members.js';

// `last_seq` and `last_activity_at` change with every message and have no index: such an update stays on its page (HOT).
const CHATS = `
  CREATE TABLE chats (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    chat_type text NOT NULL CHECK (chat_type IN ('personal', 'group')),
    name text,
    low_user_id bigint,
    high_user_id bigint,
    last_seq bigint NOT NULL DEFAULT 0,
    created_at timestamptz(3) NOT NULL DEFAULT now(),
    last_activity_at timestamptz(3) NOT NULL DEFAULT now(),
    UNIQUE (low_user_id, high_user_id),
    CHECK ((chat_type = 'personal') = (low_user_id IS NOT NULL AND high_user_id IS NOT NULL AND low_user_id < high_user_id))
  ) WITH (fillfactor = 70);
`;

// No foreign key to users: an account that goes must not wait for its chats, and leaves them by itself (departed_users).
const MEMBERS = `
  CREATE TABLE chat_members (
    chat_id bigint NOT NULL REFERENCES chats ON DELETE CASCADE,
    user_id bigint NOT NULL,
    role text NOT NULL CHECK (role IN ('owner', 'admin', 'member')),
    joined_at timestamptz(3) NOT NULL DEFAULT now(),
    read_seq bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (chat_id, user_id)
  ) WITH (fillfactor = 80);
  CREATE INDEX chat_members_user_id_joined_at_idx ON chat_members (user_id, joined_at);

  CREATE TABLE departed_users (
    user_id bigint PRIMARY KEY,
    departed_at timestamptz NOT NULL DEFAULT now()
  );
  CREATE FUNCTION users_departed() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    INSERT INTO departed_users (user_id) VALUES (OLD.id) ON CONFLICT DO NOTHING;
    RETURN NULL;
  END
  $$;
  CREATE TRIGGER users_departed AFTER DELETE ON users FOR EACH ROW EXECUTE FUNCTION users_departed();
`;

/** Partitions of the log; docs/adr/0009-chat-log.md says why so many. */
const PARTITIONS = 16;

// No foreign keys: senders may go and leave their messages, and chats are never deleted.
const MESSAGES = `
  CREATE TABLE messages (
    chat_id bigint NOT NULL,
    seq bigint NOT NULL,
    kind text NOT NULL,
    sender_id bigint NOT NULL,
    member_id bigint,
    target_seq bigint,
    content text,
    content_type text,
    client_msg_id text,
    created_at timestamptz(3) NOT NULL,
    edited_seq bigint,
    edited_content text,
    deleted_seq bigint,
    PRIMARY KEY (chat_id, seq)
  ) PARTITION BY HASH (chat_id);
  CREATE UNIQUE INDEX messages_client_msg_id_idx ON messages (sender_id, chat_id, client_msg_id) WHERE client_msg_id IS NOT NULL;
  ${Array.from(
    { length: PARTITIONS },
    (_unused, i) =>
      `CREATE TABLE messages_p${String(i).padStart(2, '0')} PARTITION OF messages FOR VALUES WITH (MODULUS ${PARTITIONS}, REMAINDER ${i});`,
  ).join('\n  ')}
`;

const FUNCTIONS = [CREATE_CHAT, ADD_CHAT_MEMBERS, LEAVE_CHATS, APPEND_MESSAGES, CHANGE_MESSAGE];

/** Chats, their members and their log. */
export class Chats1763700000000 implements MigrationInterface {
  readonly name = 'Chats1763700000000';

  async up(runner: QueryRunner): Promise<void> {
    for (const part of [CHATS, MEMBERS, MESSAGES, ...FUNCTIONS]) await runner.query(part);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP TRIGGER users_departed ON users;
      DROP FUNCTION users_departed, create_chat, add_chat_members, remove_chat_member, depart_from_chat, part_from_chat,
        append_messages, change_message;
      DROP TABLE messages, chat_members, departed_users, chats;
    `);
  }
}

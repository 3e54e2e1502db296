/**
 * Chats and memberships that exist count as chosen by everybody in them: nobody loses sight of anybody by the upgrade. `one_sided` says of
 * a personal chat that one of its two has not answered or accepted it, or has left; of groups it is false.
 */
const MEMBERS = `
  ALTER TABLE chats ADD COLUMN one_sided boolean NOT NULL DEFAULT false;
  ALTER TABLE chat_members
    ADD COLUMN chosen boolean NOT NULL DEFAULT true,
    ADD COLUMN joined_seq bigint NOT NULL DEFAULT 0,
    ADD COLUMN hidden_seq bigint;
  CREATE INDEX chat_members_user_id_idx ON chat_members (user_id) WHERE NOT chosen;
`;

// No foreign keys to users: an account that goes must not wait for them (departed_users).
const REQUESTS = `
  CREATE TABLE chat_requests (
    chat_id bigint NOT NULL REFERENCES chats ON DELETE CASCADE,
    user_id bigint NOT NULL,
    from_id bigint NOT NULL,
    created_at timestamptz(3) NOT NULL DEFAULT now(),
    declined_at timestamptz(3),
    PRIMARY KEY (chat_id, user_id, from_id)
  );
  CREATE INDEX chat_requests_user_id_declined_at_idx ON chat_requests (user_id, declined_at);
  CREATE INDEX chat_requests_from_id_idx ON chat_requests (from_id);

  CREATE TABLE chat_leavers (
    chat_id bigint NOT NULL REFERENCES chats ON DELETE CASCADE,
    user_id bigint NOT NULL,
    left_seq bigint NOT NULL,
    PRIMARY KEY (chat_id, user_id)
  );
  CREATE INDEX chat_leavers_user_id_idx ON chat_leavers (user_id);
`;

// Who has been blocked stays so when the account goes: what it wrote stays in groups, and would come back into sight.
const CONTACTS = `
  CREATE TABLE blocks (
    user_id bigint NOT NULL REFERENCES users ON DELETE CASCADE,
    blocked_id bigint NOT NULL,
    created_at timestamptz(3) NOT NULL DEFAULT now(),
    PRIMARY KEY (user_id, blocked_id),
    CHECK (user_id <> blocked_id)
  );

  CREATE TABLE user_privacy (
    user_id bigint PRIMARY KEY REFERENCES users ON DELETE CASCADE,
    share_presence boolean NOT NULL
  );
`;

// What every node has to know at once: whom a user has blocked and what it shares (`consent`), requests, and who answered whom (`contact`).
const NOTICES = `
  CREATE FUNCTION consent_changed() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    PERFORM pg_notify('switchboard', 'consent:' || CASE WHEN TG_OP = 'DELETE' THEN OLD.user_id ELSE NEW.user_id END);
    RETURN NULL;
  END
  $$;
  CREATE TRIGGER blocks_changed AFTER INSERT OR DELETE ON blocks FOR EACH ROW EXECUTE FUNCTION consent_changed();
  CREATE TRIGGER user_privacy_changed AFTER INSERT OR UPDATE OR DELETE ON user_privacy
    FOR EACH ROW EXECUTE FUNCTION consent_changed();

  CREATE FUNCTION chat_requests_changed() RETURNS trigger LANGUAGE plpgsql AS $$
  DECLARE
    request chat_requests := CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
  BEGIN
    PERFORM pg_notify('switchboard', 'request:' || request.user_id || ':' || request.chat_id);
    RETURN NULL;
  END
  $$;
  CREATE TRIGGER chat_requests_changed AFTER INSERT OR UPDATE OR DELETE ON chat_requests
    FOR EACH ROW EXECUTE FUNCTION chat_requests_changed();

  CREATE FUNCTION chats_answered() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    PERFORM pg_notify('switchboard', 'contact:' || NEW.id || ':' || CASE WHEN NEW.one_sided THEN 0 ELSE 1 END);
    RETURN NULL;
  END
  $$;
  CREATE TRIGGER chats_answered AFTER UPDATE OF one_sided ON chats FOR EACH ROW
    WHEN (OLD.one_sided IS DISTINCT FROM NEW.one_sided) EXECUTE FUNCTION chats_answered();
`;

export const CONSENT_TABLES = MEMBERS + REQUESTS + CONTACTS + NOTICES;

export const DROP_CONSENT_TABLES = `
  DROP TRIGGER chats_answered ON chats;
  DROP TABLE chat_requests, chat_leavers, blocks, user_privacy;
  DROP FUNCTION consent_changed, chat_requests_changed, chats_answered;
  DROP INDEX chat_members_user_id_idx;
  ALTER TABLE chat_members DROP COLUMN chosen, DROP COLUMN joined_seq, DROP COLUMN hidden_seq;
  ALTER TABLE chats DROP COLUMN one_sided;
`;

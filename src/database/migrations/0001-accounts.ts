import type { MigrationInterface, QueryRunner } from 'typeorm';

const USERS = `
  CREATE TABLE users (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    username text NOT NULL,
    username_fold text NOT NULL UNIQUE,
    username_skeleton text NOT NULL UNIQUE,
    username_lookalike text NOT NULL UNIQUE,
    email text,
    email_fold text UNIQUE,
    full_name text,
    password_hash text NOT NULL,
    is_active boolean NOT NULL DEFAULT true,
    is_superuser boolean NOT NULL DEFAULT false,
    created_at timestamptz(3) NOT NULL DEFAULT now(),
    updated_at timestamptz(3) NOT NULL DEFAULT now()
  );
  CREATE INDEX users_username_prefix_idx ON users (username_fold text_pattern_ops);
  CREATE INDEX users_email_prefix_idx ON users (email_fold text_pattern_ops);
  CREATE INDEX users_superuser_idx ON users (id) WHERE is_superuser;
`;

const SESSIONS = `
  CREATE TABLE sessions (
    id uuid PRIMARY KEY,
    user_id bigint NOT NULL REFERENCES users ON DELETE CASCADE,
    protocol text NOT NULL,
    ip text NOT NULL,
    user_agent text,
    created_at timestamptz NOT NULL DEFAULT now(),
    last_used_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    revoked_at timestamptz,
    revoked_reason text
  );
  CREATE INDEX sessions_user_id_created_at_idx ON sessions (user_id, created_at DESC);
  CREATE INDEX sessions_expires_at_idx ON sessions (expires_at);
`;

const TOKENS = `
  CREATE TABLE refresh_tokens (
    hash bytea PRIMARY KEY,
    session_id uuid NOT NULL REFERENCES sessions ON DELETE CASCADE,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    spent_at timestamptz
  );
  CREATE INDEX refresh_tokens_session_id_idx ON refresh_tokens (session_id);

  CREATE TABLE recovery_tokens (
    user_id bigint PRIMARY KEY REFERENCES users ON DELETE CASCADE,
    hash bytea NOT NULL UNIQUE,
    expires_at timestamptz NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
  );

  CREATE TABLE signing_keys (
    kid text PRIMARY KEY,
    alg text NOT NULL,
    public_jwk jsonb NOT NULL,
    sealed_private bytea NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    retired_at timestamptz
  );
`;

const CLIENT_LINKS = `
  CREATE TABLE client_links (
    user_id bigint NOT NULL REFERENCES users ON DELETE CASCADE,
    client_id text NOT NULL,
    first_seen timestamptz NOT NULL DEFAULT now(),
    last_seen timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (user_id, client_id)
  );
`;

// No foreign keys: what happened to an account is kept after the account is gone.
const AUDIT_LOG = `
  CREATE TABLE audit_log (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT now(),
    action text NOT NULL,
    actor_id bigint,
    user_id bigint,
    protocol text,
    ip text,
    user_agent text,
    details jsonb NOT NULL DEFAULT '{}'
  );
  CREATE INDEX audit_log_user_id_id_idx ON audit_log (user_id, id);
  CREATE INDEX audit_log_action_id_idx ON audit_log (action, id);
`;

// Once a statement, not once a row: a bulk insert touches the counter a single time.
const COUNTERS = `
  CREATE TABLE counters (
    name text PRIMARY KEY,
    value bigint NOT NULL
  );
  INSERT INTO counters (name, value) VALUES ('users', 0);

  CREATE FUNCTION users_counted() RETURNS trigger LANGUAGE plpgsql AS $$
  DECLARE
    difference bigint;
  BEGIN
    IF TG_OP = 'TRUNCATE' THEN
      UPDATE counters SET value = 0 WHERE name = 'users';
      RETURN NULL;
    END IF;
    SELECT count(*) INTO difference FROM changed;
    IF TG_OP = 'DELETE' THEN
      difference := -difference;
    END IF;
    IF difference <> 0 THEN
      UPDATE counters SET value = value + difference WHERE name = 'users';
    END IF;
    RETURN NULL;
  END
  $$;
  CREATE TRIGGER users_counted_insert AFTER INSERT ON users
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION users_counted();
  CREATE TRIGGER users_counted_delete AFTER DELETE ON users
    REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION users_counted();
  CREATE TRIGGER users_counted_truncate AFTER TRUNCATE ON users
    FOR EACH STATEMENT EXECUTE FUNCTION users_counted();
`;

// What every node has to know at once, whoever wrote it and by which way. Delivered at commit, lost at rollback.
const NOTICES = `
  CREATE FUNCTION users_told() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    PERFORM pg_notify('switchboard', 'user:' || OLD.id);
    RETURN NULL;
  END
  $$;
  CREATE TRIGGER users_told_update AFTER UPDATE ON users FOR EACH ROW
    WHEN (OLD.username IS DISTINCT FROM NEW.username
      OR OLD.is_active IS DISTINCT FROM NEW.is_active
      OR OLD.is_superuser IS DISTINCT FROM NEW.is_superuser)
    EXECUTE FUNCTION users_told();
  CREATE TRIGGER users_told_delete AFTER DELETE ON users FOR EACH ROW EXECUTE FUNCTION users_told();

  CREATE FUNCTION sessions_told() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    PERFORM pg_notify('switchboard', 'session:' || NEW.id);
    RETURN NULL;
  END
  $$;
  CREATE TRIGGER sessions_told AFTER UPDATE ON sessions FOR EACH ROW
    WHEN (OLD.revoked_at IS NULL AND NEW.revoked_at IS NOT NULL)
    EXECUTE FUNCTION sessions_told();

  CREATE FUNCTION signing_keys_told() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    PERFORM pg_notify('switchboard', 'keys');
    RETURN NULL;
  END
  $$;
  CREATE TRIGGER signing_keys_told AFTER INSERT OR UPDATE OR DELETE ON signing_keys
    FOR EACH STATEMENT EXECUTE FUNCTION signing_keys_told();
`;

/** Accounts, their sessions and tokens, the audit log, and the triggers that tell every node of a change. */
export class Accounts1763676000000 implements MigrationInterface {
  readonly name = 'Accounts1763676000000';

  async up(runner: QueryRunner): Promise<void> {
    for (const part of [USERS, SESSIONS, TOKENS, CLIENT_LINKS, AUDIT_LOG, COUNTERS, NOTICES]) await runner.query(part);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP TABLE audit_log, client_links, recovery_tokens, refresh_tokens, sessions, signing_keys, users, counters;
      DROP FUNCTION users_counted(), users_told(), sessions_told(), signing_keys_told();
    `);
  }
}

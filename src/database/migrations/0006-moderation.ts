import type { MigrationInterface, QueryRunner } from 'typeorm';
import { TAKE_DOWN_MESSAGE } from './moderation/take-down-message.js';

// Without a default: the table is not written anew, and the version before, which knows nothing of them, goes on inserting.
const SUSPENSION = `
  ALTER TABLE users ADD COLUMN suspended_until timestamptz(3), ADD COLUMN suspension_reason text;
`;

/** What every node has to know at once of an account; the columns of a suspension among it. */
const noticeOf = (columns: readonly string[]): string => `
  DROP TRIGGER users_told_update ON users;
  CREATE TRIGGER users_told_update AFTER UPDATE ON users FOR EACH ROW
    WHEN (${columns.map((column) => `OLD.${column} IS DISTINCT FROM NEW.${column}`).join(' OR ')})
    EXECUTE FUNCTION users_told();
`;
const NOTICED = ['username', 'is_active', 'is_superuser'];

// No foreign keys, and names as they were: a report outlives the message, the chat's members and the accounts that it is about.
const REPORTS = `
  CREATE TABLE reports (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    reason text NOT NULL,
    comment text,
    reporter_id bigint NOT NULL,
    reporter_name text NOT NULL,
    user_id bigint NOT NULL,
    username text NOT NULL,
    chat_id bigint,
    chat_type text,
    chat_name text,
    seq bigint,
    excerpt text,
    evidence jsonb,
    created_at timestamptz(3) NOT NULL DEFAULT now(),
    closed_at timestamptz(3),
    closed_by_id bigint,
    closed_by_name text,
    action text,
    note text,
    suspended_until timestamptz(3),
    CHECK ((chat_id IS NULL) = (seq IS NULL)),
    CHECK ((closed_at IS NULL) = (action IS NULL))
  );
  CREATE UNIQUE INDEX reports_open_message_idx ON reports (reporter_id, chat_id, seq) WHERE closed_at IS NULL AND seq IS NOT NULL;
  CREATE UNIQUE INDEX reports_open_user_idx ON reports (reporter_id, user_id) WHERE closed_at IS NULL AND seq IS NULL;
  CREATE INDEX reports_open_idx ON reports (id) WHERE closed_at IS NULL;
  CREATE INDEX reports_closed_idx ON reports (id) WHERE closed_at IS NOT NULL;
  CREATE INDEX reports_closed_at_idx ON reports (closed_at) WHERE closed_at IS NOT NULL;
`;

/** Reports of messages and users, and suspensions of accounts. */
export class Moderation1764300000000 implements MigrationInterface {
  readonly name = 'Moderation1764300000000';

  async up(runner: QueryRunner): Promise<void> {
    for (const part of [SUSPENSION, noticeOf([...NOTICED, 'suspended_until']), REPORTS, TAKE_DOWN_MESSAGE])
      await runner.query(part);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP FUNCTION take_down_message;
      DROP TABLE reports;
      ${noticeOf(NOTICED)}
      ALTER TABLE users DROP COLUMN suspended_until, DROP COLUMN suspension_reason;
    `);
  }
}

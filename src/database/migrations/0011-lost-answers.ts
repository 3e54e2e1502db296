import type { MigrationInterface, QueryRunner } from 'typeorm';

/*
 * A spent token knows its successor, so that one look tells whether the successor was used. `offered_at` is set while the answer that
 * carries the successor has not left, `contested_at` when another use of the token came meanwhile. A token that was replaced before it
 * was used is spent and has no successor.
 *
 * Access tokens carry the generation of the refresh token they were issued with. Those in `lost_generations` are worthless.
 */
const TOKENS = `
  ALTER TABLE refresh_tokens
    ADD COLUMN generation integer NOT NULL DEFAULT 0,
    ADD COLUMN successor bytea,
    ADD COLUMN offered_at timestamptz,
    ADD COLUMN contested_at timestamptz;
  ALTER TABLE sessions ADD COLUMN lost_generations integer[] NOT NULL DEFAULT '{}';
  ALTER TABLE recovery_tokens ADD COLUMN spent_at timestamptz;
`;

const NOTICE = `
  CREATE FUNCTION session_tokens_told() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    PERFORM pg_notify('switchboard', 'tokens:' || NEW.id);
    RETURN NULL;
  END
  $$;
  CREATE TRIGGER session_tokens_told AFTER UPDATE ON sessions FOR EACH ROW
    WHEN (OLD.lost_generations IS DISTINCT FROM NEW.lost_generations)
    EXECUTE FUNCTION session_tokens_told();
`;

/** What is needed to repeat a refresh or a recovery whose answer was lost. */
export class LostAnswers1764800000000 implements MigrationInterface {
  readonly name = 'LostAnswers1764800000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(TOKENS);
    await runner.query(NOTICE);
  }

  async down(runner: QueryRunner): Promise<void> {
    // A spent recovery token is no token to what knows no `spent_at`.
    await runner.query(`
      DROP TRIGGER session_tokens_told ON sessions;
      DROP FUNCTION session_tokens_told();
      DELETE FROM recovery_tokens WHERE spent_at IS NOT NULL;
      ALTER TABLE recovery_tokens DROP COLUMN spent_at;
      ALTER TABLE sessions DROP COLUMN lost_generations;
      ALTER TABLE refresh_tokens DROP COLUMN generation, DROP COLUMN successor, DROP COLUMN offered_at, DROP COLUMN contested_at;
    `);
  }
}

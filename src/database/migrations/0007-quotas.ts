import type { MigrationInterface, QueryRunner } from 'typeorm';

// `used` changes every second and has no index: such an update stays on its page (HOT). No foreign key to users: what was used is written
// for many users at once, which must not wait for an account that is being changed, nor fail for one that goes.
const QUOTA_USE = `
  CREATE TABLE quota_use (
    user_id bigint NOT NULL,
    kind text NOT NULL,
    window_start timestamptz NOT NULL,
    used bigint NOT NULL,
    PRIMARY KEY (user_id, kind, window_start)
  ) WITH (fillfactor = 70);
  CREATE INDEX quota_use_window_start_idx ON quota_use (window_start);

  CREATE FUNCTION users_quotas_ended() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    DELETE FROM quota_use WHERE user_id = OLD.id;
    RETURN NULL;
  END
  $$;
  CREATE TRIGGER users_quotas_ended AFTER DELETE ON users FOR EACH ROW EXECUTE FUNCTION users_quotas_ended();
`;

/** What each user has used of the quotas, by kind and window. */
export class Quotas1764400000000 implements MigrationInterface {
  readonly name = 'Quotas1764400000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(QUOTA_USE);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP TRIGGER users_quotas_ended ON users;
      DROP FUNCTION users_quotas_ended;
      DROP TABLE quota_use;
    `);
  }
}

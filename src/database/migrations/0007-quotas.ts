import type { MigrationInterface, QueryRunner } from 'typeorm';

// `used` changes every second and has no index: such an update stays on its page (HOT).
const QUOTA_USE = `
  CREATE TABLE quota_use (
    user_id bigint NOT NULL REFERENCES users ON DELETE CASCADE,
    kind text NOT NULL,
    window_start timestamptz NOT NULL,
    used bigint NOT NULL,
    PRIMARY KEY (user_id, kind, window_start)
  ) WITH (fillfactor = 70);
  CREATE INDEX quota_use_window_start_idx ON quota_use (window_start);
`;

/** What each user has used of the quotas, by kind and window. */
export class Quotas1764400000000 implements MigrationInterface {
  readonly name = 'Quotas1764400000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(QUOTA_USE);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE quota_use');
  }
}

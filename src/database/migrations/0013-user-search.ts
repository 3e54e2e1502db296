import type { MigrationInterface, QueryRunner } from 'typeorm';

// Pairs of characters: two is the shortest part of a name that means something, in Chinese and Korean. No extension: not every host has one.
const GRAMS = `
  CREATE OR REPLACE FUNCTION user_grams(name text, email text) RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT coalesce(array_agg(DISTINCT substr(t.part, i, 2)), '{}')
    FROM (VALUES (name), (email)) AS t (part), generate_series(1, length(t.part) - 1) AS i
  $$;
`;

/** Finds users by any part of their names and addresses. */
export class UserSearch1765200000000 implements MigrationInterface {
  readonly name = 'UserSearch1765200000000';
  /** People register meanwhile: the table must not be locked while it is being indexed. */
  readonly transaction = false;

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(GRAMS);
    // One that was broken off half-way is there, but of no use.
    await runner.query('DROP INDEX CONCURRENTLY IF EXISTS users_grams_idx');
    await runner.query('CREATE INDEX CONCURRENTLY users_grams_idx ON users USING gin (user_grams(username_fold, email_fold))');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP INDEX users_grams_idx; DROP FUNCTION user_grams(text, text)');
  }
}

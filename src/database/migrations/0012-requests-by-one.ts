import type { MigrationInterface, QueryRunner } from 'typeorm';
import { ASK_USER as ASK_BEFORE, countOf } from './consent/rules.js';
import { replacing, revised } from './deletion/revised.js';

/** Requests by one user that wait for another one at most: who makes many groups must not fill the other's list of requests. */
const MAX_REQUESTS_BY_ONE = 50;

const waiting = 'chat_requests r WHERE r.user_id = p_user AND r.from_id = p_from AND r.declined_at IS NULL';
const ASK_USER = revised(replacing(ASK_BEFORE), [
  'OR EXISTS (SELECT 1 FROM blocks',
  `OR ${countOf(waiting, MAX_REQUESTS_BY_ONE)} >= ${MAX_REQUESTS_BY_ONE} OR EXISTS (SELECT 1 FROM blocks`,
  1,
]);

/** Of the requests that wait for a user, one other user makes a few. */
export class RequestsByOne1764900000000 implements MigrationInterface {
  readonly name = 'RequestsByOne1764900000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(ASK_USER);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(replacing(ASK_BEFORE));
  }
}

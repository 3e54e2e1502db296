import type { MigrationInterface, QueryRunner } from 'typeorm';

/** By what the log is searched, besides `user_id` and `action`; `at` finds the ids between which a time lies. */
const INDEXES: Readonly<Record<string, string>> = {
  audit_log_actor_id_id_idx: 'actor_id, id',
  audit_log_ip_id_idx: 'ip, id',
  audit_log_protocol_id_idx: 'protocol, id',
  audit_log_at_idx: 'at',
};

/** Indexes for reading the audit log. */
export class AuditIndexes1763900000000 implements MigrationInterface {
  readonly name = 'AuditIndexes1763900000000';
  /** Every log-in writes to the table: it must not be locked while a long log is being indexed. */
  readonly transaction = false;

  async up(runner: QueryRunner): Promise<void> {
    for (const [name, columns] of Object.entries(INDEXES)) {
      // One that was broken off half-way is there, but of no use.
      await runner.query(`DROP INDEX CONCURRENTLY IF EXISTS ${name}`);
      await runner.query(`CREATE INDEX CONCURRENTLY ${name} ON audit_log (${columns})`);
    }
  }

  /** Quick, and in a transaction whatever the migration says of itself. */
  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP INDEX ${Object.keys(INDEXES).join(', ')}`);
  }
}

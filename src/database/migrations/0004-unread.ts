import type { MigrationInterface, QueryRunner } from 'typeorm';

const INDEX = 'messages_standing_idx';
/** Messages that stand, by chat: what history, previews and unread counts read. The sender is in it, so that counting reads no table. */
const COLUMNS = `(chat_id, seq) INCLUDE (sender_id) WHERE kind = 'message' AND deleted_seq IS NULL`;

/** Set by a trigger, so that whatever takes a message back does so: counts that are remembered do not survive it. */
const DELETIONS = `
  ALTER TABLE chats ADD COLUMN IF NOT EXISTS last_deleted_seq bigint NOT NULL DEFAULT 0;
  CREATE OR REPLACE FUNCTION messages_deleted() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    UPDATE chats c SET last_deleted_seq = NEW.deleted_seq WHERE c.id = NEW.chat_id AND c.last_deleted_seq < NEW.deleted_seq;
    RETURN NULL;
  END
  $$;
  DROP TRIGGER IF EXISTS messages_deleted ON messages;
  CREATE TRIGGER messages_deleted AFTER UPDATE OF deleted_seq ON messages FOR EACH ROW
    WHEN (NEW.deleted_seq IS NOT NULL) EXECUTE FUNCTION messages_deleted();
`;

/**
 * The newest messages are the unread ones, and counting them reads the table unless a vacuum has passed: it comes after a hundredth of a
 * partition instead of a fifth.
 */
const VACUUM = 'autovacuum_vacuum_insert_scale_factor, autovacuum_vacuum_insert_threshold';
const [SCALE, THRESHOLD] = VACUUM.split(', ');

interface Partition {
  readonly name: string;
  /** Whether it has its part of the index. */
  readonly done: boolean;
}

const PARTITIONS = `
  SELECT p.inhrelid::regclass::text AS name, EXISTS (
    SELECT 1 FROM pg_inherits i JOIN pg_index x ON x.indexrelid = i.inhrelid
    WHERE i.inhparent = to_regclass('${INDEX}') AND x.indrelid = p.inhrelid
  ) AS done
  FROM pg_inherits p WHERE p.inhparent = 'messages'::regclass ORDER BY 1`;

/** An index of the messages that stand, and when each chat last lost one: unread counts cost the same however long a log is. */
export class Unread1764100000000 implements MigrationInterface {
  readonly name = 'Unread1764100000000';
  /** Partition by partition without keeping writers out; one that was broken off begins where it stopped. */
  readonly transaction = false;

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(DELETIONS);
    // On the parent alone, which holds no rows: it is good once every partition has its part.
    await runner.query(`CREATE INDEX IF NOT EXISTS ${INDEX} ON ONLY messages ${COLUMNS}`);
    for (const { name, done } of (await runner.query(PARTITIONS)) as Partition[]) {
      if (done) continue;
      const part = `${name}_standing_idx`;
      await runner.query(`ALTER TABLE ${name} SET (${SCALE} = 0.01, ${THRESHOLD} = 10000)`);
      // One that was broken off half-way is there, but of no use.
      await runner.query(`DROP INDEX CONCURRENTLY IF EXISTS ${part}`);
      await runner.query(`CREATE INDEX CONCURRENTLY ${part} ON ${name} ${COLUMNS}`);
      await runner.query(`ALTER INDEX ${INDEX} ATTACH PARTITION ${part}`);
    }
  }

  /** Quick, and in a transaction whatever the migration says of itself. */
  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP INDEX ${INDEX};
      DROP TRIGGER messages_deleted ON messages;
      DROP FUNCTION messages_deleted();
      ALTER TABLE chats DROP COLUMN last_deleted_seq;
    `);
    for (const { name } of (await runner.query(PARTITIONS)) as Partition[]) {
      await runner.query(`ALTER TABLE ${name} RESET (${VACUUM})`);
    }
  }
}

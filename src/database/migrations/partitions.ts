import type { QueryRunner } from 'typeorm';

/** Names of the partitions of `messages`, in order. */
export async function partitionsOfMessages(runner: QueryRunner): Promise<string[]> {
  const rows = (await runner.query(`
    SELECT p.inhrelid::regclass::text AS name FROM pg_inherits p WHERE p.inhparent = 'messages'::regclass ORDER BY 1
  `)) as { name: string }[];
  return rows.map(({ name }) => name);
}

/** Whether a partition has its part of an index of the whole table. */
const HAS_PART = `
  SELECT EXISTS (
    SELECT 1 FROM pg_inherits i JOIN pg_index x ON x.indexrelid = i.inhrelid
    WHERE i.inhparent = to_regclass($1) AND x.indrelid = to_regclass($2)
  ) AS done`;

/**
 * Makes an index of `messages`, partition by partition, without keeping writers out. If it is broken off, it begins where it stopped.
 * @param index its name, which ends in `_idx` and begins with `messages_`
 * @param columns what follows the name of the table in CREATE INDEX
 */
export async function indexMessages(runner: QueryRunner, index: string, columns: string): Promise<void> {
  // On the parent alone, which holds no rows: it is valid once every partition has its part.
  await runner.query(`CREATE INDEX IF NOT EXISTS ${index} ON ONLY messages ${columns}`);
  for (const partition of await partitionsOfMessages(runner)) {
    const [state] = (await runner.query(HAS_PART, [index, partition])) as { done: boolean }[];
    if (state?.done) continue;
    const part = index.replace('messages', partition);
    // One that was broken off half-way exists, but is not used.
    await runner.query(`DROP INDEX CONCURRENTLY IF EXISTS ${part}`);
    await runner.query(`CREATE INDEX CONCURRENTLY ${part} ON ${partition} ${columns}`);
    await runner.query(`ALTER INDEX ${index} ATTACH PARTITION ${part}`);
  }
}

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { urlOf } from '../../src/database/embedded/greeting.js';

/** Chats of the reader, with so many messages of somebody else that the reader has not read. */
const UNREAD_CHATS = 200;
const UNREAD_EACH = 2_000;
/** Chats of the collector. */
const MANY_CHATS = 10_000;
const NEIGHBOUR_CHATS = 20;

/** Plain tables only, as they were from the beginning: builds before and after a migration are filled alike. */
const CHATS = `
  WITH made AS (
    INSERT INTO chats (chat_type, name, last_seq) SELECT 'group', 'Chat ' || n, $3 FROM generate_series(1, $2::int) n RETURNING id
  ), joined AS (
    INSERT INTO chat_members (chat_id, user_id, role, read_seq)
    SELECT made.id, u.id, CASE WHEN u.id = $1 THEN 'owner' ELSE 'member' END, 0
    FROM made CROSS JOIN LATERAL (VALUES ($1::bigint), ($4::bigint)) u (id)
  )
  INSERT INTO messages (chat_id, seq, kind, sender_id, content, content_type, created_at)
  SELECT id, seq, 'message', $4, 'Something that was said, as long as most of what people say.', 'text/plain', now()
  FROM made CROSS JOIN LATERAL generate_series(1, $3::int) seq`;

/** So many accounts more, who are all in the first chat of the reader ($1). */
const MEMBERS = 4_998;
const CROWD = `
  WITH made AS (
    INSERT INTO users (username, username_fold, username_skeleton, username_lookalike, password_hash)
    SELECT name, name, name, name, '-' FROM (SELECT 'member-' || n AS name FROM generate_series(1, $2::int) n) names RETURNING id
  )
  INSERT INTO chat_members (chat_id, user_id, role, read_seq)
  SELECT (SELECT min(chat_id) FROM chat_members WHERE user_id = $1), id, 'member', 0 FROM made`;

/** Fills the embedded database of a server that has been up, by its superuser. */
export async function seed(
  dataDir: string,
  ids: Readonly<Record<'neighbour' | 'reader' | 'collector' | 'writer', number>>,
): Promise<void> {
  const data = join(dataDir, 'data');
  // PostgreSQL's documentation of `postmaster.pid`: the port is in the fourth line.
  const port = Number((await readFile(join(data, 'postgres/postmaster.pid'), 'utf8')).split('\n')[3]);
  const url = new URL(urlOf(port, (await readFile(join(data, 'postgres.password'), 'utf8')).trim(), 'superuser'));
  url.pathname = new URL(urlOf(port, '', 'server')).pathname;
  const client = new pg.Client({ connectionString: url.href });
  await client.connect();
  try {
    await client.query(CHATS, [ids.neighbour, NEIGHBOUR_CHATS, 20, ids.writer]);
    await client.query(CHATS, [ids.reader, UNREAD_CHATS, UNREAD_EACH, ids.writer]);
    await client.query(CROWD, [ids.reader, MEMBERS]);
    await client.query(CHATS, [ids.collector, MANY_CHATS, 1, ids.writer]);
    // Otherwise autovacuum would do so in the middle of a measurement.
    await client.query('VACUUM ANALYZE');
  } finally {
    await client.end();
  }
}

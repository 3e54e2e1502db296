import type { Sql } from '../../database/sql.js';
import { foldName, lookalikeOf, skeletonOf } from '../../users/names.js';
import { ownerOrigin } from '../owner.js';
import { progress } from '../progress.js';
import type { Rooms } from '../with-rooms.js';
import { sharedNames } from './words.js';

/** How much of each. */
export interface Amounts {
  users: number;
  chats: number;
  messages: number;
}

/** Accounts that are made. */
export interface Made {
  /** Ids, the first ones at least: as many as chats are made of. */
  readonly ids: readonly number[];
  /** The user name of the first one. */
  readonly username: string;
}

/** Accounts of one transaction: while it lasts, about a tenth of a second, nobody else can register. */
const CHUNK = 5_000;
/** Accounts that chats are made of at most; their ids stay in memory. */
const MOST_REMEMBERED = 100_000;
const DAY_MS = 86_400_000;
/** Days ago on which the first and the last account was made: all of them before the first chat. */
const FIRST_DAY = 60;
const LAST_DAY = 15;
/** Names that the accounts of one transaction share: few, so that what it adds to each index lies together: half the time. */
const NAMES_AT_ONCE = 26;

/**
 * Accounts with the numbers $1 to $2 and the names $3 in turn. A user name ends in its number, and so do the keys that follow from it
 * (users/names.ts): character by character, digits look like $8 and $9. A name that somebody has is left out. The order is
 * that of the numbers, so that ids are given in it.
 */
const INSERT = `
  WITH made AS (
    INSERT INTO users (username, username_fold, username_skeleton, username_lookalike, email, email_fold, full_name, password_hash,
      created_at, updated_at)
    SELECT p.start || n, p.fold || n, p.skeleton || translate(n::text, '0123456789', $8), p.lookalike || translate(n::text, '0123456789', $9),
      p.start || n || '@example.com', p.fold || n || '@example.com', p.full_name, $10, $11, $11
    FROM generate_series($1::bigint, $2::bigint) AS n
    JOIN unnest($3::text[], $4::text[], $5::text[], $6::text[], $7::text[]) WITH ORDINALITY
      AS p (start, fold, skeleton, lookalike, full_name, place) ON p.place = 1 + n % cardinality($3)
    ORDER BY n
    ON CONFLICT DO NOTHING RETURNING id, username
  )
  SELECT count(*)::int AS count, min(id) AS "firstId", max(id) AS "lastId", min(username) FILTER (WHERE id = (SELECT min(id) FROM made)) AS username,
    CASE WHEN $12 THEN array_agg(id ORDER BY id) END AS ids
  FROM made`;

interface Chunk {
  readonly count: number;
  readonly firstId: number | null;
  readonly lastId: number | null;
  /** Of the first one. */
  readonly username: string | null;
  readonly ids: readonly number[] | null;
}

/**
 * Makes accounts, some thousands in each transaction, so that an end in the middle keeps what was done. Each transaction
 * leaves one row in the audit log.
 * @param passwordHash of the one password that all of them have
 * @param done counts what has been committed
 */
export async function makeUsers({ sql, audit }: Rooms, count: number, passwordHash: string, done: Amounts): Promise<Made> {
  const ids: number[] = [];
  let username = '';
  // Nobody has a number above the highest id, since each of these names bears at most the number that is its id.
  let number = (await highestId(sql)) + 1;
  const bar = progress(count, 'accounts');
  try {
    while (done.users < count) {
      const size = Math.min(CHUNK, count - done.users);
      const day = FIRST_DAY - ((FIRST_DAY - LAST_DAY) * done.users) / count;
      const values = [...numbered(number, size), passwordHash, new Date(Date.now() - day * DAY_MS), ids.length < MOST_REMEMBERED];
      const chunk = await sql.transaction(async (tx) => {
        const made = onlyRow(await tx.rows<Chunk>(INSERT, values));
        const details = { accounts: made.count, first_id: made.firstId, last_id: made.lastId };
        await audit.write(tx, { action: 'user_created', actorId: null, userId: null, origin: ownerOrigin(), details });
        return made;
      });
      number += size;
      done.users += chunk.count;
      username ||= chunk.username ?? '';
      ids.push(...(chunk.ids ?? []));
      bar.advance(chunk.count);
    }
  } finally {
    bar.done();
  }
  return { ids, username };
}

async function highestId(sql: Sql): Promise<number> {
  return onlyRow(await sql.rows<{ id: number }>('SELECT coalesce(max(id), 0) AS id FROM users')).id;
}

function onlyRow<T>([row]: readonly T[]): T {
  if (row === undefined) throw new Error('A statement that always has a row had none');
  return row;
}

/** The first nine values of `INSERT`: so many accounts from a number on. */
function numbered(from: number, size: number): unknown[] {
  const names = sharedNames(Math.floor(from / CHUNK) * NAMES_AT_ONCE, NAMES_AT_ONCE);
  const starts = names.map(({ start }) => start);
  return [
    from,
    from + size - 1,
    starts,
    starts.map(foldName),
    starts.map(skeletonOf),
    starts.map(lookalikeOf),
    names.map(({ fullName }) => fullName),
    skeletonOf('0123456789'),
    lookalikeOf('0123456789'),
  ];
}

import type { Sql, SqlTx } from '../../database/sql.js';
import { foldName, lookalikeOf, skeletonOf } from '../../users/names.js';
import { ownerOrigin } from '../owner.js';
import { progress } from '../progress.js';
import type { Rooms } from '../with-rooms.js';
import { accountOf } from './words.js';

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

// A name that somebody has is left out, and a later number is taken. Plan: the unique indexes of the table.
const INSERT = `
  INSERT INTO users (username, username_fold, username_skeleton, username_lookalike, email, email_fold, full_name, password_hash,
    created_at, updated_at)
  SELECT n.name, n.fold, n.skeleton, n.lookalike, n.fold || '@example.com', n.fold || '@example.com', n.full_name, $6, n.at, n.at
  FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $7::timestamptz[])
    AS n (name, fold, skeleton, lookalike, full_name, at)
  ON CONFLICT DO NOTHING RETURNING id, username`;

/**
 * Makes accounts, some thousands in each transaction, so that an end in the middle keeps what was done. Each leaves one row in the audit log.
 * @param passwordHash of the one password that all of them have
 * @param done counts what has been committed
 */
export async function makeUsers({ sql, audit }: Rooms, count: number, passwordHash: string, done: Amounts): Promise<Made> {
  const ids: number[] = [];
  let username = '';
  // Nobody has a number above the highest id: each of these names bears at most the number that is its id.
  let number = await highestId(sql);
  const bar = progress(count, 'accounts');
  try {
    while (done.users < count) {
      const size = Math.min(CHUNK, count - done.users);
      const from = number + 1;
      const share = done.users / count;
      const made = await sql.transaction(async (tx) => {
        const rows = await insert(tx, from, size, passwordHash, share);
        const details = { users: rows.length, first_id: rows[0]?.id ?? null, last_id: rows.at(-1)?.id ?? null };
        await audit.write(tx, { action: 'user_created', actorId: null, userId: null, origin: ownerOrigin(), details });
        return rows;
      });
      number += size;
      done.users += made.length;
      username ||= made[0]?.username ?? '';
      for (const { id } of made) if (ids.length < MOST_REMEMBERED) ids.push(id);
      bar.advance(made.length);
    }
  } finally {
    bar.done();
  }
  return { ids, username };
}

async function highestId(sql: Sql): Promise<number> {
  const [row] = await sql.rows<{ id: number }>('SELECT coalesce(max(id), 0) AS id FROM users');
  return row?.id ?? 0;
}

async function insert(
  tx: SqlTx,
  from: number,
  size: number,
  passwordHash: string,
  share: number,
): Promise<{ id: number; username: string }[]> {
  const accounts = Array.from({ length: size }, (_unused, i) => accountOf(from + i));
  const names = accounts.map(({ username }) => username);
  const at = new Date(Date.now() - (FIRST_DAY - (FIRST_DAY - LAST_DAY) * share) * DAY_MS);
  return tx.rows(INSERT, [
    names,
    names.map(foldName),
    names.map(skeletonOf),
    names.map(lookalikeOf),
    accounts.map(({ fullName }) => fullName),
    passwordHash,
    names.map(() => at),
  ]);
}

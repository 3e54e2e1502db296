import type { Rooms } from '../with-rooms.js';
import type { Filled } from './fill.js';
import { makeChats } from './load-chats.js';
import { type Amounts, makeUsers } from './load-users.js';

export interface Load {
  readonly wanted: Amounts;
  /** Of the one password of all accounts. */
  readonly passwordHash: string;
  /** The people who have been made before, if there are any. */
  readonly filled: Filled | null;
  /** Counts what has been committed. */
  readonly done: Amounts;
}

/**
 * Makes as much as a load test needs. An end in the middle leaves what is counted as done, and nothing half-made.
 * @returns the user name to sign in with
 * @throws CoreError `unavailable`, also for a database that does not answer in time
 */
export async function makeLoad(rooms: Rooms, { wanted, passwordHash, filled, done }: Load): Promise<string> {
  const made = wanted.users > 0 ? await makeUsers(rooms, wanted.users, passwordHash, done) : null;
  const ids = made?.ids ?? filled?.active ?? [];
  const login = filled?.id ?? ids[0];
  if (wanted.chats > 0 && login !== undefined) await makeChats(rooms, { login, ids, areKnown: made === null }, wanted, done);
  return filled?.username ?? made?.username ?? '';
}

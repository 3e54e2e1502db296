import { coreErrorOf } from '../../errors/core-error-of.js';
import { connectionConfig } from '../connection.js';
import { DatabaseClient } from '../database-client.js';

/**
 * The advisory lock that everybody shares who uses a database along with whom started it. It is taken in the database `postgres`: who waits
 * for it has a snapshot, for which a `CREATE INDEX CONCURRENTLY` in the same database would wait in turn.
 */
const USED_ALONG = 7_264_310_952;
/** Milliseconds after which it is said that somebody is waited for. */
const TELL_AFTER_MS = 1_000;

async function connected(superuserUrl: string): Promise<DatabaseClient> {
  const client = new DatabaseClient(connectionConfig(superuserUrl, 'switchboard-guest'));
  client.on('error', () => undefined); // whatever else uses the database says so
  await client.connect();
  return client;
}

/**
 * Says that this process uses the database, until what is returned is called, or the process ends.
 * @returns undefined where the one who started it is stopping it already, or has
 */
export async function useAlong(superuserUrl: string): Promise<(() => Promise<void>) | undefined> {
  try {
    const client = await connected(superuserUrl);
    const { rows } = await client.query<{ taken: boolean }>('SELECT pg_try_advisory_lock_shared($1) AS taken', [USED_ALONG]);
    const leave = (): Promise<void> => client.end().catch(() => undefined);
    if (rows[0]?.taken) return leave;
    await leave();
    return undefined;
  } catch (thrown) {
    if (coreErrorOf(thrown).code === 'unavailable') return undefined;
    throw thrown;
  }
}

/**
 * Waits until nobody uses the database along any more; from then on nobody can begin to. Never rejects: of a database that does not answer
 * there is no use.
 * @param tell called once, where it takes a while
 */
export async function untilUsedAlone(superuserUrl: string, tell: () => void): Promise<void> {
  const timer = setTimeout(tell, TELL_AFTER_MS);
  try {
    // Its connection stays open, and the lock with it, until the database is gone.
    const client = await connected(superuserUrl);
    await client.query('SELECT pg_advisory_lock($1)', [USED_ALONG]);
  } catch {
    // It is to be stopped in any case.
  } finally {
    clearTimeout(timer);
  }
}

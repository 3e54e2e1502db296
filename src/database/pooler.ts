import { connectionConfig, placeOf } from './connection.js';
import { DatabaseClient } from './database-client.js';
import { DatabaseStartError } from './start-error.js';

/** Milliseconds that one question may take; a pooler of one connection lets the second session wait. */
const ANSWER_MS = 2_000;

const pidOf = async (client: DatabaseClient): Promise<number | undefined> =>
  (await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')).rows[0]?.pid;

/**
 * Refuses a pooler that lends one session to several clients, as in transaction mode: LISTEN, locks that a session holds and everything that
 * a session is set to would go to somebody else, without an error.
 * @throws DatabaseStartError; the driver's error where the database cannot be had
 */
export async function refuseSharedSessions(url: string): Promise<void> {
  if (await sharesSessions(url)) {
    throw new DatabaseStartError(
      `At ${placeOf(url)} a pooler in transaction mode stands before the database: notifications and locks would reach other clients. Connect directly, or set pool_mode = session there.`,
    );
  }
}

async function sharesSessions(url: string): Promise<boolean> {
  const open = (): DatabaseClient =>
    new DatabaseClient({ ...connectionConfig(url, 'switchboard-start'), query_timeout: ANSWER_MS });
  const [first, second] = [open(), open()];
  try {
    await first.connect();
    const before = await pidOf(first);
    await second.connect();
    // In a transaction it keeps the session that it was lent, which is the one that was used last.
    await second.query('BEGIN');
    const other = await pidOf(second);
    return other === before || (await pidOf(first)) !== before;
  } catch (thrown) {
    // What a pooler in statement mode says.
    if (/transaction blocks not allowed/i.test(String(thrown))) return true;
    throw thrown;
  } finally {
    await Promise.all([first, second].map((client) => client.end().catch(() => undefined)));
  }
}

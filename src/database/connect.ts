import { Logger } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { reasonOf } from '../errors/thrown.js';
import { mayPass, refusedBy } from './connect-faults.js';
import { placeOf } from './connection.js';
import { migrate } from './migrate.js';
import { dataSourceOptions, type PoolOptions } from './options.js';
import { DatabaseStartError } from './start-error.js';

/** Milliseconds that a server which does not answer yet is waited for. */
const PATIENCE_MS = 30_000;
const PAUSE_MS = 500;

const log = new Logger('Database');

/** Tries `attempt` until it succeeds, as long as it fails only because the server is not up yet. */
async function patiently<T>(url: string, patienceMs: number, attempt: () => Promise<T>): Promise<T> {
  const deadline = performance.now() + patienceMs;
  for (let told = false; ; told = true) {
    try {
      return await attempt();
    } catch (thrown) {
      if (thrown instanceof DatabaseStartError) throw thrown;
      const reason = reasonOf(thrown);
      if (!mayPass(thrown)) throw refusedBy(url, thrown);
      if (performance.now() > deadline) {
        const seconds = Math.round(patienceMs / 1000);
        const message = `The database at ${placeOf(url)} did not answer for ${seconds} seconds (${reason}); is DATABASE_URL right and the server up?`;
        throw new DatabaseStartError(message, { cause: thrown });
      }
      if (!told) log.warn(`Waiting for the database at ${placeOf(url)} (${reason})`);
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  }
}

/**
 * Waits for the database, brings its schema up to date and opens the pool.
 * @param patienceMs how long a server that does not answer is waited for
 * @throws DatabaseStartError with one line
 */
export async function connectDatabase(url: string, options: PoolOptions, patienceMs = PATIENCE_MS): Promise<DataSource> {
  const done = await patiently(url, patienceMs, () => migrate(url));
  if (done.length > 0) log.log(`Migrated the database: ${done.join(', ')}`);
  return patiently(url, patienceMs, () => new DataSource(dataSourceOptions(url, options)).initialize());
}

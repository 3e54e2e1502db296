import { Logger } from '@nestjs/common';
import type { Settings } from '../config/settings.js';
import { placeOf } from './connection.js';
import {
  attachOrStart,
  startEmbeddedPostgres,
  type EmbeddedPostgres,
  type EmbeddedPostgresOptions,
} from './embedded/embedded-postgres.js';

/** A database server for the time that this process needs one. */
export interface Database {
  readonly url: string;
  /** Where the data lies, in words for the start text. */
  readonly describe: string;
  /** Stops an embedded server; to be called after the application has closed. Leaves one named by DATABASE_URL alone. */
  stop(): Promise<void>;
}

type DatabaseSettings = Pick<Settings, 'DATABASE_URL' | 'DATABASE_POOL' | 'DATA_DIR'>;
type Start = (options: EmbeddedPostgresOptions) => Promise<EmbeddedPostgres>;

/**
 * The database server that the settings name: the one at DATABASE_URL, or else an embedded PostgreSQL in DATA_DIR.
 * @throws DatabaseStartError whose message is the line to print
 */
export function openDatabase(settings: DatabaseSettings): Promise<Database> {
  return open(settings, startEmbeddedPostgres);
}

/**
 * The same for the command line: where a server runs on DATA_DIR, its PostgreSQL is used along with it.
 * @throws DatabaseStartError whose message is the line to print
 */
export function openDatabaseForTools(settings: DatabaseSettings): Promise<Database> {
  return open(settings, attachOrStart);
}

async function open({ DATABASE_URL, DATABASE_POOL, DATA_DIR }: DatabaseSettings, start: Start): Promise<Database> {
  if (DATABASE_URL !== undefined) {
    return { url: DATABASE_URL, describe: `PostgreSQL at ${placeOf(DATABASE_URL)}`, stop: () => Promise.resolve() };
  }
  const logger = new Logger('PostgreSQL');
  const [log, warn] = [(line: string) => logger.log(line), (line: string) => logger.warn(line)];
  const server = await start({ dataDir: DATA_DIR, connections: DATABASE_POOL, log, warn });
  return { url: server.url, describe: `embedded PostgreSQL in ${server.directory}`, stop: () => server.stop() };
}

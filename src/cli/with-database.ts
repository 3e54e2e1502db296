import { Logger } from '@nestjs/common';
import { readEnvironment } from '../config/environment.js';
import { Settings } from '../config/settings.js';
import { type Database, openDatabaseForTools } from '../database/open-database.js';
import { createLogger } from '../ops/logger.js';
import { NestLogger } from '../ops/nest-logger.js';

const QUIET: readonly Settings['LOG_LEVEL'][] = ['warn', 'error', 'fatal', 'silent'];

/** To make that account is for the start of the server: a command does what it is told and nothing else. */
const NO_FIRST_SUPERUSER = {
  FIRST_SUPERUSER_USERNAME: undefined,
  FIRST_SUPERUSER_EMAIL: undefined,
  FIRST_SUPERUSER_PASSWORD: undefined,
};

/** The log goes to stderr and speaks only of what is wrong: stdout is for the answer. */
class CliLogger extends NestLogger {
  constructor({ LOG_LEVEL: level }: Settings) {
    const destination = { write: (line: string): void => void process.stderr.write(line) };
    super(createLogger({ LOG_LEVEL: QUIET.includes(level) ? level : 'warn' }, destination));
  }

  override error(message: unknown, ...rest: unknown[]): void {
    // What keeps the rooms from opening is thrown as well, and then said in one line.
    if (rest.at(-1) !== 'ExceptionHandler') super.error(message, ...rest);
  }
}

/**
 * Does something with the server's database: the one at DATABASE_URL, that of a server which runs on DATA_DIR, or an embedded one that is
 * started for the while.
 * @throws SettingsError, DatabaseStartError, and what `work` throws
 */
export async function withDatabase<T>(work: (database: Database, settings: Settings) => Promise<T>): Promise<T> {
  const settings = Settings.from({ ...readEnvironment(), ...NO_FIRST_SUPERUSER });
  Logger.overrideLogger(new CliLogger(settings));
  const database = await openDatabaseForTools(settings);
  try {
    return await work(database, settings);
  } finally {
    await database.stop();
  }
}

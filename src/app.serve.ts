import { createApp } from './app.setup.js';
import { readEnvironment } from './config/environment.js';
import { Settings, SettingsError } from './config/settings.js';
import { openDatabase } from './database/open-database.js';
import { DatabaseStartError } from './database/start-error.js';
import { Sql } from './database/sql.js';
import { listen } from './ops/listen.js';

/** The whole way down may take this long; then the process ends whatever still hangs. */
const SHUTDOWN_MS = 10_000;

/** Starts the server of this process: settings, database, application, signals. Never returns with it half started. */
export async function serve(): Promise<void> {
  try {
    await start(Settings.from(readEnvironment()));
  } catch (error) {
    // For mistakes that people can mend one line is enough; for ours the stack is needed.
    const isForPeople = error instanceof SettingsError || error instanceof DatabaseStartError || isListenError(error);
    console.error(isForPeople ? error.message : error);
    process.exit(1);
  }
}

async function start(settings: Settings): Promise<void> {
  const database = await openDatabase(settings);
  try {
    const app = await createApp({ settings, databaseUrl: database.url });
    let stopping = false;
    const stop = async (): Promise<void> => {
      if (stopping) return;
      stopping = true;
      setTimeout(() => process.exit(1), SHUTDOWN_MS).unref();
      await app.close();
      await database.stop();
      process.exit(0);
    };
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => void stop());
    const port = await listen(app, settings);
    console.error(startText({ settings, port, data: database.describe, hasSuperuser: await hasSuperuser(app.get(Sql)) }));
  } catch (error) {
    await database.stop();
    throw error;
  }
}

async function hasSuperuser(sql: Sql): Promise<boolean> {
  return (await sql.rows('SELECT 1 FROM users WHERE is_superuser LIMIT 1')).length > 0;
}

function isListenError(error: unknown): error is Error {
  return error instanceof Error && 'syscall' in error && error.syscall === 'listen';
}

interface Started {
  readonly settings: Settings;
  readonly port: number;
  readonly data: string;
  readonly hasSuperuser: boolean;
}

/** What somebody who has just started the server wants to know. */
function startText({ settings, port, data, hasSuperuser }: Started): string {
  const host = ['0.0.0.0', '::'].includes(settings.HOST) ? 'localhost' : settings.HOST;
  const lines = [
    '',
    `  Switchboard is up at http://${host}:${port}`,
    '',
    `  Documentation   http://${host}:${port}/docs`,
    `  Protocols       ${settings.PROTOCOLS.join(', ')}`,
    `  Data            ${data}`,
    ...(settings.SMTP_URL ? [] : [`  Mail            written to ${settings.DATA_DIR}/outbox`]),
    ...(hasSuperuser ? [] : ['  No superuser yet: npm run cli -- users create <name> --superuser']),
    '',
  ];
  return lines.join('\n');
}

import { isIPv6 } from 'node:net';
import { join, resolve } from 'node:path';
import { Logger } from '@nestjs/common';
import { createApp } from './app.setup.js';
import { hasConsole } from './console/console.module.js';
import { AppSecretError } from './auth/app-secret.js';
import { EnvFileError, readEnvironment } from './config/environment.js';
import { Settings, SettingsError } from './config/settings.js';
import { openDatabase } from './database/open-database.js';
import { DatabaseStartError } from './database/start-error.js';
import { Sql } from './database/sql.js';
import { stackOf } from './errors/thrown.js';
import { listen } from './ops/listen.js';
import { createLogger } from './ops/logger.js';
import { cleanText } from './ops/redaction.js';
import { NestLogger } from './ops/nest-logger.js';

/** The whole way down may take this long; then the process ends whatever still hangs. */
const SHUTDOWN_MS = 10_000;

/** Fit to be seen: Node itself would print every property, which for errors of the database are a statement's values. */
const reportOf = (error: unknown): string => cleanText(stackOf(error));

/** Starts the server of this process: settings, database, application, signals. Never leaves it half started. */
export async function serve(): Promise<void> {
  const shutdown = new Shutdown();
  try {
    await start(Settings.from(readEnvironment()), shutdown);
    shutdown.started();
  } catch (error) {
    // For mistakes that people can mend one line is enough; for ours the stack is needed.
    console.error(lineOf(error) ?? reportOf(error));
    await shutdown.run(1);
  }
}

async function start(settings: Settings, shutdown: Shutdown): Promise<void> {
  // The database speaks before there is an application: from the first line on, the log is in one format.
  const logger = createLogger(settings);
  Logger.overrideLogger(new NestLogger(logger));
  // A mistake of ours after which nothing can be relied on. Node ends the process, too, but prints the error in full.
  process.on('uncaughtException', (error) => {
    logger.fatal({ err: error }, 'uncaught');
    process.exit(1);
  });
  const database = await openDatabase(settings);
  shutdown.add(() => database.stop());
  const app = await createApp({ settings, databaseUrl: database.url });
  shutdown.add(() => app.close());
  const port = await listen(app, settings);
  console.error(startText({ settings, port, data: database.describe, hasSuperuser: await hasSuperuser(app.get(Sql)) }));
}

/**
 * The way down: what was started last is stopped first. A signal that comes while something is still starting waits for it,
 * so that no database is left behind without its server.
 */
class Shutdown {
  private readonly steps: (() => Promise<void>)[] = [];
  private isStarting = true;
  private isAsked = false;
  private isRunning = false;
  private deadline: NodeJS.Timeout | undefined;

  constructor() {
    // SIGHUP is what a terminal sends that is closed.
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => this.ask());
  }

  add(step: () => Promise<void>): void {
    this.steps.push(step);
  }

  started(): void {
    this.isStarting = false;
    if (this.isAsked) void this.run(0);
  }

  private ask(): void {
    if (this.isAsked) return;
    this.isAsked = true;
    this.limit();
    if (!this.isStarting) void this.run(0);
  }

  private limit(): void {
    this.deadline ??= setTimeout(() => process.exit(1), SHUTDOWN_MS).unref();
  }

  async run(code: number): Promise<void> {
    if (this.isRunning) return;
    this.isRunning = true;
    this.limit();
    for (const step of this.steps.reverse()) {
      await step().catch((error: unknown) => {
        console.error(reportOf(error));
        process.exitCode = 1;
      });
    }
    process.exit(process.exitCode ?? code);
  }
}

async function hasSuperuser(sql: Sql): Promise<boolean> {
  return (await sql.rows('SELECT 1 FROM users WHERE is_superuser LIMIT 1')).length > 0;
}

/** What the system says of HOST and PORT, for people who need not know its codes. */
const LISTEN_FAULTS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'is in use by another program; stop that one, or set PORT',
  EACCES: 'is not open to this user; set PORT to 1024 or above',
  EADDRNOTAVAIL: 'is no address of this machine; set HOST',
  ENOTFOUND: 'cannot be found; set HOST',
};

type ListenError = NodeJS.ErrnoException & { readonly address?: string; readonly hostname?: string; readonly port?: number };

/** One line for mistakes that people can mend; undefined for ours. */
function lineOf(error: unknown): string | undefined {
  const isForPeople = [EnvFileError, SettingsError, DatabaseStartError, AppSecretError].some((kind) => error instanceof kind);
  if (isForPeople && error instanceof Error) return error.message;
  if (!(error instanceof Error && 'syscall' in error && 'code' in error)) return undefined;
  const { syscall, code, address, hostname, port } = error as ListenError;
  if (syscall !== 'listen' && syscall !== 'getaddrinfo') return undefined;
  const place = [address ?? hostname, port].filter((part) => part !== undefined).join(':');
  const fault = LISTEN_FAULTS[code ?? ''];
  return fault ? `${place} ${fault}` : error.message;
}

interface Started {
  readonly settings: Settings;
  readonly port: number;
  readonly data: string;
  readonly hasSuperuser: boolean;
}

/** What somebody who has just started the server wants to know. */
function startText({ settings, port, data, hasSuperuser }: Started): string {
  const host = ['0.0.0.0', '::'].includes(settings.HOST)
    ? 'localhost'
    : isIPv6(settings.HOST)
      ? `[${settings.HOST}]`
      : settings.HOST;
  const lines = [
    '',
    `  Switchboard is up at http://${host}:${port}`,
    '',
    ...(hasConsole(settings) ? [`  Console         http://${host}:${port}/`] : []),
    `  HTTP            http://${host}:${port}/docs`,
    `  Sockets         http://${host}:${port}/asyncapi`,
    `  Protocols       ${settings.PROTOCOLS.join(', ')}`,
    `  Data            ${data}`,
    ...(settings.SMTP_URL ? [] : [`  Mail            written to ${join(resolve(settings.DATA_DIR), 'outbox')}`]),
    ...(hasSuperuser
      ? []
      : ['', '  No superuser yet: npm run cli -- users create <name> --superuser', '  To look around: npm run cli -- demo']),
    '',
  ];
  return lines.join('\n');
}

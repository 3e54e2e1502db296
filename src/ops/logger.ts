import type { IncomingMessage } from 'node:http';
import { type DestinationStream, type Logger, type LoggerOptions, pino } from 'pino';
import type { Settings } from '../config/settings.js';
import { cleanLine } from './redaction.js';

/** The error itself, its cause and the cause's causes: deeper chains are somebody's mistake. */
const MAX_CAUSES = 4;

interface LoggedError {
  readonly type: string;
  readonly message: string;
  readonly stack: string | undefined;
  readonly code?: string;
  readonly cause?: LoggedError;
}

/**
 * Name, message, stack, code and causes, and nothing else: database errors carry the statement's parameters and the row's
 * values in further properties, which are password hashes and e-mail addresses here.
 */
function describeError(thrown: unknown, depth = 0): LoggedError {
  if (!(thrown instanceof Error)) return { type: typeof thrown, message: String(thrown), stack: undefined };
  return {
    type: thrown.name,
    message: thrown.message,
    stack: thrown.stack,
    ...('code' in thrown && { code: String(thrown.code) }),
    ...(thrown.cause !== undefined && depth < MAX_CAUSES && { cause: describeError(thrown.cause, depth + 1) }),
  };
}

/** Characters of a URL that are kept: each line is looked through several times, and a URL may have 16 KB. */
const MAX_URL = 2048;

/** A cut in the middle of a token would leave most of it without its shape: the word that is cut goes as well. */
const CUT_WORD = /(?<![\w.%~-])(?=[\w.%~-]*[A-Z%])[\w.%~-]+$/;

/** What of a request may be kept, be it Fastify's or Node's: no headers, no body. */
function describeRequest(request: Pick<IncomingMessage, 'method' | 'url'> & { readonly ip?: string }) {
  const { url = '' } = request;
  const kept = url.length > MAX_URL ? `${url.slice(0, MAX_URL).replace(CUT_WORD, '')}…` : url;
  return { method: request.method, url: kept, ip: request.ip };
}

/**
 * The log of one server: one JSON line per event, to standard output.
 * @param destination where lines go instead, for tests
 */
export function createLogger(settings: Pick<Settings, 'LOG_LEVEL'>, destination?: DestinationStream): Logger {
  const options: LoggerOptions = {
    level: settings.LOG_LEVEL,
    base: { pid: process.pid },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    serializers: { err: (error: unknown) => describeError(error), req: describeRequest },
    hooks: { streamWrite: cleanLine },
  };
  return destination ? pino(options, destination) : pino(options);
}

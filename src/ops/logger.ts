import type { IncomingMessage } from 'node:http';
import { type DestinationStream, type Logger, type LoggerOptions, pino } from 'pino';
import type { Settings } from '../config/settings.js';

/** The error itself, its cause and the cause's causes: deeper chains are somebody's mistake. */
const MAX_CAUSES = 4;

const SECRET_NAMES = ['password', 'token', 'access_token', 'refresh_token', 'secret', 'authorization', 'cookie'];

/** A URL without what must not be kept: the values of secret query parameters and the user part. */
export function safeUrl(url: string): string {
  return url.replace(/([?&](?:[a-z_-]*token|password|secret)=)[^&#\s]*/gi, '$1[redacted]').replace(/\/\/[^/@\s]+@/, '//');
}

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

/** What of a request may be kept, be it Fastify's or Node's: no headers, no body. */
function describeRequest(request: Pick<IncomingMessage, 'method' | 'url'> & { readonly ip?: string }) {
  return { method: request.method, url: safeUrl(request.url ?? ''), ip: request.ip };
}

/**
 * The last look at a finished line. JSON escapes CR, LF and ESC, but not DEL, the C1 controls (U+009B is an escape sequence
 * to some terminals) and Unicode's line separators, which some readers take for the end of a line. And whatever way a signed token
 * or a bearer header came into a message, it does not leave by the log.
 */
function cleanLine(line: string): string {
  return line
    .replace(/[\u007f-\u009f\u2028\u2029]/g, (found) => `\\u${found.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .replace(/\beyJ[\w-]{5,}\.[\w-]+\.[\w-]*/g, '[redacted]')
    .replace(/\b(bearer\s+)[\w.~+/=-]{8,}/gi, '$1[redacted]')
    .replace(/([?&](?:[a-z_-]*token|password|secret)=)[^&#\s"\\]*/gi, '$1[redacted]');
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
    redact: { paths: SECRET_NAMES.flatMap((name) => [name, `*.${name}`]), censor: '[redacted]' },
    serializers: { err: (error: unknown) => describeError(error), req: describeRequest },
    hooks: { streamWrite: cleanLine },
  };
  return destination ? pino(options, destination) : pino(options);
}

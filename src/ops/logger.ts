import type { IncomingMessage } from 'node:http';
import { type DestinationStream, type Logger, type LoggerOptions, pino } from 'pino';
import type { Settings } from '../config/settings.js';

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

/** What of a request may be kept, be it Fastify's or Node's: no headers, no body. */
function describeRequest(request: Pick<IncomingMessage, 'method' | 'url'> & { readonly ip?: string }) {
  const { url = '' } = request;
  return { method: request.method, url: url.length > MAX_URL ? `${url.slice(0, MAX_URL)}…` : url, ip: request.ip };
}

/** Whether a line needs a closer look: nearly none does, and this look is all that those cost. */
const SUSPICIOUS = /[\u007f-\u009f\u2028\u2029]|token|password|secret|bearer|cookie|authorization|eyJ|:\/\//i;

/** Fields of these names, at any depth. */
const SECRET_NAME = '[\\w-]*(?:token|password|secret)|[\\w-]*cookie|authorization';
const REDACTIONS: readonly (readonly [RegExp, string])[] = [
  [new RegExp(`"(${SECRET_NAME})":"[^"\\\\]*(?:\\\\.[^"\\\\]*)*"`, 'gi'), '"$1":"[redacted]"'],
  // The same in JSON that is quoted inside a string.
  [new RegExp(`\\\\"(${SECRET_NAME})\\\\":\\s*\\\\"[^"\\\\]*`, 'gi'), '\\"$1\\":\\"[redacted]'],
  [/([?&](?:[\w-]*token|password|secret)=)[^&#\s"\\]*/gi, '$1[redacted]'],
  [/\b(bearer\s+)[\w.~+/=-]{8,}/gi, '$1[redacted]'],
  // A JSON Web Token, wherever it stands.
  // Only where a word begins: it would be looked for anew at each «-eyJ» of a long one, which takes quadratic time.
  [/(?<![\w-])eyJ[\w-]{5,}\.[\w-]+\.[\w-]*/g, '[redacted]'],
  // The user part of a URL, such as a database's.
  [/:\/\/[^/@\s"]+@/g, '://[redacted]@'],
];

/**
 * The last look at a finished line, so that no way of logging leads past it. What is secret is taken out; and what JSON does not escape although
 * some readers take it for a control sequence (DEL, the C1 controls) or for the end of a line (U+2028, U+2029) is escaped.
 */
export function cleanLine(line: string): string {
  if (!SUSPICIOUS.test(line)) return line;
  const escaped = line.replace(
    /[\u007f-\u009f\u2028\u2029]/g,
    (found) => `\\u${found.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return REDACTIONS.reduce((text, [pattern, replacement]) => text.replace(pattern, replacement), escaped);
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

import type { Fault, Issue } from './types.js';

/** An answer of the server that is no success, or none at all. */
export class ApiError extends Error {
  override readonly name = 'ApiError';

  /** Seconds after which to try again, if the answer says so. */
  readonly retryAfter?: number;

  /**
   * @param status of the answer; 0 where there was none
   * @param detail what the server says: a sentence, or the list of all faults of the input
   * @param options `retryAfter`: the header `Retry-After` of the answer
   */
  constructor(
    readonly status: number,
    readonly detail: unknown,
    options: ErrorOptions & { readonly retryAfter?: string | null } = {},
  ) {
    super(typeof detail === 'string' ? detail : sentenceOf(detail, status), options);
    if (/^\d+$/.test(options.retryAfter ?? '')) this.retryAfter = Number(options.retryAfter);
  }
}

/** The first fault of a list, as a sentence. */
function sentenceOf(detail: unknown, status: number): string {
  const [first] = Array.isArray(detail) ? (detail as readonly Partial<Issue>[]) : [];
  return first?.msg === undefined ? `The server answered ${status}` : `${String(first.loc?.at(-1) ?? '')}: ${first.msg}`;
}

/**
 * Codes of this side: `disconnected` (the connection went before the answer came: it may have been done, or not), `timeout` (the
 * same, after waiting), `closed` (the connection is closed for good), `queue_full` (too much is waiting already; nothing was sent).
 */
export type LocalCode = 'disconnected' | 'timeout' | 'closed' | 'queue_full';

/** A command that failed. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
  /** A code of the server, or a `LocalCode`. */
  readonly code: string;
  readonly detail: string;
  /** With `invalid_payload`: every fault of the payload. */
  readonly errors?: readonly Issue[];
  /** Seconds after which to try again. */
  readonly retryAfter?: number;

  constructor({ code, detail, errors, retry_after }: Fault) {
    super(detail);
    this.code = code;
    this.detail = detail;
    if (errors) this.errors = errors;
    if (retry_after !== undefined) this.retryAfter = retry_after;
  }
}

const DETAILS: Readonly<Record<LocalCode, string>> = {
  disconnected: 'The connection was lost before the answer came',
  timeout: 'No answer came in time',
  closed: 'The connection is closed',
  queue_full: 'Too much is waiting to be sent',
};

/** The error of one of the codes of this side. */
export const localError = (code: LocalCode): CommandError => new CommandError({ code, detail: DETAILS[code] });

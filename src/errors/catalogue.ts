/** One fault of one input field, in the words of pydantic v1 (what FastAPI clients read). */
export interface Issue {
  /** Where: `["body", "email"]`, `["query", "limit"]`, `["path", "user_id"]`, `["payload", "chat_id"]`. */
  readonly loc: readonly (string | number)[];
  /** A sentence for people. */
  readonly msg: string;
  /** A stable name for programs, such as `value_error.missing`. */
  readonly type: string;
}

/**
 * THE catalogue: every fault the core can answer with, and what it is in HTTP terms. Protocols word them in their own
 * `<name>.errors.ts`; nothing else throws a status.
 */
export const CORE_ERRORS = {
  malformed: { status: 400, text: 'Invalid request parameters' },
  invalid_input: { status: 422, text: 'Invalid input' },
  wrong_credentials: { status: 401, text: 'Invalid username or password' },
  bad_refresh_token: { status: 401, text: 'Refresh token is invalid or has expired.' },
  bad_recovery_token: { status: 400, text: 'Recovery token is invalid or has expired.' },
  not_authenticated: { status: 401, text: 'Not authenticated' },
  forbidden: { status: 403, text: 'Not enough permissions' },
  origin_not_allowed: { status: 403, text: 'Origin not allowed' },
  not_found: { status: 404, text: 'Resource not found' },
  unknown_command: { status: 404, text: 'Unknown command' },
  taken: { status: 409, text: 'User with this username or email already exists.' },
  registration_closed: { status: 403, text: 'Registration is closed. Ask an administrator for an account.' },
  conflict: { status: 409, text: 'The request conflicts with what is there' },
  too_many_requests: { status: 429, text: 'Too many requests' },
  too_large: { status: 413, text: 'Request body is too large' },
  unsupported_media_type: { status: 415, text: 'Unsupported media type' },
  bad_handshake: { status: 400, text: 'Not a valid WebSocket handshake' },
  upgrade_required: { status: 426, text: 'Upgrade required' },
  method_not_allowed: { status: 405, text: 'Method not allowed' },
  unavailable: { status: 503, text: 'Service unavailable' },
  internal: { status: 500, text: 'Internal server error' },
} as const;

export type ErrorCode = keyof typeof CORE_ERRORS;

export interface CoreErrorOptions extends ErrorOptions {
  /** For `invalid_input`: every fault found. */
  readonly issues?: readonly Issue[];
  /** For `too_many_requests` and `unavailable`: whole seconds after which to try again. */
  readonly retryAfterSec?: number;
  /** A sentence for the client that is more exact than the catalogue's. */
  readonly detail?: string;
  /** For a status that names headers: `Allow` of 405, `Upgrade` of 426. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** The only error that means something to a client. Anything else that is thrown is answered as `internal` and logged. */
export class CoreError extends Error {
  readonly issues: readonly Issue[];
  readonly retryAfterSec: number | undefined;
  readonly detail: string | undefined;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    readonly code: ErrorCode,
    options: CoreErrorOptions = {},
  ) {
    super(options.detail ?? CORE_ERRORS[code].text, options);
    this.name = 'CoreError';
    this.issues = options.issues ?? [];
    this.retryAfterSec = options.retryAfterSec ?? (code === 'too_many_requests' || code === 'unavailable' ? 1 : undefined);
    this.detail = options.detail;
    this.headers = options.headers ?? {};
  }
}

/** `invalid_input` with its faults. */
export const invalidInput = (...issues: Issue[]): CoreError => new CoreError('invalid_input', { issues });

import { CORE_ERRORS, CoreError, type ErrorCode, type Issue } from './catalogue.js';

/** A protocol's own words: status and sentence for the codes it words itself; the catalogue's for the others. */
export type ErrorTable = Partial<Record<ErrorCode, readonly [status: number, text: string]>>;

export interface Wording {
  readonly status: number;
  readonly text: string;
}

/** What a protocol with the given table says of an error. */
export function wordingOf(table: ErrorTable, error: CoreError): Wording {
  const own = table[error.code];
  if (own) return { status: own[0], text: own[1] };
  return { status: CORE_ERRORS[error.code].status, text: error.message };
}

/**
 * The same error, for a request whose fields go by other names than those of the command that it became.
 * @param names what a field of the payload is called in the request: `{content: 'message'}`
 */
export function withFieldNames(error: CoreError, names: Readonly<Record<string, string>>): CoreError {
  if (error.code !== 'invalid_input') return error;
  const issues = error.issues.map(({ loc: [source = '', field = '', ...rest], ...issue }) => ({
    ...issue,
    loc: [source, Object.hasOwn(names, field) ? (names[field] ?? field) : field, ...rest],
  }));
  return new CoreError('invalid_input', { issues, cause: error });
}

/** One sentence that names the first faulty field, for protocols without a list. */
export function sentenceOf(issues: readonly Issue[]): string {
  const [issue] = issues;
  if (!issue) return CORE_ERRORS.invalid_input.text;
  const field = issue.loc.slice(1).join('.') || issue.loc[0];
  return `${field}: ${issue.msg}`;
}

import { ApiError } from './errors.js';

export type Fetch = (input: Request) => Promise<Response>;

/** After which an answer is not going to come: networks that fail in silence would have one wait for minutes. */
const TIMEOUT_MS = 20_000;

/** An answer that has been read. */
export interface Answer {
  readonly status: number;
  /** What its JSON says; undefined where it is none. */
  readonly body: unknown;
  /** The header `Retry-After`. */
  readonly retryAfter: string | null;
}

/** Sends a request of the kit's own, and reads the answer. @throws ApiError with status 0 where none comes */
export async function ask(fetch: Fetch, url: string, init: RequestInit = {}): Promise<Answer> {
  const patience = new AbortController();
  const timer = setTimeout(() => patience.abort(), TIMEOUT_MS);
  try {
    const response = await fetch(new Request(url, { ...init, signal: patience.signal }));
    const body = parsed(await response.text());
    return { status: response.status, body, retryAfter: response.headers.get('retry-after') };
  } catch (error) {
    if (error instanceof ApiError) throw error;
    throw new ApiError(0, 'The server cannot be reached', { cause: error });
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Posts JSON.
 * @returns the body of the answer
 * @throws ApiError where the answer is no success; with status 0 where there is none
 */
export async function post(fetch: Fetch, url: string, body?: object, init: RequestInit = {}): Promise<unknown> {
  const headers = new Headers(init.headers);
  if (body) headers.set('content-type', 'application/json');
  return successOf(await ask(fetch, url, { ...init, method: 'POST', headers, body: body && JSON.stringify(body) }));
}

/** The body of a successful answer. @throws ApiError where it is none */
export function successOf({ status, body, retryAfter }: Answer): unknown {
  if (status >= 200 && status < 300) return body;
  throw new ApiError(status, fieldOf(body, 'detail'), { retryAfter });
}

/** A field of what may be an object. */
export const fieldOf = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? (Reflect.get(value, name) as unknown) : undefined;

/** A text, or another where it is none. */
export const textOf = (value: unknown, otherwise: string): string => (typeof value === 'string' ? value : otherwise);

/** What a text says as JSON; undefined where it is none. */
export function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

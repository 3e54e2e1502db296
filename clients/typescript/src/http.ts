import { ApiError } from './errors.js';

export type Fetch = (input: Request) => Promise<Response>;

/**
 * Posts JSON.
 * @returns the body of the answer
 * @throws ApiError where the answer is no success; with status 0 where there is none
 */
export async function post(fetch: Fetch, url: string, body?: object, init: RequestInit = {}): Promise<unknown> {
  const headers = new Headers(init.headers);
  if (body) headers.set('content-type', 'application/json');
  return read(await reach(fetch, new Request(url, { ...init, method: 'POST', headers, body: body && JSON.stringify(body) })));
}

/** Sends a request. @throws ApiError with status 0 where no answer comes */
export async function reach(fetch: Fetch, request: Request): Promise<Response> {
  try {
    return await fetch(request);
  } catch (error) {
    if (request.signal.aborted) throw error;
    throw new ApiError(0, 'The server cannot be reached', { cause: error });
  }
}

/** The JSON of a successful answer. @throws ApiError where it is none */
export async function read(response: Response): Promise<unknown> {
  const text = await response.text();
  const body = parsed(text);
  if (response.ok) return body;
  throw new ApiError(response.status, fieldOf(body, 'detail') ?? text.slice(0, 200));
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

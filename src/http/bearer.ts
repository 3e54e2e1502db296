import type { CoreError } from '../errors/catalogue.js';

/** The token of an `Authorization: Bearer …` header (RFC 6750 §2.1; the scheme in any case); null without one. */
export function bearerOf(header: string | undefined): string | null {
  if (header === undefined || header.slice(0, 7).toLowerCase() !== 'bearer ') return null;
  return header.slice(7).trim() || null;
}

/** What of a socket's opening request may carry a token; Socket.IO's `handshake` has this shape. */
export interface Handshake {
  readonly headers: { readonly authorization?: string };
  /** Of a parameter given twice the last counts, here as everywhere. */
  readonly query: Readonly<Record<string, unknown>>;
  /** What the client gave as `auth`, where its protocol has that: anything at all. */
  readonly auth?: unknown;
}

/** The token of a socket of any kind: the header counts before `?token=`, and that before `auth.token`. What is empty is none. */
export function tokenOfHandshake({ headers, query, auth }: Handshake): string | null {
  return bearerOf(headers.authorization) ?? textOf(query.token) ?? textOf(ownToken(auth));
}

const ownToken = (auth: unknown): unknown =>
  typeof auth === 'object' && auth !== null && Object.hasOwn(auth, 'token') ? Reflect.get(auth, 'token') : undefined;

const textOf = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null);

const BAD_TOKEN =
  'Bearer error="invalid_token", error_description="The access token is malformed, has expired or its session is over"';

/**
 * The challenge of a 401 (RFC 6750 §3): what to bring to a protected resource; of a token that was brought and is not good, that it is not.
 * @param token null where none was brought
 */
export function challengeOf({ code }: CoreError, status: number, token: string | null): Record<string, string> {
  if (status !== 401) return {};
  return { 'www-authenticate': code === 'not_authenticated' && token !== null ? BAD_TOKEN : 'Bearer' };
}

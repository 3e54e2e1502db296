/** The token of an `Authorization: Bearer …` header (RFC 6750 §2.1; the scheme in any case); null without one. */
export function bearerOf(header: string | undefined): string | null {
  if (header === undefined || header.slice(0, 7).toLowerCase() !== 'bearer ') return null;
  return header.slice(7).trim() || null;
}

/** What of a socket's opening request may carry a token; Socket.IO's `handshake` has this shape. */
export interface Handshake {
  readonly headers: { readonly authorization?: string };
  readonly query: Readonly<Record<string, unknown>>;
  /** What the client gave as `auth`: anything at all. */
  readonly auth?: unknown;
}

/** The token of a Socket.IO connection: the header counts before `?token=`, and that before `auth.token`. */
export function tokenOfHandshake({ headers, query, auth }: Handshake): string | null {
  const given: unknown = query.token;
  return bearerOf(headers.authorization) ?? textOf(Array.isArray(given) ? given.at(-1) : given) ?? textOf(ownToken(auth));
}

const ownToken = (auth: unknown): unknown =>
  typeof auth === 'object' && auth !== null && Object.hasOwn(auth, 'token') ? Reflect.get(auth, 'token') : undefined;

const textOf = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null);

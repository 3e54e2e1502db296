interface Claims {
  readonly sid: string;
  readonly iat: number;
  readonly exp: number;
}

const part = (token: string, index: number): unknown =>
  JSON.parse(Buffer.from(token.split('.')[index] ?? '', 'base64url').toString());

/** What an access token says, unverified. */
export const claimsOf = (token: string): Claims => part(token, 1) as Claims;

/** The session of an access token. */
export const sidOf = (token: string): string => claimsOf(token).sid;

/** The key of an access token. */
export const kidOf = (token: string): string => (part(token, 0) as { kid: string }).kid;

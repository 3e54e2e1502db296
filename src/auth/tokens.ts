import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { LiveSession } from '../identity/identity.js';
import { parseJson } from '../validation/json.js';
import { ALGORITHM } from './key-pair.js';
import { SigningKeys, TOKEN_TYPE, type Verifier } from './signing-keys.js';

/** The longest token that is looked at at all. */
const MAX_TOKEN_LENGTH = 4096;

/**
 * Three parts in base64url, the last one 64 bytes long in its only spelling: the four bits that its last character has to
 * spare are zero, so that a token with another last character is another token, and no good one.
 */
const SHAPE = /^([\w-]+)\.[\w-]+\.[\w-]{85}[AQgw]$/;
const KID = /^[\w-]{43}$/;
const ACCOUNT_ID = /^[1-9]\d{0,15}$/;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** What a good access token says. */
export interface Claims {
  readonly userId: number;
  readonly sessionId: string;
  /** Unix milliseconds. */
  readonly expiresAt: number;
  /** Which of the session's refresh tokens it was issued with. */
  readonly generation: number;
}

/** What a token is signed for. */
export interface Subject extends Pick<LiveSession, 'id' | 'userId' | 'expiresAt'> {
  readonly generation: number;
}

export interface SignedToken {
  readonly token: string;
  /** Unix milliseconds. */
  readonly expiresAt: number;
  /** Seconds. */
  readonly expiresIn: number;
}

/** Access tokens: JWTs by ES256 (RFC 9068 as far as it fits), which say which session they belong to. */
@Injectable()
export class AccessTokens {
  constructor(private readonly keys: SigningKeys) {}

  /** @param lifetimeSec how long it is good; never beyond its session */
  sign(session: Subject, lifetimeSec: number): SignedToken {
    const iat = Math.floor(Date.now() / 1000);
    const exp = Math.max(iat, Math.min(iat + lifetimeSec, Math.floor(session.expiresAt / 1000)));
    const jti = randomBytes(16).toString('base64url');
    const generation = session.generation > 0 ? { gen: session.generation } : {};
    const claims = { sub: String(session.userId), sid: session.id, ...generation, jti, iat, exp };
    return { token: this.keys.active.jwt.sign(claims), expiresAt: exp * 1000, expiresIn: exp - iat };
  }

  /**
   * Whether we signed it, and it is good by itself; of its session it says nothing.
   * @returns null for one that is not; at once, unless its key has to be looked for
   */
  verify(token: string): Claims | null | Promise<Claims | null> {
    return this.check(token, false);
  }

  /** As `verify`, of one that may have run out: it says which session is meant, and opens nothing. */
  read(token: string): Claims | null | Promise<Claims | null> {
    return this.check(token, true);
  }

  private check(token: string, ignoreExpiration: boolean): Claims | null | Promise<Claims | null> {
    const kid = kidOf(token);
    if (kid === undefined) return null;
    const claims = (key: Verifier | undefined) =>
      key ? claimsOf(() => key.jwt.verify<object>(token, { ignoreExpiration })) : null;
    const key = this.keys.find(kid);
    return key ? claims(key) : this.keys.discover(kid).then(claims);
  }
}

/**
 * The name of the key that a token claims, where everything else about its shape and header is as we make it: `alg`, `typ`
 * and `kid` and nothing else, so that no `jku`, `jwk`, `x5u` or `crit` is ever acted upon (RFC 8725 §3.1, §3.10, §3.11).
 */
export function kidOf(token: string): string | undefined {
  if (token.length > MAX_TOKEN_LENGTH) return undefined;
  const encoded = SHAPE.exec(token)?.[1];
  if (encoded === undefined) return undefined;
  const header = parseJson(Buffer.from(encoded, 'base64url').toString('utf8'));
  if (typeof header !== 'object' || header === null || Object.keys(header).length !== 3) return undefined;
  if (!('alg' in header && 'typ' in header && 'kid' in header)) return undefined;
  const { alg, typ, kid } = header;
  return alg === ALGORITHM && typ === TOKEN_TYPE && typeof kid === 'string' && KID.test(kid) ? kid : undefined;
}

/** Our own tokens are all of one form; a signed one of another form is not meant for us (`verify` requires no `exp`). */
function claimsOf(verify: () => object): Claims | null {
  try {
    // The first refresh token of a session, and one that has none, is generation 0, which goes without saying.
    const { sub, sid, gen = 0, jti, iat, exp, aud } = verify() as Readonly<Record<string, unknown>>;
    if (typeof sub !== 'string' || !ACCOUNT_ID.test(sub) || !Number.isSafeInteger(Number(sub))) return null;
    if (typeof sid !== 'string' || !UUID.test(sid)) return null;
    if (typeof gen !== 'number' || !Number.isSafeInteger(gen)) return null;
    if (typeof jti !== 'string' || typeof aud !== 'string') return null;
    if (typeof iat !== 'number' || typeof exp !== 'number' || !Number.isSafeInteger(exp)) return null;
    return { userId: Number(sub), sessionId: sid, expiresAt: exp * 1000, generation: gen };
  } catch {
    return null;
  }
}

import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type JsonWebKey,
  type KeyObject,
  randomBytes,
} from 'node:crypto';

/** The one algorithm of access tokens (RFC 7518 §3.4). */
export const ALGORITHM = 'ES256';

const FORMAT = 1;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** A public key as `/.well-known/jwks.json` shows it. */
export interface PublicJwk {
  readonly kty: 'EC';
  readonly crv: 'P-256';
  readonly x: string;
  readonly y: string;
  readonly kid: string;
  readonly use: 'sig';
  readonly alg: typeof ALGORITHM;
}

/** A new pair with its name. */
export function makeKeyPair(): { readonly jwk: PublicJwk; readonly privateKey: KeyObject } {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const { x = '', y = '' } = publicKey.export({ format: 'jwk' });
  return { jwk: { kty: 'EC', crv: 'P-256', x, y, kid: thumbprint(x, y), use: 'sig', alg: ALGORITHM }, privateKey };
}

/** RFC 7638 §3: SHA-256 of the required members, in lexical order, without white space. */
function thumbprint(x: string, y: string): string {
  return createHash('sha256')
    .update(JSON.stringify({ crv: 'P-256', kty: 'EC', x, y }))
    .digest('base64url');
}

export const publicKeyOf = (jwk: JsonWebKey): KeyObject => createPublicKey({ key: jwk, format: 'jwk' });

/**
 * Encrypts a private key by AES-256-GCM: format byte, nonce, tag, text. The name of the key is authenticated along with it,
 * so that one sealed key cannot be put in the place of another.
 */
export function seal(privateKey: KeyObject, kid: string, key: Buffer): Buffer {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES }).setAAD(Buffer.from(kid));
  const text = Buffer.concat([cipher.update(privateKey.export({ format: 'der', type: 'pkcs8' })), cipher.final()]);
  return Buffer.concat([Buffer.of(FORMAT), nonce, cipher.getAuthTag(), text]);
}

/** @returns undefined where `key` is not the one it was sealed with, or it was altered since */
export function unseal(sealed: Buffer, kid: string, key: Buffer): KeyObject | undefined {
  const text = 1 + NONCE_BYTES + TAG_BYTES;
  if (sealed.length <= text || sealed[0] !== FORMAT) return undefined;
  const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(1, 1 + NONCE_BYTES), { authTagLength: TAG_BYTES });
  decipher.setAAD(Buffer.from(kid)).setAuthTag(sealed.subarray(1 + NONCE_BYTES, text));
  try {
    const der = Buffer.concat([decipher.update(sealed.subarray(text)), decipher.final()]);
    return createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  } catch {
    return undefined;
  }
}

import { type KeyObject, randomUUID, sign as signBytes } from 'node:crypto';
import { JwtService } from '@nestjs/jwt';
import { calculateJwkThumbprint, createLocalJWKSet, jwtVerify } from 'jose';
import { describe, expect, test } from 'vitest';
import { AppSecret } from '../../src/auth/app-secret.js';
import { makeKeyPair, publicKeyOf, seal, unseal } from '../../src/auth/key-pair.js';
import type { SigningKeys } from '../../src/auth/signing-keys.js';
import { AccessTokens, kidOf } from '../../src/auth/tokens.js';

const HOUR = 3600;
const pair = makeKeyPair();
const { jwk } = pair;

/** The keys as the tokens need them, without a database. */
function keysOf(...pairs: readonly { jwk: typeof jwk; privateKey: KeyObject }[]): SigningKeys {
  const [first = pair] = pairs;
  const verifyOptions = { algorithms: ['ES256' as const], issuer: 'switchboard', audience: 'switchboard' };
  const header = { alg: 'ES256', typ: 'at+jwt', kid: first.jwk.kid };
  const signOptions = { algorithm: 'ES256', issuer: 'switchboard', audience: 'switchboard', header } as const;
  const found = new Map(
    pairs.map((one) => [one.jwk.kid, { jwt: new JwtService({ publicKey: publicKeyOf({ ...one.jwk }), verifyOptions }) }]),
  );
  const keys = {
    active: { kid: first.jwk.kid, jwt: new JwtService({ privateKey: first.privateKey, signOptions }) },
    find: (kid: string) => found.get(kid),
    discover: async (kid: string) => found.get(kid),
  };
  return keys as unknown as SigningKeys;
}

const tokens = new AccessTokens(keysOf(pair));
const sessionOf = (lifetimeSec: number) => ({
  id: randomUUID(),
  userId: 7,
  expiresAt: Date.now() + lifetimeSec * 1000,
  generation: 0,
});

const encode = (value: unknown): string =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');

/** A token with any header and claims, properly signed by `key`. */
function forge(header: unknown, claims: unknown, key: KeyObject = pair.privateKey): string {
  const text = `${encode(header)}.${encode(claims)}`;
  return `${text}.${signBytes('sha256', Buffer.from(text), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`;
}

const HEADER = { alg: 'ES256', typ: 'at+jwt', kid: jwk.kid };
const claims = (changes: Record<string, unknown> = {}) => {
  const now = Math.floor(Date.now() / 1000);
  return { sub: '7', sid: randomUUID(), jti: 'x', iat: now, exp: now + 60, iss: 'switchboard', aud: 'switchboard', ...changes };
};

describe('access tokens', () => {
  test('say who, which session and until when', async () => {
    const session = sessionOf(HOUR);
    const { token, expiresIn, expiresAt } = tokens.sign(session, 600);
    expect(expiresIn).toBe(600);
    expect(await tokens.verify(token)).toEqual({ userId: 7, sessionId: session.id, expiresAt, generation: 0 });
    const renewed = tokens.sign({ ...session, generation: 3 }, 600);
    expect(await tokens.verify(renewed.token)).toMatchObject({ sessionId: session.id, generation: 3 });
    expect(kidOf(token)).toBe(jwk.kid);
  });

  test('are verified by others with the published key', async () => {
    const { token } = tokens.sign(sessionOf(HOUR), 600);
    const keySet = createLocalJWKSet({ keys: [jwk] });
    const expected = { issuer: 'switchboard', audience: 'switchboard', typ: 'at+jwt' };
    const { payload, protectedHeader } = await jwtVerify(token, keySet, expected);
    expect(protectedHeader).toEqual(HEADER);
    expect(payload.sub).toBe('7');
    expect(Object.keys(payload).sort()).toEqual(['aud', 'exp', 'iat', 'iss', 'jti', 'sid', 'sub']);
  });

  test('never outlive their session', () => {
    const session = sessionOf(100);
    const { expiresIn, expiresAt } = tokens.sign(session, HOUR);
    expect(expiresIn).toBeLessThanOrEqual(100);
    expect(expiresAt).toBeLessThanOrEqual(session.expiresAt);
    expect(tokens.sign(sessionOf(-5), HOUR).expiresIn).toBe(0);
  });

  test('are never the same twice', () => {
    const session = sessionOf(HOUR);
    const ids = Array.from({ length: 10_000 }, () => {
      const payload = Buffer.from(tokens.sign(session, 600).token.split('.')[1] ?? '', 'base64url').toString();
      return (JSON.parse(payload) as { jti: string }).jti;
    });
    expect(new Set(ids).size).toBe(ids.length);
    for (const id of ids) expect(Buffer.from(id, 'base64url').length).toBeGreaterThanOrEqual(16);
  });

  test('have their signature in one spelling only', async () => {
    const { token } = tokens.sign(sessionOf(HOUR), 600);
    const last = token.at(-1) ?? '';
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    for (const other of alphabet.replace(last, '')) {
      expect(await tokens.verify(token.slice(0, -1) + other), other).toBeNull();
    }
  });

  test('with a header of another form are refused, though the signature is good', async () => {
    expect(await tokens.verify(forge(HEADER, claims()))).not.toBeNull();
    const headers = [
      { ...HEADER, crit: ['exp'] },
      { ...HEADER, jku: 'https://example.com/keys' },
      { ...HEADER, x5u: 'https://example.com/cert' },
      { ...HEADER, jwk },
      { ...HEADER, b64: false },
      { ...HEADER, typ: 'JWT' },
      { ...HEADER, typ: 'AT+JWT' },
      { ...HEADER, alg: 'none' },
      { ...HEADER, alg: 'HS256' },
      { ...HEADER, alg: 'ES384' },
      { ...HEADER, kid: '../../x' },
      { ...HEADER, kid: 7 },
      { ...HEADER, kid: '__proto__' },
      { alg: 'ES256', kid: jwk.kid },
      { alg: 'ES256', typ: 'at+jwt' },
      [],
      null,
      'ES256',
    ];
    for (const header of headers) expect(await tokens.verify(forge(header, claims())), JSON.stringify(header)).toBeNull();
  });

  test('with claims of another form are refused, though the signature is good', async () => {
    const now = Math.floor(Date.now() / 1000);
    const changes = [
      { exp: undefined },
      { exp: String(now + 60) },
      { exp: now - 1 },
      { exp: now },
      { exp: null },
      { exp: 1e300 },
      { exp: now + 60.5 },
      { nbf: now + 60 },
      { nbf: 'now' },
      { iss: 'somebody' },
      { iss: undefined },
      { aud: 'somebody' },
      { aud: undefined },
      { aud: ['switchboard', 'somebody'] },
      { sub: undefined },
      { sub: 7 },
      { sub: '0' },
      { sub: '-7' },
      { sub: '07' },
      { sub: '9007199254740993' },
      { sub: "7' OR 1=1" },
      { sid: undefined },
      { sid: 'x' },
      { jti: undefined },
      { gen: '1' },
      { gen: 1.5 },
      { iat: undefined },
    ];
    for (const change of changes) expect(await tokens.verify(forge(HEADER, claims(change))), JSON.stringify(change)).toBeNull();
    for (const payload of [null, [], 'text', 7, '{']) expect(await tokens.verify(forge(HEADER, payload))).toBeNull();
  });

  test('of another key are refused', async () => {
    const other = makeKeyPair();
    expect(await tokens.verify(forge(HEADER, claims(), other.privateKey))).toBeNull();
    expect(await tokens.verify(forge({ ...HEADER, kid: other.jwk.kid }, claims(), other.privateKey))).toBeNull();
  });

  test('of any length are judged at once', async () => {
    const long = 'a'.repeat(1_000_000);
    const dots = '.'.repeat(4000);
    const inputs = [
      '',
      '.',
      '..',
      'a.b.c',
      long,
      `${long}.${long}.${long}`,
      dots,
      `${encode(HEADER)}.${'a'.repeat(3900)}.`,
      '\0.\0.\0',
    ];
    const begin = performance.now();
    for (const input of inputs) expect(await tokens.verify(input)).toBeNull();
    expect(performance.now() - begin).toBeLessThan(100);
  });
});

describe('key pairs', () => {
  test('are named by the thumbprint of RFC 7638', async () => {
    expect(jwk.kid).toBe(await calculateJwkThumbprint(jwk, 'sha256'));
    expect(Object.keys(jwk)).not.toContain('d');
  });

  test('are sealed for one secret and one name', () => {
    const key = new AppSecret('a secret of thirty-two bytes at least').keyFor('keys');
    const sealed = seal(pair.privateKey, jwk.kid, key);
    const exported = (found: KeyObject | undefined) => found?.export({ format: 'jwk' });
    expect(exported(unseal(sealed, jwk.kid, key))).toEqual(exported(pair.privateKey));
    expect(unseal(sealed, makeKeyPair().jwk.kid, key)).toBeUndefined();
    expect(unseal(sealed, jwk.kid, new AppSecret('another secret of thirty-two bytes').keyFor('keys'))).toBeUndefined();
    for (const at of [0, 1, 20, sealed.length - 1]) {
      const altered = Buffer.from(sealed);
      altered[at] = (altered[at] ?? 0) ^ 1;
      expect(unseal(altered, jwk.kid, key), String(at)).toBeUndefined();
    }
    for (const length of [0, 1, 28, 29, 40]) expect(unseal(sealed.subarray(0, length), jwk.kid, key)).toBeUndefined();
    expect(sealed.includes(pair.privateKey.export({ format: 'der', type: 'pkcs8' }))).toBe(false);
  });

  test('are sealed differently each time', () => {
    const key = new AppSecret('a secret of thirty-two bytes at least').keyFor('keys');
    expect(seal(pair.privateKey, jwk.kid, key).equals(seal(pair.privateKey, jwk.kid, key))).toBe(false);
  });
});

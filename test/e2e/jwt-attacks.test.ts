import { createHmac, generateKeyPairSync, type KeyObject, randomUUID, sign as signBytes } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { Controller, Get, Module, Req, UseGuards } from '@nestjs/common';
import { AuthGuard } from '@nestjs/passport';
import type { JWK } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { AppSecret } from '../../src/auth/app-secret.js';
import { AuthModule } from '../../src/auth/auth.module.js';
import { publicKeyOf, unseal } from '../../src/auth/key-pair.js';
import { Sql } from '../../src/database/sql.js';
import { Public } from '../../src/http/access.js';
import type { Identity } from '../../src/identity/identity.js';
import { RawSocket } from '../support/raw-socket.js';
import { type Account, TestServer } from '../support/server.js';

const ME = '/api/v1/users/me';

/** What a team that knows Passport would write. */
@Controller('extension')
class ExtensionController {
  @Public()
  @UseGuards(AuthGuard('jwt'))
  @Get('by-passport')
  byPassport(@Req() { user }: { user: Identity }): object {
    return { user_id: user.session.userId };
  }

  @Get('by-default')
  byDefault(): object {
    return {};
  }
}

@Module({ imports: [AuthModule], controllers: [ExtensionController] })
class ExtensionModule {}

let server: TestServer;
let alice: Account;
let privateKey: KeyObject;
let publicJwk: JWK;
/** Counts who follows an address out of a token. */
let bait: Server;
let visits = 0;

beforeAll(async () => {
  server = await TestServer.start({ extensions: [ExtensionModule] });
  alice = await server.user();
  const [row] = await server.app
    .get(Sql)
    .rows<{ kid: string; sealed_private: Buffer; public_jwk: JWK }>('SELECT * FROM signing_keys');
  const sealingKey = new AppSecret(server.settings.APP_SECRET ?? '').keyFor('switchboard signing keys');
  const found = row && unseal(row.sealed_private, row.kid, sealingKey);
  if (!found) throw new Error('no key');
  privateKey = found;
  publicJwk = row.public_jwk;
  bait = createServer((_request, response) => {
    visits += 1;
    response.end(JSON.stringify({ keys: [publicJwk] }));
  });
  await new Promise<void>((resolve) => bait.listen(0, '127.0.0.1', resolve));
});
afterAll(async () => {
  await server?.stop();
  await new Promise((resolve) => bait?.close(resolve));
});

type Json = Record<string, unknown>;
const encode = (value: unknown): string =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
const decode = (part: string | undefined): Json => JSON.parse(Buffer.from(part ?? '', 'base64url').toString()) as Json;
const partsOf = (token: string): [string, string, string] => token.split('.') as [string, string, string];
const headerOf = (token: string): Json => decode(partsOf(token)[0]);
const claimsOf = (token: string): Json => decode(partsOf(token)[1]);

/** A token of the account's live session, signed by the server's own key, with changes. */
function forge(changes: { header?: Json; claims?: Json }, key: KeyObject = privateKey): string {
  const { token } = alice.tokens;
  const text = `${encode({ ...headerOf(token), ...changes.header })}.${encode({ ...claimsOf(token), ...changes.claims })}`;
  return `${text}.${signBytes('sha256', Buffer.from(text), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`;
}

/** The answers of every door to a token: a route under our guard, one under Passport's, a socket with each way to give it. */
async function doors(token: string): Promise<number[]> {
  const client = server.client(token);
  const socket = (path: string, headers: Record<string, string> = {}) =>
    RawSocket.refused(server.wsUrl + path, headers).then(
      ({ status }) => status,
      () => 101,
    );
  return [
    (await client.get(ME)).status,
    (await client.get('/extension/by-passport')).status,
    (await client.get('/extension/by-default')).status,
    await socket('/v1/connect', { authorization: `Bearer ${token}` }),
    await socket(`/v1/connect?token=${encodeURIComponent(token)}`),
  ];
}

const CLOSED = [401, 401, 401, 401, 401];
const OPEN = [200, 200, 200, 101, 101];

describe('a token', () => {
  test('as we made it opens every door; so does one with the same key and form', async () => {
    expect(await doors(alice.tokens.token)).toEqual(OPEN);
    expect(await doors(forge({}))).toEqual(OPEN);
    expect((await server.client(alice.tokens.token).get('/extension/by-passport')).body).toEqual({ user_id: alice.id });
  });

  test.each(['none', 'None', 'nOnE', 'NONE', ''])('with the algorithm "%s" is refused', async (alg) => {
    const [, payload, signature] = partsOf(alice.tokens.token);
    const header = encode({ ...headerOf(alice.tokens.token), alg });
    for (const token of [`${header}.${payload}.`, `${header}.${payload}.${signature}`, `${header}.${payload}`])
      expect(await doors(token)).toEqual(CLOSED);
  });

  test.each(['HS256', 'HS384', 'HS512', 'HS1'])('with the algorithm %s, keyed by our public key, is refused', async (alg) => {
    const pem = String(publicKeyOf({ ...publicJwk }).export({ format: 'pem', type: 'spki' }));
    const text = `${encode({ ...headerOf(alice.tokens.token), alg })}.${partsOf(alice.tokens.token)[1]}`;
    for (const secret of [pem, pem.trim(), JSON.stringify(publicJwk), '']) {
      const hash = alg === 'HS512' ? 'sha512' : alg === 'HS384' ? 'sha384' : alg === 'HS1' ? 'sha1' : 'sha256';
      expect(await doors(`${text}.${createHmac(hash, secret).update(text).digest('base64url')}`)).toEqual(CLOSED);
    }
  });

  test('of a foreign RSA or EC key is refused', async () => {
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
    const text = `${encode({ ...headerOf(alice.tokens.token), alg: 'RS256' })}.${partsOf(alice.tokens.token)[1]}`;
    expect(await doors(`${text}.${signBytes('sha256', Buffer.from(text), rsa).toString('base64url')}`)).toEqual(CLOSED);
    expect(await doors(forge({}, generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey))).toEqual(CLOSED);
  });

  test('whose text was altered is refused', async () => {
    const [header, , signature] = partsOf(alice.tokens.token);
    const claims = claimsOf(alice.tokens.token);
    for (const change of [{ sub: String(alice.id + 1) }, { exp: Number(claims.exp) + 1 }, { is_superuser: true }]) {
      expect(await doors(`${header}.${encode({ ...claims, ...change })}.${signature}`)).toEqual(CLOSED);
    }
  });

  test('whose signature is empty, cut short, lengthened, zero or spelt otherwise is refused', async () => {
    const [header, payload, signature] = partsOf(alice.tokens.token);
    const zero = Buffer.alloc(64).toString('base64url');
    const last = signature.at(-1) === 'A' ? 'B' : String.fromCharCode(signature.charCodeAt(85) + 1);
    const spellings = [
      '',
      signature.slice(0, -1),
      signature.slice(0, 40),
      `${signature}A`,
      zero,
      `${signature}=`,
      signature.slice(0, -1) + last,
      'A',
    ];
    for (const other of spellings) expect(await doors(`${header}.${payload}.${other}`), other).toEqual(CLOSED);
    for (const token of [
      `${header}.${payload}`,
      `.${payload}.${signature}`,
      `${header}..${signature}`,
      `${header}.${payload}.${signature}.${signature}`,
    ]) {
      expect(await doors(token)).toEqual(CLOSED);
    }
  });

  test('that names keys of its own is refused, and nobody follows the names', async () => {
    const url = `http://127.0.0.1:${(bait.address() as AddressInfo).port}/keys.json`;
    const headers: Json[] = [
      { jku: url },
      { x5u: url },
      { jwk: publicJwk },
      { x5c: ['MIIB'] },
      { crit: ['exp'] },
      { crit: [] },
      { b64: false, crit: ['b64'] },
      { cty: 'JWT' },
      { zip: 'DEF' },
    ];
    for (const header of headers) expect(await doors(forge({ header })), JSON.stringify(header)).toEqual(CLOSED);
    expect(visits).toBe(0);
  });

  const names = [
    '../../x',
    '/dev/null',
    "x' UNION SELECT 1 --",
    '',
    null,
    7,
    ['a'],
    {},
    '__proto__',
    'constructor',
    'A'.repeat(43),
    `${'a'.repeat(42)}\0`,
  ];
  test.each(names.map((kid) => ({ kid })))('with the key name $kid is refused', async (header) => {
    expect(await doors(forge({ header }))).toEqual(CLOSED);
  });

  test.each<[string, Json]>([
    ['no exp', { exp: undefined }],
    ['exp as text', { exp: String(Math.floor(Date.now() / 1000) + 60) }],
    ['a past exp', { exp: Math.floor(Date.now() / 1000) - 1 }],
    ['exp null', { exp: null }],
    ['a future nbf', { nbf: Math.floor(Date.now() / 1000) + 60 }],
    ['another iss', { iss: 'somebody' }],
    ['no iss', { iss: undefined }],
    ['another aud', { aud: 'somebody' }],
    ['no aud', { aud: undefined }],
    ['a list for aud', { aud: ['switchboard', 'somebody'] }],
    ['another user', { sub: '999999' }],
    ['no user', { sub: undefined }],
    ['a number for the user', { sub: 1 }],
    ['another session', { sid: randomUUID() }],
    ['no session', { sid: undefined }],
    ['something else for the session', { sid: "' OR 1=1" }],
  ])('with %s is refused', async (_what, claims) => {
    expect(await doors(forge({ claims }))).toEqual(CLOSED);
  });

  test.each(['JWT', 'jwt', undefined, 'refresh+jwt', 'AT+JWT', 7])('of the type %s is refused', async (typ) => {
    expect(await doors(forge({ header: { typ } }))).toEqual(CLOSED);
  });

  test('of an ended session is refused by Passport’s guard, too', async () => {
    const bob = await server.user();
    expect(await doors(bob.tokens.token)).toEqual(OPEN);
    await server.client().post('/auth/logout', { refresh_token: bob.tokens.refreshToken });
    expect(await doors(bob.tokens.token)).toEqual(CLOSED);
  });

  test('is no refresh token, and a refresh token is no access token', async () => {
    const { token, refreshToken } = alice.tokens;
    expect((await server.client().post('/auth/refresh', { refresh_token: token })).status).toBe(401);
    expect((await server.client().post('/api/v1/auth/refresh', undefined, { cookie: `refresh_token=${token}` })).status).toBe(
      401,
    );
    expect(await doors(refreshToken)).toEqual(CLOSED);
    expect(await doors(token)).toEqual(OPEN);
  });
});

describe('a header', () => {
  const raw = (text: string): Promise<{ answer: string; ms: number }> =>
    new Promise((resolve, reject) => {
      const socket = connect(server.port, '127.0.0.1');
      let answer = '';
      const begin = performance.now();
      socket.on('connect', () => socket.write(text));
      socket.on('data', (data) => {
        answer += data.toString();
        socket.end();
      });
      socket.on('close', () => resolve({ answer, ms: performance.now() - begin }));
      socket.on('error', reject);
    });

  test('of 100 kB is refused at once', async () => {
    const times: number[] = [];
    for (let n = 0; n < 5; n++) {
      const { answer, ms } = await raw(
        `GET ${ME} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer ${'a'.repeat(100_000)}\r\n\r\n`,
      );
      expect(answer).toMatch(/^HTTP\/1\.1 4\d\d /);
      times.push(ms);
    }
    expect(Math.min(...times)).toBeLessThan(10);
  });

  test('is read as RFC 6750 says, and nothing else is', async () => {
    const { token } = alice.tokens;
    const statusWith = async (authorization: string) => (await server.client().get(ME, { authorization })).status;
    for (const good of [`Bearer ${token}`, `bearer ${token}`, `BEARER ${token}`, `Bearer   ${token}  `])
      expect(await statusWith(good), good.slice(0, 9)).toBe(200);
    const bad = [
      token,
      `Token ${token}`,
      `Bearer${token}`,
      `Basic ${Buffer.from(`a:${token}`).toString('base64')}`,
      'Bearer',
      'Bearer ',
      `Bearer x ${token}`,
    ];
    for (const other of bad) expect(await statusWith(other), other.slice(0, 9)).toBe(401);
    const { answer } = await raw(
      `GET ${ME} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer x\r\nAuthorization: Bearer ${token}\r\n\r\n`,
    );
    expect(answer).toMatch(/^HTTP\/1\.1 4\d\d /);
  });

  test('counts before the query on a socket, and a query opens no route', async () => {
    const { token } = alice.tokens;
    for (const query of [`?token=${token}`, `?access_token=${token}`, `?authorization=Bearer%20${token}`]) {
      expect((await server.client().get(ME + query)).status, query.slice(0, 8)).toBe(401);
    }
    expect((await server.client().get(`${ME}?token=x`, { authorization: `Bearer ${token}` })).status).toBe(200);
    const refused = await RawSocket.refused(`${server.wsUrl}/v1/connect?token=${token}`, { authorization: 'Bearer x' });
    expect(refused.status).toBe(401);
    const socket = await server.socket('/v1/connect?token=x', { authorization: `Bearer ${token}` });
    await socket.close();
  });

  test('with a bad token does not close what is open to everyone', async () => {
    expect((await server.client('x').get('/.well-known/jwks.json')).status).toBe(200);
  });
});

test('a path in another spelling is not less guarded', async () => {
  for (const path of [
    '/api/v1/users/me/',
    '//api/v1/users/me',
    '/api/v1/users/%6de',
    '/api/v1/users/me;x',
    '/API/v1/users/me',
    '/api/v1/./users/me',
    '/extension/by-default/',
  ]) {
    for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'PATCH']) {
      const { status } = await fetch(server.url + path, { method });
      expect(status, `${method} ${path}`).toBeGreaterThanOrEqual(400);
      expect(status, `${method} ${path}`).toBeLessThan(500);
    }
  }
});

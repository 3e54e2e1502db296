import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AccessTokens } from '../../src/auth/tokens.js';
import { TokenReader } from '../../src/realtime/ports.js';
import { type Account, PASSWORD, TestServer } from '../support/server.js';

describe('logging out of rest', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await TestServer.start({ variables: { TRUST_PROXY: 'loopback' } });
  });
  afterAll(() => server.stop());

  it('without the cookie ends the session of the access token', async () => {
    const { client } = await server.user();
    expect(await client.post('/api/v1/auth/logout')).toMatchObject({ status: 200, body: { message: 'Logged out successfully' } });
    expect((await client.get('/api/v1/users/me')).status).toBe(401);
  });

  it('with neither is refused', async () => {
    expect((await server.client().post('/api/v1/auth/logout')).status).toBe(401);
  });

  const ME = '/api/v1/users/me';
  const OUT = '/api/v1/auth/logout';
  const cookieOf = ({ tokens }: Account, token = tokens.refreshToken) => ({ cookie: `refresh_token=${token}` });
  const expired = async (account: Account): Promise<string> => {
    const identity = await server.app.get(TokenReader).identify(account.tokens.token);
    if (!identity) throw new Error('the token is not good');
    return server.app.get(AccessTokens, { strict: false }).sign({ ...identity.session, generation: 0 }, 0).token;
  };
  const isIn = async ({ client, tokens }: Account): Promise<boolean[]> => [
    (await client.get(ME)).status === 200,
    (await server.client().post('/api/v1/auth/refresh', undefined, { cookie: `refresh_token=${tokens.refreshToken}` })).status ===
      200,
  ];

  it('with the cookie of another account, as of another tab, ends the session of the token alone', async () => {
    const [one, other] = [await server.user(), await server.user()];
    const out = await one.client.post(OUT, undefined, cookieOf(other));
    expect(out.status).toBe(200);
    expect(out.headers.getSetCookie()).toEqual([]);
    expect(await isIn(one)).toEqual([false, false]);
    expect(await isIn(other)).toEqual([true, true]);
  });

  it('with a token that has run out ends its session, too, and leaves the cookie of another account alone', async () => {
    const [one, other] = [await server.user(), await server.user()];
    const client = server.client(await expired(one));
    expect((await client.get(ME)).status).toBe(401);
    expect((await client.post(OUT, undefined, cookieOf(other))).status).toBe(200);
    expect([await isIn(one), await isIn(other)]).toEqual([
      [false, false],
      [true, true],
    ]);
    expect((await client.post(OUT, undefined, cookieOf(other))).status).toBe(401);
  });

  it('with the cookie of another session of the same account ends both and takes the cookie away', async () => {
    const one = await server.user();
    const second = await server.client().logIn(one.username, PASSWORD);
    const out = await server.client(second.token).post(OUT, undefined, cookieOf(one));
    expect(out.status).toBe(200);
    expect(out.headers.get('set-cookie')).toMatch(/^refresh_token=;/);
    expect(await isIn(one)).toEqual([false, false]);
    expect((await server.client(second.token).get(ME)).status).toBe(401);
  });

  it.each(['of-a-session-that-ended-long-ago', 'A'.repeat(43)])(
    'with the cookie %s, which opens nothing, ends the session of the token',
    async (stale) => {
      const one = await server.user();
      const out = await one.client.post(OUT, undefined, cookieOf(one, stale));
      expect(out.status).toBe(200);
      expect(out.headers.get('set-cookie')).toMatch(/^refresh_token=;/);
      expect(await isIn(one)).toEqual([false, false]);
    },
  );

  it('with a token that is none of ours is refused, and ends nothing', async () => {
    const one = await server.user();
    expect((await server.client('no.such.token').post(OUT, undefined, cookieOf(one))).status).toBe(401);
    expect(await isIn(one)).toEqual([true, true]);
  });

  it('from a foreign page ends the session of the token, which the page has, and not that of the cookie, which it has not', async () => {
    const one = await server.user();
    const second = await server.client().logIn(one.username, PASSWORD);
    const headers = { ...cookieOf(one), origin: 'https://evil.example' };
    expect((await server.client().post(OUT, undefined, headers)).status).toBe(403);
    expect((await server.client(second.token).post(OUT, undefined, headers)).status).toBe(200);
    expect((await server.client(second.token).get(ME)).status).toBe(401);
    expect((await one.client.get(ME)).status).toBe(200);
  });
});

describe('logging out of game', () => {
  it('ends the session of the refresh token and that of the access token that comes along', async () => {
    const server = await TestServer.start();
    try {
      const { username, client } = await server.user();
      const second = await server.client().logIn(username, PASSWORD);
      const out = await client.post('/auth/logout', { refresh_token: second.refreshToken });
      expect(out.body).toEqual({ success: true, data: {} });
      for (const token of [client, server.client(second.token)]) expect((await token.get('/api/v1/users/me')).status).toBe(401);
    } finally {
      await server.stop();
    }
  });
});

describe('the refresh cookie', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await TestServer.start({ variables: { TRUST_PROXY: 'loopback' } });
  });
  afterAll(() => server.stop());

  const logIn = async (headers: Record<string, string>) => {
    const { username } = await server.user();
    return server.client().post('/api/v1/auth/login', { username, password: 'correct horse battery' }, headers);
  };

  it('is Secure where a trusted proxy speaks TLS', async () => {
    const answer = await logIn({ 'x-forwarded-proto': 'https' });
    expect(answer.headers.get('set-cookie')).toMatch(/; Secure/i);
    expect((await logIn({})).headers.get('set-cookie')).not.toMatch(/; Secure/i);
  });

  it('is not set for a foreign page that logs its visitor in', async () => {
    const answer = await logIn({ origin: 'https://evil.example' });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('set-cookie')).toBeNull();
  });
});

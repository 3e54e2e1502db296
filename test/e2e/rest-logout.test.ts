import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestServer } from '../support/server.js';

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

  it('keeps to the cookie where there is one, whatever token comes along', async () => {
    const one = await server.user();
    const other = await server.user();
    const cookie = `refresh_token=${other.tokens.refreshToken}`;
    expect((await one.client.post('/api/v1/auth/logout', undefined, { cookie })).status).toBe(200);
    expect((await one.client.get('/api/v1/users/me')).status).toBe(200);
    expect((await other.client.get('/api/v1/users/me')).status).toBe(401);
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

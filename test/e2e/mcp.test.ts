import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PASSWORD, TestServer } from '../support/server.js';
import { claimsOf } from '../support/tokens.js';

let server: TestServer;
beforeAll(async () => {
  server = await TestServer.start();
});
afterAll(() => server.stop());

const post = async (path: string, body?: Record<string, unknown>, token?: string) => {
  const { status, body: answer } = await server.client(token).post(path, body);
  return { status, body: answer };
};

describe('the API', () => {
  it('answers as its document prints it', async () => {
    const credentials = { login: server.name('miner'), password: PASSWORD };
    expect(await post('/register', credentials)).toEqual({ status: 200, body: { success: true } });
    expect(await post('/register', credentials)).toEqual({ status: 409, body: { error: 'Conflict' } });
    expect(await post('/auth', credentials)).toEqual({ status: 200, body: { token: expect.any(String) } });
    expect(await post('/auth', { ...credentials, password: 'wrong password' })).toEqual({
      ...{ status: 401, body: { error: 'Unauthorized' } },
    });
  });

  it('makes as many tokens as are asked for, which live as long as a session', async () => {
    const credentials = { login: server.name('miner'), password: PASSWORD };
    await post('/register', credentials);
    const tokens: string[] = [];
    for (let i = 0; i < 3; i++) tokens.push((await post('/auth', credentials)).body.token);
    expect(new Set(tokens).size).toBe(3);
    for (const token of tokens) {
      const { exp, iat } = claimsOf(token);
      expect(exp - iat).toBeGreaterThan(2_592_000 - 10);
      expect((await server.client(token).get('/api/v1/users/me')).status).toBe(200);
    }
  });

  it('checks an e-mail address that is given, and takes null for none', async () => {
    const login = server.name('miner');
    expect(await post('/register', { login, password: PASSWORD, email: 'nowhere' })).toEqual({
      ...{ status: 400, body: { error: 'Bad Request' } },
    });
    expect((await post('/register', { login, password: PASSWORD, email: null })).status).toBe(200);
    const second = server.name('miner');
    const email = `${second}@example.com`;
    expect((await post('/register', { login: second, password: PASSWORD, email })).status).toBe(200);
    expect((await post('/auth', { login: email, password: PASSWORD })).status).toBe(200);
  });

  it('ends the session of a token, and no other', async () => {
    const credentials = { login: server.name('miner'), password: PASSWORD };
    await post('/register', credentials);
    const first = (await post('/auth', credentials)).body.token;
    const second = (await post('/auth', credentials)).body.token;
    expect(await post('/auth/revoke', undefined, first)).toEqual({ status: 200, body: { success: true } });
    expect(await post('/auth/revoke', undefined, first)).toEqual({ status: 401, body: { error: 'Unauthorized' } });
    expect(await post('/auth/revoke')).toEqual({ status: 401, body: { error: 'Unauthorized' } });
    expect((await server.client(second).get('/api/v1/users/me')).status).toBe(200);
  });
});

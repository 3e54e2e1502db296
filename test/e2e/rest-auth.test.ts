import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Answer, refreshCookieOf } from '../support/http-client.js';
import { type Account, PASSWORD, TestServer } from '../support/server.js';

let server: TestServer;
let account: Account;
beforeAll(async () => {
  server = await TestServer.start();
  account = await server.user();
});
afterAll(() => server.stop());

const token = expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]{86}$/);
const TOKEN = { status: 200, body: { access_token: token, token_type: 'bearer' } };
const FORM = { 'content-type': 'application/x-www-form-urlencoded' };
const form = (fields: Record<string, string>) => ({
  method: 'POST',
  body: new URLSearchParams(fields).toString(),
  headers: FORM,
});
const shown = ({ status, body }: Answer) => ({ status, body });
const cookieOf = (answer: Answer): string =>
  answer.headers.getSetCookie().find((line) => line.startsWith('refresh_token=')) ?? '';
const withCookie = (value: string, more: Record<string, string> = {}) => ({ cookie: `other=1; refresh_token=${value}`, ...more });

describe.each(['/api/v1/auth/login', '/api/v1/login/access-token', '/api/v1/auth/login/'])('POST %s', (path) => {
  it('takes JSON and forms, the user name and the e-mail address', async () => {
    for (const username of [account.username, account.email]) {
      expect(shown(await server.client().post(path, { username, password: PASSWORD }))).toEqual(TOKEN);
      expect(shown(await server.client().raw(path, form({ username, password: PASSWORD })))).toEqual(TOKEN);
    }
  });

  it('takes the form as OAuth clients send it', async () => {
    const oauth = { grant_type: 'password', scope: '', client_id: '', username: account.username, password: PASSWORD };
    expect(shown(await server.client().raw(path, form(oauth)))).toEqual(TOKEN);
    const utf8 = { ...form(oauth), headers: { 'content-type': 'application/x-www-form-urlencoded; charset=UTF-8' } };
    expect(shown(await server.client().raw(path, utf8))).toEqual(TOKEN);
  });

  it('is not the only one that takes forms: every route with a body does', async () => {
    const [username, email] = [server.name(), `${server.name()}@example.com`];
    const registered = await server.client().raw('/auth/register', form({ username, email, password: PASSWORD }));
    expect(registered.status).toBe(200);
    expect((await server.client().raw('/auth', form({ login: username, password: PASSWORD }))).status).toBe(200);
    expect((await server.client().raw('/api/v1/auth/recover', form({ email }))).status).toBe(202);
    expect((await server.client().raw('/api/v1/commands/system/ping', form({ sent_at: 'now' }))).body).toMatchObject({
      data: { sent_at: 'now' },
    });
  });

  it('refuses a wrong form like wrong JSON', async () => {
    const wrong = await server.client().raw(path, form({ username: account.username, password: 'wrong password' }));
    expect(shown(wrong)).toEqual({ status: 401, body: { detail: 'Invalid username or password' } });
    expect(wrong.headers.get('www-authenticate')).toBe('Bearer');
    const missing = await server.client().raw(path, form({ username: account.username }));
    expect(shown(missing)).toEqual({
      status: 422,
      body: { detail: [{ loc: ['body', 'password'], msg: 'field required', type: 'value_error.missing' }] },
    });
    const nul = await server.client().raw(path, form({ username: 'a\0b', password: PASSWORD }));
    expect(nul.status).toBe(422);
    const latin1 = { method: 'POST', body: Buffer.from('username=\xff&password=x', 'latin1'), headers: FORM };
    expect(shown(await server.client().raw(path, latin1))).toEqual({
      status: 400,
      body: { detail: 'Invalid request parameters' },
    });
    const escaped = { method: 'POST', body: 'username=%ff&password=long+enough', headers: FORM };
    expect((await server.client().raw(path, escaped)).status).toBeGreaterThanOrEqual(400);
  });

  it('is not kept by any cache', async () => {
    const { headers } = await server.client().post(path, { username: account.username, password: PASSWORD });
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect(headers.get('server')).toBeNull();
    expect(headers.get('x-powered-by')).toBeNull();
  });
});

describe('POST /api/v1/auth/register', () => {
  it('makes an account with a full name and without', async () => {
    for (const full_name of ['string', null, undefined]) {
      const username = server.name('string');
      const answer = await server.client().post('/api/v1/auth/register', {
        ...{ email: `${username}@example.com`, username, password: 'string12' },
        ...(full_name === undefined ? {} : { full_name }),
      });
      expect(shown(answer)).toEqual(TOKEN);
      expect(refreshCookieOf(answer)).toMatch(/^[\w-]{43}$/);
      const { body } = await server.client(answer.body.access_token).get('/api/v1/users/me');
      expect(body).toMatchObject({ username, full_name: full_name ?? null });
    }
  });
});

describe('the refresh cookie', () => {
  const refresh = (value: string, more?: Record<string, string>) =>
    server.client().post('/api/v1/auth/refresh', undefined, withCookie(value, more));
  const logIn = async (): Promise<string> => (await server.client().logIn(account.username, PASSWORD)).refreshToken;

  it('is for us alone: HttpOnly, SameSite, on the path of auth', async () => {
    const local = await server.client().post('/api/v1/auth/login', { username: account.username, password: PASSWORD });
    const attributes = cookieOf(local)
      .split('; ')
      .slice(1)
      .map((attribute) => attribute.toLowerCase())
      .sort((a, b) => a.localeCompare(b));
    expect(attributes).toEqual(['httponly', 'max-age=2592000', 'path=/api/v1/auth', 'samesite=strict']);
  });

  it('rotates: each value is good once, and the last lives', async () => {
    const first = await logIn();
    const answer = await refresh(first);
    expect(shown(answer)).toEqual(TOKEN);
    const second = refreshCookieOf(answer);
    expect(second).not.toBe(first);
    const third = await refresh(second);
    expect(third.status).toBe(200);
    const reused = await refresh(first);
    expect(shown(reused)).toEqual({ status: 401, body: { detail: 'Refresh token is invalid or has expired.' } });
    // The browser may have the winner's cookie by now: it is not touched. The theft ends the session.
    expect(cookieOf(reused)).toBe('');
    expect((await refresh(refreshCookieOf(third))).status).toBe(401);
    expect((await server.client(third.body.access_token).get('/api/v1/users/me')).status).toBe(401);
  });

  it.each(['', 'x', 'a'.repeat(43), 'a'.repeat(2000), '"quoted"'])('is refused where it is «%s»', async (value) => {
    expect(shown(await refresh(value))).toEqual({ status: 401, body: { detail: 'Refresh token is invalid or has expired.' } });
  });

  it('is no use without a cookie, in a body or a query', async () => {
    const value = await logIn();
    const inBody = await server.client().post('/api/v1/auth/refresh', { refresh_token: value });
    expect(inBody.status).toBe(401);
    expect((await server.client().post(`/api/v1/auth/refresh?refresh_token=${value}`)).status).toBe(401);
    expect((await refresh(value)).status).toBe(200);
  });

  it('is not spent for a foreign page', async () => {
    const value = await logIn();
    const foreign = await refresh(value, { origin: 'https://evil.example.com' });
    expect(shown(foreign)).toEqual({ status: 403, body: { detail: 'Origin not allowed' } });
    expect((await refresh(value, { origin: server.url })).status).toBe(200);
  });

  it('logs out, and is taken away', async () => {
    const value = await logIn();
    const out = await server.client().post('/api/v1/auth/logout', undefined, withCookie(value));
    expect(shown(out)).toEqual({ status: 200, body: { message: expect.stringMatching(/\w/) } });
    expect(cookieOf(out)).toMatch(/^refresh_token=;/);
    expect((await refresh(value)).status).toBe(401);
  });
});

describe('the refresh cookie by another name than localhost', () => {
  it('is sent over TLS only', async () => {
    // `fetch` lets nobody choose the Host header.
    const { request } = await import('node:http');
    const body = JSON.stringify({ username: account.username, password: PASSWORD });
    const cookie = await new Promise<string | undefined>((resolve, reject) => {
      const headers = { host: 'chat.example.com', 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
      request(`${server.url}/api/v1/auth/login`, { method: 'POST', headers }, (response) => {
        response.resume();
        resolve(response.headers['set-cookie']?.[0]);
      })
        .on('error', reject)
        .end(body);
    });
    expect(cookie).toMatch(/^refresh_token=[\w-]{43};.*; Secure/);
  });
});

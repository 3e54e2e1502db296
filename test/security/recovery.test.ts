import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Mailer } from '../../src/auth/mailer.js';
import { RecoveryRequests } from '../../src/auth/recovery-requests.js';
import { runSql } from '../support/database.js';
import { readOutbox } from '../support/mail.js';
import { type Account, PASSWORD, TestServer } from '../support/server.js';
import { until } from '../support/until.js';

const NEW_PASSWORD = 'a password nobody had before';
const LINK = /https?:\/\/\S+\?token=([\w~.-]+)/;

let server: TestServer;
let asked = 0;

beforeAll(async () => {
  server = await TestServer.start({ variables: { PUBLIC_URL: 'https://accounts.example.org', TRUST_PROXY: 'loopback' } });
});

afterAll(() => server.stop());

/** Each from an address of its own, through the proxy that is trusted here: what one address may ask is limited. */
const recover = (email: string) => {
  asked += 1;
  return server.client().post('/api/v1/auth/recover', { email }, { 'x-forwarded-for': `198.51.100.${asked}` });
};
const reset = (token: string, password = NEW_PASSWORD) => server.client().post('/api/v1/auth/reset', { token, password });
const mailsTo = async (email: string) =>
  (await readOutbox(server.dataDir)).filter(({ recipients }) => recipients.join().includes(email));

/** Asks for a link and reads it from the mail. */
async function tokenFor(email: string): Promise<string> {
  const before = (await mailsTo(email)).length;
  expect((await recover(email)).status).toBe(202);
  const mails = await until(async () => {
    const found = await mailsTo(email);
    return found.length > before ? found : undefined;
  });
  return LINK.exec(mails.at(-1)?.text ?? '')?.[1] ?? '';
}

const logIn = async ({ username }: Account, password: string): Promise<number> =>
  (await server.client().post('/api/v1/auth/login', { username, password })).status;

describe('asking for a link', () => {
  it('is answered alike for known and unknown addresses, in words and in time', async () => {
    const { email } = await server.user();
    const addresses = [email, email.replace(/^./, 'v')];
    const answers = await Promise.all(addresses.map((address) => recover(address)));
    const [one, two] = answers.map(({ status, body, headers }) => ({
      status,
      body,
      headers: [...headers].filter(([name]) => !['date', 'x-request-id'].includes(name)),
    }));
    expect(one).toEqual(two);
    expect(one?.status).toBe(202);
    const slowest = await Promise.all(
      Array.from({ length: 3 }, async () => {
        const user = await server.user();
        const from = performance.now();
        await recover(user.email);
        return performance.now() - from;
      }),
    );
    // Looking an account up, locking it and writing a mail takes longer than this beside hashes.
    expect(Math.min(...slowest)).toBeLessThan(100);
  });

  it('through messenger is answered 202 for whatever is known', async () => {
    const { username, email } = await server.user();
    const socket = await server.socket('/');
    for (const [known_data, known_data_type] of [
      [username, 'username'],
      [email, 'email'],
      ['nobody-at-all', 'username'],
      ['nobody@example.org', 'email'],
    ]) {
      const { timestamp, ...answer } = await socket.ask({ mode: 'recovery', username: 'whoever', known_data, known_data_type });
      expect(timestamp).toBeTypeOf('number');
      expect(answer).toEqual({ mode: 'recovery', status: 202 });
    }
    await socket.close();
    await until(async () => (await mailsTo(email)).length === 2);
  });

  it.each([
    ['Host', { host: 'evil.example' }],
    ['X-Forwarded-Host', { 'x-forwarded-host': 'evil.example' }],
    ['Forwarded', { forwarded: 'host=evil.example;proto=http' }],
    ['X-Original-URL', { 'x-original-url': '//evil.example/' }],
    ['Referer and Origin', { referer: 'https://evil.example/' }],
  ])('with a forged %s leads nowhere else', async (_name, headers) => {
    const { email } = await server.user();
    // fetch refuses to send another Host.
    const { request } = await import('node:http');
    const status = await new Promise<number | undefined>((resolve, reject) => {
      const options = { port: server.port, host: '127.0.0.1', path: '/api/v1/auth/recover', method: 'POST' };
      const sent = request({ ...options, headers: { 'content-type': 'application/json', ...headers } }, (response) => {
        response.resume();
        resolve(response.statusCode);
      });
      sent.on('error', reject);
      sent.end(JSON.stringify({ email }));
    });
    expect(status).toBe(202);
    const [mail] = await until(async () => ((await mailsTo(email)).length > 0 ? mailsTo(email) : undefined));
    expect(mail?.raw).not.toContain('evil.example');
    expect(mail?.text).toMatch(/^https:\/\/accounts\.example\.org\/\S*\?token=/m);
  });

  it.each([
    '\r\nBcc: evil@example.org',
    '\nBcc: evil@example.org',
    ', evil@example.org',
    '; evil@example.org',
    ' <evil@example.org>',
    '\0',
    '%0d%0aBcc:evil@example.org',
  ])('for an address followed by %j sends nobody anything', async (addition) => {
    const { email } = await server.user();
    for (const address of [email + addition, `evil@example.org${addition}${email}`]) {
      expect([202, 422]).toContain((await recover(address)).status);
    }
    const other = await server.user();
    await tokenFor(other.email);
    // Requests are worked off in order: the ones before would have been seen by now.
    expect(await mailsTo(email)).toEqual([]);
    expect(await mailsTo('evil@example.org')).toEqual([]);
  });

  it('again and again is answered alike, known or not, sends five mails at most and locks nobody out', async () => {
    const user = await server.user();
    for (const email of [user.email, user.email.replace(/^./, 'v')]) {
      const limited = await TestServer.start({ database: server.database });
      try {
        const statuses: number[] = [];
        for (let count = 0; count < 7; count += 1)
          statuses.push((await limited.client().post('/api/v1/auth/recover', { email })).status);
        expect(statuses).toEqual(Array(7).fill(202));
        await limited.app.get(RecoveryRequests).idle();
        await limited.app.get(Mailer).idle();
        const mails = (await readOutbox(limited.dataDir)).filter(({ recipients }) => recipients.includes(email));
        expect(mails).toHaveLength(email === user.email ? 5 : 0);
      } finally {
        await limited.stop();
      }
    }
    expect(await logIn(user, PASSWORD)).toBe(200);
  });
});

describe('asking for links beyond the limit on requests', () => {
  it('is refused with 429 and Retry-After over HTTP and messenger, and the account still logs in', async () => {
    const limited = await TestServer.start({ variables: { RATE_LIMIT: 'on' } });
    try {
      const user = await limited.user();
      const ask = () => limited.client().post('/api/v1/auth/recover', { email: user.email });
      const answers = await Promise.all(Array.from({ length: 60 }, ask));
      const refused = answers.filter(({ status }) => status !== 202);
      expect(refused.length).toBeGreaterThan(20);
      for (const { status, headers } of refused) {
        expect(status).toBe(429);
        expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
      }
      const socket = await limited.socket('/');
      const frame = { mode: 'recovery', known_data: user.username, known_data_type: 'username' };
      expect(await socket.ask(frame)).toMatchObject({ mode: 'recovery', status: 429 });
      await socket.close();
      const path = '/api/v1/auth/login';
      const logIn = () => limited.client().post(path, { username: user.username, password: PASSWORD });
      await until(async () => (await logIn()).status === 200);
    } finally {
      await limited.stop();
    }
  });
});

describe('a link', () => {
  it('sets the password once, ends every session and logs nobody in', async () => {
    const user = await server.user();
    const socket = await server.socket(`/v1/connect?token=${user.tokens.token}`);
    const token = await tokenFor(user.email);
    const answer = await reset(token);
    expect(answer.status).toBe(200);
    expect(answer.headers.getSetCookie()).toEqual([]);
    expect(Object.keys(answer.body)).toEqual(['message']);
    expect((await socket.closed).code).toBe(4401);
    expect((await user.client.get('/api/v1/users/me')).status).toBe(401);
    expect((await server.client().post('/auth/refresh', { refresh_token: user.tokens.refreshToken })).status).toBe(401);
    expect([await logIn(user, PASSWORD), await logIn(user, NEW_PASSWORD)]).toEqual([401, 200]);
    expect((await reset(token, 'and once more with it')).status).toBe(400);
    expect(await logIn(user, NEW_PASSWORD)).toBe(200);
  });

  it('that is sent again with the same password, because the answer was lost, changes nothing and is answered alike', async () => {
    const user = await server.user();
    const token = await tokenFor(user.email);
    const first = await reset(token);
    const { token: access } = await server.client().logIn(user.username, NEW_PASSWORD);
    const again = await reset(token);
    expect([again.status, again.body]).toEqual([first.status, first.body]);
    expect((await server.client(access).get('/api/v1/users/me')).status).toBe(200);
    await runSql(server.database.url, `UPDATE recovery_tokens SET spent_at = spent_at - interval '10 s' WHERE user_id = $1`, [
      user.id,
    ]);
    expect((await reset(token)).status).toBe(400);
  });

  it('that twenty use at the same time is good for one of them', async () => {
    const user = await server.user();
    const token = await tokenFor(user.email);
    const passwords = Array.from({ length: 20 }, (_, at) => `the password of number ${at}`);
    const statuses = await Promise.all(passwords.map(async (password) => (await reset(token, password)).status));
    expect(statuses.filter((status) => status === 200)).toHaveLength(1);
    expect(new Set(statuses)).toEqual(new Set([200, 400]));
    expect(await logIn(user, passwords[statuses.indexOf(200)] ?? '')).toBe(200);
  });

  it('is replaced by a newer one', async () => {
    const user = await server.user();
    const older = await tokenFor(user.email);
    const newer = await tokenFor(user.email);
    expect((await reset(older)).status).toBe(400);
    expect((await reset(newer)).status).toBe(200);
  });

  it('is not good for a password that breaks the rules, and stays good for another', async () => {
    const user = await server.user();
    const token = await tokenFor(user.email);
    for (const password of ['short', 'x'.repeat(129), 'abcdefgh\0']) expect((await reset(token, password)).status).toBe(422);
    expect((await reset(token)).status).toBe(200);
  });

  it.each(['', 'x', '../../etc/passwd', "' OR true --", 'A'.repeat(43), '\0', 'é', '%00'])(
    'made up as %j is none',
    async (token) => {
      expect([400, 422]).toContain((await reset(token)).status);
    },
  );

  it('runs out after RECOVERY_TTL', async () => {
    const quick = await TestServer.start({ variables: { RECOVERY_TTL: '1' } });
    try {
      const user = await quick.user();
      const started = performance.now();
      expect((await quick.client().post('/api/v1/auth/recover', { email: user.email })).status).toBe(202);
      const mail = await until(async () => (await readOutbox(quick.dataDir))[0]);
      const token = LINK.exec(mail.text)?.[1] ?? '';
      // A wrong password shows whether the token is still looked at: nothing is used up by it.
      await until(() => performance.now() - started > 1_100);
      const { status } = await quick.client().post('/api/v1/auth/reset', { token, password: NEW_PASSWORD });
      expect(status).toBe(400);
    } finally {
      await quick.stop();
    }
  });
});

describe('a token from the owner', () => {
  it('ends every session at once and sets the password once', async () => {
    const [boss, user] = [await server.user({ isSuperuser: true }), await server.user()];
    const issued = await boss.client.post(`/api/v1/users/${user.id}/reset-password`);
    expect(issued.status).toBe(200);
    expect(issued.headers.get('cache-control')).toBe('no-store');
    expect((await user.client.get('/api/v1/users/me')).status).toBe(401);
    expect((await reset(issued.body.token)).status).toBe(200);
    expect((await reset(issued.body.token, 'and once more with it')).status).toBe(400);
    expect(await logIn(user, NEW_PASSWORD)).toBe(200);
  });

  it('is not for others to ask for, whether or not the account exists', async () => {
    const [user, other] = [await server.user(), await server.user()];
    for (const id of [other.id, user.id, 999_999_999]) {
      expect((await user.client.post(`/api/v1/users/${id}/reset-password`)).status).toBe(403);
      expect((await server.client().post(`/api/v1/users/${id}/reset-password`)).status).toBe(401);
    }
  });
});

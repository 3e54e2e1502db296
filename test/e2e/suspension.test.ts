import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Mailer } from '../../src/auth/mailer.js';
import { RecoveryRequests } from '../../src/auth/recovery-requests.js';
import { RecoveryTokens } from '../../src/auth/recovery-tokens.js';
import { Sql } from '../../src/database/sql.js';
import { runSql } from '../support/database.js';
import type { Parsed } from '../support/http-client.js';
import { TestSmtp } from '../support/mail.js';
import { codeOf, group, inSeconds, logInStatus, run, say, TOMORROW } from '../support/moderation.js';
import { type Account, PASSWORD, TestServer } from '../support/server.js';
import { until } from '../support/until.js';

let smtp: TestSmtp;
let server: TestServer;
let root: Account;
beforeAll(async () => {
  smtp = await TestSmtp.start();
  server = await TestServer.start({ variables: { SMTP_URL: smtp.url } });
  root = await server.user({ isSuperuser: true });
});
afterAll(async () => {
  await server.stop();
  await smtp.stop();
});

const path = ({ id }: Pick<Account, 'id'>): string => `/api/v1/users/${id}`;
const suspend = (who: Account, body: object = {}, by = root): Promise<{ status: number; body: Parsed }> =>
  by.client.put(`${path(who)}/suspension`, { reason: 'Spam', until: TOMORROW, ...body });
const lift = (who: Account, by = root): Promise<{ status: number; body: Parsed }> => by.client.delete(`${path(who)}/suspension`);
/** As though the end that was set had come. */
const letTimePass = (who: Account): Promise<object[]> =>
  runSql(server.database.url, `UPDATE users SET suspended_until = now() - interval '1 millisecond' WHERE id = $1`, [who.id]);
const mailsTo = async ({ email }: Account): Promise<TestSmtp['mails']> => {
  await server.app.get(RecoveryRequests).idle();
  await server.app.get(Mailer).idle();
  return smtp.mails.filter(({ recipients }) => recipients.includes(email));
};

describe('a suspended account', () => {
  it('is refused at every log-in like an inactive one, and let in again when the time is over, without a job', async () => {
    const [suspended, inactive] = [await server.user(), await server.user()];
    await suspend(suspended);
    await root.client.put(path(inactive), { is_active: false });
    const ways: Readonly<Record<string, (name: string) => Promise<unknown>>> = {
      game: (username) => plain(server.client().post('/auth/login', { username, password: PASSWORD })),
      rest: (username) => plain(server.client().post('/api/v1/auth/login', { username, password: PASSWORD })),
      'rest by address': (name) =>
        plain(server.client().post('/api/v1/auth/login', { username: `${name}@example.com`, password: PASSWORD })),
      mcp: (login) => plain(server.client().post('/auth', { login, password: PASSWORD })),
      messenger: async (username) => {
        const socket = await server.socket('/');
        const { timestamp: _timestamp, ...answer } = await socket.ask({ mode: 'auth', username, password: PASSWORD });
        await socket.close();
        return answer;
      },
    };
    for (const [name, logIn] of Object.entries(ways)) {
      const answer = await logIn(suspended.username);
      expect(answer, name).toEqual(await logIn(inactive.username));
      expect(JSON.stringify(answer), name).toContain('401');
    }
    await letTimePass(suspended);
    for (const [name, logIn] of Object.entries(ways))
      expect(JSON.stringify(await logIn(suspended.username)), name).toContain('200');
  });

  it('has no sessions any more: tokens, refresh tokens and sockets of before are over, also afterwards', async () => {
    const one = await server.user();
    const socket = await server.socket('/v1/connect', { authorization: `Bearer ${one.tokens.token}` });
    const game = (await server.client().post('/auth/login', { username: one.username, password: PASSWORD })).body.data;
    await suspend(one);
    expect((await socket.closed).code).toBe(4401);
    const use = async (): Promise<number[]> => [
      (await one.client.get('/api/v1/users/me')).status,
      (await server.client(game.token).get('/api/v1/users/me')).status,
      (await server.client().post('/auth/refresh', { refresh_token: game.refresh_token })).status,
    ];
    expect(await use()).toEqual([401, 401, 401]);
    await letTimePass(one);
    expect(await use()).toEqual([401, 401, 401]);
    expect(await logInStatus(server, one)).toBe(200);
    const [row] = await runSql(
      server.database.url,
      'SELECT DISTINCT revoked_reason AS reason FROM sessions WHERE user_id = $1 AND revoked_at IS NOT NULL',
      [one.id],
    );
    expect(row).toEqual({ reason: 'suspended' });
  });

  it('gets a session by no log-in that is under way while it is suspended', async () => {
    const people = await Promise.all(Array.from({ length: 8 }, () => server.user()));
    await Promise.all(
      people.map(async (one) => {
        const logIn = server.client().post('/api/v1/auth/login', { username: one.username, password: PASSWORD });
        await new Promise((resolve) => setTimeout(resolve, Math.random() * 30));
        await suspend(one);
        const { status, body } = await logIn;
        if (status === 200) expect((await server.client(body.access_token).get('/api/v1/users/me')).status).toBe(401);
        else expect(status).toBe(401);
      }),
    );
    const ids = people.map(({ id }) => id);
    const alive = await runSql(server.database.url, 'SELECT 1 FROM sessions WHERE user_id = ANY ($1) AND revoked_at IS NULL', [
      ids,
    ]);
    expect(alive).toEqual([]);
  });

  it('gets no recovery mail, and its recovery link of before is worthless', async () => {
    const one = await server.user();
    const { token } = await server.app.get(Sql).transaction((tx) => server.app.get(RecoveryTokens).issue(tx, one.id));
    await suspend(one);
    const before = (await mailsTo(one)).length;
    expect((await server.client().post('/api/v1/auth/recover', { email: one.email })).status).toBe(202);
    expect((await mailsTo(one)).length).toBe(before);
    const reset = await server.client().post('/api/v1/auth/reset', { token, password: 'another password' });
    expect(reset.status).toBe(400);
    await letTimePass(one);
    await server.client().post('/api/v1/auth/recover', { email: one.email });
    expect((await mailsTo(one)).length).toBe(before + 1);
  });

  it('stays in its chats, where others notice that it is offline and not in use', async () => {
    const [alice, bob] = [await server.user(), await server.user()];
    const chatId = await group(alice, bob);
    await suspend(bob);
    const seq = await say(alice, chatId, 'Are you there?');
    const chat = await run(alice, 'chat.get', { chat_id: chatId });
    expect(chat.members.find(({ user_id: id }: Parsed) => id === bob.id)).toEqual({
      ...{ user_id: bob.id, username: bob.username, role: 'member', read_seq: 0, online: false, is_active: false },
    });
    expect((await run(alice, 'chat.create', { chat_type: 'group', members: [bob.username] })).members).toHaveLength(2);
    await lift(bob);
    const { token } = await server.client().logIn(bob.username, PASSWORD);
    const { body } = await server.client(token).get(`/api/v1/chats/${chatId}/messages`);
    expect(body.messages.map((message: Parsed) => message.seq)).toEqual([seq]);
  });
});

describe('a suspension', () => {
  it('shows in the records that superusers read, for as long as it lasts, and in no other', async () => {
    const one = await server.user();
    const before = (await one.client.get(path(one))).body;
    expect(Object.keys(before)).toHaveLength(8);
    const { status, body } = await suspend(one, { reason: 'Spam & <b>more</b>' });
    const shown = { suspended_until: `${TOMORROW.slice(0, 19)}Z`, suspension_reason: 'Spam & <b>more</b>' };
    expect({ status, body }).toEqual({ status: 200, body: { ...before, updated_at: expect.any(String), ...shown } });
    const listed = async (): Promise<Parsed> => (await root.client.get(`/api/v1/users/?q=${one.username}`)).body[0];
    expect(await listed()).toEqual(body);
    expect((await root.client.get(path(one))).body).toEqual(body);
    expect((await root.client.put(path(one), { full_name: 'One' })).body).toMatchObject(shown);
    await letTimePass(one);
    for (const record of [await listed(), (await root.client.get(path(one))).body]) expect(Object.keys(record)).toHaveLength(8);
  });

  it('reaches the owner by mail with its reason and its end, and a second mail follows when it is lifted', async () => {
    const one = await server.user();
    await suspend(one, { reason: 'Spam <script>', until: '2033-05-06T07:08:09+02:00' });
    const [mail] = await mailsTo(one);
    expect(mail?.subject).toBe('Your account is suspended / Ваша учётная запись приостановлена');
    for (const text of [mail?.text, mail?.html]) {
      expect(text).toContain(one.username);
      expect(text).toContain('2033-05-06 05:08 UTC');
    }
    expect(mail?.text).toContain('Reason: Spam <script>');
    expect(mail?.text).toContain('Причина: Spam <script>');
    expect(mail?.html).not.toContain('<script>');
    expect(await lift(one)).toMatchObject({ status: 200 });
    expect((await mailsTo(one)).at(1)?.text).toContain(`The suspension of the account ${one.username} was lifted`);
    // Nothing is left to lift, so no mail follows.
    expect(await lift(one)).toMatchObject({ status: 200, body: { id: one.id } });
    expect(await mailsTo(one)).toHaveLength(2);
  });

  it('can be given another end and reason, and be lifted', async () => {
    const one = await server.user();
    await suspend(one);
    const later = inSeconds(7 * 86_400);
    expect((await suspend(one, { until: later, reason: 'More spam' })).body).toMatchObject({
      suspended_until: `${later.slice(0, 19)}Z`,
      suspension_reason: 'More spam',
    });
    expect(Object.keys((await lift(one)).body)).toHaveLength(8);
    expect(await logInStatus(server, one)).toBe(200);
    const audit = await runSql(
      server.database.url,
      `SELECT action, actor_id::int, ip, protocol, details FROM audit_log WHERE user_id = $1 AND action LIKE '%suspended' ORDER BY id`,
      [one.id],
    );
    const common = { actor_id: root.id, ip: '127.0.0.1', protocol: 'rest' };
    expect(audit).toEqual([
      { ...common, action: 'user_suspended', details: { until: TOMORROW, reason: 'Spam' } },
      { ...common, action: 'user_suspended', details: { until: later, reason: 'More spam' } },
      { ...common, action: 'user_unsuspended', details: {} },
    ]);
  });

  it('and deactivation do not touch each other', async () => {
    const one = await server.user();
    await suspend(one);
    expect((await root.client.put(path(one), { is_active: false })).body).toMatchObject({
      is_active: false,
      suspension_reason: 'Spam',
    });
    expect((await lift(one)).body.is_active).toBe(false);
    expect(await logInStatus(server, one)).toBe(401);
    await suspend(one);
    expect((await root.client.put(path(one), { is_active: true })).body).toMatchObject({
      is_active: true,
      suspension_reason: 'Spam',
    });
    expect(await logInStatus(server, one)).toBe(401);
    await letTimePass(one);
    expect(await logInStatus(server, one)).toBe(200);
  });

  it('ends in the future, within ten years, and has a reason of 1 to 500 characters', async () => {
    const one = await server.user();
    const wrong = [
      { until: inSeconds(-1) },
      { until: inSeconds(11 * 365 * 86_400) },
      { until: 'tomorrow' },
      { until: '2033-02-30T00:00:00Z' },
      { until: null },
      { reason: '' },
      { reason: 'x'.repeat(501) },
      { reason: undefined },
    ];
    for (const fault of wrong) {
      const { status, body } = await suspend(one, fault);
      expect([status, body.detail[0]?.loc], JSON.stringify(fault)).toEqual([422, ['body', Object.keys(fault)[0]]]);
    }
    expect((await suspend(one, { until: inSeconds(10 * 365.25 * 86_400) })).status).toBe(200);
    expect((await suspend({ ...one, id: 999_999 })).status).toBe(404);
    expect((await lift({ ...one, id: 999_999 })).status).toBe(404);
  });
});

describe('superusers', () => {
  it('cannot suspend themselves', async () => {
    const second = await server.user({ isSuperuser: true });
    expect((await suspend(second, {}, second)).status).toBe(403);
    expect(await codeOf(second, 'moderation.suspend', { user_id: second.id, reason: 'x', until: TOMORROW })).toBe('forbidden');
    expect((await suspend(second)).status).toBe(200);
  });

  it('who suspend each other at once leave one of them who can act', async () => {
    for (let round = 0; round < 3; round += 1) {
      const own = await TestServer.start();
      try {
        const [a, b] = [await own.user({ isSuperuser: true }), await own.user({ isSuperuser: true })];
        const each = async (by: Account, who: Account): Promise<number> =>
          (await by.client.put(`${path(who)}/suspension`, { reason: 'x', until: TOMORROW })).status;
        const statuses = await Promise.all([each(a, b), each(b, a)]);
        expect(statuses.filter((status) => status === 200)).toHaveLength(1);
        const usable = await runSql(own.database.url, 'SELECT 1 FROM users WHERE is_superuser AND suspended_until IS NULL');
        expect(usable).toHaveLength(1);
      } finally {
        await own.stop();
      }
    }
  });

  it('who are suspended do not count as those who are left', async () => {
    const own = await TestServer.start();
    try {
      const [a, b] = [await own.user({ isSuperuser: true }), await own.user({ isSuperuser: true })];
      await a.client.put(`${path(b)}/suspension`, { reason: 'x', until: TOMORROW });
      for (const changes of [{ is_superuser: false }, { is_active: false }]) {
        expect((await a.client.put(path(a), changes)).status).toBe(403);
      }
      expect((await a.client.delete(path(a))).status).toBe(403);
      expect((await a.client.delete(path(b))).status).toBe(200);
    } finally {
      await own.stop();
    }
  });

  it('alone suspend and lift', async () => {
    const [one, other] = [await server.user(), await server.user()];
    for (const who of [one, other, { ...other, id: 999_999 }]) {
      expect((await suspend(who, {}, one)).status).toBe(403);
      expect((await lift(who, one)).status).toBe(403);
    }
    const anonymous = { ...one, client: server.client() };
    expect((await suspend(other, {}, anonymous)).status).toBe(401);
    expect((await lift(other, anonymous)).status).toBe(401);
    expect(await logInStatus(server, other)).toBe(200);
  });
});

describe('a suspension that nobody takes back', () => {
  it('is over by the clock of the database alone', async () => {
    const one = await server.user();
    await suspend(one, { until: inSeconds(2) });
    expect(await logInStatus(server, one)).toBe(401);
    expect(await until(async () => (await logInStatus(server, one)) === 200)).toBe(true);
    expect(Object.keys((await root.client.get(path(one))).body)).toHaveLength(8);
  });
});

async function plain(asked: Promise<{ status: number; body: unknown; headers: Headers }>): Promise<unknown> {
  const { status, body, headers } = await asked;
  // A log-in that succeeds brings tokens and a cookie of its own.
  if (status === 200) return { status };
  return { status, body, headers: [...headers].filter(([name]) => !['date', 'x-request-id'].includes(name)) };
}

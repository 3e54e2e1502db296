import { io, type Socket } from 'socket.io-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SessionsService } from '../../src/auth/sessions.service.js';
import { Sql } from '../../src/database/sql.js';
import { opened } from '../support/doors.js';
import { readOutbox } from '../support/mail.js';
import type { RawSocket } from '../support/raw-socket.js';
import { type Account, PASSWORD, TestServer } from '../support/server.js';
import { sidOf } from '../support/tokens.js';
import { until } from '../support/until.js';

const OTHER_PASSWORD = 'quite another password';

let server: TestServer;
let boss: Account;

beforeAll(async () => {
  server = await TestServer.start();
  boss = await server.user({ isSuperuser: true });
});

afterAll(() => server.stop());

/** One open connection of every kind. @returns how each of them ends: its code, and after how many milliseconds */
async function connections(token: string): Promise<Promise<{ name: string; code: number }>[]> {
  const raw: Record<string, RawSocket> = {
    '/v1/connect': await server.socket('/v1/connect', { authorization: `Bearer ${token}` }),
    '/ws': await server.socket(`/ws/mine-${Math.random()}?token=${token}`),
    '/api/v1/ws': await server.socket(`/api/v1/ws/mine-${Math.random()}?token=${token}`),
    '/': await server.socket(`/?token=${token}`),
  };
  const socketIo = (transport: 'websocket' | 'polling'): Promise<Socket> =>
    new Promise((resolve, reject) => {
      const socket = io(server.url, { auth: { token }, transports: [transport], reconnection: false, forceNew: true });
      socket.once('hello', () => resolve(socket));
      socket.once('connect_error', reject);
    });
  const ofSocketIo = await Promise.all(
    (['websocket', 'polling'] as const).map(async (name) => ({ name, socket: await socketIo(name) })),
  );
  return [
    ...Object.entries(raw).map(async ([name, socket]) => ({ name, code: (await socket.closed).code })),
    ...ofSocketIo.map(
      ({ name, socket }) =>
        new Promise<{ name: string; code: number }>((resolve) => {
          let code = 0;
          socket.on('disconnect_notice', (notice: { code: number }) => {
            code = notice.code;
          });
          socket.on('disconnect', () => resolve({ name, code }));
        }),
    ),
  ];
}

const update = (by: Account, { id }: Account, changes: object) =>
  by.client.put(`/api/v1/users/${id}`, changes as Record<string, unknown>);

/** Everything that must end a session, done by the user in another session or by a superuser. */
const CAUSES: Record<string, (user: Account, other: Account) => Promise<{ readonly status: number }>> = {
  'log-out through game': (user) => server.client().post('/auth/logout', { refresh_token: user.tokens.refreshToken }),
  'log-out through rest': (user) =>
    server.client().post('/api/v1/auth/logout', undefined, { cookie: `refresh_token=${user.tokens.refreshToken}` }),
  'revocation through mcp': (user) => user.client.post('/auth/revoke'),
  'log-out through messenger': async (user) => {
    const socket = await server.socket('/');
    const answer = await socket.ask({ mode: 'logout', token: user.tokens.token, username: user.username });
    await socket.close();
    return answer;
  },
  'the end of this session': (user, other) =>
    other.client.delete(`/api/v1/users/${user.id}/sessions/${sidOf(user.tokens.token)}`),
  'the end of all sessions': (user, other) => other.client.delete(`/api/v1/users/${user.id}/sessions`),
  'the end by a superuser': (user) => boss.client.delete(`/api/v1/users/${user.id}/sessions`),
  'a new password, set in another session': (user, other) => update(other, user, { password: OTHER_PASSWORD }),
  'a new password, set by a superuser': (user) => update(boss, user, { password: OTHER_PASSWORD }),
  'a reset by the owner': (user) => boss.client.post(`/api/v1/users/${user.id}/reset-password`),
  deactivation: (user) => update(boss, user, { is_active: false }),
  deletion: (user, other) => other.client.delete(`/api/v1/users/${user.id}`),
  'theft of the refresh token': async (user) => {
    const refresh = (token: string) => server.client().post('/auth/refresh', { refresh_token: token });
    await refresh((await refresh(user.tokens.refreshToken)).body.data.refresh_token);
    const again = await refresh(user.tokens.refreshToken);
    return { status: again.status === 401 ? 200 : again.status };
  },
};

describe('a session', () => {
  it.each(Object.entries(CAUSES))('is dead everywhere, its sockets closed within a second, after %s', async (_name, cause) => {
    const user = await server.user();
    const tokens = await server.client().logIn(user.username, PASSWORD);
    const other = { ...user, tokens, client: server.client(tokens.token) };
    const ends = await connections(user.tokens.token);
    expect((await cause(user, other)).status).toBe(200);
    const from = performance.now();
    const ended = await Promise.all(ends);
    expect(performance.now() - from).toBeLessThan(1_000);
    expect(ended.filter(({ code }) => code !== 4401)).toEqual([]);
    expect(await opened(server, user.tokens.token)).toEqual([]);
    expect((await server.client().post('/auth/refresh', { refresh_token: user.tokens.refreshToken })).status).toBe(401);
    const cookie = { cookie: `refresh_token=${user.tokens.refreshToken}` };
    expect((await server.client().post('/api/v1/auth/refresh', undefined, cookie)).status).toBe(401);
  });
});

describe('other sessions', () => {
  it('live on after a log-out, and the one that changed the password lives on after that; its owner is told by mail', async () => {
    const user = await server.user();
    const tokens = await server.client().logIn(user.username, PASSWORD);
    await server.client().post('/auth/logout', { refresh_token: tokens.refreshToken });
    expect((await user.client.get('/api/v1/users/me')).status).toBe(200);
    expect((await update(user, user, { password: OTHER_PASSWORD })).status).toBe(200);
    expect((await user.client.get('/api/v1/users/me')).status).toBe(200);
    const mail = await until(async () =>
      (await readOutbox(server.dataDir)).find(({ recipients }) => recipients.join().includes(user.email)),
    );
    expect(mail.subject).toContain('Your password was changed');
  });

  it("are not another user's to see or to end, by any id", async () => {
    const [user, stranger] = [await server.user(), await server.user()];
    const sid = sidOf(user.tokens.token);
    const own = await stranger.client.delete(`/api/v1/users/${stranger.id}/sessions/${sid}`);
    expect(own.status).toBe(404);
    for (const id of [user.id, 999_999_999]) {
      expect((await stranger.client.get(`/api/v1/users/${id}/sessions`)).status).toBe(403);
      expect((await stranger.client.delete(`/api/v1/users/${id}/sessions`)).status).toBe(403);
      expect((await stranger.client.delete(`/api/v1/users/${id}/sessions/${sid}`)).status).toBe(403);
      expect((await stranger.client.get(`/api/v1/users/${id}/clients`)).status).toBe(403);
    }
    for (const id of ['0', '-1', 'x', '%00', "'", `${sid}0`]) {
      expect([400, 404, 422]).toContain((await user.client.delete(`/api/v1/users/${user.id}/sessions/${id}`)).status);
    }
    expect((await user.client.get('/api/v1/users/me')).status).toBe(200);
  });
});

describe('ten thousand log-ins', () => {
  it('give ten thousand tokens, sessions and refresh tokens, of 256 random bits each', async () => {
    const { id, username } = await server.user();
    const [row] = await server.app
      .get(Sql)
      .rows<{ password_hash: string }>('SELECT password_hash FROM users WHERE id = $1', [id]);
    const somebody = { id, username, isSuperuser: false, passwordHash: row?.password_hash ?? '' };
    const origin = { protocol: 'game', address: '192.0.2.1', userAgent: null };
    const sessions = server.app.get(SessionsService);
    const issued = await Promise.all(Array.from({ length: 10_000 }, () => sessions.open(somebody, origin, { refresh: true })));
    expect(new Set(issued.map(({ token }) => token)).size).toBe(10_000);
    expect(new Set(issued.map(({ session }) => session.id)).size).toBe(10_000);
    expect(new Set(issued.map(({ refreshToken }) => refreshToken)).size).toBe(10_000);
    const ones = Array.from({ length: 256 }, () => 0);
    for (const { refreshToken } of issued) {
      const bytes = Buffer.from(refreshToken ?? '', 'base64url');
      expect(bytes).toHaveLength(32);
      for (let bit = 0; bit < 256; bit += 1) ones[bit] = (ones[bit] ?? 0) + (((bytes[bit >> 3] ?? 0) >> (bit & 7)) & 1);
    }
    // Each bit is as often set as not: 5000 ± 50, and six times that is never left by chance.
    for (const count of ones) expect(Math.abs(count - 5_000)).toBeLessThan(300);
  });
});

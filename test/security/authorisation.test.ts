import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Client } from '../support/http-client.js';
import { type Account, PASSWORD, TestServer } from '../support/server.js';

const ME = '/api/v1/users/me';
const USER_FIELDS = ['id', 'email', 'username', 'full_name', 'is_active', 'is_superuser', 'created_at', 'updated_at'];

let server: TestServer;
let boss: Account;
let user: Account;
let stranger: Account;

beforeAll(async () => {
  server = await TestServer.start();
  [boss, user, stranger] = [await server.user({ isSuperuser: true }), await server.user(), await server.user()];
});

afterAll(() => server.stop());

describe('fields that a request does not define', () => {
  const RIGHTS = {
    is_superuser: true,
    is_active: false,
    id: 1,
    password_hash: 'x',
    passwordHash: 'x',
    created_at: '1999-01-01T00:00:00Z',
  };
  const POLLUTION = { constructor: { prototype: { is_superuser: true } }, prototype: { is_superuser: true } };

  it.each(['/auth/register', '/api/v1/auth/register', '/register', 'messenger'])(
    'change nothing in a registration through %s',
    async (path) => {
      const username = server.name();
      const given = { username, login: username, email: `${username}@example.com`, password: PASSWORD, ...RIGHTS, ...POLLUTION };
      if (path === 'messenger') {
        const socket = await server.socket('/');
        expect((await socket.ask({ mode: 'register', ...given })).status).toBe(200);
        await socket.close();
      } else {
        expect((await server.client().post(path, given)).status).toBe(200);
      }
      const { token } = await server.client().logIn(username, PASSWORD);
      const { body } = await server.client(token).get(ME);
      expect(body).toMatchObject({ username, is_superuser: false, is_active: true });
      expect(body.id).not.toBe(1);
      expect(Date.parse(body.created_at)).toBeGreaterThan(Date.now() - 60_000);
    },
  );

  it('in a change of oneself are refused where they are rights, and else ignored', async () => {
    const path = `/api/v1/users/${user.id}`;
    for (const right of [{ is_superuser: true }, { is_active: false }]) {
      expect((await user.client.put(path, right)).status, JSON.stringify(right)).toBe(403);
    }
    const { status, body } = await user.client.put(path, {
      full_name: 'Somebody',
      id: 999,
      password_hash: 'x',
      created_at: 'never',
      username_fold: 'x',
    });
    expect(status).toBe(200);
    expect(Object.keys(body).toSorted()).toEqual(USER_FIELDS.toSorted());
    expect(body).toMatchObject({ id: user.id, is_superuser: false, is_active: true });
    expect((await server.client().post('/auth', { login: user.username, password: PASSWORD })).status).toBe(200);
  });

  it.each(['__proto__', 'constructor', 'prototype'])('named %s pollute nothing', async (key) => {
    const text = `{"username":"${user.username}","password":"${PASSWORD}","${key}":{"is_superuser":true,"polluted":true}}`;
    const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body: text };
    const { status, body } = await server.client().raw('/api/v1/auth/login', init);
    expect([200, 400, 422]).toContain(status);
    expect(Reflect.get({}, 'polluted')).toBeUndefined();
    expect(Reflect.get(Object.prototype, 'is_superuser')).toBeUndefined();
    if (status === 200) expect((await server.client(body.access_token).get(ME)).body.is_superuser).toBe(false);
    const form = new URLSearchParams([
      ['username', user.username],
      ['password', PASSWORD],
      [key, 'x'],
      [`${key}[polluted]`, 'x'],
    ]);
    expect([200, 400]).toContain((await server.client().raw('/api/v1/auth/login', { method: 'POST', body: form })).status);
    expect([200, 400, 403]).toContain((await user.client.get(`/api/v1/users?${key}=1&${key}[polluted]=1`)).status);
    const socket = await server.socket(`/v1/connect?token=${user.tokens.token}`);
    socket.send(
      `{"type":"command","v":1,"request_id":"p","domain":"system","command":"ping","payload":{"${key}":{"polluted":true}}}`,
    );
    expect(await socket.nextThat((frame) => frame.request_id === 'p')).toMatchObject({ success: true });
    for (const name of ['toString', '__proto__', 'constructor', 'hasOwnProperty']) {
      expect((await socket.command(`${name}.${name}`)).code).toBe('unknown_command');
      expect((await socket.command(`system.${name}`)).code).toBe('unknown_command');
    }
    expect(Reflect.get({}, 'polluted')).toBeUndefined();
    await socket.close();
  });
});

describe("another's account", () => {
  const answers = async (client: Client, id: number | string) => [
    (await client.get(`/api/v1/users/${id}`)).status,
    (await client.put(`/api/v1/users/${id}`, { full_name: 'Taken over' })).status,
    (await client.delete(`/api/v1/users/${id}`)).status,
    (await client.get(`/api/v1/users/${id}/sessions`)).status,
    (await client.delete(`/api/v1/users/${id}/sessions`)).status,
    (await client.get(`/api/v1/users/${id}/clients`)).status,
    (await client.post(`/api/v1/users/${id}/reset-password`)).status,
  ];

  it('is nobody else’s to read, change, delete or watch, and whether it exists is not told', async () => {
    expect(new Set(await answers(stranger.client, user.id))).toEqual(new Set([403]));
    expect(new Set(await answers(stranger.client, boss.id))).toEqual(new Set([403]));
    expect(new Set(await answers(stranger.client, 987_654_321))).toEqual(new Set([403]));
    expect(new Set(await answers(server.client(), user.id))).toEqual(new Set([401]));
    expect((await user.client.get(ME)).body.full_name).not.toBe('Taken over');
  });

  it('is not reached by another spelling of its id', async () => {
    for (const id of [
      `0${user.id}`,
      `+${user.id}`,
      `${user.id}.0`,
      `${user.id}%20`,
      `%20${user.id}`,
      `0x${user.id.toString(16)}`,
      `${user.id}e0`,
      `${user.id},${stranger.id}`,
    ]) {
      const { status, body } = await stranger.client.get(`/api/v1/users/${id}`);
      expect([403, 404, 422], id).toContain(status);
      expect(body.username).toBeUndefined();
    }
  });
});

describe('rights', () => {
  it('that are lost are lost at once, in every session and on every socket', async () => {
    const admin = await server.user({ isSuperuser: true });
    const socket = await server.socket(`/v1/connect?token=${admin.tokens.token}`);
    expect((await admin.client.get('/api/v1/users?limit=1')).status).toBe(200);
    expect((await socket.command('system.whoami')).data.is_superuser).toBe(true);
    expect((await boss.client.put(`/api/v1/users/${admin.id}`, { is_superuser: false })).status).toBe(200);
    expect((await admin.client.get('/api/v1/users?limit=1')).status).toBe(403);
    expect((await admin.client.get(`/api/v1/users/${user.id}`)).status).toBe(403);
    expect((await socket.command('system.whoami')).data.is_superuser).toBe(false);
    await socket.close();
  });

  it('of a disabled superuser are gone with the session', async () => {
    const admin = await server.user({ isSuperuser: true });
    expect((await boss.client.put(`/api/v1/users/${admin.id}`, { is_active: false })).status).toBe(200);
    expect((await admin.client.get('/api/v1/users?limit=1')).status).toBe(401);
  });
});

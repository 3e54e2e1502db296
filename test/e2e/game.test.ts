import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RawSocket } from '../support/raw-socket.js';
import { type Account, PASSWORD, TestServer } from '../support/server.js';

let server: TestServer;
let account: Account;
beforeAll(async () => {
  server = await TestServer.start();
  account = await server.user();
});
afterAll(() => server.stop());

const token = expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]{86}$/);
const refreshToken = expect.stringMatching(/^[\w-]{43}$/);
const TOKENS = { success: true, data: { token, refresh_token: refreshToken, expires_in: 3600 } };
const BAD_REFRESH_TOKEN = { success: false, detail: 'Refresh token is invalid or has expired.' };

const post = async (path: string, body?: Record<string, unknown>) => {
  const { status, body: answer } = await server.client().post(path, body);
  return { status, body: answer };
};
const logIn = async (): Promise<{ token: string; refresh_token: string }> =>
  (await post('/auth/login', { username: account.username, password: PASSWORD })).body.data;

describe('the HTTP API', () => {
  it('answers as its document prints it', async () => {
    const username = server.name('player');
    const email = `${username}@example.com`;
    const registered = await post('/auth/register', { email, username, password: PASSWORD });
    expect(registered).toEqual({
      status: 200,
      body: { success: true, data: { account_id: expect.any(Number), email, username } },
    });
    expect(Number.isInteger(registered.body.data.account_id)).toBe(true);
    expect(await post('/auth/login', { username, password: PASSWORD })).toEqual({ status: 200, body: TOKENS });
    expect(await post('/auth/register', { email, username, password: PASSWORD })).toEqual({
      status: 409,
      body: { success: false, detail: 'User with this username or email already exists.' },
    });
    expect(await post('/auth/login', { username, password: 'wrong password' })).toEqual({
      status: 401,
      body: { success: false, detail: 'Invalid username or password.' },
    });
  });

  it('needs an e-mail address, a name of 3 and a password of 8, and names the field that is wrong', async () => {
    const good = { email: 'x@example.com', username: 'abc', password: '12345678' };
    for (const [field, value] of Object.entries({ email: 'x', username: 'ab', password: '1234567' })) {
      const { status, body } = await post('/auth/register', { ...good, [field]: value });
      expect({ status, body }).toEqual({ status: 400, body: { success: false, detail: expect.stringContaining(field) } });
    }
  });

  it('exchanges a refresh token for new tokens, each good once', async () => {
    const first = await logIn();
    const second = await post('/auth/refresh', { refresh_token: first.refresh_token });
    expect(second).toEqual({ status: 200, body: TOKENS });
    expect(second.body.data.refresh_token).not.toBe(first.refresh_token);
    const third = await post('/auth/refresh', { refresh_token: second.body.data.refresh_token });
    expect(third.status).toBe(200);
    expect(await post('/auth/refresh', { refresh_token: first.refresh_token })).toEqual({ status: 401, body: BAD_REFRESH_TOKEN });
    // That was theft: the newest descendant dies with all the others.
    const newest = { refresh_token: third.body.data.refresh_token };
    expect(await post('/auth/refresh', newest)).toEqual({ status: 401, body: BAD_REFRESH_TOKEN });
    expect((await server.client(third.body.data.token).get('/api/v1/users/me')).status).toBe(401);
  });

  it('lets one of ten simultaneous refreshes win', async () => {
    const { refresh_token } = await logIn();
    const answers = await Promise.all(Array.from({ length: 10 }, () => post('/auth/refresh', { refresh_token })));
    expect(answers.map(({ status }) => status).sort((a, b) => a - b)).toEqual([200, ...Array<number>(9).fill(401)]);
  });

  it.each(['x', '', 'a'.repeat(43), '\u20ac'.repeat(43)])('refuses «%s» as refresh token', async (refresh_token) => {
    expect(await post('/auth/refresh', { refresh_token })).toEqual({ status: 401, body: BAD_REFRESH_TOKEN });
  });

  it('takes no access token for a refresh token, nor the reverse', async () => {
    const tokens = await logIn();
    expect((await post('/auth/refresh', { refresh_token: tokens.token })).body).toEqual(BAD_REFRESH_TOKEN);
    expect((await server.client(tokens.refresh_token).get('/api/v1/users/me')).status).toBe(401);
  });

  it('logs out, once and again, and whoever has nothing to log out of', async () => {
    const { token: access, refresh_token } = await logIn();
    const LOGGED_OUT = { status: 200, body: { success: true, data: {} } };
    for (let i = 0; i < 2; i++) expect(await post('/auth/logout', { refresh_token })).toEqual(LOGGED_OUT);
    expect(await post('/auth/logout', { refresh_token: 'nothing' })).toEqual(LOGGED_OUT);
    expect(await post('/auth/refresh', { refresh_token })).toEqual({ status: 401, body: BAD_REFRESH_TOKEN });
    expect((await server.client(access).get('/api/v1/users/me')).status).toBe(401);
  });

  it.each(['/auth/refresh', '/auth/logout'])('asks %s for a refresh token', async (path) => {
    expect(await post(path, {})).toEqual({
      status: 400,
      body: { success: false, detail: expect.stringContaining('refresh_token') },
    });
  });
});

describe('the socket', () => {
  let socket: RawSocket;
  beforeAll(async () => {
    socket = await server.socket(`/v1/connect?token=${account.tokens.token}`);
  });
  afterAll(() => socket.close());

  const command = { type: 'command', v: 1, request_id: 'req_a1b2c3d4e5f6', domain: 'system', command: 'ping' };

  it('is greeted with exactly the fields of the document, each connection by an id of its own', async () => {
    const hello = { type: 'hello', v: 1, connection_id: expect.stringMatching(/^.{16,}$/), heartbeat_sec: 30 };
    const first = await socket.next();
    expect(first).toEqual(hello);
    const other = await server.socket(`/v1/connect?token=${account.tokens.token}`);
    const second = await other.next();
    expect(second).toEqual(hello);
    expect(second.connection_id).not.toBe(first.connection_id);
    await other.close();
  });

  it.each([1735689600, 1735689600.25, '2024-02-11T00:00:00Z', null, { at: [1, 2] }, false])(
    'gives back sent_at %j',
    async (sent_at) => {
      const before = Math.floor(Date.now() / 1000);
      const answer = await socket.ask({ ...command, payload: { sent_at } });
      expect(answer).toEqual({
        ...{ type: 'response', v: 1, request_id: 'req_a1b2c3d4e5f6', success: true },
        data: { sent_at, server_time: expect.any(Number) },
      });
      expect(answer.data.server_time).toBeGreaterThanOrEqual(before);
      expect(Number.isInteger(answer.data.server_time)).toBe(true);
    },
  );

  it('takes a command without a payload, and with one that is null', async () => {
    for (const frame of [command, { ...command, payload: null }]) {
      expect(await socket.ask(frame)).toMatchObject({ success: true, data: { server_time: expect.any(Number) } });
    }
  });

  it('echoes the request id whatever it is, to 128 characters', async () => {
    for (const request_id of ['', '🎮'.repeat(128), 'a\u0000b', '__proto__', 'x'.repeat(128)]) {
      expect(await socket.ask({ ...command, request_id })).toMatchObject({ type: 'response', request_id, success: true });
    }
  });

  const bad = (requestId?: string | number) => ({
    ...{ type: 'error', v: 1, code: 'bad_frame', detail: expect.stringMatching(/\w/) },
    ...(requestId === undefined ? {} : { request_id: requestId }),
  });

  it.each([
    ['no JSON', 'ping', undefined],
    ['a list', [command], undefined],
    ['null', 'null', undefined],
    ['of no type', { ...command, type: undefined }, 'req_a1b2c3d4e5f6'],
    ['of another type', { ...command, type: 'event' }, 'req_a1b2c3d4e5f6'],
    ['of another version', { ...command, v: 2 }, 'req_a1b2c3d4e5f6'],
    ['of a version in words', { ...command, v: '1' }, 'req_a1b2c3d4e5f6'],
  ])('calls a frame that is %s bad', async (_what, frame, requestId) => {
    const one = await server.socket(`/v1/connect?token=${account.tokens.token}`);
    await one.next();
    expect(await one.ask(frame)).toEqual(bad(requestId));
    expect(await one.ask(command)).toMatchObject({ success: true });
    await one.close();
  });

  it.each([
    ['missing', undefined],
    ['a number', 17, 17],
    ['of 129 characters', 'x'.repeat(129)],
    ['with a lone surrogate', '\ud800'],
  ])('calls a frame whose request_id is %s bad', async (_what, request_id, named?: number) => {
    const one = await server.socket(`/v1/connect?token=${account.tokens.token}`);
    await one.next();
    expect(await one.ask({ ...command, request_id })).toEqual(bad(named));
    await one.close();
  });

  it.each([{ domain: 17 }, { domain: undefined }, { command: null }, { command: ['ping'] }])(
    'knows no command %j',
    async (changed) => {
      expect(await socket.ask({ ...command, ...changed })).toEqual({
        ...{ type: 'response', v: 1, request_id: 'req_a1b2c3d4e5f6', success: false },
        ...{ code: 'unknown_command', detail: expect.stringMatching(/\w/) },
      });
    },
  );

  it('lists every command with the schema of its payload', async () => {
    const { data } = await socket.command('system.commands');
    expect(data.commands.map(({ command: name }: { command: string }) => name)).toEqual(
      expect.arrayContaining(['system.authenticate', 'system.commands', 'system.ping', 'system.whoami']),
    );
    for (const one of data.commands) expect(one).toMatchObject({ summary: expect.any(String), payload: { type: 'object' } });
    // Those of log-ins are for codecs alone.
    const ofAccounts = data.commands
      .map(({ command }: { command: string }) => command)
      .filter((name: string) => name.startsWith('account.'));
    expect(ofAccounts).toEqual(['account.usage']);
  });

  it('pushes what becomes of the account', async () => {
    const one = await server.socket(`/v1/connect?token=${account.tokens.token}`);
    await one.next();
    const { body } = await account.client.put(`/api/v1/users/${account.id}`, { full_name: 'Алиса' });
    expect(await one.next()).toEqual({ type: 'event', v: 1, domain: 'user', event: 'updated', data: body });
    await one.close();
  });
});

describe('system.authenticate', () => {
  it('renews a connection with another token, so that the old one may end', async () => {
    const old = await server.client().logIn(account.username, PASSWORD);
    const socket = await server.socket(`/v1/connect?token=${old.token}`);
    await socket.next();
    const fresh = await logIn();
    expect((await socket.command('system.authenticate', { token: fresh.token })).data).toEqual({
      user_id: account.id,
      expires_at: expect.any(Number),
    });
    expect((await server.client().post('/auth/logout', { refresh_token: old.refreshToken })).status).toBe(200);
    expect(await socket.command('system.whoami')).toMatchObject({ success: true, data: { user_id: account.id } });
    expect((await server.client().post('/auth/logout', { refresh_token: fresh.refresh_token })).status).toBe(200);
    expect((await socket.closed).code).toBe(4401);
  });

  it('makes it somebody else', async () => {
    const other = await server.user();
    const socket = await server.socket(`/v1/connect?token=${account.tokens.token}`);
    await socket.next();
    await socket.command('system.authenticate', { token: other.tokens.token });
    expect((await socket.command('system.whoami')).data.user_id).toBe(other.id);
    await socket.close();
  });

  it.each([null, 'x', ''])('with %j changes nothing', async (given) => {
    const socket = await server.socket(`/v1/connect?token=${account.tokens.token}`);
    await socket.next();
    expect(await socket.command('system.authenticate', { token: given })).toMatchObject({
      success: false,
      code: 'not_authenticated',
    });
    expect((await socket.command('system.whoami')).data.user_id).toBe(account.id);
    await socket.close();
  });
});

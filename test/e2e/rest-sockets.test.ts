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

const timestamp = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
const detail = expect.stringMatching(/\w/);
const bearer = ({ tokens }: Account) => ({ authorization: `Bearer ${tokens.token}` });

describe.each(['/ws/', '/api/v1/ws/'])('%s{client_id}', (path) => {
  let anonymous: RawSocket;
  let known: RawSocket;
  beforeAll(async () => {
    anonymous = await server.socket(`${path}anonymous`);
    known = await server.socket(`${path}user-123?token=${account.tokens.token}`);
  });
  afterAll(() => Promise.all([anonymous.close(), known.close()]));

  it('says nothing before the client does', async () => {
    const quiet = await server.socket(`${path}quiet`);
    expect(await quiet.ask({ type: 'hello', message: 'first' })).toMatchObject({ type: 'hello', message: 'first' });
    expect(quiet.pending()).toEqual([]);
    await quiet.close();
  });

  it('echoes a chat message as its document prints it', async () => {
    expect(await known.ask({ type: 'chat', message: 'Hello!' })).toEqual({
      client_id: 'user-123',
      message: 'Hello!',
      type: 'echo',
    });
    for (const message of ['', '\u0000', 'Привет', '🎮', '\ud800', 'x'.repeat(200_000)]) {
      expect(await anonymous.ask({ type: 'chat', message, chat_id: null })).toEqual({
        client_id: 'anonymous',
        message,
        type: 'echo',
      });
    }
  });

  it('greets by name of account and client', async () => {
    const hello = { type: 'hello', message: 'Привет, сервер!' };
    expect(await known.ask(hello)).toEqual({ ...hello, client_id: 'user-123', user_id: account.id, timestamp });
    expect(await anonymous.ask(hello)).toEqual({ ...hello, client_id: 'anonymous', user_id: null, timestamp });
    for (const message of [17, null, [1], { a: 1 }]) {
      expect(await anonymous.ask({ type: 'hello', message })).toMatchObject({ type: 'hello', message });
    }
  });

  it('answers commands with the response of game', async () => {
    expect(await anonymous.command('system.ping', { sent_at: 1 }, 'r1')).toEqual({
      ...{ type: 'response', v: 1, request_id: 'r1', success: true, data: { sent_at: 1, server_time: expect.any(Number) } },
    });
    expect(await anonymous.command('nobody.knows', {}, 'r2')).toEqual({
      ...{ type: 'response', v: 1, request_id: 'r2', success: false, code: 'unknown_command', detail },
    });
  });

  it.each([
    ['chat without a message', { type: 'chat' }, 'invalid_payload'],
    ['chat with a number', { type: 'chat', message: 17 }, 'invalid_payload'],
    ['an unknown type', { type: 'message_type', data: {}, timestamp: '2024-02-11T00:00:00Z' }, 'bad_frame'],
    ['no type', {}, 'bad_frame'],
    ['a type that every object has', { type: '__proto__' }, 'bad_frame'],
    ['a list', [], 'bad_frame'],
  ])('answers %s with an error', async (_what, frame, code) => {
    const socket = await server.socket(`${path}erring`);
    expect(await socket.ask(frame)).toEqual({ type: 'error', data: { code, detail }, timestamp });
    await socket.close();
  });

  it('names the request of a bad command', async () => {
    const socket = await server.socket(`${path}erring`);
    expect(await socket.ask({ type: 'command', v: 2, request_id: 'r3' })).toEqual({
      ...{ type: 'error', data: { code: 'bad_frame', detail, request_id: 'r3' }, timestamp },
    });
    await socket.close();
  });

  it('pushes what becomes of the account', async () => {
    const own = await server.user();
    const socket = await server.socket(`${path}pushed`, bearer(own));
    const { body } = await own.client.put(`/api/v1/users/${own.id}`, { full_name: 'New Name' });
    expect(await socket.next()).toEqual({ type: 'user.updated', data: body, timestamp });
    await socket.close();
  });
});

describe('system.authenticate on a connection of rest', () => {
  const whoAmI = async (socket: RawSocket) => (await socket.command('system.whoami')).data.user_id;

  it('makes an anonymous connection known, and anonymous again', async () => {
    const socket = await server.socket('/ws/changing');
    const answer = await socket.command('system.authenticate', { token: account.tokens.token });
    expect(answer.data).toEqual({ user_id: account.id, expires_at: expect.any(Number) });
    expect(Math.abs(answer.data.expires_at - (Date.now() / 1000 + 3600))).toBeLessThan(60);
    expect(await socket.ask({ type: 'hello' })).toMatchObject({ user_id: account.id });
    expect((await socket.command('system.authenticate', { token: null })).data).toEqual({ user_id: null, expires_at: null });
    expect(await whoAmI(socket)).toBeNull();
    await socket.close();
  });

  it('no longer closes what has become anonymous when the session ends', async () => {
    const own = await server.user();
    const socket = await server.socket('/ws/leaving', bearer(own));
    await socket.command('system.authenticate', { token: null });
    expect((await own.client.delete(`/api/v1/users/${own.id}/sessions`)).status).toBe(200);
    expect(await whoAmI(socket)).toBeNull();
    await socket.close();
  });

  it('leaves everything as it was with a bad token', async () => {
    const socket = await server.socket('/ws/staying', bearer(account));
    for (const token of ['x', '', 'a.b.c']) {
      expect(await socket.command('system.authenticate', { token })).toMatchObject({ success: false, code: 'not_authenticated' });
    }
    expect(await whoAmI(socket)).toBe(account.id);
    await socket.close();
  });

  it('takes the session of the new token: the end of the old one is nothing to it', async () => {
    const own = await server.user();
    const socket = await server.socket('/ws/renewing', bearer(own));
    const fresh = await server.client().logIn(own.username, PASSWORD);
    await socket.command('system.authenticate', { token: fresh.token });
    await server.client().post('/auth/logout', { refresh_token: own.tokens.refreshToken });
    expect(await whoAmI(socket)).toBe(own.id);
    await server.client().post('/auth/logout', { refresh_token: fresh.refreshToken });
    expect((await socket.closed).code).toBe(4401);
  });
});

describe('an anonymous connection', () => {
  it('can do nothing that needs an account', async () => {
    const socket = await server.socket('/ws/nobody');
    const { data } = await socket.command('system.commands');
    const closed = data.commands.filter(({ access }: { access: string }) => access !== 'anonymous');
    for (const { command } of closed) {
      expect(await socket.command(command, {})).toMatchObject({ success: false, code: 'not_authenticated' });
    }
    expect(data.commands.length).toBeGreaterThan(closed.length);
    await socket.close();
  });
});

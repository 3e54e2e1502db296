import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeAccounts } from '../support/chats.js';
import { runSql } from '../support/database.js';
import type { Parsed } from '../support/http-client.js';
import { type Account, TestServer } from '../support/server.js';

let server: TestServer;
let alice: Account;
let bob: Account;
beforeAll(async () => {
  server = await TestServer.start();
  [alice, bob] = (await makeAccounts(server, 2)) as [Account, Account];
});
afterAll(() => server.stop());

interface Answer {
  readonly status: number;
  readonly body: Parsed;
}

/** A request with a key in its header. */
const send = ({ client }: Account, method: string, path: string, key: string, body?: object): Promise<Answer> =>
  client.raw(path, {
    method,
    headers: { 'idempotency-key': key, ...(body && { 'content-type': 'application/json' }) },
    ...(body && { body: JSON.stringify(body) }),
  }) as Promise<Answer>;
const groupsOf = async ({ id }: Account, name: string): Promise<number> =>
  (
    await runSql(
      server.database.url,
      `SELECT FROM chats c JOIN chat_members m ON m.chat_id = c.id WHERE m.user_id = $1 AND c.name = $2`,
      [id, name],
    )
  ).length;

describe('a chat that is made under a key', () => {
  const group = (chat_name: string, ...members: readonly Account[]): object => ({
    chat_type: 'group',
    chat_name,
    members: members.map(({ username }) => username),
  });

  it('is made once, however often and however simultaneously it is asked for', async () => {
    const body = group('once', bob);
    const answers = await Promise.all(Array.from({ length: 8 }, () => send(alice, 'POST', '/api/v1/chats', 'k1', body)));
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
    expect(new Set(answers.map((answer) => answer.body.chat_id)).size).toBe(1);
    expect(await groupsOf(alice, 'once')).toBe(1);
    expect(await groupsOf(bob, 'once')).toBe(1);
    // A key belongs to one user.
    const other = await send(bob, 'POST', '/api/v1/chats', 'k1', group('once', alice));
    expect(other.body.chat_id).not.toBe(answers[0]?.body.chat_id);
  });

  it('is answered as it is by then, and a conflict for another chat', async () => {
    const { body: made } = await send(alice, 'POST', '/api/v1/chats', 'k2', group('later'));
    await alice.client.post(`/api/v1/chats/${made.chat_id}/messages`, { content: 'hello' });
    const again = await send(alice, 'POST', '/api/v1/chats', 'k2', group('later'));
    expect(again.body).toMatchObject({ chat_id: made.chat_id, last_seq: 1 });
    for (const body of [group('another'), group('later', bob), { chat_type: 'personal', members: [bob.username] }])
      expect(await send(alice, 'POST', '/api/v1/chats', 'k2', body)).toMatchObject({ status: 409 });
  });

  it('costs no quota when it is asked for again, and frees the key when it is refused', async () => {
    const nobody = { chat_type: 'group', chat_name: 'refused', members: ['nobody_at_all'] };
    expect((await send(alice, 'POST', '/api/v1/chats', 'k3', nobody)).status).toBe(422);
    expect((await send(alice, 'POST', '/api/v1/chats', 'k3', group('refused'))).status).toBe(200);
    const used = async (): Promise<unknown> =>
      (await alice.client.post('/api/v1/commands/account/usage', {})).body.data.quotas?.find(
        ({ kind }: Parsed) => kind === 'chats',
      )?.used;
    const before = await used();
    await send(alice, 'POST', '/api/v1/chats', 'k3', group('refused'));
    expect(await used()).toEqual(before);
  });

  it('goes by client_chat_id in the body, in commands, and over messenger; the header goes before it', async () => {
    const payload = { ...group('everywhere'), client_chat_id: 'k4' };
    const { body: made } = await alice.client.post('/api/v1/chats', payload);
    const { body: command } = await alice.client.post('/api/v1/commands/chat/create', payload);
    expect(command.data.chat_id).toBe(made.chat_id);
    const socket = await server.socket(`/?token=${alice.tokens.token}`);
    expect(await socket.ask({ mode: 'createChat', ...payload })).toMatchObject({ status: 200, chat_id: made.chat_id });
    socket.terminate();
    expect((await send(alice, 'POST', '/api/v1/chats', 'k5', payload)).body.chat_id).not.toBe(made.chat_id);
    const bad = await send(alice, 'POST', '/api/v1/chats', 'k'.repeat(129), group('everywhere'));
    expect([bad.status, bad.body.detail[0].loc]).toEqual([422, ['header', 'Idempotency-Key']]);
  });
});

describe('an Idempotency-Key where it has no meaning', () => {
  it.each([
    ['PUT', '/api/v1/chats/1/members/1', {}],
    ['PATCH', '/api/v1/chats/1/messages/1', { content: 'x' }],
    ['DELETE', '/api/v1/chats/1/messages/1', undefined],
    ['POST', '/api/v1/chats/1/read', { seq: 1 }],
    ['POST', '/api/v1/reports', { user_id: 1, reason: 'spam' }],
    ['POST', '/api/v1/auth/login', { username: 'x', password: 'x' }],
  ])('is refused on %s %s, in words that say where it works', async (method, path, body) => {
    const answer = await send(alice, method, path, 'k', body);
    const msg = 'has no meaning here; POST /api/v1/chats and POST /api/v1/chats/{chat_id}/messages take it';
    expect(answer).toMatchObject({ status: 422, body: { detail: [{ loc: ['header', 'Idempotency-Key'], msg }] } });
  });

  it('is refused for a command in the words of commands', async () => {
    const { status, body } = await send(alice, 'POST', '/api/v1/commands/chat/send', 'k', { chat_id: 1, content: 'x' });
    expect([status, body]).toMatchObject([422, { request_id: expect.any(String), success: false, code: 'invalid_payload' }]);
  });

  it('is refused in the words of the protocol, and harmless where nothing changes', async () => {
    const refused = await send(alice, 'POST', '/auth/login', 'k', { username: 'x', password: 'x' });
    expect(refused.status).toBeGreaterThanOrEqual(400);
    expect(JSON.stringify(refused.body)).toContain('Idempotency-Key: has no meaning here');
    expect((await send(alice, 'GET', '/api/v1/chats', 'k')).status).toBe(200);
  });
});

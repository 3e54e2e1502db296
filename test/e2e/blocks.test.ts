import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { makeAccounts } from '../support/chats.js';
import { ask, command, group, type Listener, listen, requestsOf } from '../support/contacts.js';
import { runSql } from '../support/database.js';
import type { Parsed } from '../support/http-client.js';
import { type Account, TestServer } from '../support/server.js';
import { until } from '../support/until.js';

let server: TestServer;
beforeAll(async () => {
  server = await TestServer.start();
});
afterAll(() => server.stop());

const open: Listener[] = [];
afterEach(() => {
  for (const { socket } of open.splice(0)) socket.terminate();
});

const sql = <Row extends object>(text: string, values: unknown[] = []): Promise<Row[]> =>
  runSql<Row>(server.database.url, text, values);
const connect = async (who: Account): Promise<Listener> => {
  const listener = await listen(server, who);
  open.push(listener);
  return listener;
};
const three = async (): Promise<[Account, Account, Account]> => (await makeAccounts(server, 3)) as [Account, Account, Account];

describe('a block', () => {
  it('is made and ended by id or by name, and named to the other connections of who does so', async () => {
    const [ann, ben, eve] = await three();
    const [one, other] = [await connect(ann), await connect(ann)];
    const made = (await one.command('contacts.block', { user_id: ben.id })).data;
    expect(made).toEqual({ user_id: ben.id, username: ben.username, created_at: expect.stringMatching(/^\d{4}-.*Z$/) });
    expect(await ask(ann, 'contacts.block', { username: ben.username.toUpperCase() })).toEqual(made);
    const second = (await ann.client.put(`/api/v1/blocks/${eve.id}`)).body;
    expect(second).toMatchObject({ user_id: eve.id, username: eve.username });
    expect(await ask(ann, 'contacts.blocked')).toEqual({ blocked: [second, made], next_cursor: null });
    await until(() => other.of('contacts.blocked').length === 3);
    expect(other.of('contacts.blocked')).toEqual([made, made, second]);
    expect(one.of('contacts.blocked')).toEqual([made, second]);

    expect(await ask(ann, 'contacts.unblock', { username: eve.username })).toEqual({ user_id: eve.id });
    expect((await one.command('contacts.unblock', { user_id: ben.id })).data).toEqual({ user_id: ben.id });
    expect((await ann.client.delete(`/api/v1/blocks/${ben.id}`)).body).toEqual({ user_id: ben.id });
    await until(() => other.of('contacts.unblocked').length === 2);
    expect(other.of('contacts.unblocked')).toEqual([{ user_id: eve.id }, { user_id: ben.id }]);
    expect(one.of('contacts.unblocked')).toEqual([{ user_id: eve.id }]);
    expect((await ann.client.get('/api/v1/blocks')).body).toEqual({ blocked: [], next_cursor: null });
    expect(await ask(ben, 'contacts.blocked')).toMatchObject({ blocked: [] });
  });

  it('is of one other user who exists', async () => {
    const [ann, ben] = await three();
    for (const name of ['contacts.block', 'contacts.unblock']) {
      const fault = async (payload: Record<string, unknown>): Promise<unknown> => {
        const { status, errors } = await command(ann, name, payload);
        return [status, errors?.[0]?.loc];
      };
      expect(await fault({})).toEqual([422, ['payload', 'user_id']]);
      expect(await fault({ user_id: null })).toEqual([422, ['payload', 'user_id']]);
      expect(await fault({ user_id: ben.id, username: ben.username })).toEqual([422, ['payload', 'username']]);
      expect(await fault({ user_id: ann.id })).toEqual([422, ['payload', 'user_id']]);
      expect(await fault({ username: ann.username })).toEqual([422, ['payload', 'username']]);
      expect(await fault({ username: 'nobody-at-all' })).toEqual([404, undefined]);
    }
    expect(await command(ann, 'contacts.block', { user_id: 9_000_000 })).toMatchObject({ status: 404, code: 'not_found' });
    expect((await ann.client.put('/api/v1/blocks/9223372036854775807')).status).toBe(404);
    expect((await ann.client.put(`/api/v1/blocks/${ann.id}`)).body.detail[0].loc).toEqual(['path', 'user_id']);
    expect((await server.client().get('/api/v1/blocks')).status).toBe(401);
  });

  it('is one of at most 10,000, which are listed page by page', async () => {
    const [ann, ben, eve] = await three();
    await sql('INSERT INTO blocks (user_id, blocked_id) SELECT $1, 1000000 + i FROM generate_series(1, 9999) i', [ann.id]);
    await ask(ann, 'contacts.block', { user_id: ben.id });
    const full = { status: 409, code: 'conflict', detail: 'A user blocks at most 10000 others' };
    expect(await command(ann, 'contacts.block', { user_id: eve.id })).toMatchObject(full);
    expect(await ask(ann, 'contacts.block', { user_id: ben.id })).toMatchObject({ user_id: ben.id });
    const seen = new Set<number>();
    let cursor: string | null = null;
    do {
      const page: Parsed = await ask(ann, 'contacts.blocked', { limit: 200, cursor });
      for (const { user_id } of page.blocked) seen.add(user_id);
      cursor = page.next_cursor;
    } while (cursor !== null);
    expect(seen.size).toBe(10_000);
    expect(await command(ann, 'contacts.blocked', { cursor: '1' })).toMatchObject({ status: 422 });
    await ask(ann, 'contacts.unblock', { user_id: ben.id });
    await ask(ann, 'contacts.block', { user_id: eve.id });
  });

  it('takes the requests of who is blocked along, and goes with the account that made it', async () => {
    const [ann, ben, eve] = await three();
    const chat = await group(ben, ann);
    await ask(ann, 'chat.leave', { chat_id: chat });
    await ask(ben, 'chat.add_members', { chat_id: chat, members: [ann.username] });
    const anns = await connect(ann);
    await ask(ann, 'contacts.block', { user_id: ben.id });
    await until(() => anns.of('chat.request_closed').length === 1);
    expect(await requestsOf(ann)).toEqual([]);
    await ask(ann, 'contacts.unblock', { user_id: ben.id });
    expect(await requestsOf(ann)).toEqual([]);

    await ask(eve, 'contacts.block', { user_id: ann.id });
    await ask(eve, 'contacts.set_privacy', { share_presence: false });
    await ask(ann, 'contacts.block', { user_id: eve.id });
    expect((await eve.client.delete(`/api/v1/users/${eve.id}`)).status).toBe(200);
    expect(await sql('SELECT 1 FROM blocks WHERE user_id = $1', [eve.id])).toEqual([]);
    expect(await sql('SELECT 1 FROM user_privacy WHERE user_id = $1', [eve.id])).toEqual([]);
    // What a deleted account wrote stays where it was, and so does the block of it.
    expect(await ask(ann, 'contacts.blocked')).toMatchObject({ blocked: [{ user_id: eve.id, username: 'deleted user' }] });
    expect(await ask(ann, 'contacts.unblock', { user_id: eve.id })).toEqual({ user_id: eve.id });
  });
});

describe('privacy', () => {
  it('is shared by default, and changed by commands and routes', async () => {
    const [ann, ben] = await three();
    const [one, other, stranger] = [await connect(ann), await connect(ann), await connect(ben)];
    expect(await ask(ann, 'contacts.privacy')).toEqual({ share_presence: true });
    expect((await one.command('contacts.set_privacy', { share_presence: false })).data).toEqual({ share_presence: false });
    expect(await ask(ann, 'contacts.privacy')).toEqual({ share_presence: false });
    expect((await ann.client.put('/api/v1/users/me/privacy', { share_presence: true })).body).toEqual({ share_presence: true });
    expect((await ann.client.get('/api/v1/users/me/privacy')).body).toEqual({ share_presence: true });
    await until(() => other.of('contacts.privacy').length === 2);
    expect(other.of('contacts.privacy')).toEqual([{ share_presence: false }, { share_presence: true }]);
    expect(one.of('contacts.privacy')).toEqual([{ share_presence: true }]);
    expect(stranger.of('contacts.privacy')).toEqual([]);
    expect((await ann.client.put('/api/v1/users/me/privacy', {})).body.detail[0].loc).toEqual(['body', 'share_presence']);
    expect(await command(ann, 'contacts.set_privacy', { share_presence: 'no' })).toMatchObject({ status: 422 });
  });
});

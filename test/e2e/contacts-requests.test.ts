import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { makeAccounts } from '../support/chats.js';
import {
  ask,
  chatIds,
  command,
  contacts,
  contentsOf,
  group,
  type Listener,
  listen,
  memberIds,
  personal,
  requestsOf,
  say,
} from '../support/contacts.js';
import { runSql } from '../support/database.js';
import type { Parsed } from '../support/http-client.js';
import { type Account, TestServer } from '../support/server.js';
import { until } from '../support/until.js';

let server: TestServer;
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
const ids = (...accounts: Account[]): number[] => accounts.map(({ id }) => id).toSorted((a, b) => a - b);
const pair = async (): Promise<[Account, Account]> => (await makeAccounts(server, 2)) as [Account, Account];
const three = async (): Promise<[Account, Account, Account]> => (await makeAccounts(server, 3)) as [Account, Account, Account];

describe('with CONTACTS=open', () => {
  beforeAll(async () => {
    server = await TestServer.start();
  });
  afterAll(() => server.stop());

  describe('a personal chat', () => {
    it('is delivered at once, and both are in it', async () => {
      const [ann, ben] = await pair();
      const bens = await connect(ben);
      const chat = await personal(ann, ben);
      await say(ann, chat, 'hello');
      await until(() => bens.of('chat.message').length === 1);
      expect(bens.of('chat.created')).toMatchObject([{ chat_id: chat, chat_name: ann.username }]);
      expect(await memberIds(ben, chat)).toEqual(ids(ann, ben));
      expect(await requestsOf(ben)).toEqual([]);
    });

    it('can be left: the next message asks the leaver back, and delivers nothing until then', async () => {
      const [ann, ben] = await pair();
      const chat = await contacts(ann, ben);
      const bens = await connect(ben);
      expect(await ask(ben, 'chat.leave', { chat_id: chat })).toMatchObject({ chat_id: chat, seq: 3 });
      expect(await memberIds(ann, chat)).toEqual([ann.id]);
      expect(await command(ben, 'chat.get', { chat_id: chat })).toMatchObject({ status: 404, code: 'not_found' });
      await say(ann, chat, 'come back');
      await say(ann, chat, 'please');
      await until(() => bens.of('chat.requested').length === 1);
      const request = {
        chat_id: chat,
        chat_type: 'personal',
        chat_name: ann.username,
        from_id: ann.id,
        from_name: ann.username,
        created_at: expect.stringMatching(/^\d{4}-.*Z$/),
      };
      expect(bens.of('chat.requested')).toEqual([request]);
      expect(await ask(ben, 'chat.requests')).toEqual({ requests: [request], next_cursor: null });
      for (const name of ['chat.get', 'chat.history', 'chat.send', 'chat.typing', 'chat.hide']) {
        const payload = { chat_id: chat, content: 'x' };
        expect([name, (await command(ben, name, payload)).code]).toEqual([name, 'not_found']);
      }
      expect(bens.of('chat.message')).toEqual([]);
    });

    it('shows everything to who comes back by accepting, as unread', async () => {
      const [ann, ben] = await pair();
      const chat = await contacts(ann, ben);
      await ask(ben, 'chat.leave', { chat_id: chat });
      await say(ann, chat, 'come back');
      const [anns, bens] = [await connect(ann), await connect(ben)];
      const accepted = await ask(ben, 'chat.accept', { chat_id: chat });
      expect(accepted).toMatchObject({ chat_id: chat, last_seq: 5, read_seq: 3, unread: 1 });
      expect(await contentsOf(ben, chat)).toEqual(['hello', 'hello', 'come back']);
      await until(() => anns.of('chat.joined').length === 1 && bens.of('chat.request_closed').length === 1);
      expect(anns.of('chat.joined')).toMatchObject([{ chat_id: chat, seq: 5, from_id: ben.id, member_id: ben.id }]);
      expect(bens.of('chat.request_closed')).toEqual([{ chat_id: chat }]);
      expect(await requestsOf(ben)).toEqual([]);
      await say(ann, chat, 'welcome');
      await until(() => bens.of('chat.message').at(-1)?.content === 'welcome');
    });

    it('is started again by either, once both have left it', async () => {
      const [ann, ben] = await pair();
      const chat = await contacts(ann, ben);
      await ask(ann, 'chat.leave', { chat_id: chat });
      await ask(ben, 'chat.leave', { chat_id: chat });
      expect(await personal(ben, ann)).toBe(chat);
      expect(await memberIds(ben, chat)).toEqual([ben.id]);
      expect(await requestsOf(ann)).toEqual([[chat, ben.id]]);
      expect(await personal(ann, ben)).toBe(chat);
      expect(await memberIds(ben, chat)).toEqual(ids(ann, ben));
      expect(await requestsOf(ann)).toEqual([]);
      const { messages } = await ask(ann, 'chat.sync', { chat_id: chat, after_seq: 2 });
      expect(messages.map(({ kind }: Parsed) => kind)).toEqual(['left', 'left', 'joined', 'joined']);
    });

    it('takes back the request of who leaves it', async () => {
      const [ann, ben] = await pair();
      const chat = await contacts(ann, ben);
      await ask(ben, 'chat.leave', { chat_id: chat });
      await say(ann, chat);
      const bens = await connect(ben);
      await ask(ann, 'chat.leave', { chat_id: chat });
      await until(() => bens.of('chat.request_closed').length === 1);
      expect(await requestsOf(ben)).toEqual([]);
      expect(await command(ben, 'chat.accept', { chat_id: chat })).toMatchObject({ status: 404 });
    });

    it('still takes nobody else in or out', async () => {
      const [ann, ben, eve] = await three();
      const chat = await contacts(ann, ben);
      const two = { status: 409, detail: 'A personal chat has exactly two members' };
      expect(await command(ann, 'chat.add_members', { chat_id: chat, members: [eve.username] })).toMatchObject(two);
      expect(await command(ann, 'chat.remove_member', { chat_id: chat, user_id: ben.id })).toMatchObject(two);
      expect(await ask(ann, 'chat.remove_member', { chat_id: chat, user_id: ann.id })).toMatchObject({ chat_id: chat });
    });
  });

  describe('a group', () => {
    it('that somebody has left takes them in only when they accept', async () => {
      const [ann, ben] = await pair();
      const chat = await group(ann, ben);
      const bens = await connect(ben);
      await ask(ben, 'chat.leave', { chat_id: chat });
      const added = await ask(ann, 'chat.add_members', { chat_id: chat, members: [ben.username] });
      expect([added.invited, added.members.length]).toEqual([[ben.id], 1]);
      const put = await ann.client.put(`/api/v1/chats/${chat}/members/${ben.id}`, { role: 'admin' });
      expect([put.status, put.body.invited]).toEqual([200, [ben.id]]);
      await until(() => bens.of('chat.requested').length === 1);
      expect(bens.of('chat.requested')).toMatchObject([{ chat_type: 'group', chat_name: 'g', from_name: ann.username }]);
      const accepted = await ask(ben, 'chat.accept', { chat_id: chat });
      expect(accepted.members).toMatchObject([
        { user_id: ann.id, role: 'owner' },
        { user_id: ben.id, role: 'member' },
      ]);
    });

    it('cannot ask again by the same person once they have declined, but by another', async () => {
      const [ann, ben, eve] = await three();
      const chat = await group(ann, ben, eve);
      await ask(ann, 'chat.add_members', { chat_id: chat, members: [eve.username], role: 'admin' });
      await ask(ben, 'chat.leave', { chat_id: chat });
      const invite = (who: Account) => ask(who, 'chat.add_members', { chat_id: chat, members: [ben.username] });
      const first = await invite(ann);
      const bens = await connect(ben);
      expect(await ask(ben, 'chat.decline', { chat_id: chat })).toEqual({ chat_id: chat });
      expect(await ask(ben, 'chat.decline', { chat_id: chat })).toEqual({ chat_id: chat });
      await until(() => bens.of('chat.request_closed').length === 1);
      expect(await requestsOf(ben)).toEqual([]);
      // Who asked sees no difference.
      expect(await invite(ann)).toEqual(first);
      expect(await requestsOf(ben)).toEqual([]);
      await invite(eve);
      expect(await requestsOf(ben)).toEqual([[chat, eve.id]]);
      expect(bens.of('chat.requested')).toHaveLength(1);
    });

    it('lets those come who have declined and think again', async () => {
      const [ann, ben] = await pair();
      const chat = await group(ann, ben);
      await ask(ben, 'chat.leave', { chat_id: chat });
      await ask(ann, 'chat.add_members', { chat_id: chat, members: [ben.username] });
      await ask(ben, 'chat.decline', { chat_id: chat });
      expect((await ask(ben, 'chat.accept', { chat_id: chat })).members).toHaveLength(2);
    });

    it('takes those in at once who were removed, since that was not their wish', async () => {
      const [ann, ben] = await pair();
      const chat = await group(ann, ben);
      await ask(ann, 'chat.remove_member', { chat_id: chat, user_id: ben.id });
      const added = await ask(ann, 'chat.add_members', { chat_id: chat, members: [ben.username] });
      expect([added.invited, added.members.length]).toEqual([[], 2]);
    });

    it('that everybody has left asks nobody any more', async () => {
      const [ann, ben] = await pair();
      const chat = await group(ann, ben);
      await ask(ben, 'chat.leave', { chat_id: chat });
      await ask(ann, 'chat.add_members', { chat_id: chat, members: [ben.username] });
      await ask(ann, 'chat.leave', { chat_id: chat });
      expect(await requestsOf(ben)).toEqual([]);
      expect(await command(ben, 'chat.accept', { chat_id: chat })).toMatchObject({ status: 404 });
    });
  });

  describe('requests', () => {
    it('of nobody are not found', async () => {
      const [ann, ben, eve] = await three();
      const chat = await group(ann, ben);
      for (const name of ['chat.accept', 'chat.decline']) {
        expect(await command(eve, name, { chat_id: chat })).toMatchObject({ status: 404, code: 'not_found' });
        expect(await command(eve, name, { chat_id: chat + 1_000 })).toMatchObject({ status: 404 });
      }
      // A member has nothing to decline; who accepts is in it already.
      expect(await command(ben, 'chat.decline', { chat_id: chat })).toMatchObject({ status: 404 });
      expect(await ask(ben, 'chat.accept', { chat_id: chat })).toMatchObject({ chat_id: chat });
    });

    it('come page by page, the newest first, over HTTP as well', async () => {
      const [ann, ben] = await pair();
      const chats: number[] = [];
      for (let i = 0; i < 3; i++) {
        const chat = await group(ann, ben);
        await ask(ben, 'chat.leave', { chat_id: chat });
        await ask(ann, 'chat.add_members', { chat_id: chat, members: [ben.username] });
        chats.unshift(chat);
      }
      const first = await ask(ben, 'chat.requests', { limit: 2 });
      const rest = await ben.client.get(`/api/v1/chats/requests?limit=2&cursor=${first.next_cursor}`);
      const found = [...first.requests, ...rest.body.requests].map(({ chat_id }: Parsed) => chat_id);
      expect([found, rest.body.next_cursor]).toEqual([chats, null]);
      expect(await command(ben, 'chat.requests', { cursor: 'x' })).toMatchObject({ status: 422 });
      const [one, two] = chats as [number, number];
      expect((await ben.client.post(`/api/v1/chats/${one}/decline`)).body).toEqual({ chat_id: one });
      expect((await ben.client.post(`/api/v1/chats/${two}/accept`)).body.members).toHaveLength(2);
      expect(await requestsOf(ben)).toEqual([[chats[2], ann.id]]);
    });

    it('are at most 1,000: who asks beyond it sees no difference', async () => {
      const [ann, ben, eve] = await three();
      await sql(
        `WITH made AS (INSERT INTO chats (chat_type, name) SELECT 'group', 'g' FROM generate_series(1, 1000) RETURNING id)
         INSERT INTO chat_requests (chat_id, user_id, from_id) SELECT id, $1, $2 FROM made`,
        [ben.id, ann.id],
      );
      const chat = await group(eve, ben);
      await ask(ben, 'chat.leave', { chat_id: chat });
      const added = await ask(eve, 'chat.add_members', { chat_id: chat, members: [ben.username] });
      expect(added.invited).toEqual([ben.id]);
      expect(await sql('SELECT 1 FROM chat_requests WHERE user_id = $1 AND from_id = $2', [ben.id, eve.id])).toEqual([]);
      const [{ chat_id }] = (await ask(ben, 'chat.requests')).requests;
      await ask(ben, 'chat.decline', { chat_id });
      await ask(eve, 'chat.add_members', { chat_id: chat, members: [ben.username] });
      expect((await requestsOf(ben))[0]).toEqual([chat, eve.id]);
    });

    it('are at most 50 of one person, so that nobody keeps those of others away', async () => {
      const [ann, ben, eve] = await three();
      for (let i = 0; i < 52; i++) {
        const chat = await group(eve, ben);
        await ask(ben, 'chat.leave', { chat_id: chat });
        const { invited } = await ask(eve, 'chat.add_members', { chat_id: chat, members: [ben.username] });
        expect(invited).toEqual([ben.id]);
      }
      const waiting = await requestsOf(ben);
      expect(waiting).toHaveLength(50);
      const chat = await group(ann, ben);
      await ask(ben, 'chat.leave', { chat_id: chat });
      await ask(ann, 'chat.add_members', { chat_id: chat, members: [ben.username] });
      expect((await requestsOf(ben))[0]).toEqual([chat, ann.id]);
    });

    it('go with the account that made them, and with the one they are for', async () => {
      const [ann, ben, eve] = await three();
      const [one, other] = [await group(ann, eve), await group(ben, ann, eve)];
      for (const chat of [one, other]) await ask(eve, 'chat.leave', { chat_id: chat });
      await ask(ann, 'chat.leave', { chat_id: other });
      await ask(ann, 'chat.add_members', { chat_id: one, members: [eve.username] });
      await ask(ben, 'chat.add_members', { chat_id: other, members: [ann.username, eve.username] });
      expect((await ann.client.delete(`/api/v1/users/${ann.id}`)).status).toBe(200);
      await until(async () => (await sql('SELECT 1 FROM departed_users')).length === 0, 15_000);
      expect(
        await sql('SELECT from_id::int, user_id::int FROM chat_requests WHERE from_id IN ($1, $2)', [ann.id, ben.id]),
      ).toEqual([{ from_id: ben.id, user_id: eve.id }]);
      expect(await sql('SELECT 1 FROM chat_leavers WHERE user_id = $1', [ann.id])).toEqual([]);
      expect(await requestsOf(eve)).toEqual([[other, ben.id]]);
    });
  });

  describe('a hidden chat', () => {
    it('is listed again with the next entry of its log, or when it is shown again', async () => {
      const [ann, ben] = await pair();
      const chat = await contacts(ann, ben);
      const [bens, others] = [await connect(ben), await connect(ben)];
      expect((await bens.command('chat.hide', { chat_id: chat })).data).toEqual({ chat_id: chat });
      await until(() => others.of('chat.hidden').length === 1);
      expect(others.of('chat.hidden')).toEqual([{ chat_id: chat, hidden: true }]);
      expect(bens.of('chat.hidden')).toEqual([]);
      expect([await chatIds(ben), await chatIds(ben, { hidden: true }), await chatIds(ann)]).toEqual([[], [chat], [chat]]);
      expect((await ben.client.get('/api/v1/chats?hidden=true')).body.chats).toMatchObject([{ chat_id: chat }]);
      expect((await ben.client.get('/api/v1/chats')).body.chats).toEqual([]);
      expect((await ben.client.get('/api/v1/chats?hidden=perhaps')).status).toBe(422);
      await ask(ben, 'chat.unhide', { chat_id: chat });
      expect([await chatIds(ben), await chatIds(ben, { hidden: true })]).toEqual([[chat], []]);
      await ben.client.post(`/api/v1/chats/${chat}/hide`);
      await say(ann, chat, 'here I am');
      expect([await chatIds(ben), await chatIds(ben, { hidden: true })]).toEqual([[chat], []]);
      await until(() => bens.of('chat.message').length === 1);
      await ask(ben, 'chat.read', { chat_id: chat, seq: 3 });
      await ask(ben, 'chat.hide', { chat_id: chat });
      await ask(ben, 'chat.read', { chat_id: chat, seq: 3 });
      expect(await chatIds(ben)).toEqual([]);
      await ben.client.post(`/api/v1/chats/${chat}/unhide`);
      expect(await chatIds(ben)).toEqual([chat]);
    });
  });

  describe('a stranger who puts somebody into very many chats', () => {
    it('keeps them from no chat of their own, and comes no further than a request in the end', async () => {
      const [victim, friend, stranger] = await three();
      const first = await group(stranger, victim);
      await sql(
        `WITH made AS (INSERT INTO chats (chat_type, name) SELECT 'group', 'spam' FROM generate_series(2, 10000) RETURNING id)
         INSERT INTO chat_members (chat_id, user_id, role, chosen) SELECT id, $1, 'member', false FROM made`,
        [victim.id],
      );
      const [{ count } = { count: 0 }] = await sql<{ count: number }>(
        'SELECT count(*)::int FROM chat_members WHERE user_id = $1 AND NOT chosen',
        [victim.id],
      );
      expect(count).toBe(10_000);
      const own = await group(victim, friend);
      const written = await personal(victim, friend);
      expect(await say(victim, written, 'I can still talk')).toBe(1);
      expect((await chatIds(victim, { limit: 2 })).toSorted()).toEqual([own, written].toSorted());
      const more = await ask(stranger, 'chat.create', { chat_type: 'group', chat_name: 'more', members: [victim.username] });
      expect([more.members.length, more.invited]).toEqual([1, [victim.id]]);
      const added = await ask(stranger, 'chat.add_members', { chat_id: more.chat_id, members: [victim.username] });
      expect(added.invited).toEqual([victim.id]);
      expect(await requestsOf(victim)).toEqual([[more.chat_id, stranger.id]]);
      expect(await ask(victim, 'chat.accept', { chat_id: more.chat_id })).toMatchObject({ chat_id: more.chat_id });
      // What is left comes back only by accepting, so one act is enough for each.
      await ask(victim, 'chat.leave', { chat_id: first });
      const again = await ask(stranger, 'chat.add_members', { chat_id: first, members: [victim.username] });
      expect(again.invited).toEqual([victim.id]);
    });

    it('does not fill the chats that somebody chose by being answered', async () => {
      const [ann, ben] = await pair();
      const chat = await group(ann, ben);
      const chosen = async (): Promise<boolean | undefined> =>
        (await sql<{ chosen: boolean }>('SELECT chosen FROM chat_members WHERE chat_id = $1 AND user_id = $2', [chat, ben.id]))[0]
          ?.chosen;
      expect(await chosen()).toBe(false);
      await say(ben, chat);
      expect(await chosen()).toBe(true);
    });
  });
});

describe('with CONTACTS=request', () => {
  beforeAll(async () => {
    server = await TestServer.start({ variables: { CONTACTS: 'request' } });
  });
  afterAll(() => server.stop());

  it('a first message waits, and is there with all the others when it is accepted', async () => {
    const [ann, ben] = await pair();
    const [anns, bens] = [await connect(ann), await connect(ben)];
    const made = await ask(ann, 'chat.create', { chat_type: 'personal', members: [ben.username] });
    const chat: number = made.chat_id;
    expect(made).toMatchObject({ chat_name: ben.username, members: [{ user_id: ann.id }] });
    await say(ann, chat, 'one');
    await say(ann, chat, 'two');
    await until(() => bens.of('chat.requested').length > 0);
    expect(await requestsOf(ben)).toEqual([[chat, ann.id]]);
    expect(await chatIds(ben)).toEqual([]);
    const accepted = await ask(ben, 'chat.accept', { chat_id: chat });
    expect(accepted).toMatchObject({ chat_name: ann.username, unread: 2, last_seq: 3 });
    expect(await contentsOf(ben, chat)).toEqual(['one', 'two']);
    await until(() => anns.of('chat.joined').length === 1);
    expect(bens.heard.map(({ name }) => name)).not.toContain('chat.message');
    await say(ann, chat, 'three');
    await until(() => bens.of('chat.message').length === 1);
    expect(bens.of('chat.requested')).toHaveLength(1);
  });

  it('who declines is not asked again by the same person, who does not notice', async () => {
    const [ann, ben] = await pair();
    const chat = await personal(ann, ben);
    await say(ann, chat);
    const before = await ask(ann, 'chat.get', { chat_id: chat });
    const anns = await connect(ann);
    await ask(ben, 'chat.decline', { chat_id: chat });
    await say(ann, chat);
    expect(await personal(ann, ben)).toBe(chat);
    expect(await requestsOf(ben)).toEqual([]);
    const after = await ask(ann, 'chat.get', { chat_id: chat });
    expect(after).toEqual({
      ...before,
      last_seq: 2,
      read_seq: 2,
      last_activity_at: after.last_activity_at,
      members: [{ ...before.members[0], read_seq: 2, online: true }],
    });
    expect(anns.heard.filter(({ name }) => name !== 'chat.message')).toEqual([]);
    // The one who declined can begin it all the same.
    expect(await personal(ben, ann)).toBe(chat);
    expect(await memberIds(ben, chat)).toEqual(ids(ann, ben));
    expect(await contentsOf(ben, chat)).toHaveLength(2);
  });

  it('both who ask each other at once are in the chat', async () => {
    const [ann, ben] = await pair();
    const [one, other] = await Promise.all([personal(ann, ben), personal(ben, ann)]);
    expect(one).toBe(other);
    expect(await memberIds(ann, one)).toEqual(ids(ann, ben));
    expect([...(await requestsOf(ann)), ...(await requestsOf(ben))]).toEqual([]);
  });

  it('a group asks strangers, and takes contacts in at once', async () => {
    const [ann, ben, eve] = await three();
    const chat = await personal(ann, ben);
    await ask(ben, 'chat.accept', { chat_id: chat });
    const members = [ben.username, eve.username];
    const made = await ask(ann, 'chat.create', { chat_type: 'group', chat_name: 'Readers', members });
    expect([made.members.map(({ user_id }: Parsed) => user_id), made.invited]).toEqual([[ann.id, ben.id], [eve.id]]);
    expect(await ask(eve, 'chat.requests')).toMatchObject({ requests: [{ chat_type: 'group', chat_name: 'Readers' }] });
    const [fay] = (await makeAccounts(server, 1)) as [Account];
    const added = await ask(ann, 'chat.add_members', { chat_id: made.chat_id, members: [fay.username] });
    expect(added.invited).toEqual([fay.id]);
    expect((await ask(eve, 'chat.accept', { chat_id: made.chat_id })).members).toHaveLength(3);
  });
});

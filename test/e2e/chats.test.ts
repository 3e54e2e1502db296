import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { logOf, makeAccounts } from '../support/chats.js';
import type { Parsed } from '../support/http-client.js';
import { type Account, TestServer } from '../support/server.js';
import { until } from '../support/until.js';

interface Member {
  readonly user_id: number;
  readonly role: string;
  readonly read_seq: number;
}

describe('chats', () => {
  let server: TestServer;
  let alice: Account;
  let bob: Account;
  let carol: Account;

  beforeAll(async () => {
    server = await TestServer.start();
    [alice, bob, carol] = (await makeAccounts(server, 3)) as [Account, Account, Account];
  });
  afterAll(() => server.stop());

  const run = async (who: Account, name: string, payload: Record<string, unknown> = {}) => {
    const { status, body } = await who.client.post(`/api/v1/commands/chat/${name}`, payload);
    return { status, ...body };
  };
  const group = async (owner: Account, ...others: Account[]): Promise<number> =>
    (await run(owner, 'create', { chat_type: 'group', chat_name: 'g', members: others.map(({ username }) => username) })).data
      .chat_id;
  const say = async (who: Account, chatId: number, content: string): Promise<number> =>
    (await run(who, 'send', { chat_id: chatId, content })).data.seq;
  const rolesOf = async (who: Account, chatId: number): Promise<[number, string][]> =>
    (await run(who, 'get', { chat_id: chatId })).data.members.map(({ user_id, role }: Member) => [user_id, role]);
  const kindsOf = async (who: Account, chatId: number): Promise<string[]> =>
    (await run(who, 'sync', { chat_id: chatId, after_seq: 0 })).data.messages.map(({ kind }: { kind: string }) => kind);

  describe('are made', () => {
    it('as a group, with its owner and an empty log', async () => {
      const { data } = await run(alice, 'create', {
        chat_type: 'group',
        chat_name: 'Readers',
        members: [bob.username, alice.username],
      });
      expect(data).toMatchObject({ chat_type: 'group', chat_name: 'Readers', last_seq: 0, read_seq: 0, unread: 0 });
      expect(data.members.map(({ user_id, username, role }: Member & { username: string }) => [user_id, username, role])).toEqual(
        [
          [alice.id, alice.username, 'owner'],
          [bob.id, bob.username, 'member'],
        ],
      );
      expect(await say(bob, data.chat_id, 'first')).toBe(1);
    });

    it('as a group that goes by the names of its first members', async () => {
      const { data } = await run(alice, 'create', { chat_type: 'group', members: [bob.username, carol.username] });
      expect(data.chat_name).toBe([alice, bob, carol].map(({ username }) => username).join(', '));
    });

    it('once of each two, however many ask at once', async () => {
      const [dave, erin] = (await makeAccounts(server, 2)) as [Account, Account];
      const answers = await Promise.all(
        Array.from({ length: 20 }, (_unused, i) =>
          run(i % 2 ? dave : erin, 'create', { chat_type: 'personal', members: [(i % 2 ? erin : dave).username.toUpperCase()] }),
        ),
      );
      expect(new Set(answers.map(({ data }) => data.chat_id)).size).toBe(1);
      expect(new Set(answers.map(({ data }) => data.chat_name))).toEqual(new Set([dave.username, erin.username]));
      expect(answers[0]?.data.members).toHaveLength(2);
    });

    it.each([
      ['of nobody', () => ({ chat_type: 'personal', members: [] })],
      ['with oneself', () => ({ chat_type: 'personal', members: [alice.username] })],
      ['of three', () => ({ chat_type: 'personal', members: [bob.username, carol.username] })],
      ['with somebody who is not there', () => ({ chat_type: 'group', members: [bob.username, 'nobody-at-all'] })],
      ['of another kind', () => ({ chat_type: 'channel', members: [] })],
      ['with names that are none', () => ({ chat_type: 'group', members: ['', 'a\0b', 7] })],
    ])('not %s', async (_what, payload) => {
      expect(await run(alice, 'create', payload())).toMatchObject({ status: 422, code: 'invalid_payload' });
    });

    it('and told to their members at once', async () => {
      const socket = await server.socket(`/v1/connect?token=${bob.tokens.token}`);
      await socket.next();
      const { data } = await run(alice, 'create', { chat_type: 'personal', members: [bob.username] });
      const created = data.last_seq === 0 ? await socket.nextThat(({ event }) => event === 'created') : undefined;
      expect(created?.data).toMatchObject({ chat_id: data.chat_id, chat_name: alice.username });
      await say(alice, data.chat_id, 'hello');
      expect((await socket.nextThat(({ event }) => event === 'message')).data).toMatchObject({ chat_id: data.chat_id, seq: 1 });
      await socket.close();
    });
  });

  it('are listed with what is new in them, newest activity first, page by page', async () => {
    const [dave, erin] = (await makeAccounts(server, 2)) as [Account, Account];
    const ids = [await group(dave, erin), await group(dave, erin), await group(dave, erin)] as [number, number, number];
    await say(erin, ids[0], 'one');
    await say(erin, ids[2], 'two');
    await say(dave, ids[0], 'three');
    const { data } = await run(dave, 'list');
    expect(data.chats.map(({ chat_id, unread, last_seq }: Record<string, unknown>) => [chat_id, unread, last_seq])).toEqual([
      // Dave has answered, and so has read what was said before.
      [ids[0], 0, 2],
      [ids[2], 1, 1],
      [ids[1], 0, 0],
    ]);
    expect(data.chats[0].last_message).toMatchObject({ content: 'three', from_name: dave.username, seq: 2 });
    expect(data.chats[2].last_message).toBeNull();
    const seen: number[] = [];
    for (let cursor: string | null = null, more = true; more; more = cursor !== null) {
      const page: { chats: { chat_id: number }[]; next_cursor: string | null } = (await run(dave, 'list', { limit: 1, cursor }))
        .data;
      seen.push(...page.chats.map(({ chat_id }) => chat_id));
      cursor = page.next_cursor;
    }
    expect(seen).toEqual([ids[0], ids[2], ids[1]]);
    expect(await run(dave, 'list', { cursor: 'x' })).toMatchObject({ status: 422 });
  });

  it('keep how far each member has read: the highest, and nothing beyond the end', async () => {
    const chat = await group(alice, bob);
    for (const text of ['1', '2', '3']) await say(alice, chat, text);
    expect((await run(bob, 'get', { chat_id: chat })).data).toMatchObject({ read_seq: 0, unread: 3 });
    expect((await run(bob, 'read', { chat_id: chat, seq: 2 })).data).toEqual({ chat_id: chat, read_seq: 2 });
    expect((await run(bob, 'read', { chat_id: chat, seq: 1 })).data.read_seq).toBe(2);
    expect((await run(bob, 'get', { chat_id: chat })).data).toMatchObject({ read_seq: 2, unread: 1 });
    expect((await run(bob, 'read', { chat_id: chat, seq: 1_000_000 })).data.read_seq).toBe(3);
    const together = await Promise.all([1, 3, 2].map((seq) => run(alice, 'read', { chat_id: chat, seq })));
    expect(together.every(({ status }) => status === 200)).toBe(true);
    expect((await run(alice, 'get', { chat_id: chat })).data.read_seq).toBe(3);
  });

  describe('messages', () => {
    it('are edited by their senders: history shows the new, the log both', async () => {
      const chat = await group(alice, bob);
      await say(bob, chat, 'helo');
      const { data } = await run(bob, 'edit', { chat_id: chat, seq: 1, content: 'hello' });
      expect(data).toMatchObject({ chat_id: chat, seq: 2, id: 2, target_seq: 1 });
      const history = (await run(alice, 'history', { chat_id: chat })).data.messages;
      expect(history).toHaveLength(1);
      expect(history[0]).toMatchObject({ seq: 1, content: 'hello', edited_seq: 2 });
      const log = (await run(alice, 'sync', { chat_id: chat, after_seq: 0 })).data.messages;
      expect(log[0]).toMatchObject({ seq: 1, kind: 'message', content: 'helo' });
      expect(log[1]).toMatchObject({ seq: 2, kind: 'edited', content: 'hello', target_seq: 1, from_id: bob.id });
      expect(await run(alice, 'edit', { chat_id: chat, seq: 1, content: 'x' })).toMatchObject({ status: 403 });
      expect(await run(bob, 'edit', { chat_id: chat, seq: 2, content: 'x' })).toMatchObject({ status: 404 });
      expect(await run(bob, 'edit', { chat_id: chat, seq: 9, content: 'x' })).toMatchObject({ status: 404 });
    });

    it('are deleted by their senders, the owner and admins', async () => {
      const chat = await group(alice, bob, carol);
      for (const who of [bob, carol, alice]) await say(who, chat, 'text');
      expect(await run(bob, 'delete', { chat_id: chat, seq: 2 })).toMatchObject({ status: 403 });
      expect((await run(bob, 'delete', { chat_id: chat, seq: 1 })).data).toMatchObject({ seq: 4, target_seq: 1 });
      expect((await run(alice, 'delete', { chat_id: chat, seq: 2 })).data).toMatchObject({ seq: 5, target_seq: 2 });
      // Repeated by any user who may delete it: the answer of the first time.
      for (const who of [alice, carol])
        expect((await run(who, 'delete', { chat_id: chat, seq: 2 })).data).toMatchObject({ seq: 5, target_seq: 2 });
      expect(await run(bob, 'delete', { chat_id: chat, seq: 2 })).toMatchObject({ status: 404 });
      expect(await run(carol, 'edit', { chat_id: chat, seq: 2, content: 'x' })).toMatchObject({ status: 404 });
      const history = (await run(alice, 'history', { chat_id: chat })).data.messages;
      expect(history.map(({ seq }: { seq: number }) => seq)).toEqual([3]);
      expect(await kindsOf(alice, chat)).toEqual(['message', 'message', 'message', 'deleted', 'deleted']);
    });

    it('of a personal chat are deleted by their senders only', async () => {
      const [dave, erin] = (await makeAccounts(server, 2)) as [Account, Account];
      const chat = (await run(dave, 'create', { chat_type: 'personal', members: [erin.username] })).data.chat_id;
      await say(dave, chat, 'text');
      expect(await run(erin, 'delete', { chat_id: chat, seq: 1 })).toMatchObject({ status: 403 });
      expect(await run(dave, 'delete', { chat_id: chat, seq: 1 })).toMatchObject({ status: 200 });
    });
  });

  describe('members', () => {
    it('are added by the owner and admins, with an entry of the log each', async () => {
      const chat = await group(alice, bob);
      expect(await run(bob, 'add_members', { chat_id: chat, members: [carol.username] })).toMatchObject({ status: 403 });
      const { data } = await run(alice, 'add_members', {
        chat_id: chat,
        members: [carol.username, bob.username, carol.username],
      });
      expect(data.members).toHaveLength(3);
      const log = (await run(carol, 'sync', { chat_id: chat, after_seq: 0 })).data.messages;
      expect(log).toHaveLength(1);
      expect(log[0]).toMatchObject({
        seq: 1,
        kind: 'joined',
        from_id: alice.id,
        member_id: carol.id,
        member_name: carol.username,
        content: null,
      });
      expect(data.members.find(({ user_id }: Member) => user_id === carol.id)?.read_seq).toBe(1);
      expect(await run(alice, 'add_members', { chat_id: chat, members: ['nobody-at-all'] })).toMatchObject({ status: 422 });
    });

    it('get roles from the owner only', async () => {
      const chat = await group(alice, bob, carol);
      expect((await run(alice, 'add_members', { chat_id: chat, members: [bob.username], role: 'admin' })).status).toBe(200);
      expect(await rolesOf(alice, chat)).toContainEqual([bob.id, 'admin']);
      expect(await run(bob, 'add_members', { chat_id: chat, members: [carol.username], role: 'admin' })).toMatchObject({
        status: 403,
      });
      await run(alice, 'add_members', { chat_id: chat, members: [alice.username], role: 'member' });
      expect(await rolesOf(alice, chat)).toContainEqual([alice.id, 'owner']);
    });

    it('are removed by the owner and, but for each other, by admins', async () => {
      const [dave] = (await makeAccounts(server, 1)) as [Account];
      const chat = await group(alice, bob, carol, dave);
      await run(alice, 'add_members', { chat_id: chat, members: [bob.username, carol.username], role: 'admin' });
      expect(await run(dave, 'remove_member', { chat_id: chat, user_id: bob.id })).toMatchObject({ status: 403 });
      expect(await run(bob, 'remove_member', { chat_id: chat, user_id: carol.id })).toMatchObject({ status: 403 });
      expect(await run(bob, 'remove_member', { chat_id: chat, user_id: alice.id })).toMatchObject({ status: 403 });
      expect(await run(bob, 'remove_member', { chat_id: chat, user_id: 9_000_000 })).toMatchObject({ status: 404 });
      expect((await run(bob, 'remove_member', { chat_id: chat, user_id: dave.id })).data).toMatchObject({
        chat_id: chat,
        seq: 1,
      });
      expect(await run(dave, 'get', { chat_id: chat })).toMatchObject({ status: 404 });
      expect(await kindsOf(alice, chat)).toEqual(['left']);
    });

    it('leave, and an owner is followed by the eldest admin, or else the eldest member', async () => {
      const [dave] = (await makeAccounts(server, 1)) as [Account];
      const chat = await group(alice, bob, carol, dave);
      await run(alice, 'add_members', { chat_id: chat, members: [dave.username], role: 'admin' });
      expect((await run(alice, 'leave', { chat_id: chat })).data).toEqual({
        chat_id: chat,
        seq: 1,
        created_at: expect.any(String),
      });
      expect(await rolesOf(bob, chat)).toContainEqual([dave.id, 'owner']);
      await run(dave, 'leave', { chat_id: chat });
      expect((await rolesOf(bob, chat)).filter(([, role]) => role === 'owner')).toHaveLength(1);
      // Repeated, it answers as the first time; there is no more to it.
      expect((await run(alice, 'leave', { chat_id: chat })).data).toMatchObject({ chat_id: chat, seq: 1 });
      expect(await run(alice, 'history', { chat_id: chat })).toMatchObject({ status: 404 });
    });

    it('of a personal chat are its two people and nobody else, who can leave it', async () => {
      const [dave, erin] = (await makeAccounts(server, 2)) as [Account, Account];
      const chat = (await run(dave, 'create', { chat_type: 'personal', members: [erin.username] })).data.chat_id;
      expect(await run(dave, 'add_members', { chat_id: chat, members: [bob.username] })).toMatchObject({ status: 409 });
      expect(await run(dave, 'remove_member', { chat_id: chat, user_id: erin.id })).toMatchObject({ status: 409 });
      expect(await run(dave, 'leave', { chat_id: chat })).toMatchObject({ status: 200 });
    });

    it('that come, go, speak and change their words at once leave no hole in the log', async () => {
      const guests = await makeAccounts(server, 6);
      const chat = await group(alice, bob);
      await say(bob, chat, 'text');
      await Promise.all(
        guests.flatMap((guest) => [
          run(alice, 'add_members', { chat_id: chat, members: [guest.username] }).then(() =>
            run(guest, 'leave', { chat_id: chat }),
          ),
          run(alice, 'send', { chat_id: chat, content: 'x' }),
          run(bob, 'edit', { chat_id: chat, seq: 1, content: `for ${guest.username}` }),
        ]),
      );
      const log = await logOf(server.database.url, chat);
      expect(log.map(({ seq }) => seq)).toEqual(Array.from({ length: 1 + 6 * 4 }, (_unused, i) => i + 1));
    });

    it('whose accounts are deleted leave by themselves, and their messages stay', async () => {
      const [dave, erin] = (await makeAccounts(server, 2)) as [Account, Account];
      const shared = await group(dave, erin, bob);
      const personal = (await run(dave, 'create', { chat_type: 'personal', members: [bob.username] })).data.chat_id;
      await say(dave, shared, 'mine');
      await say(dave, personal, 'mine too');
      const socket = await server.socket(`/v1/connect?token=${bob.tokens.token}`);
      expect((await dave.client.delete(`/api/v1/users/${dave.id}`)).status).toBe(200);
      const left = await socket.nextThat(({ event, data }) => event === 'left' && data.chat_id === shared);
      expect(left.data).toMatchObject({ member_id: dave.id, member_name: 'deleted user', from_name: 'deleted user' });
      await until(async () => (await rolesOf(erin, shared)).length === 2);
      expect(await rolesOf(erin, shared)).toContainEqual([bob.id, 'owner']);
      const [message] = (await run(bob, 'history', { chat_id: shared })).data.messages;
      expect(message).toMatchObject({ content: 'mine', from_id: dave.id, from_name: 'deleted user' });
      expect((await run(bob, 'get', { chat_id: personal })).data.chat_name).toBe('deleted user');
      await socket.close();
    });
  });

  it('are told of typing, reading and presence, which nobody stores', async () => {
    const [dave, erin] = (await makeAccounts(server, 2)) as [Account, Account];
    const chat = await group(dave, erin);
    const watching = await server.socket(`/v1/connect?token=${dave.tokens.token}`);
    await watching.next();
    const socket = await server.socket(`/v1/connect?token=${erin.tokens.token}`);
    await socket.next();
    const presence = await watching.nextThat(({ event }) => event === 'presence');
    expect(presence).toMatchObject({ domain: 'chat', data: { user_id: erin.id, online: true } });
    expect((await run(dave, 'get', { chat_id: chat })).data.members).toMatchObject([{ online: true }, { online: true }]);
    const own = await server.socket(`/ws/own-${erin.id}?token=${erin.tokens.token}`);
    await Promise.all(Array.from({ length: 60 }, () => socket.command('chat.typing', { chat_id: chat })));
    const typing = await watching.nextThat(({ event }) => event === 'typing');
    expect(typing.data).toEqual({ chat_id: chat, user_id: erin.id, username: erin.username });
    await say(dave, chat, 'text');
    await socket.command('chat.read', { chat_id: chat, seq: 1 });
    const isOfSignal = ({ event }: Parsed) => event === 'read' || event === 'typing';
    // However often one says it: no second one has come before.
    const read = await watching.nextThat(isOfSignal);
    expect(read).toMatchObject({ event: 'read', data: { chat_id: chat, user_id: erin.id, seq: 1 } });
    // A message ends it.
    await socket.command('chat.send', { chat_id: chat, content: 'sent' });
    await socket.command('chat.typing', { chat_id: chat });
    expect(await watching.nextThat(isOfSignal)).toMatchObject({ event: 'typing' });
    expect(await run(carol, 'typing', { chat_id: chat })).toMatchObject({ status: 404 });
    expect(await logOf(server.database.url, chat)).toHaveLength(2);
    const owns = [await own.nextThat(({ type }) => type === 'chat.read' || type === 'chat.typing'), ...own.pending()];
    expect(owns.map(({ type }) => type)).not.toContain('chat.typing');
    await Promise.all([watching.close(), socket.close(), own.close()]);
  });
});

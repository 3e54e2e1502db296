import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { HISTORY_BEFORE_UNBLOCKED } from '../../src/chat/message-log.sql.js';
import { has } from '../support/capabilities.js';
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
import { TestRedis } from '../support/redis.js';
import { type Account, TestServer } from '../support/server.js';
import { startTwoNodes } from '../support/two-nodes.js';
import { until } from '../support/until.js';

const open: Listener[] = [];
afterEach(() => {
  for (const { socket } of open.splice(0)) socket.terminate();
});

const connect = async (server: TestServer, who: Account): Promise<Listener> => {
  const listener = await listen(server, who);
  open.push(listener);
  return listener;
};

/** What stands in the place of an entry. */
const place = (chatId: number, seq: number): object => ({
  id: seq,
  chat_id: chatId,
  seq,
  kind: 'withheld',
  from_id: null,
  from_name: null,
  content: null,
  content_type: null,
  client_msg_id: null,
  created_at: expect.stringMatching(/^\d{4}-.*Z$/),
});
const summary = async (who: Account, chatId: number): Promise<Parsed> =>
  (await ask(who, 'chat.list')).chats.find(({ chat_id }: Parsed) => chat_id === chatId);
const block = (who: Account, other: Account): Promise<Parsed> => ask(who, 'contacts.block', { user_id: other.id });
const unblock = (who: Account, other: Account): Promise<Parsed> => ask(who, 'contacts.unblock', { user_id: other.id });

describe('while a block lasts', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await TestServer.start();
  });
  afterAll(() => server.stop());
  const people = (count: number): Promise<Account[]> => makeAccounts(server, count);

  it('what the blocked one writes in a personal chat is stored, and reaches the blocker as a place in the log', async () => {
    const [ann, ben] = (await people(2)) as [Account, Account];
    const chat = await contacts(ann, ben);
    const [bens, messenger] = [await connect(server, ben), await server.socket(`/?token=${ben.tokens.token}`)];
    await block(ben, ann);
    const sent = await ask(ann, 'chat.send', { chat_id: chat, content: 'are you there?', client_msg_id: 'm1' });
    expect(sent).toMatchObject({ seq: 3, duplicate: false });
    expect(await ask(ann, 'chat.send', { chat_id: chat, content: 'are you there?', client_msg_id: 'm1' })).toMatchObject({
      duplicate: true,
    });
    await ask(ann, 'chat.edit', { chat_id: chat, seq: 3, content: 'answer me' });
    await until(() => bens.of('chat.withheld').length === 2);
    expect(bens.of('chat.withheld')).toEqual([place(chat, 3), place(chat, 4)]);
    expect(bens.of('chat.message')).toEqual([]);
    const { messages, last_seq } = await ask(ben, 'chat.sync', { chat_id: chat, after_seq: 1 });
    expect(messages).toEqual([expect.objectContaining({ seq: 2, content: 'hello' }), place(chat, 3), place(chat, 4)]);
    expect(last_seq).toBe(4);
    expect(await contentsOf(ben, chat)).toEqual(['hello']);
    expect((await ben.client.get(`/api/v1/chats/${chat}/messages`)).body.messages).toHaveLength(1);
    expect(await ask(ben, 'chat.history', { chat_id: chat, after_seq: 2 })).toMatchObject({ messages: [], has_more: false });
    expect(await summary(ben, chat)).toMatchObject({ unread: 0, last_seq: 4, last_message: { seq: 2 } });
    expect(await ask(ben, 'chat.get', { chat_id: chat })).toMatchObject({ unread: 0 });
    expect((await messenger.ask({ mode: 'getMessages', chat_id: chat })).messages).toHaveLength(1);
    expect(messenger.pending()).toEqual([]);
    messenger.terminate();

    await unblock(ben, ann);
    expect(await contentsOf(ben, chat)).toEqual(['hello', 'hello', 'answer me']);
    expect(await summary(ben, chat)).toMatchObject({ unread: 1, last_message: { content: 'answer me' } });
    await say(ann, chat, 'at last');
    await until(() => bens.of('chat.message').length === 1);
  });

  it('the blocker writes nothing to the blocked one', async () => {
    const [ann, ben] = (await people(2)) as [Account, Account];
    const chat = await contacts(ann, ben);
    const seq = await say(ben, chat, 'mine');
    await block(ben, ann);
    const refused = { status: 409, code: 'conflict', detail: 'You have blocked this user' };
    expect(await command(ben, 'chat.send', { chat_id: chat, content: 'x' })).toMatchObject(refused);
    expect(await command(ben, 'chat.edit', { chat_id: chat, seq, content: 'x' })).toMatchObject(refused);
    expect((await ben.client.post(`/api/v1/chats/${chat}/messages`, { content: 'x' })).status).toBe(409);
    const together = await Promise.all(
      Array.from({ length: 20 }, () => command(ben, 'chat.send', { chat_id: chat, content: 'x' })),
    );
    expect(together.every(({ code }) => code === 'conflict')).toBe(true);
    // What can be taken back is, and the chat is there.
    expect(await ask(ben, 'chat.delete', { chat_id: chat, seq })).toMatchObject({ target_seq: seq });
    expect(await personal(ben, ann)).toBe(chat);
    expect(await ask(ann, 'chat.sync', { chat_id: chat, after_seq: seq })).toMatchObject({ messages: [{ kind: 'deleted' }] });
    await ask(ben, 'chat.leave', { chat_id: chat });
    expect(await command(ben, 'chat.create', { chat_type: 'personal', members: [ann.username] })).toMatchObject(refused);
    const [eve] = (await people(1)) as [Account];
    await block(eve, ann);
    expect(await command(eve, 'chat.create', { chat_type: 'personal', members: [ann.username] })).toMatchObject(refused);
  });

  it('in a group only what the blocked one says is withheld, from the blocker alone, and none of it is missing', async () => {
    const [ann, ben, eve] = (await people(3)) as [Account, Account, Account];
    const chat = await group(ann, ben, eve);
    await block(ben, ann);
    const [bens, eves] = [await connect(server, ben), await connect(server, eve)];
    await say(ann, chat, 'from ann');
    await say(eve, chat, 'from eve');
    await say(ben, chat, 'from ben');
    await ask(ann, 'chat.edit', { chat_id: chat, seq: 1, content: 'edited' });
    await ask(ann, 'chat.delete', { chat_id: chat, seq: 1 });
    const log = (listener: Listener) =>
      listener.heard.flatMap(({ name, data }) => (data.kind ? [`${data.seq} ${name} ${data.content}`] : []));
    await until(() => log(bens).length >= 5 && log(eves).length >= 5);
    expect(log(bens)).toEqual([
      '1 chat.withheld null',
      '2 chat.message from eve',
      '3 chat.message from ben',
      '4 chat.withheld null',
      '5 chat.deleted null',
    ]);
    expect(log(eves)).toEqual([
      '1 chat.message from ann',
      '2 chat.message from eve',
      '3 chat.message from ben',
      '4 chat.edited edited',
      '5 chat.deleted null',
    ]);
  });

  it('is shown on resuming, and after a gap, as it is live', async () => {
    const [ann, ben] = (await people(2)) as [Account, Account];
    const chat = await contacts(ann, ben);
    await block(ben, ann);
    await say(ann, chat, 'withheld');
    const socket = await server.socket(`/v1/connect?token=${ben.tokens.token}`);
    const heard: Parsed[] = [];
    socket.socket.on('message', (bytes: Buffer) => {
      const frame: Parsed = JSON.parse(bytes.toString('utf8'));
      if (frame.type === 'event' && frame.data.seq) heard.push(frame.data);
    });
    const { data } = await socket.command('system.resume', { cursors: [{ chat_id: chat, after_seq: 2 }] });
    expect(data.chats).toEqual([{ chat_id: chat, recovered: true, last_seq: 3, has_more: false }]);
    expect(heard).toEqual([place(chat, 3)]);
    // Written by nobody whom this node knows of, so that it is read from the log.
    await runSql(
      server.database.url,
      `SELECT append_messages(ARRAY[$1::bigint], ARRAY[$2::bigint], ARRAY['x'], ARRAY['text/plain'], ARRAY[NULL], ARRAY[NULL])`,
      [chat, ann.id],
    );
    await say(ann, chat, 'after the gap');
    await until(() => heard.length === 3);
    expect(heard.slice(1)).toEqual([place(chat, 4), place(chat, 5)]);
    socket.terminate();
  });

  it('keeps a hidden chat hidden, whatever the blocked one writes', async () => {
    const [ann, ben] = (await people(2)) as [Account, Account];
    const chat = await contacts(ann, ben);
    await block(ben, ann);
    await ask(ben, 'chat.hide', { chat_id: chat });
    await say(ann, chat);
    expect([await chatIds(ben), await chatIds(ben, { hidden: true })]).toEqual([[], [chat]]);
    await unblock(ben, ann);
    expect(await chatIds(ben)).toEqual([chat]);
  });

  it('nothing that the blocked one wants reaches the blocker, who is in no chat because of it', async () => {
    const [ann, ben, eve] = (await people(3)) as [Account, Account, Account];
    await block(ben, ann);
    const [bens, eves] = [await connect(server, ben), await connect(server, eve)];
    const made = await ask(ann, 'chat.create', { chat_type: 'personal', members: [ben.username] });
    await say(ann, made.chat_id, 'hello');
    const room = await ask(ann, 'chat.create', { chat_type: 'group', chat_name: 'g', members: [ben.username, eve.username] });
    expect([room.invited, room.members.length]).toEqual([[ben.id], 2]);
    const added = await ask(ann, 'chat.add_members', { chat_id: room.chat_id, members: [ben.username] });
    expect(added.invited).toEqual([ben.id]);
    await say(ann, room.chat_id, 'hello');
    await until(() => eves.of('chat.message').length === 1);
    await bens.socket.command('system.ping');
    expect(bens.heard).toEqual([]);
    expect([await requestsOf(ben), await chatIds(ben)]).toEqual([[], []]);
    expect(await command(ben, 'chat.accept', { chat_id: made.chat_id })).toMatchObject({ status: 404 });
    expect(await memberIds(ann, room.chat_id)).toEqual([ann.id, eve.id].toSorted((a, b) => a - b));
    // It is like a wish that was not heard: once the block is over, the next one is.
    await unblock(ben, ann);
    await say(ann, made.chat_id, 'hello again');
    await until(() => bens.of('chat.requested').length === 1);
    expect(await ask(ben, 'chat.accept', { chat_id: made.chat_id })).toMatchObject({ unread: 2 });
  });

  it('others are not affected: the blocked one and a third write to each other, and the blocker to the third', async () => {
    const [ann, ben, eve] = (await people(3)) as [Account, Account, Account];
    await block(ben, ann);
    for (const one of [ann, ben]) {
      const chat = await contacts(one, eve);
      expect(await contentsOf(one, chat)).toHaveLength(2);
    }
  });

  it('pages are as long as they are for others, and unread messages counted, with very many blocked users', async () => {
    const [ann, ben, eve] = (await people(3)) as [Account, Account, Account];
    const chat = await group(ann, ben, eve);
    await runSql(
      server.database.url,
      'INSERT INTO blocks (user_id, blocked_id) SELECT $1, 5000000 + i FROM generate_series(1, 9000) i',
      [ben.id],
    );
    await block(ben, eve);
    for (let i = 0; i < 6; i++) await say(i % 2 ? ann : eve, chat, `${i}`);
    const page = await ask(ben, 'chat.history', { chat_id: chat, limit: 2 });
    expect([page.messages.map(({ content }: Parsed) => content), page.has_more]).toEqual([['3', '5'], true]);
    const before = await ask(ben, 'chat.history', { chat_id: chat, limit: 2, before_seq: page.messages[0].seq });
    expect([before.messages.map(({ content }: Parsed) => content), before.has_more]).toEqual([['1'], false]);
    expect(await summary(ben, chat)).toMatchObject({ unread: 3, last_message: { content: '5' } });
  });
});

describe('very much that a blocked user has written', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await TestServer.start();
  });
  afterAll(() => server.stop());

  it('is passed over by index, and costs the reader', async () => {
    const [ann, ben, eve] = (await makeAccounts(server, 3)) as [Account, Account, Account];
    const chat = await group(eve, ann, ben);
    await say(eve, chat, 'before');
    const count = 20_000;
    const { url } = server.database;
    await runSql(
      url,
      `WITH written AS (INSERT INTO messages (chat_id, seq, kind, sender_id, content, content_type, created_at)
         SELECT $1, 1 + i, 'message', $2, repeat('spam', 50), 'text/plain', now() FROM generate_series(1, $3::bigint) i)
       UPDATE chats SET last_seq = last_seq + $3 WHERE id = $1`,
      [chat, ann.id, count],
    );
    await runSql(url, 'VACUUM ANALYZE messages');
    await block(ben, ann);
    expect(await contentsOf(ben, chat)).toEqual(['before']);
    expect(await ask(ben, 'chat.history', { chat_id: chat, after_seq: 1 })).toMatchObject({ messages: [], has_more: false });
    // A list looks no further than at the end of each log.
    expect(await summary(ben, chat)).toMatchObject({ unread: 0, last_message: null });
    expect((await summary(eve, chat)).last_message.from_id).toBe(ann.id);
    const plan = await runSql<{ 'QUERY PLAN': string }>(
      url,
      `EXPLAIN (COSTS OFF) ${HISTORY_BEFORE_UNBLOCKED.replaceAll('$1', `${chat}`).replaceAll('$2', `${ben.id}`).replaceAll('$3', '51').replaceAll('$4', '9000000')}`,
    );
    expect(plan.map((row) => row['QUERY PLAN']).join('\n')).toMatch(/Index Only Scan Backward using messages_p\d\d_standing_idx/);
  });
});

describe('on two nodes, a block', () => {
  for (const withRedis of [true, false]) {
    it.runIf(has.redis || !withRedis)(
      `is in force on both within a second, ${withRedis ? 'with' : 'without'} Redis`,
      async () => {
        const redis = withRedis ? await TestRedis.start() : null;
        const nodes = await startTwoNodes({ variables: redis ? { REDIS_URL: redis.url } : {} });
        try {
          const [ann, ben] = (await makeAccounts(nodes.one, 2)) as [Account, Account];
          const chat = await contacts(ann, ben);
          const bens = await connect(nodes.two, ben);
          // The request arrives at one node, the connection is at the other, as is the one who writes.
          await block(ben, ann);
          const onTwo = nodes.two.client(ann.tokens.token);
          const write = () => onTwo.post(`/api/v1/chats/${chat}/messages`, { content: 'x' });
          const blockedAt = performance.now();
          await until(async () => {
            await write();
            return bens.of('chat.withheld').length > 0;
          });
          expect(performance.now() - blockedAt).toBeLessThan(1_000);
          await unblock(ben, ann);
          await until(async () => {
            await write();
            return bens.of('chat.message').length > 0 && bens.of('chat.message').at(-1).seq > bens.of('chat.withheld').at(-1).seq;
          });
        } finally {
          await nodes.stop();
          await redis?.stop();
        }
      },
    );
  }
});

import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { DynamicModule } from '@nestjs/common';
import { OpenChats } from '../../src/chat/open-chats.js';
import { PresenceTimes } from '../../src/chat/presence.js';
import { has } from '../support/capabilities.js';
import { makeAccounts, makeGroup } from '../support/chats.js';
import { ask, contacts, group, type Listener, listen, personal, say } from '../support/contacts.js';
import type { Parsed } from '../support/http-client.js';
import { TestRedis } from '../support/redis.js';
import { type Account, TestServer } from '../support/server.js';
import { startTwoNodes, type TwoNodes } from '../support/two-nodes.js';
import { until } from '../support/until.js';

class TimesModule {}

/** So that somebody who goes is offline soon. */
const SHORT: DynamicModule = {
  module: TimesModule,
  global: true,
  providers: [{ provide: PresenceTimes, useValue: new PresenceTimes(300, 10, 50) }],
  exports: [PresenceTimes],
};

const open: Listener[] = [];
afterEach(() => {
  for (const { socket } of open.splice(0)) socket.terminate();
});

const connect = async (server: TestServer, who: Account): Promise<Listener> => {
  const listener = await listen(server, who);
  open.push(listener);
  return listener;
};

/** What a connection was told of a user, in order. */
const seen = (listener: Listener, { id }: Account): boolean[] =>
  listener.of('chat.presence').flatMap(({ user_id, online }: Parsed) => (user_id === id ? [online] : []));
const sees = (listener: Listener, who: Account, ...expected: boolean[]): Promise<boolean> =>
  until(() => seen(listener, who).join() === expected.join());
/** Everything that was under way on a connection has arrived when this returns. */
const settle = async (...listeners: Listener[]): Promise<void> => {
  for (const { socket } of listeners) await socket.command('system.ping');
};
const memberOf = async (who: Account, chatId: number, { id }: Account): Promise<Parsed> =>
  (await ask(who, 'chat.get', { chat_id: chatId })).members.find(({ user_id }: Parsed) => user_id === id);

describe('on one node', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await TestServer.start({ extensions: [SHORT] });
  });
  afterAll(() => server.stop());

  const people = async (count: number): Promise<Account[]> => makeAccounts(server, count);
  const two = async (): Promise<[Account, Account]> => (await people(2)) as [Account, Account];

  describe('a stranger who writes', () => {
    it('sees nothing of the other, nor the other of the stranger, until the other answers', async () => {
      const [ann, ben] = await two();
      const [anns, bens] = [await connect(server, ann), await connect(server, ben)];
      const chat = await personal(ann, ben);
      await say(ann, chat);
      await ask(ann, 'chat.typing', { chat_id: chat });
      await ask(ben, 'chat.read', { chat_id: chat, seq: 1 });
      await ask(ben, 'chat.typing', { chat_id: chat });
      await until(() => bens.of('chat.read').length === 1);
      await settle(anns, bens);
      expect([...anns.of('chat.presence'), ...bens.of('chat.presence')]).toEqual([]);
      expect([...anns.of('chat.typing'), ...anns.of('chat.read'), ...bens.of('chat.typing')]).toEqual([]);
      expect(await memberOf(ann, chat, ben)).toMatchObject({ online: false, read_seq: 0 });
      expect(await memberOf(ben, chat, ann)).toMatchObject({ online: false, read_seq: 0 });
      expect(await memberOf(ben, chat, ben)).toMatchObject({ online: true, read_seq: 1 });
      expect(bens.of('chat.created')[0].members.map(({ online }: Parsed) => online)).toEqual([false, false]);

      await say(ben, chat);
      await Promise.all([sees(anns, ben, true), sees(bens, ann, true)]);
      // Sending reads the chat up to it.
      expect(await memberOf(ann, chat, ben)).toMatchObject({ online: true, read_seq: 2 });
      const seq = await say(ann, chat);
      await ask(ben, 'chat.read', { chat_id: chat, seq });
      await ask(ben, 'chat.typing', { chat_id: chat });
      await until(() => anns.of('chat.read').some((read) => read.seq === seq) && anns.of('chat.typing').length === 1);
      expect(anns.of('chat.read').at(-1)).toEqual({ chat_id: chat, user_id: ben.id, seq });
    });

    it('is seen once the other has accepted, without a word', async () => {
      const [ann, ben] = await two();
      const [anns, bens] = [await connect(server, ann), await connect(server, ben)];
      const chat = await personal(ann, ben);
      await ask(ben, 'chat.accept', { chat_id: chat });
      await Promise.all([sees(anns, ben, true), sees(bens, ann, true)]);
      await bens.socket.close();
      expect(await sees(anns, ben, true, false)).toBe(true);
    });

    it('comes and goes without the other learning of it', async () => {
      const [ann, ben] = await two();
      const chat = await personal(ann, ben);
      const bens = await connect(server, ben);
      const anns = await connect(server, ann);
      const witness = await group(ben, ann);
      await sees(bens, ann, true);
      await ask(ann, 'chat.leave', { chat_id: witness });
      await sees(bens, ann, true, false);
      await anns.socket.close();
      await connect(server, ann);
      expect(await memberOf(ben, chat, ann)).toMatchObject({ online: false });
      await settle(bens);
      expect(seen(bens, ann)).toEqual([true, false]);
    });
  });

  describe('sharing a group', () => {
    it('is learned at once by the newcomer and by those who are in it', async () => {
      const [ann, ben, eve] = (await people(3)) as [Account, Account, Account];
      const chat = await group(ann, ben);
      const [anns, bens, eves] = [await connect(server, ann), await connect(server, ben), await connect(server, eve)];
      await ask(ann, 'chat.add_members', { chat_id: chat, members: [eve.username] });
      await Promise.all([sees(anns, eve, true), sees(bens, eve, true), sees(eves, ann, true), sees(eves, ben, true)]);
      // Those who saw each other before learn nothing new.
      expect(seen(anns, ben)).toEqual([true]);
    });

    it('is learned at once when the group is made', async () => {
      const [ann, ben, eve] = (await people(3)) as [Account, Account, Account];
      const all = [await connect(server, ann), await connect(server, ben), await connect(server, eve)] as const;
      await group(ann, ben, eve);
      for (const [i, one] of all.entries()) {
        for (const other of [ann, ben, eve].filter((_who, j) => j !== i)) expect(await sees(one, other, true)).toBe(true);
      }
    });

    it('is learned by who comes back by accepting', async () => {
      const [ann, ben] = await two();
      const chat = await group(ann, ben);
      await ask(ben, 'chat.leave', { chat_id: chat });
      const [anns, bens] = [await connect(server, ann), await connect(server, ben)];
      await ask(ann, 'chat.add_members', { chat_id: chat, members: [ben.username] });
      await settle(anns, bens);
      expect([seen(anns, ben), seen(bens, ann)]).toEqual([[], []]);
      await ask(ben, 'chat.accept', { chat_id: chat });
      await Promise.all([sees(anns, ben, true), sees(bens, ann, true)]);
    });

    it('ends for both at once, when nothing else is left that they share', async () => {
      const [ann, ben] = await two();
      const [chat, other] = [await group(ann, ben), await group(ann, ben)];
      const [anns, bens] = [await connect(server, ann), await connect(server, ben)];
      await sees(anns, ben, true);
      await ask(ben, 'chat.leave', { chat_id: chat });
      await settle(anns, bens);
      expect(seen(anns, ben)).toEqual([true]);
      await ask(ann, 'chat.remove_member', { chat_id: other, user_id: ben.id });
      await Promise.all([sees(anns, ben, true, false), sees(bens, ann, false)]);
      await bens.socket.close();
      await connect(server, ben);
      await settle(anns);
      expect(seen(anns, ben)).toEqual([true, false]);
    });

    it('that was made behind the back of the node is learned when the log is compared', async () => {
      const [ann, ben] = await two();
      const [anns, bens] = [await connect(server, ann), await connect(server, ben)];
      const chat = await makeGroup(server.database.url, [ann.id, ben.id]);
      // As the comparison of memberships with the database does.
      for (const { id } of [ann, ben]) server.app.get(OpenChats).join(chat, id, 0);
      expect(await Promise.all([sees(anns, ben, true), sees(bens, ann, true)])).toEqual([true, true]);
    });
  });

  describe('leaving a personal chat', () => {
    it('ends what the two see of each other', async () => {
      const [ann, ben] = await two();
      const chat = await contacts(ann, ben);
      const [anns, bens] = [await connect(server, ann), await connect(server, ben)];
      await sees(anns, ben, true);
      await ask(ben, 'chat.leave', { chat_id: chat });
      await Promise.all([sees(anns, ben, true, false), sees(bens, ann, false)]);
      await say(ann, chat);
      await settle(anns, bens);
      expect([seen(anns, ben), seen(bens, ann)]).toEqual([[true, false], [false]]);
      await ask(ben, 'chat.accept', { chat_id: chat });
      await until(() => seen(anns, ben).at(-1) === true && seen(bens, ann).at(-1) === true);
    });
  });

  describe('who hides it', () => {
    it('is offline for everybody at once, also in what members are shown, and sees the others all the same', async () => {
      const [ann, ben, eve] = (await people(3)) as [Account, Account, Account];
      const [chat, room] = [await contacts(ann, ben), await group(ann, ben, eve)];
      const [anns, bens, eves] = [await connect(server, ann), await connect(server, ben), await connect(server, eve)];
      const own = await connect(server, ben);
      await Promise.all([sees(anns, ben, true), sees(bens, eve, true)]);
      await ask(ben, 'contacts.set_privacy', { share_presence: false });
      await Promise.all([sees(anns, ben, true, false), until(() => seen(eves, ben).at(-1) === false)]);
      expect(await memberOf(ann, chat, ben)).toMatchObject({ online: false, read_seq: 0 });
      expect(await memberOf(ben, chat, ann)).toMatchObject({ online: true });

      await ask(ben, 'chat.typing', { chat_id: room });
      const seq = await say(ann, room);
      await ask(ben, 'chat.read', { chat_id: room, seq });
      // One's own devices learn of it.
      await until(() => own.of('chat.read').length === 1);
      await bens.socket.close();
      await own.socket.close();
      const again = await connect(server, ben);
      await settle(anns, eves, again);
      expect([...anns.of('chat.typing'), ...anns.of('chat.read'), ...eves.of('chat.read')]).toEqual([]);
      expect(seen(anns, ben)).toEqual([true, false]);
      const [fay] = (await people(1)) as [Account];
      const fays = await connect(server, fay);
      await ask(ann, 'chat.add_members', { chat_id: room, members: [fay.username] });
      await Promise.all([sees(fays, ann, true), sees(again, fay, true)]);
      expect(seen(fays, ben)).toEqual([]);

      await ask(ben, 'contacts.set_privacy', { share_presence: true });
      await Promise.all([sees(anns, ben, true, false, true), sees(fays, ben, true)]);
      expect(await memberOf(ann, room, ben)).toMatchObject({ online: true, read_seq: seq });
    });
  });

  describe('a block', () => {
    it('ends what both see of each other, in groups too, and nothing that others see', async () => {
      const [ann, ben, eve] = (await people(3)) as [Account, Account, Account];
      const [chat, room] = [await contacts(ann, ben), await group(ann, ben, eve)];
      const eves = await connect(server, eve);
      const [anns, bens] = [await connect(server, ann), await connect(server, ben)];
      await Promise.all([sees(anns, ben, true), sees(eves, ann, true), sees(eves, ben, true)]);
      await ask(ben, 'contacts.block', { user_id: ann.id });
      await Promise.all([sees(anns, ben, true, false), sees(bens, ann, false)]);
      for (const [who, other] of [
        [ann, ben],
        [ben, ann],
      ] as const) {
        for (const where of [chat, room]) expect(await memberOf(who, where, other)).toMatchObject({ online: false, read_seq: 0 });
      }
      for (const who of [ann, ben]) {
        await ask(who, 'chat.typing', { chat_id: room });
        await ask(who, 'chat.read', { chat_id: room, seq: await say(eve, room) });
      }
      await until(() => eves.of('chat.read').length === 2 && eves.of('chat.typing').length === 2);
      await until(() => anns.of('chat.read').length === 1 && bens.of('chat.read').length === 1);
      expect([anns.of('chat.read')[0].user_id, bens.of('chat.read')[0].user_id]).toEqual([ann.id, ben.id]);
      expect([...anns.of('chat.typing'), ...bens.of('chat.typing')]).toEqual([]);
      expect([seen(eves, ann).at(-1), seen(eves, ben).at(-1)]).toEqual([true, true]);

      for (const listener of [anns, bens]) await listener.socket.close();
      await until(() => seen(eves, ben).at(-1) === false && seen(eves, ann).at(-1) === false);
      const [anns2, bens2] = [await connect(server, ann), await connect(server, ben)];
      await until(() => seen(eves, ben).at(-1) === true);
      await settle(anns2, bens2);
      expect([seen(anns2, ben), seen(bens2, ann)]).toEqual([[], []]);
      await ask(ben, 'contacts.unblock', { user_id: ann.id });
      await Promise.all([sees(anns2, ben, true), sees(bens2, ann, true)]);
    });

    it('of somebody with whom nothing is shared is no news to that one', async () => {
      const [ann, ben] = await two();
      const anns = await connect(server, ann);
      await connect(server, ben);
      await personal(ann, ben);
      await ask(ben, 'contacts.block', { user_id: ann.id });
      await settle(anns);
      expect(anns.of('chat.presence')).toEqual([]);
    });
  });
});

describe.runIf(has.redis)('on two nodes', () => {
  let redis: TestRedis;
  let nodes: TwoNodes;
  beforeAll(async () => {
    redis = await TestRedis.start();
    nodes = await startTwoNodes({ variables: { REDIS_URL: redis.url }, extensions: [SHORT] });
  });
  afterAll(async () => {
    await nodes.stop();
    await redis.stop();
  });

  it('both learn at once what they come to share, and that it ends', async () => {
    const { one, two } = nodes;
    const [ann, ben] = (await makeAccounts(one, 2)) as [Account, Account];
    const [anns, bens] = [await connect(one, ann), await connect(two, ben)];
    const last = (listener: Listener, who: Account, expected: boolean) => until(() => seen(listener, who).at(-1) === expected);
    const both = (expected: boolean) => Promise.all([last(anns, ben, expected), last(bens, ann, expected)]);
    const chat = await group(ann, ben);
    await both(true);
    await ask(ben, 'chat.leave', { chat_id: chat });
    await both(false);
    const answered = await contacts(ann, ben);
    await both(true);
    await ask(ann, 'contacts.block', { user_id: ben.id });
    await both(false);
    await ask(ann, 'contacts.unblock', { user_id: ben.id });
    await both(true);
    await ask(ben, 'contacts.set_privacy', { share_presence: false });
    await last(anns, ben, false);
    await ask(ben, 'contacts.set_privacy', { share_presence: true });
    await last(anns, ben, true);
    await ask(ann, 'chat.leave', { chat_id: answered });
    await both(false);
  });
});

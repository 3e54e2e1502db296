import type { DynamicModule } from '@nestjs/common';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Bus } from '../../src/bus/bus.js';
import { PresenceTimes } from '../../src/chat/presence.js';
import { has } from '../support/capabilities.js';
import { makeAccounts, makeGroup } from '../support/chats.js';
import type { Parsed } from '../support/http-client.js';
import type { RawSocket } from '../support/raw-socket.js';
import { TestRedis } from '../support/redis.js';
import { type Account, TestServer } from '../support/server.js';
import { startTwoNodes, type TwoNodes } from '../support/two-nodes.js';
import { until } from '../support/until.js';

const LINGER_MS = 300;

class TimesModule {}

/** Short times; leases that are lost with their Redis are taken again at once. */
const SHORT: DynamicModule = {
  module: TimesModule,
  global: true,
  providers: [{ provide: PresenceTimes, useValue: new PresenceTimes(LINGER_MS, 10, 50) }],
  exports: [PresenceTimes],
};

interface Told {
  readonly user_id: number;
  readonly online: boolean;
}

/** A connection, with what it was told of who is online. */
interface Watcher {
  readonly socket: RawSocket;
  readonly told: Told[];
}

const open: RawSocket[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((socket) => socket.close()));
});

async function connect(server: TestServer, account: Account): Promise<Watcher> {
  const socket = await server.socket(`/v1/connect?token=${account.tokens.token}`);
  const told: Told[] = [];
  socket.socket.on('message', (data: Buffer) => {
    const frame: Parsed = JSON.parse(data.toString('utf8'));
    if (frame.domain === 'chat' && frame.event === 'presence') told.push(frame.data);
  });
  open.push(socket);
  // The greeting: whoever has it is connected.
  await socket.next();
  return { socket, told };
}

const of = (told: readonly Told[], { id }: Account): boolean[] =>
  told.flatMap(({ user_id, online }) => (user_id === id ? [online] : []));

const isTold = (watcher: Watcher, account: Account, ...expected: boolean[]): Promise<boolean> =>
  until(() => of(watcher.told, account).join() === expected.join());

/** Who is a member, and whether the server says it is online. */
async function onlineIn(server: TestServer, asker: Account, chatId: number): Promise<Record<number, boolean>> {
  const { body } = await server.client(asker.tokens.token).get(`/api/v1/chats/${chatId}`);
  return Object.fromEntries(body.members.map(({ user_id, online }: Told) => [user_id, online]));
}

describe('presence', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await TestServer.start({ extensions: [SHORT] });
  });
  afterAll(() => server.stop());

  it('is told to those who share a chat and to nobody else, not to the user itself', async () => {
    const [ann, ben, stranger] = (await makeAccounts(server, 3)) as [Account, Account, Account];
    const chat = await makeGroup(server.database.url, [ann.id, ben.id]);
    await makeGroup(server.database.url, [stranger.id]);
    const [watcher, outsider] = [await connect(server, ann), await connect(server, stranger)];
    const first = await connect(server, ben);
    await isTold(watcher, ben, true);
    const second = await connect(server, ben);
    expect(await onlineIn(server, ann, chat)).toEqual({ [ann.id]: true, [ben.id]: true });
    await first.socket.close();
    const goneAt = performance.now();
    await second.socket.close();
    await isTold(watcher, ben, true, false);
    expect(performance.now() - goneAt).toBeGreaterThanOrEqual(LINGER_MS - 20);
    expect(await onlineIn(server, ann, chat)).toEqual({ [ann.id]: true, [ben.id]: false });
    expect(watcher.told).toHaveLength(2);
    expect([outsider.told, first.told, second.told]).toEqual([[], [], []]);
  });

  it('says nothing of whoever comes back in time, and counts it as online meanwhile', async () => {
    const [ann, ben, eve] = (await makeAccounts(server, 3)) as [Account, Account, Account];
    const chat = await makeGroup(server.database.url, [ann.id, ben.id, eve.id]);
    const watcher = await connect(server, ann);
    const [first, other] = [await connect(server, ben), await connect(server, eve)];
    await isTold(watcher, eve, true);
    await first.socket.close();
    await other.socket.close();
    expect((await onlineIn(server, ann, chat))[ben.id]).toBe(true);
    await connect(server, ben);
    // Who went later, and stays away, is told of: what was to be told of the first would have come before.
    await isTold(watcher, eve, true, false);
    expect(of(watcher.told, ben)).toEqual([true]);
    expect((await onlineIn(server, ann, chat))[ben.id]).toBe(true);
  });

  it('begins with the first chat of whoever is connected already', async () => {
    const [ann, ben] = (await makeAccounts(server, 2)) as [Account, Account];
    const [watcher, early] = [await connect(server, ann), await connect(server, ben)];
    expect(watcher.told).toEqual([]);
    await ann.client.post('/api/v1/chats', { chat_type: 'group', members: [ben.username] });
    await isTold(watcher, ben, true);
    await early.socket.close();
    await isTold(watcher, ben, true, false);
  });

  it('is nobody’s business after a user has left the only chat in common', async () => {
    const [ann, ben, eve] = (await makeAccounts(server, 3)) as [Account, Account, Account];
    const shared = await makeGroup(server.database.url, [ann.id, ben.id]);
    await makeGroup(server.database.url, [ann.id, eve.id]);
    await makeGroup(server.database.url, [ben.id, eve.id]);
    const [watcher, witness] = [await connect(server, ann), await connect(server, eve)];
    const leaver = await connect(server, ben);
    await isTold(watcher, ben, true);
    await leaver.socket.command('chat.leave', { chat_id: shared });
    await isTold(watcher, ben, true, false);
    expect(of(witness.told, ben)).toEqual([true]);
    await leaver.socket.close();
    await isTold(witness, ben, true, false);
    expect(of(watcher.told, ben)).toEqual([true, false]);
  });
});

describe.runIf(has.redis)('presence of two nodes', () => {
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

  /** Three who share a chat; the first watches on both nodes. */
  const watched = async () => {
    const { one, two, database } = nodes;
    const [ann, ben, eve] = (await makeAccounts(one, 3)) as [Account, Account, Account];
    const chat = await makeGroup(database.url, [ann.id, ben.id, eve.id]);
    return { ann, ben, eve, chat, watchers: [await connect(one, ann), await connect(two, ann)] as const };
  };
  const all = (watchers: readonly Watcher[], account: Account, ...expected: boolean[]): Promise<unknown> =>
    Promise.all(watchers.map((watcher) => isTold(watcher, account, ...expected)));

  it('is told on both: when the first connection anywhere opens, and after the last one went', async () => {
    const { one, two } = nodes;
    const { ann, ben, eve, chat, watchers } = await watched();
    const here = await connect(one, ben);
    await all(watchers, ben, true);
    const there = await connect(two, ben);
    const fence = await connect(two, eve);
    await all(watchers, eve, true);
    await here.socket.close();
    await fence.socket.close();
    // Who went later is told of: nothing was of the one who is still connected to the other node.
    await all(watchers, eve, true, false);
    for (const node of [one, two]) {
      expect(await onlineIn(node, ann, chat)).toEqual({ [ann.id]: true, [ben.id]: true, [eve.id]: false });
    }
    await there.socket.close();
    await all(watchers, ben, true, false);
    for (const node of [one, two]) expect((await onlineIn(node, ann, chat))[ben.id]).toBe(false);
  });

  it('does not notice a move from one to the other', async () => {
    const { one, two } = nodes;
    const { ben, eve, watchers } = await watched();
    const here = await connect(one, ben);
    const later = await connect(one, eve);
    await all(watchers, ben, true);
    await here.socket.close();
    const there = await connect(two, ben);
    await all(watchers, eve, true);
    await later.socket.close();
    await all(watchers, eve, true, false);
    for (const { told } of watchers) expect(of(told, ben)).toEqual([true]);
    await there.socket.close();
    await all(watchers, ben, true, false);
  });

  it('is told once of whoever comes to both and goes from both at the same moment', async () => {
    const { one, two } = nodes;
    const { ben, eve, watchers } = await watched();
    const both = await Promise.all([connect(one, ben), connect(two, ben)]);
    await all(watchers, ben, true);
    await Promise.all(both.map(({ socket }) => socket.close()));
    await all(watchers, ben, true, false);
    const fence = await connect(one, eve);
    await all(watchers, eve, true);
    await fence.socket.close();
    await all(watchers, eve, true, false);
    for (const { told } of watchers) expect(of(told, ben)).toEqual([true, false]);
  });

  it('is what each node knows itself while Redis is away, and comes back with it', async () => {
    const { one, two } = nodes;
    const { ann, ben, eve, chat, watchers } = await watched();
    const stays = await connect(two, ben);
    await all(watchers, ben, true);
    await redis.down();
    const passing = await connect(one, eve);
    await until(async () => (await onlineIn(one, ann, chat))[ben.id] === false);
    expect(await onlineIn(one, ann, chat)).toEqual({ [ann.id]: true, [ben.id]: false, [eve.id]: true });
    expect((await onlineIn(two, ann, chat))[ben.id]).toBe(true);
    await passing.socket.close();
    await redis.up();
    // Taken again, though the new Redis knows of nothing.
    await until(async () => (await onlineIn(one, ann, chat))[ben.id] === true, 10_000);
    // What is published before both nodes listen again is lost, and not told again.
    await until(() => [one, two].every(({ app }) => app.get(Bus).ready()), 10_000);
    await stays.socket.close();
    await until(() => watchers.every(({ told }) => of(told, ben).at(-1) === false), 10_000);
    for (const { told } of watchers) expect(of(told, ben)).toEqual([true, false]);
  });
});

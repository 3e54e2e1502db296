import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeAccounts } from '../support/chats.js';
import { ask, command, contacts, group, memberIds, personal, requestsOf, say } from '../support/contacts.js';
import { runSql } from '../support/database.js';
import { type Account, TestServer } from '../support/server.js';
import { startTwoNodes, type TwoNodes } from '../support/two-nodes.js';
import { until } from '../support/until.js';

/** Rows of the database that contradict each other. */
const CONTRADICTIONS = `
  SELECT 'a member is asked to come in' AS what FROM chat_requests r JOIN chat_members m ON m.chat_id = r.chat_id AND m.user_id = r.user_id
  UNION ALL SELECT 'a member has left' FROM chat_leavers l JOIN chat_members m ON m.chat_id = l.chat_id AND m.user_id = l.user_id
  UNION ALL SELECT 'a chat without members asks' FROM chat_requests r WHERE NOT EXISTS (SELECT 1 FROM chat_members m WHERE m.chat_id = r.chat_id)
  UNION ALL SELECT 'one-sided is ' || c.one_sided FROM chats c WHERE c.chat_type = 'personal'
    AND c.one_sided <> ((SELECT count(*) FROM chat_members m WHERE m.chat_id = c.id AND m.chosen) < 2)
  UNION ALL SELECT 'a log has a hole' FROM chats c WHERE c.last_seq <> (SELECT count(*) FROM messages x WHERE x.chat_id = c.id)
  UNION ALL SELECT 'a log and the members differ' FROM chats c
    JOIN LATERAL (SELECT DISTINCT ON (x.member_id) x.member_id, x.kind FROM messages x
      WHERE x.chat_id = c.id AND x.kind IN ('joined', 'left') ORDER BY x.member_id, x.seq DESC) e ON true
    WHERE (e.kind = 'joined') <> EXISTS (SELECT 1 FROM chat_members m WHERE m.chat_id = c.id AND m.user_id = e.member_id)
  UNION ALL SELECT 'a group has no owner' FROM chats c WHERE c.chat_type = 'group'
    AND EXISTS (SELECT 1 FROM chat_members m WHERE m.chat_id = c.id)
    AND (SELECT count(*) FROM chat_members m WHERE m.chat_id = c.id AND m.role = 'owner') <> 1`;

describe('at the same moment, on two nodes', () => {
  let nodes: TwoNodes;
  beforeAll(async () => {
    nodes = await startTwoNodes();
  });
  afterAll(() => nodes.stop());

  /** Runs commands at once, every other one on the other node. @returns how they were answered */
  async function atOnce(...attempts: [who: Account, name: string, payload: Record<string, unknown>][]): Promise<number[]> {
    const clients = [nodes.one, nodes.two];
    return Promise.all(
      attempts.map(async ([{ tokens }, name, payload], i) => {
        const client = (clients[i % 2] as TestServer).client(tokens.token);
        return (await client.post(`/api/v1/commands/${name.replace('.', '/')}`, payload)).status;
      }),
    );
  }
  const people = (count: number): Promise<Account[]> => makeAccounts(nodes.one, count);
  const two = async (): Promise<[Account, Account]> => (await people(2)) as [Account, Account];
  const sound = async (): Promise<void> => {
    expect(await runSql(nodes.database.url, CONTRADICTIONS)).toEqual([]);
  };

  it('a request is accepted once, however often', async () => {
    const [ann, ben] = await two();
    const chat = await contacts(ann, ben);
    await ask(ben, 'chat.leave', { chat_id: chat });
    await say(ann, chat);
    const statuses = await atOnce(
      ...Array.from({ length: 10 }, (): [Account, string, Record<string, unknown>] => [ben, 'chat.accept', { chat_id: chat }]),
    );
    expect(statuses).toEqual(Array.from({ length: 10 }, () => 200));
    const { messages } = await ask(ben, 'chat.sync', { chat_id: chat, after_seq: 0 });
    expect(messages.filter(({ kind }: { kind: string }) => kind === 'joined')).toHaveLength(1);
    await sound();
  });

  it('of accepting and declining one is last, and the other changes nothing afterwards', async () => {
    for (let round = 0; round < 5; round++) {
      const [ann, ben] = await two();
      const chat = await group(ann, ben);
      await ask(ben, 'chat.leave', { chat_id: chat });
      await ask(ann, 'chat.add_members', { chat_id: chat, members: [ben.username] });
      const [accepted, declined] = await atOnce(
        [ben, 'chat.accept', { chat_id: chat }],
        [ben, 'chat.decline', { chat_id: chat }],
      );
      expect(accepted).toBe(200);
      expect([200, 404]).toContain(declined);
      expect(await memberIds(ann, chat)).toContain(ben.id);
      expect(await requestsOf(ben)).toEqual([]);
    }
    await sound();
  });

  it('both start the same personal chat, again after both have left it', async () => {
    const [ann, ben] = await two();
    const start = () =>
      atOnce(
        [ann, 'chat.create', { chat_type: 'personal', members: [ben.username] }],
        [ben, 'chat.create', { chat_type: 'personal', members: [ann.username] }],
      );
    expect(await start()).toEqual([200, 200]);
    const chat = await personal(ann, ben);
    for (let round = 0; round < 3; round++) {
      const left = await atOnce([ann, 'chat.leave', { chat_id: chat }], [ben, 'chat.leave', { chat_id: chat }]);
      expect(left).toEqual([200, 200]);
      expect(await start()).toEqual([200, 200]);
      expect(await memberIds(ann, chat)).toHaveLength(2);
    }
    await sound();
  });

  it('messages, leaving, blocks and answers of a few people in the same chats contradict each other nowhere', async () => {
    const all = await people(4);
    const [ann, ben, eve, fay] = all as [Account, Account, Account, Account];
    const [first, second, room] = [await contacts(ann, ben), await personal(ann, eve), await group(ann, ben, eve, fay)];
    const acts: ((who: Account, other: Account, chat: number) => [string, Record<string, unknown>])[] = [
      (_who, _other, chat_id) => ['chat.send', { chat_id, content: 'x' }],
      (_who, _other, chat_id) => ['chat.leave', { chat_id }],
      (_who, _other, chat_id) => ['chat.accept', { chat_id }],
      (_who, _other, chat_id) => ['chat.decline', { chat_id }],
      (_who, _other, chat_id) => ['chat.read', { chat_id, seq: 1_000 }],
      (_who, other) => ['chat.create', { chat_type: 'personal', members: [other.username] }],
      (_who, other) => ['chat.add_members', { chat_id: room, members: [other.username] }],
      (_who, other) => ['contacts.block', { user_id: other.id }],
      (_who, other) => ['contacts.unblock', { user_id: other.id }],
    ];
    const pick = <T>(items: readonly T[]): T => items[Math.floor(Math.random() * items.length)] as T;
    for (let round = 0; round < 12; round++) {
      const statuses = await atOnce(
        ...Array.from({ length: 16 }, (): [Account, string, Record<string, unknown>] => {
          const who = pick(all);
          const other = pick(all.filter((each) => each !== who));
          return [who, ...pick(acts)(who, other, pick([first, second, room]))];
        }),
      );
      expect(statuses.filter((status) => ![200, 403, 404, 409].includes(status))).toEqual([]);
    }
    await sound();
  });

  it('an account is deleted: nothing of it is left, whatever was asked of it or by it', async () => {
    const [ann, ...others] = (await people(5)) as [Account, ...Account[]];
    const rooms = await Promise.all(others.map((other) => group(other, ann)));
    for (const chat_id of rooms) await ask(ann, 'chat.leave', { chat_id });
    const own = await group(ann, ...others);
    for (const other of others) await ask(other, 'chat.leave', { chat_id: own });
    const deletion = nodes.two.client(ann.tokens.token).delete(`/api/v1/users/${ann.id}`);
    const statuses = await atOnce(
      ...others.map((other, i): [Account, string, Record<string, unknown>] => [
        other,
        'chat.add_members',
        { chat_id: rooms[i], members: [ann.username] },
      ]),
      ...others.map((other): [Account, string, Record<string, unknown>] => [
        ann,
        'chat.add_members',
        { chat_id: own, members: [other.username] },
      ]),
      ...others.map((other): [Account, string, Record<string, unknown>] => [other, 'contacts.block', { user_id: ann.id }]),
    );
    expect((await deletion).status).toBe(200);
    expect(statuses.filter((status) => ![200, 401, 404, 422].includes(status))).toEqual([]);
    const count = async (text: string): Promise<number> =>
      (await runSql<{ count: number }>(nodes.database.url, text, [ann.id]))[0]?.count ?? -1;
    await until(async () => (await runSql(nodes.database.url, 'SELECT 1 FROM departed_users')).length === 0, 15_000);
    expect(await count('SELECT count(*)::int FROM chat_requests WHERE user_id = $1 OR from_id = $1')).toBe(0);
    expect(await count('SELECT count(*)::int FROM chat_leavers WHERE user_id = $1')).toBe(0);
    expect(await count('SELECT count(*)::int FROM chat_members WHERE user_id = $1')).toBe(0);
    expect(await command(others[0] as Account, 'contacts.block', { user_id: ann.id + 1_000_000 })).toMatchObject({ status: 404 });
    await sound();
  });
});

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { has } from '../support/capabilities.js';
import { makeAccounts, makeGroup } from '../support/chats.js';
import { createDatabase, runSql, type TestDatabase } from '../support/database.js';
import type { Parsed } from '../support/http-client.js';
import type { RawSocket } from '../support/raw-socket.js';
import { TestRedis } from '../support/redis.js';
import { type Account, TestServer } from '../support/server.js';
import { startTwoNodes, type TwoNodes } from '../support/two-nodes.js';
import { until } from '../support/until.js';

/** Waits until nothing is left to be worked off. */
const worked = ({ url }: TestDatabase): Promise<boolean> =>
  until(async () => (await runSql(url, 'SELECT 1 FROM departed_users')).length === 0, 15_000);

/** Who is in a chat, and as what. */
const rolesOf = async ({ url }: TestDatabase, chatId: number): Promise<Record<number, string>> => {
  const rows = await runSql<{ user_id: number; role: string }>(
    url,
    'SELECT user_id::int, role FROM chat_members WHERE chat_id = $1',
    [chatId],
  );
  return Object.fromEntries(rows.map(({ user_id, role }) => [user_id, role]));
};

/** The log: who left by whom, at which `seq`. */
const departuresOf = ({ url }: TestDatabase, chatId: number): Promise<object[]> =>
  runSql(
    url,
    `SELECT seq::int, kind, sender_id::int, member_id::int FROM messages WHERE chat_id = $1 AND kind = 'left' ORDER BY seq`,
    [chatId],
  );

const remove = async ({ id, client }: Account): Promise<void> => {
  expect((await client.delete(`/api/v1/users/${id}`)).status).toBe(200);
};

const lefts = (socket: RawSocket): Parsed[] => {
  const heard: Parsed[] = [];
  socket.socket.on('message', (data: Buffer) => {
    const frame: Parsed = JSON.parse(data.toString('utf8'));
    if (frame.domain === 'chat' && frame.event === 'left') heard.push(frame.data);
  });
  return heard;
};

describe('accounts that are deleted', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await TestServer.start();
  });
  afterAll(() => server.stop());

  it('leave each of their chats with one entry by themselves, and hand over what they own', async () => {
    const { database } = server;
    const [owner, younger, elder, plain] = (await makeAccounts(server, 4)) as [Account, Account, Account, Account];
    const led = await makeGroup(database.url, [owner.id, plain.id, younger.id, elder.id]);
    const admins = `UPDATE chat_members SET role = 'admin', joined_at = now() - $3::interval WHERE chat_id = $1 AND user_id = $2`;
    await runSql(database.url, admins, [led, younger.id, '1 hour']);
    await runSql(database.url, admins, [led, elder.id, '2 hours']);
    const flat = await makeGroup(database.url, [owner.id, younger.id, plain.id]);
    await runSql(
      database.url,
      `UPDATE chat_members SET joined_at = now() - interval '1 hour' WHERE chat_id = $1 AND user_id = $2`,
      [flat, plain.id],
    );
    const joined = await makeGroup(database.url, [plain.id, owner.id]);
    const alone = await makeGroup(database.url, [owner.id]);
    const { body: personal } = await owner.client.post('/api/v1/chats', { chat_type: 'personal', members: [plain.username] });
    await remove(owner);
    await worked(database);
    expect(await rolesOf(database, led)).toEqual({ [plain.id]: 'member', [younger.id]: 'admin', [elder.id]: 'owner' });
    expect(await rolesOf(database, flat)).toEqual({ [plain.id]: 'owner', [younger.id]: 'member' });
    expect(await rolesOf(database, joined)).toEqual({ [plain.id]: 'owner' });
    expect(await rolesOf(database, alone)).toEqual({});
    expect(await rolesOf(database, personal.chat_id)).toEqual({ [plain.id]: 'member' });
    for (const chat of [led, flat, joined, alone, personal.chat_id]) {
      expect(await departuresOf(database, chat)).toEqual([{ seq: 1, kind: 'left', sender_id: owner.id, member_id: owner.id }]);
    }
  });

  it('are told of live, and seen in the log by whoever was away', async () => {
    const [goer, here, away] = (await makeAccounts(server, 3)) as [Account, Account, Account];
    const chat = await makeGroup(server.database.url, [goer.id, here.id, away.id]);
    const socket = await server.socket(`/v1/connect?token=${here.tokens.token}`);
    const heard = lefts(socket);
    await remove(goer);
    await until(() => heard.length > 0);
    const entry = { chat_id: chat, seq: 1, kind: 'left', member_id: goer.id, member_name: 'deleted user', from_id: goer.id };
    expect(heard).toMatchObject([entry]);
    const { body } = await away.client.post('/api/v1/commands/chat/sync', { chat_id: chat, after_seq: 0 });
    expect(body.data.messages).toMatchObject([entry]);
    await socket.close();
  });
});

describe('accounts that were deleted while no server ran', () => {
  it('leave their chats after the next start', async () => {
    const database = await createDatabase();
    const before = await TestServer.start({ database });
    const [goer, stays] = (await makeAccounts(before, 2)) as [Account, Account];
    const chat = await makeGroup(database.url, [goer.id, stays.id]);
    await before.stop();
    await runSql(database.url, 'DELETE FROM users WHERE id = $1', [goer.id]);
    const after = await TestServer.start({ database });
    try {
      await worked(database);
      expect(await rolesOf(database, chat)).toEqual({ [stays.id]: 'owner' });
      expect(await departuresOf(database, chat)).toEqual([{ seq: 1, kind: 'left', sender_id: goer.id, member_id: goer.id }]);
    } finally {
      await after.stop();
      await database.drop();
    }
  });
});

describe.runIf(has.redis)('two nodes', () => {
  const CHATS = 250;
  let redis: TestRedis;
  let nodes: TwoNodes;
  beforeAll(async () => {
    redis = await TestRedis.start();
    nodes = await startTwoNodes({ variables: { REDIS_URL: redis.url } });
  });
  afterAll(async () => {
    await nodes.stop();
    await redis.stop();
  });

  it('take several accounts out of many chats at once: each leaves once, which is told once and in order on both', async () => {
    const { one, two, database } = nodes;
    const [ann, ben, eve] = (await makeAccounts(one, 3)) as [Account, Account, Account];
    const made = await runSql<{ id: number }>(
      database.url,
      `WITH chat AS (INSERT INTO chats (chat_type) SELECT 'group' FROM generate_series(1, ${CHATS}) RETURNING id),
         members AS (INSERT INTO chat_members (chat_id, user_id, role)
           SELECT chat.id, u.id, CASE WHEN u.place = 1 THEN 'owner' ELSE 'member' END
           FROM chat, unnest($1::bigint[]) WITH ORDINALITY AS u (id, place))
       SELECT id::int FROM chat`,
      [[ann.id, ben.id, eve.id]],
    );
    const chats = made.map(({ id }) => id);
    const sockets = await Promise.all([one, two].map((node) => node.socket(`/v1/connect?token=${eve.tokens.token}`)));
    const heard = sockets.map(lefts);
    await Promise.all([remove(ann), remove(ben)]);
    await worked(database);
    await until(() => heard.every((each) => each.length >= 2 * CHATS), 15_000);
    for (const each of heard) {
      expect(each).toHaveLength(2 * CHATS);
      for (const chat of chats) {
        const own = each.filter(({ chat_id }) => chat_id === chat);
        expect(own.map(({ seq }) => seq)).toEqual([1, 2]);
        expect(own.map(({ member_id }) => member_id).toSorted()).toEqual([ann.id, ben.id].toSorted());
      }
    }
    const [counts] = await runSql<{ owned: number; entries: number }>(
      database.url,
      `SELECT (SELECT count(*)::int FROM chat_members WHERE role = 'owner' AND user_id = $1) AS owned,
         (SELECT count(*)::int FROM messages) AS entries`,
      [eve.id],
    );
    expect(counts).toEqual({ owned: CHATS, entries: 2 * CHATS });
    await Promise.all(sockets.map((socket) => socket.close()));
  });
});

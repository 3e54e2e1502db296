import { Client } from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ADD_MEMBERS, CREATE_CHAT, MARK_READ, REMOVE_MEMBER } from '../../src/chat/chats.sql.js';
import { logOf, makeAccounts, makeGroup } from '../support/chats.js';
import { runSql } from '../support/database.js';
import { type Account, TestServer } from '../support/server.js';
import { until } from '../support/until.js';

let server: TestServer;
beforeAll(async () => {
  server = await TestServer.start();
});
afterAll(() => server.stop());

const clients: Client[] = [];
afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.end()));
});

/** A connection of its own, to hold locks with. */
const connect = async (): Promise<Client> => {
  const client = new Client(server.database.url);
  await client.connect();
  clients.push(client);
  return client;
};
const sql = <Row extends object>(text: string, values: unknown[] = []): Promise<Row[]> =>
  runSql<Row>(server.database.url, text, values);
const people = (count: number): Promise<Account[]> => makeAccounts(server, count);
const two = async (): Promise<[Account, Account]> =>
  (await people(2)).toSorted((one, other) => one.id - other.id) as [Account, Account];
const run = async (who: Account, name: string, payload: Record<string, unknown>) => {
  const { status, body } = await who.client.post(`/api/v1/commands/chat/${name}`, payload);
  return { status, ...body };
};
const rolesOf = async (chatId: number): Promise<[number, string][]> =>
  (
    await sql<{ id: number; role: string }>(
      'SELECT user_id::int AS id, role FROM chat_members WHERE chat_id = $1 ORDER BY user_id',
      [chatId],
    )
  ).map(({ id, role }) => [id, role]);
const numbersOf = async (chatId: number): Promise<number[]> => (await logOf(server.database.url, chatId)).map(({ seq }) => seq);
const upTo = (last: number): number[] => Array.from({ length: last }, (_unused, i) => i + 1);

/** Waits until a connection waits for somebody else's lock. */
const waits = async (client: Client): Promise<void> => {
  const { processID } = client as Client & { readonly processID: number };
  await until(async () => (await sql('SELECT 1 FROM pg_locks WHERE pid = $1 AND NOT granted', [processID])).length > 0);
};
/** Members of a chat who are locked by nobody. */
const freeIn = async (chatId: number): Promise<number[]> =>
  (
    await sql<{ id: number }>(
      'SELECT user_id::int AS id FROM chat_members WHERE chat_id = $1 ORDER BY user_id FOR NO KEY UPDATE SKIP LOCKED',
      [chatId],
    )
  ).map(({ id }) => id);
/** Runs a statement while a member's row is held by somebody else. @returns who was free while it waited */
const freeWhileHeld = async (chatId: number, userId: number, text: string, values: unknown[]): Promise<number[]> => {
  const [holder, other] = [await connect(), await connect()];
  await holder.query('BEGIN');
  await holder.query('SELECT 1 FROM chat_members WHERE chat_id = $1 AND user_id = $2 FOR UPDATE', [chatId, userId]);
  const running = other.query(text, values);
  await waits(other);
  const free = await freeIn(chatId);
  await holder.query('COMMIT');
  await running;
  return free;
};

describe('the rows of members are locked in the order of their ids', () => {
  it('by an owner who leaves, whoever the heir is', async () => {
    const [low, high] = await two();
    const chat = await makeGroup(server.database.url, [high.id, low.id]);
    expect(await freeWhileHeld(chat, low.id, REMOVE_MEMBER, [chat, high.id, high.id])).toEqual([high.id]);
    expect(await rolesOf(chat)).toEqual([[low.id, 'owner']]);
  });

  // The table holds them in the opposite order, and is small enough to be read as it lies.
  const backwards = async (owner: number, others: readonly number[]): Promise<number> => {
    const chat = await makeGroup(server.database.url, [owner, ...others.toReversed()]);
    await sql('UPDATE chats SET last_seq = 7 WHERE id = $1', [chat]);
    await sql('ANALYZE chats, chat_members');
    return chat;
  };
  const idsFrom = (first: number): number[] => Array.from({ length: 400 }, (_unused, i) => first + i);

  it('by those who read', async () => {
    const [low, ...others] = idsFrom(1_000_000) as [number, ...number[]];
    const chat = await backwards(low - 1, [low, ...others]);
    const readers = [...others.toReversed(), low];
    const values = [readers.map(() => chat), readers, readers.map(() => 9)];
    expect(await freeWhileHeld(chat, low, MARK_READ, values)).toEqual([low - 1, ...others]);
    const marks = await sql('SELECT read_seq::int, count(*)::int FROM chat_members WHERE chat_id = $1 GROUP BY 1 ORDER BY 1', [
      chat,
    ]);
    expect(marks).toEqual([
      { read_seq: 0, count: 1 },
      { read_seq: 7, count: 400 },
    ]);
  });

  it('by an owner who gives roles', async () => {
    const [low, ...others] = idsFrom(2_000_000) as [number, ...number[]];
    const chat = await backwards(low - 1, [low, ...others]);
    const values = [chat, low - 1, [...others.toReversed(), low], 'admin', false];
    expect(await freeWhileHeld(chat, low, ADD_MEMBERS, values)).toEqual([low - 1, ...others]);
    expect((await rolesOf(chat)).filter(([, role]) => role === 'admin')).toHaveLength(400);
  });
});

describe('a read position', () => {
  it('is never answered lower than what was read, also where another node has raised it at the same moment', async () => {
    const [low] = await two();
    const chat = await makeGroup(server.database.url, [low.id]);
    await sql('UPDATE chats SET last_seq = 9 WHERE id = $1', [chat]);
    const [holder, reader] = [await connect(), await connect()];
    await holder.query('BEGIN');
    await holder.query('UPDATE chat_members SET read_seq = 8 WHERE chat_id = $1', [chat]);
    const reading = reader.query(MARK_READ, [
      [chat, chat],
      [low.id, low.id],
      [5, 3],
    ]);
    await waits(reader);
    await holder.query('COMMIT');
    const { rows } = await reading;
    expect(rows).toMatchObject([{ moved: false }]);
    expect(Number(rows[0]?.read_seq)).toBeGreaterThanOrEqual(5);
    expect(await sql('SELECT read_seq::int FROM chat_members WHERE chat_id = $1', [chat])).toEqual([{ read_seq: 8 }]);
  });
});

describe('an account that is deleted at the same moment', () => {
  it('is not added', async () => {
    const [owner, guest, third] = (await people(3)) as [Account, Account, Account];
    const chat = await makeGroup(server.database.url, [owner.id]);
    const [deleting, adding] = [await connect(), await connect()];
    await deleting.query('BEGIN');
    await deleting.query('DELETE FROM users WHERE id = $1', [guest.id]);
    const added = adding.query(ADD_MEMBERS, [chat, owner.id, [guest.id, third.id], null, false]);
    await waits(adding);
    await deleting.query('COMMIT');
    expect((await added).rows.map(({ member_id }) => Number(member_id))).toEqual([third.id]);
    expect((await rolesOf(chat)).map(([id]) => id)).toEqual([owner.id, third.id].toSorted((a, b) => a - b));
    expect(await numbersOf(chat)).toEqual([1]);
  });

  it.each(['group', 'personal'])('makes no %s chat', async (type) => {
    const [creator, other] = (await people(2)) as [Account, Account];
    const [deleting, making] = [await connect(), await connect()];
    await deleting.query('BEGIN');
    await deleting.query('DELETE FROM users WHERE id = $1', [creator.id]);
    const made = making.query(CREATE_CHAT, [type, null, creator.id, [other.id], false]).then(
      () => 'made',
      ({ code }) => code,
    );
    await waits(making);
    await deleting.query('COMMIT');
    expect(await made).toBe('SB404');
    expect(await sql('SELECT chat_id FROM chat_members WHERE user_id = $1', [other.id])).toEqual([]);
  });

  it('is in no chat in the end, and no log has a hole', async () => {
    const [owner] = (await people(1)) as [Account];
    const guests = await people(8);
    const ids = guests.map(({ id }) => id);
    const { chat_id: chat } = (await run(owner, 'create', { chat_type: 'group', members: [] })).data;
    const statuses = await Promise.all(
      guests.flatMap(({ client, id, username }) => [
        run(owner, 'add_members', { chat_id: chat, members: [username] }).then(({ status }) => status),
        client.delete(`/api/v1/users/${id}`).then(({ status }) => status),
      ]),
    );
    expect(statuses.filter((status) => status !== 200 && status !== 422)).toEqual([]);
    await until(async () => (await sql('SELECT 1 FROM departed_users')).length === 0);
    expect(await sql('SELECT 1 FROM chat_members WHERE user_id = ANY ($1)', [ids])).toEqual([]);
    const numbers = await numbersOf(chat);
    expect(numbers).toEqual(upTo(numbers.length));
    expect((await run(owner, 'get', { chat_id: chat })).data).toMatchObject({
      last_seq: numbers.length,
      members: [{ user_id: owner.id, role: 'owner' }],
    });
  });
});

describe('a group', () => {
  it('has one owner, also where all who own it go one after the other at once', async () => {
    const members = await people(8);
    const chat = await makeGroup(
      server.database.url,
      members.map(({ id }) => id),
    );
    const [owner, ...others] = members as [Account, ...Account[]];
    const names = others.slice(0, 4).map(({ username }) => username);
    await run(owner, 'add_members', { chat_id: chat, members: names, role: 'admin' });
    const going = [owner, ...others.slice(0, 5)];
    const left = await Promise.all(going.map((who) => run(who, 'leave', { chat_id: chat })));
    expect(left.map(({ data }) => data.seq).toSorted((a, b) => a - b)).toEqual(upTo(going.length));
    expect((await rolesOf(chat)).map(([, role]) => role).toSorted()).toEqual(['member', 'owner']);
    expect(await numbersOf(chat)).toEqual(upTo(going.length));
  });

  it('takes a user in once, however many add them at once', async () => {
    const [owner, guest] = await two();
    const chat = await makeGroup(server.database.url, [owner.id]);
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => run(owner, 'add_members', { chat_id: chat, members: [guest.username] })),
    );
    expect(answers.every(({ status, data }) => status === 200 && data.members.length === 2)).toBe(true);
    expect(await numbersOf(chat)).toEqual([1]);
  });

  it('has at most 5,000 members: what would be too many adds nobody', async () => {
    const [owner, ...guests] = (await people(3)) as [Account, Account, Account];
    const chat = await makeGroup(server.database.url, [owner.id]);
    await sql(
      `INSERT INTO chat_members (chat_id, user_id, role) SELECT $1, i, 'member' FROM generate_series(3000001, 3004998) i`,
      [chat],
    );
    const add = (...who: Account[]) => run(owner, 'add_members', { chat_id: chat, members: who.map(({ username }) => username) });
    expect(await add(...guests)).toMatchObject({ status: 409, code: 'conflict', detail: 'A group has at most 5000 members' });
    expect(await numbersOf(chat)).toEqual([]);
    expect(await add(guests[0])).toMatchObject({ status: 200 });
    expect(await add(guests[0])).toMatchObject({ status: 200 });
    expect(await add(guests[1])).toMatchObject({ status: 409 });
    expect(await numbersOf(chat)).toEqual([1]);
  });
});

describe('a user who is in as many chats as one can be', () => {
  it('chooses no other, and keeps those that are there', async () => {
    const [busy, friend, owner] = (await people(3)) as [Account, Account, Account];
    const create = (who: Account, other: Account, type: string) =>
      run(who, 'create', { chat_type: type, members: [other.username] });
    const personal = (await create(busy, friend, 'personal')).data.chat_id;
    const group = (await create(owner, busy, 'group')).data.chat_id;
    await sql(
      `WITH made AS (INSERT INTO chats (chat_type, name) SELECT 'group', 'g' FROM generate_series(2, 10000) RETURNING id)
       INSERT INTO chat_members (chat_id, user_id, role) SELECT id, $1, 'member' FROM made`,
      [busy.id],
    );
    const full = { status: 409, code: 'conflict', detail: 'A user is in at most 10000 chats' };
    const chats = (await sql('SELECT 1 FROM chats')).length;
    expect(await create(busy, owner, 'personal')).toMatchObject(full);
    expect(await create(busy, owner, 'group')).toMatchObject(full);
    expect(await sql('SELECT 1 FROM chats')).toHaveLength(chats);
    // Into what others put them does not count, and they are asked where that is too much as well.
    expect(await create(owner, busy, 'group')).toMatchObject({ status: 200, data: { members: [{}, {}] } });
    for (const [who, whom] of [
      [busy, friend],
      [friend, busy],
    ] as const) {
      expect((await create(who, whom, 'personal')).data).toMatchObject({ chat_id: personal });
    }
    expect(await run(owner, 'add_members', { chat_id: group, members: [busy.username], role: 'admin' })).toMatchObject({
      status: 200,
    });
    expect(await rolesOf(group)).toContainEqual([busy.id, 'admin']);
  });
});

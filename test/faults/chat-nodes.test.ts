import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Message } from '../../src/chat/message.js';
import { type ChatConnection, connectChat, RESUMABLE } from '../support/chat-client.js';
import { logOf, makeGroup } from '../support/chats.js';
import { createDatabase, type TestDatabase } from '../support/database.js';
import { TestRedis } from '../support/redis.js';
import { type ServerProcess, ServerProgram } from '../support/server-program.js';
import { until } from '../support/until.js';

const CONNECTIONS = 50;
const CHATS = 20;
const SENDS = 10_000;
/** Chats that each user is in. */
const CHATS_OF_EACH = 4;
const OUTSTANDING = 10;

interface Person {
  readonly connection: ChatConnection;
  readonly chats: readonly number[];
  readonly heard: Map<number, Message[]>;
  /** By chat: `seq` of its own messages. */
  readonly own: Map<number, Set<number>>;
}

let program: ServerProgram;
let redis: TestRedis;
let database: TestDatabase;
let nodes: [ServerProcess, ServerProcess];

beforeAll(async () => {
  program = await ServerProgram.make();
  redis = await TestRedis.start();
  database = await createDatabase('bare');
  const variables = { DATABASE_URL: database.url, REDIS_URL: redis.url };
  const started = [await program.run({ variables }), await program.run({ variables })] as const;
  nodes = await Promise.all([started[0].up(), started[1].up()]);
}, 60_000);

afterAll(async () => {
  await program.close();
  await redis.stop();
  await database.drop();
});

async function people(): Promise<{ chats: number[]; all: Person[] }> {
  const accounts: { id: number; token: string }[] = [];
  for (let i = 0; i < CONNECTIONS; i++) {
    const account = { username: `person-${i}`, email: `person-${i}@example.com`, password: 'correct horse battery' };
    const { body } = await nodes[0].client().post('/api/v1/auth/register', account);
    const me = await nodes[0].client(body.access_token).get('/api/v1/users/me');
    accounts.push({ id: me.body.id, token: body.access_token });
  }
  const isIn = (person: number, chat: number): boolean =>
    Array.from({ length: CHATS_OF_EACH }, (_unused, k) => (person + k * 5) % CHATS).includes(chat);
  const chats: number[] = [];
  for (let chat = 0; chat < CHATS; chat++) {
    const members = accounts.flatMap(({ id }, person) => (isIn(person, chat) ? [id] : []));
    chats.push(await makeGroup(database.url, members));
  }
  const all = await Promise.all(
    accounts.map(async ({ token }, person) => {
      const heard = new Map<number, Message[]>();
      const connection = await connectChat(
        nodes[person % 2 ? 1 : 0].url,
        RESUMABLE[person % RESUMABLE.length] ?? 'game',
        token,
        (entry) => {
          const own = heard.get(entry.chat_id);
          if (own) own.push(entry);
          else heard.set(entry.chat_id, [entry]);
        },
      );
      return { connection, chats: chats.filter((_id, chat) => isIn(person, chat)), heard, own: new Map() };
    }),
  );
  return { chats, all };
}

describe('two processes on one database', () => {
  it('number 10,000 messages without holes or doubles, and tell each member of each of them once and in order', async () => {
    const { chats, all } = await people();
    let left = SENDS;
    const say = async ({ connection, chats: own, own: sent }: Person): Promise<void> => {
      while (left > 0) {
        const number = left--;
        const chat_id = own[number % own.length] ?? 0;
        const client_msg_id = `m-${number}`;
        const payload = { chat_id, content: `text ${number}`, client_msg_id };
        const [first, second] = await Promise.all([
          connection.command('chat.send', payload),
          // Some are sent twice, as after a time-out.
          number % 10 === 0 ? connection.command('chat.send', payload) : null,
        ]);
        expect(first).toMatchObject({ success: true });
        if (second) expect(second.data.seq).toBe(first.data.seq);
        sent.set(chat_id, (sent.get(chat_id) ?? new Set()).add(first.data.seq));
      }
    };
    await Promise.all(all.flatMap((person) => Array.from({ length: OUTSTANDING }, () => say(person))));
    const logs = new Map(await Promise.all(chats.map(async (chat) => [chat, await logOf(database.url, chat)] as const)));
    expect([...logs.values()].reduce((sum, log) => sum + log.length, 0)).toBe(SENDS);
    for (const log of logs.values()) expect(log.map(({ seq }) => seq)).toEqual(log.map((_entry, i) => i + 1));
    for (const { chats: own, heard, own: sent } of all) {
      for (const chat of own) {
        const expected = (logs.get(chat) ?? []).filter(({ seq }) => !sent.get(chat)?.has(seq));
        await until(() => (heard.get(chat)?.length ?? 0) >= expected.length, 10_000);
        expect((heard.get(chat) ?? []).map(({ seq, content }) => [seq, content])).toEqual(
          expected.map(({ seq, content }) => [seq, content]),
        );
      }
    }
    for (const { connection } of all) connection.cut();
  }, 120_000);

  it('fill what Redis lost from the log', async () => {
    const { all } = await (async () => {
      const [sender, receiver] = await Promise.all(
        [0, 1].map(async (i) => {
          const account = { username: `lost-${i}`, email: `lost-${i}@example.com`, password: 'correct horse battery' };
          const { body } = await nodes[0].client().post('/api/v1/auth/register', account);
          const me = await nodes[0].client(body.access_token).get('/api/v1/users/me');
          return { id: me.body.id as number, token: body.access_token as string };
        }),
      );
      return { all: [sender, receiver] as { id: number; token: string }[] };
    })();
    const [sender, receiver] = all as [{ id: number; token: string }, { id: number; token: string }];
    const chat = await makeGroup(database.url, [sender.id, receiver.id]);
    const heard: number[] = [];
    const receiving = await connectChat(nodes[1].url, 'game', receiver.token, ({ seq }) => heard.push(seq));
    const say = (content: string) =>
      nodes[0]
        .client(sender.token)
        .post(`/api/v1/chats/${chat}/messages`, { content })
        .then(({ status }) => status);
    expect(await say('before')).toBe(200);
    await until(() => heard.length === 1);
    await redis.down();
    for (let i = 0; i < 20; i++) expect(await say(`meanwhile ${i}`)).toBe(200);
    await redis.up();
    await until(() => heard.length === 21, 20_000);
    expect(await say('after')).toBe(200);
    await until(() => heard.length === 22, 20_000);
    expect(heard).toEqual(Array.from({ length: 22 }, (_unused, i) => i + 1));
    receiving.cut();
  }, 60_000);
});

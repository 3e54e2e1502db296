import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Sql } from '../../src/database/sql.js';
import { makeAccounts } from '../support/chats.js';
import type { Parsed } from '../support/http-client.js';
import { codeOf, run } from '../support/moderation.js';
import { type Account, TestServer } from '../support/server.js';

let server: TestServer;
let alice: Account;
let bob: Account;
beforeAll(async () => {
  server = await TestServer.start();
});
afterAll(() => server.stop());

/** Some groups of alice and bob, in each of which bob has said something, oldest first. */
const groups = async (count: number): Promise<number[]> => {
  [alice, bob] = (await makeAccounts(server, 2)) as [Account, Account];
  const ids: number[] = [];
  for (let i = 0; i < count; i += 1) {
    const chat = await run(alice, 'chat.create', { chat_type: 'group', chat_name: `${i}`, members: [bob.username] });
    await run(bob, 'chat.send', { chat_id: chat.chat_id, content: 'x' });
    ids.push(chat.chat_id);
  }
  return ids;
};

/** All pages of alice's list; `between` runs after each of them. */
const pagesOf = async (limit: number, between: (page: number) => Promise<unknown>, more: object = {}): Promise<number[][]> => {
  const pages: number[][] = [];
  let cursor: string | null = null;
  do {
    const page: Parsed = await run(alice, 'chat.list', { limit, cursor, ...more });
    expect(page.chats.length).toBeLessThanOrEqual(limit);
    pages.push(page.chats.map(({ chat_id: id }: Parsed) => id));
    cursor = page.next_cursor;
    await between(pages.length);
  } while (cursor !== null);
  return pages;
};

describe('a list of chats that is read page by page', () => {
  it('has each chat once while nothing changes, and ends with its last page', async () => {
    const ids = await groups(6);
    for (const limit of [1, 2, 3, 4, 6, 7]) {
      const pages = await pagesOf(limit, () => Promise.resolve());
      expect(pages.flat()).toEqual([...ids].reverse());
      expect(pages).toHaveLength(Math.ceil(6 / limit));
    }
  });

  it.each([
    ['something is said in them', (id: number) => run(bob, 'chat.send', { chat_id: id, content: 'wake up' })],
    [
      'they are left and joined again',
      async (id: number) => {
        await run(alice, 'chat.leave', { chat_id: id });
        await run(bob, 'chat.send', { chat_id: id, content: 'come back' });
        await run(bob, 'chat.add_members', { chat_id: id, members: [alice.username] });
        await run(alice, 'chat.accept', { chat_id: id });
      },
    ],
  ])('misses none of those that move to its beginning because %s', async (_why, move) => {
    const ids = await groups(7);
    for (const limit of [1, 2, 3]) {
      // Each time the chat that would be on the last page.
      const seen = (await pagesOf(limit, (page) => (page <= 3 ? move(ids[page - 1] as number) : Promise.resolve()))).flat();
      expect([...new Set(seen)].sort((a, b) => a - b)).toEqual(ids);
    }
  });

  it('shows a chat that moved as it is now, after all the others, and ends however busy it is', async () => {
    const ids = await groups(5);
    const pages = await pagesOf(2, () => run(bob, 'chat.send', { chat_id: ids[0], content: 'again' }));
    expect(pages).toEqual([[ids[4], ids[3]], [ids[2], ids[1]], [ids[0]]]);
    // One that was in a page already comes once more.
    const twice = await pagesOf(2, () => run(bob, 'chat.send', { chat_id: ids[4], content: 'again' }));
    expect(twice.flat()).toEqual([ids[0], ids[4], ids[3], ids[2], ids[1], ids[4]]);
  });

  it('misses none whose message was being committed while the first page was read', async () => {
    const ids = await groups(5);
    const sql = server.app.get(Sql);
    let commit: () => void = () => undefined;
    const held = new Promise<void>((resolve) => {
      commit = resolve;
    });
    let written: () => void = () => undefined;
    const isWritten = new Promise<void>((resolve) => {
      written = resolve;
    });
    const writing = sql.transaction(async (tx) => {
      await tx.rows(
        `SELECT append_messages(ARRAY[$1::bigint], ARRAY[$2::bigint], '{late}', '{text/plain}', '{NULL}', '{NULL}')`,
        [ids[0], bob.id],
      );
      written();
      await held;
    });
    await isWritten;
    const pages = await pagesOf(2, async (page) => {
      if (page === 1) commit();
      await writing;
    });
    expect([...new Set(pages.flat())].sort((a, b) => a - b)).toEqual(ids);
  });

  it('works for hidden chats, for readers who have blocked somebody, and over HTTP', async () => {
    const ids = await groups(5);
    for (const id of ids) await run(alice, 'chat.hide', { chat_id: id });
    expect((await pagesOf(2, () => Promise.resolve(), { hidden: true })).flat()).toEqual([...ids].reverse());
    for (const id of ids) await run(alice, 'chat.unhide', { chat_id: id });
    const [carol] = (await makeAccounts(server, 1)) as [Account];
    await run(alice, 'contacts.block', { username: carol.username });
    const seen: number[] = [];
    let query = 'limit=2';
    for (let more = true; more; ) {
      const { body } = await alice.client.get(`/api/v1/chats?${query}`);
      seen.push(...body.chats.map(({ chat_id: id }: Parsed) => id));
      if (seen.length === 2) await run(bob, 'chat.send', { chat_id: ids[0], content: 'wake up' });
      query = `limit=2&cursor=${body.next_cursor}`;
      more = body.next_cursor !== null;
    }
    expect([...new Set(seen)].sort((a, b) => a - b)).toEqual(ids);
  });

  it('works over messenger, with the cursor of the version before as well', async () => {
    const ids = await groups(7);
    // A socket for each page: on an open one, what bob says comes as well.
    const pageOf = async (more: object): Promise<Parsed> => {
      const socket = await server.socket(`/?token=${alice.tokens.token}`);
      const page = await socket.ask({ mode: 'getChats', ...more });
      await socket.close();
      return page;
    };
    const seen: number[] = [];
    let cursor: string | undefined;
    do {
      const page = await pageOf({ limit: 2, cursor });
      expect([page.status, 'has_more' in page]).toEqual([200, 'next_cursor' in page]);
      seen.push(...page.chats.map(({ chat_id: id }: Parsed) => id));
      // Each time the chat that would be on the last page.
      if (seen.length <= 6) await run(bob, 'chat.send', { chat_id: ids[seen.length / 2 - 1], content: 'wake up' });
      cursor = page.next_cursor;
    } while (cursor !== undefined);
    expect([...new Set(seen)].sort((a, b) => a - b)).toEqual(ids);
    const { chats } = await run(alice, 'chat.list', { limit: 1 });
    const before = `${Date.parse(chats[0].last_activity_at)}.${chats[0].chat_id}`;
    expect((await pageOf({ cursor: before })).chats).toHaveLength(6);
  });

  it('takes a cursor of the version before, and refuses what is none', async () => {
    const ids = await groups(3);
    const { chats } = await run(alice, 'chat.list', { limit: 1 });
    const before = `${Date.parse(chats[0].last_activity_at)}.${chats[0].chat_id}`;
    expect((await run(alice, 'chat.list', { cursor: before })).chats.map(({ chat_id: id }: Parsed) => id)).toEqual([
      ids[1],
      ids[0],
    ]);
    for (const cursor of [
      'x',
      '1',
      '1.2.3.4',
      'c.1',
      'c.1.4294967296',
      '1.1.99999999999',
      '1.1.1-',
      '1.1.1-4294967296',
      `1.1.1${'-1'.repeat(21)}`,
      '9999999999999999.1',
      '-1.2',
      'c.c.1',
    ])
      expect([cursor, await codeOf(alice, 'chat.list', { cursor })]).toEqual([cursor, 'invalid_payload']);
    for (const cursor of ['c.1.4294967295', '1.1.0', 'c.0.3', `c.999999999999999.4294967295${'-4294967295'.repeat(20)}`])
      await run(alice, 'chat.list', { cursor });
  });
});

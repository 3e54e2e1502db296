import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CHATS_PAGE, CHATS_PAGE_UNBLOCKED, COUNT_STANDING } from '../../src/chat/chats.sql.js';
import { HISTORY_BEFORE, HISTORY_BEFORE_UNBLOCKED } from '../../src/chat/message-log.sql.js';
import { UnreadCounts } from '../../src/chat/unread-counts.js';
import { Sql } from '../../src/database/sql.js';
import { makeAccounts, makeGroup } from '../support/chats.js';
import { type Account, TestServer } from '../support/server.js';

interface Listed {
  readonly chat_id: number;
  readonly unread: number;
  readonly last_message: { readonly seq: number } | null;
}

describe('unread messages', () => {
  let server: TestServer;
  let sql: Sql;
  let alice: Account;
  let bob: Account;

  beforeAll(async () => {
    server = await TestServer.start();
    sql = server.app.get(Sql);
    [alice, bob] = (await makeAccounts(server, 2)) as [Account, Account];
  });
  afterAll(() => server.stop());

  /** Writes entries to the end of a chat's log. */
  const append = async (chatId: number, senderId: number, count: number, kind = 'message'): Promise<void> => {
    await sql.rows(
      `WITH moved AS (UPDATE chats SET last_seq = last_seq + $3 WHERE id = $1 RETURNING last_seq)
       INSERT INTO messages (chat_id, seq, kind, sender_id, content, content_type, created_at)
       SELECT $1, last_seq - $3 + n, $4, $2, 'x', 'text/plain', now() FROM moved, generate_series(1, $3::int) n`,
      [chatId, senderId, count, kind],
    );
  };
  const shown = async (who: Account, chatId: number): Promise<Listed | undefined> => {
    const { body } = await who.client.post('/api/v1/commands/chat/list', {});
    const chats = body.data.chats as Listed[];
    return chats.find(({ chat_id }) => chat_id === chatId);
  };
  const run = (who: Account, name: string, payload: Record<string, unknown>) =>
    who.client.post(`/api/v1/commands/chat/${name}`, payload);

  it('are there however many edits came after them, and so is the last message', async () => {
    const chat = await makeGroup(server.database.url, [alice.id, bob.id]);
    await append(chat, bob.id, 3);
    await append(chat, bob.id, 5_000, 'edited');
    expect(await shown(alice, chat)).toMatchObject({ unread: 3, last_message: { seq: 3 } });
    expect((await run(alice, 'get', { chat_id: chat })).body.data).toMatchObject({ unread: 3, last_seq: 5_003 });
  });

  it('are counted up to 999', async () => {
    const chat = await makeGroup(server.database.url, [alice.id, bob.id]);
    await append(chat, bob.id, 998);
    expect(await shown(alice, chat)).toMatchObject({ unread: 998 });
    await append(chat, bob.id, 3_000);
    expect(await shown(alice, chat)).toMatchObject({ unread: 999 });
  });

  it("leave one's own out", async () => {
    const chat = await makeGroup(server.database.url, [alice.id, bob.id]);
    await append(chat, bob.id, 100);
    await append(chat, alice.id, 500);
    expect(await shown(alice, chat)).toMatchObject({ unread: 100 });
    expect(await shown(bob, chat)).toMatchObject({ unread: 500 });
  });

  it('stay right where a count is remembered: after a deletion, after more of them, and after reading', async () => {
    const chat = await makeGroup(server.database.url, [alice.id, bob.id]);
    await append(chat, bob.id, 200);
    expect(await shown(alice, chat)).toMatchObject({ unread: 200 });
    await run(bob, 'delete', { chat_id: chat, seq: 17 });
    expect(await shown(alice, chat)).toMatchObject({ unread: 199 });
    await append(chat, bob.id, 30);
    expect(await shown(alice, chat)).toMatchObject({ unread: 229 });
    await run(alice, 'read', { chat_id: chat, seq: 100 });
    expect(await shown(alice, chat)).toMatchObject({ unread: 130 });
    await run(bob, 'edit', { chat_id: chat, seq: 150, content: 'y' });
    expect(await shown(alice, chat)).toMatchObject({ unread: 130 });
    await run(alice, 'read', { chat_id: chat, seq: 10_000 });
    expect(await shown(alice, chat)).toMatchObject({ unread: 0 });
  });

  it('are counted once by the database while nothing changes', async () => {
    const chat = await makeGroup(server.database.url, [alice.id, bob.id]);
    await append(chat, bob.id, 2_000);
    const asked: string[] = [];
    const watched = {
      rows: (text: string, ...rest: unknown[]) => (asked.push(text), Reflect.apply(sql.rows, sql, [text, ...rest])),
    };
    const counts = new UnreadCounts(watched as unknown as Sql);
    const position = { chat_id: chat, read_seq: 0, last_seq: 2_000, last_deleted_seq: 0 };
    for (let i = 0; i < 3; i++) expect((await counts.of(alice.id, [position])).get(chat)).toBe(999);
    expect(asked).toHaveLength(1);
    // Whose messages are left out decides, too.
    expect((await counts.of(alice.id, [position], [bob.id])).get(chat)).toBe(0);
    expect((await counts.of(alice.id, [{ ...position, read_seq: 1_900 }])).get(chat)).toBe(100);
    expect((await counts.of(alice.id, [{ ...position, read_seq: 1_900, last_seq: 2_000 }])).get(chat)).toBe(100);
    expect(asked).toHaveLength(3);
  });

  it('are remembered of a bounded number of chats', async () => {
    const counts = new UnreadCounts({
      rows: (_text: string, [ids]: [number[]]) => Promise.resolve(ids.map((id) => ({ chat_id: id, count: 500 }))),
    } as unknown as Sql);
    const chats = Array.from({ length: 1_000 }, (_unused, i) => ({
      chat_id: i,
      read_seq: 0,
      last_seq: 500,
      last_deleted_seq: 0,
    }));
    for (let user = 0; user < 300; user++) await counts.of(user, chats);
    expect(counts.size).toBe(200_000);
    for (let user = 0; user < 300; user++) await counts.of(user, chats.slice(0, 1));
    expect(counts.size).toBeLessThanOrEqual(200_000);
  });

  describe('and what is shown of a log', () => {
    let chat: number;

    beforeAll(async () => {
      chat = await makeGroup(server.database.url, [alice.id, bob.id]);
      await append(chat, bob.id, 500);
      await append(chat, bob.id, 20_000, 'edited');
      await sql.rows('ANALYZE messages');
    });

    interface Plan {
      readonly 'Index Name'?: string;
      readonly 'Shared Hit Blocks'?: number;
      readonly 'Shared Read Blocks'?: number;
      readonly 'Actual Loops'?: number;
      readonly 'Actual Rows'?: number;
      readonly 'Rows Removed by Filter'?: number;
      readonly Plans?: readonly Plan[];
    }
    const nodesOf = (plan: Plan): Plan[] => [plan, ...(plan.Plans ?? []).flatMap(nodesOf)];
    /** The plan for any parameters, which prepared statements settle on. */
    const explain = async (text: string, values: readonly unknown[]): Promise<readonly Plan[]> =>
      sql.transaction(async (tx) => {
        await tx.rows('SET LOCAL plan_cache_mode = force_generic_plan');
        const literals = values.map((value) =>
          Array.isArray(value) ? `'{${value.join()}}'` : value === null ? 'NULL' : `${value as number}`,
        );
        await tx.rows(`PREPARE looked AS ${text}`);
        const [row] = await tx.rows<{ 'QUERY PLAN': [{ Plan: Plan }] }>(
          `EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) EXECUTE looked (${literals.join(', ')})`,
        );
        await tx.rows('DEALLOCATE looked');
        if (!row) throw new Error('EXPLAIN said nothing');
        return nodesOf(row['QUERY PLAN'][0].Plan);
      });
    const indexesOf = (plan: readonly Plan[]): string[] =>
      plan.filter((node) => (node['Actual Loops'] ?? 0) > 0).flatMap((node) => node['Index Name'] ?? []);
    const buffersOf = ([top]: readonly Plan[]): number => (top?.['Shared Hit Blocks'] ?? 0) + (top?.['Shared Read Blocks'] ?? 0);

    it('is read by the index of the messages that stand', async () => {
      const count = await explain(COUNT_STANDING, [[chat], [0], [20_500], [alice.id]]);
      expect(indexesOf(count)).toEqual([expect.stringMatching(/^messages_p\d\d_standing_idx$/)]);
      expect(indexesOf(await explain(CHATS_PAGE, [alice.id, 201, null, null, false]))).toContainEqual(
        expect.stringMatching(/_standing_idx$/),
      );
      expect(indexesOf(await explain(HISTORY_BEFORE, [chat, alice.id, 51, 20_501]))).toContainEqual(
        expect.stringMatching(/_standing_idx$/),
      );
    });

    it('costs little where somebody whom the reader has blocked wrote very much', async () => {
      const carol = await server.user();
      const flooded = await makeGroup(server.database.url, [carol.id, alice.id, bob.id]);
      await append(flooded, alice.id, 10);
      await append(flooded, bob.id, 30_000);
      await carol.client.put(`/api/v1/blocks/${bob.id}`);
      await sql.rows('VACUUM (ANALYZE) messages');
      // Found by the index alone.
      const page = await explain(HISTORY_BEFORE_UNBLOCKED, [flooded, carol.id, 51, 30_011]);
      expect(buffersOf(page)).toBeLessThan(300);
      expect(buffersOf(await explain(CHATS_PAGE_UNBLOCKED, [carol.id, 201, null, null, false]))).toBeLessThan(100);
      await append(flooded, alice.id, 1);
      const { body } = await run(carol, 'history', { chat_id: flooded });
      const seqs = Array.from({ length: 10 }, (_unused, i) => i + 1);
      expect(body.data.messages.map(({ seq }: { seq: number }) => seq)).toEqual([...seqs, 30_011]);
      expect(await shown(carol, flooded)).toMatchObject({ unread: 1, last_message: { seq: 30_011 } });
    });

    it('costs the same however many changes came after it', async () => {
      const [few, many] = [await makeGroup(server.database.url, [alice.id, bob.id]), chat];
      await append(few, bob.id, 500);
      const buffers = async (id: number) => buffersOf(await explain(COUNT_STANDING, [[id], [0], [20_500], [alice.id]]));
      expect(await buffers(many)).toBeLessThan((await buffers(few)) * 2);
      const page = async (id: number) => buffersOf(await explain(HISTORY_BEFORE, [id, alice.id, 51, 20_501]));
      expect(await page(many)).toBeLessThan((await page(few)) * 2);
    });
  });
});

import { Logger } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { Settings } from '../../src/config/settings.js';
import { connectDatabase } from '../../src/database/connect.js';
import { Sql } from '../../src/database/sql.js';
import { CoreError } from '../../src/errors/catalogue.js';
import { Metrics } from '../../src/ops/metrics.js';
import { RateLimits } from '../../src/ops/rate-limits.js';
import { AddressLookups } from '../../src/quotas/address-lookups.js';
import type { Amounts } from '../../src/quotas/quota-kinds.js';
import { QuotaLedger } from '../../src/quotas/quota-ledger.js';
import { ADD_USE, PURGE_USE, READ_USE, USE_KEPT_SEC } from '../../src/quotas/quota-use.sql.js';
import { Quotas } from '../../src/quotas/quotas.js';
import type { Spending } from '../../src/quotas/spending.js';
import { adminUrl, createDatabase, runSql, type TestDatabase } from '../support/database.js';
import { until } from '../support/until.js';

const NOON = Date.UTC(2026, 0, 2, 12);
const ADDRESS = '192.0.2.1';

let database: TestDatabase;
let dataSource: DataSource;
let sql: Sql;
let userId: number;
let names = 0;

const addUser = async (): Promise<number> => {
  names += 1;
  const [row] = await runSql<{ id: string }>(
    database.url,
    `INSERT INTO users (username, username_fold, username_skeleton, username_lookalike, password_hash)
     VALUES ($1, $1, $1, $1, '-') RETURNING id`,
    [`user-${names}`],
  );
  return Number(row?.id);
};

beforeAll(async () => {
  Logger.overrideLogger(false);
  database = await createDatabase();
  dataSource = await connectDatabase(database.url, { pool: 3, entities: [] });
  sql = new Sql(dataSource);
});
afterAll(async () => {
  await dataSource.destroy();
  await database.drop();
});
beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: NOON });
  userId = await addUser();
});
afterEach(() => {
  vi.useRealTimers();
});

/** One node, as far as quotas go. */
function node(variables: Readonly<Record<string, string>> = {}) {
  const settings = Settings.from({ QUOTA_MESSAGES_PER_DAY: '10', QUOTA_LOOKUPS_PER_HOUR: '100', ...variables });
  const metrics = new Metrics();
  const ledger = new QuotaLedger(sql);
  const quotas = new Quotas(settings, ledger, new AddressLookups(settings, new RateLimits(settings, null, metrics)), metrics);
  const spend = async (amounts: Amounts, by = userId, address = ADDRESS): Promise<Spending> =>
    quotas.spend({ userId: by, address }, amounts);
  const used = async (kind: string): Promise<number | undefined> =>
    (await quotas.usage(userId)).find((quota) => quota.kind === kind)?.used;
  return { quotas, ledger, metrics, spend, used };
}

const stored = async (): Promise<Record<string, number>> => {
  const rows = await runSql<{ kind: string; used: string }>(database.url, 'SELECT kind, used FROM quota_use WHERE user_id = $1', [
    userId,
  ]);
  return Object.fromEntries(rows.map(({ kind, used }) => [kind, Number(used)]));
};

/** Makes the database unreachable, as a restart of it does. */
async function takeAway(): Promise<void> {
  const name = new URL(database.url).pathname.slice(1);
  await runSql(adminUrl(), `ALTER DATABASE ${name} WITH ALLOW_CONNECTIONS false`);
  await runSql(adminUrl(), 'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1', [name]);
}

const bringBack = (): Promise<unknown> =>
  runSql(adminUrl(), `ALTER DATABASE ${new URL(database.url).pathname.slice(1)} WITH ALLOW_CONNECTIONS true`);

describe('a quota', () => {
  it('lets through what it allows and refuses the rest with the seconds until its window ends', async () => {
    const { spend } = node();
    await spend({ messages: 9 });
    await expect(spend({ messages: 2 })).rejects.toMatchObject({
      code: 'too_many_requests',
      retryAfterSec: 43_200,
      message: 'Quota exceeded: at most 10 messages a day',
    });
    await spend({ messages: 1 });
    await expect(spend({ messages: 1 })).rejects.toThrow(CoreError);
  });

  it('begins anew with the day, or the hour, of UTC', async () => {
    const { spend, used } = node();
    vi.setSystemTime(Date.UTC(2026, 0, 2, 23, 59, 59, 999));
    await spend({ messages: 10, lookups: 100 });
    await expect(spend({ messages: 1 })).rejects.toMatchObject({ retryAfterSec: 1 });
    await expect(spend({ lookups: 1 })).rejects.toMatchObject({ retryAfterSec: 1 });
    vi.setSystemTime(Date.UTC(2026, 0, 3));
    await spend({ messages: 4, lookups: 40 }, userId, '192.0.2.7');
    expect([await used('messages'), await used('lookups')]).toEqual([4, 40]);
    vi.setSystemTime(Date.UTC(2026, 0, 3, 1));
    expect([await used('messages'), await used('lookups')]).toEqual([4, 0]);
  });

  it('is spent at once and without a promise by a user who is in memory', async () => {
    const { quotas, spend } = node();
    await spend({ messages: 1 });
    expect(quotas.spend({ userId, address: ADDRESS }, { messages: 1, bytes: 5 })).not.toBeInstanceOf(Promise);
  });

  it('allows as much as it says to requests that come at once, the first ones of a user included', async () => {
    const { spend, used } = node();
    const outcomes = await Promise.allSettled(Array.from({ length: 50 }, () => spend({ messages: 1 })));
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(10);
    expect(await used('messages')).toBe(10);
  });

  it('counts nothing of a request that exceeds another one', async () => {
    const { spend, used } = node({ QUOTA_CHATS_PER_DAY: '1' });
    await spend({ chats: 1 });
    await expect(spend({ messages: 5, chats: 1 })).rejects.toThrow(CoreError);
    expect(await used('messages')).toBe(0);
  });

  it('of 0 limits nothing and is counted all the same', async () => {
    const { spend, quotas } = node({ QUOTA_MESSAGES_PER_DAY: '0' });
    await spend({ messages: 1_000_000 });
    expect((await quotas.usage(userId))[0]).toMatchObject({ kind: 'messages', used: 1_000_000, limit: null });
  });

  it('counts its refusals for the metrics', async () => {
    const { quotas, spend, metrics } = node({ QUOTA_CHATS_PER_DAY: '1' });
    quotas.onApplicationBootstrap();
    try {
      await spend({ chats: 1 });
      for (let i = 0; i < 3; i++) await expect(spend({ chats: 1 })).rejects.toThrow(CoreError);
      const { text } = await metrics.exposition();
      expect(text).toContain('switchboard_quota_refused_total{kind="chats"} 3');
      expect(text).toContain('switchboard_quota_refused_total{kind="messages"} 0');
    } finally {
      await quotas.beforeApplicationShutdown();
    }
  });
});

describe('what a request did not use', () => {
  it('is given back, but never more than it has spent', async () => {
    const { spend, used } = node();
    await spend({ messages: 3 });
    const spending = await spend({ messages: 5, chats: 1 });
    spending.giveBack({ messages: 2 });
    expect([await used('messages'), await used('chats')]).toEqual([6, 1]);
    spending.giveBack();
    spending.giveBack();
    expect([await used('messages'), await used('chats')]).toEqual([3, 0]);
  });

  it('goes back to the window that it was spent in', async () => {
    const { spend, used } = node();
    const spending = await spend({ messages: 5 });
    vi.setSystemTime(NOON + 86_400_000);
    await spend({ messages: 2 });
    spending.giveBack();
    expect(await used('messages')).toBe(2);
  });
});

describe('lookups', () => {
  const noSuchUser = { loc: [], msg: '', type: 'value_error.user' };

  it('stay spent where the request fails, and cost ten times where nobody has the name', async () => {
    const { spend, used } = node();
    (await spend({ lookups: 5, members: 5 })).failed(new CoreError('conflict'));
    expect([await used('lookups'), await used('members')]).toEqual([5, 0]);
    (await spend({ lookups: 4 })).failed(new CoreError('invalid_input', { issues: [noSuchUser, noSuchUser] }));
    expect(await used('lookups')).toBe(5 + 4 + 2 * 9);
    (await spend({ lookups: 1 })).failed(new CoreError('not_found'));
    expect(await used('lookups')).toBe(27 + 10);
  });

  it('are given back where the server could not look anything up', async () => {
    const { spend, used } = node();
    (await spend({ lookups: 5 })).failed(new CoreError('unavailable'));
    expect(await used('lookups')).toBe(0);
  });

  it('have a quota by address, too, which ten accounts of it use up', async () => {
    const { spend } = node();
    for (let i = 0; i < 10; i++) await spend({ lookups: 100 }, await addUser());
    const eleventh = await addUser();
    await expect(spend({ lookups: 1 }, eleventh)).rejects.toMatchObject({
      code: 'too_many_requests',
      message: 'Quota exceeded: too many users were looked up from this address',
    });
    await spend({ lookups: 100 }, eleventh, '192.0.2.2');
  });
});

describe('the ledger', () => {
  it('writes what was counted in one statement, and what was given back', async () => {
    const { ledger, spend } = node();
    const spending = await spend({ messages: 3, bytes: 100 });
    const rows = vi.spyOn(sql, 'rows');
    expect(await ledger.flush()).toBe(true);
    expect(rows).toHaveBeenCalledTimes(1);
    expect(await stored()).toEqual({ messages: 3, bytes: 100 });
    expect(await ledger.flush()).toBe(true);
    expect(rows).toHaveBeenCalledTimes(1);
    rows.mockRestore();
    spending.giveBack();
    await ledger.flush();
    expect(await stored()).toEqual({ messages: 0, bytes: 0 });
  });

  it('adds up over nodes, each of which knows the sum after its next write', async () => {
    const [one, two] = [node(), node()];
    await Promise.all([one.spend({ messages: 4 }), two.spend({ messages: 4 })]);
    await Promise.all([one.ledger.flush(), two.ledger.flush()]);
    expect(await stored()).toEqual({ messages: 8 });
    expect([await one.used('messages'), await two.used('messages')]).toEqual([8, 8]);
    await one.spend({ messages: 1 });
    await one.ledger.flush();
    await expect(one.spend({ messages: 2 })).rejects.toThrow(CoreError);
    await two.spend({ messages: 1 });
    await two.ledger.flush();
    await expect(two.spend({ messages: 1 })).rejects.toThrow(CoreError);
  });

  it('survives a restart', async () => {
    const one = node();
    await one.spend({ messages: 10 });
    await one.quotas.beforeApplicationShutdown();
    await expect(node().spend({ messages: 1 })).rejects.toThrow(CoreError);
  });

  it('goes on while the database is unreachable, and loses nothing of what it has counted', async () => {
    const { ledger, spend, used } = node();
    const stranger = await addUser();
    await spend({ messages: 2 });
    await takeAway();
    try {
      await spend({ messages: 3 });
      expect(await ledger.flush()).toBe(false);
      await spend({ messages: 1 }, stranger);
      await expect(spend({ messages: 6 })).rejects.toThrow(CoreError);
      expect(await ledger.flush()).toBe(false);
    } finally {
      await bringBack();
    }
    await until(() => ledger.flush());
    expect(await stored()).toEqual({ messages: 5 });
    expect(await used('messages')).toBe(5);
  });

  it('learns what it could not read with its next write', async () => {
    const one = node();
    await one.spend({ messages: 9 });
    await one.ledger.flush();
    const two = node();
    await takeAway();
    try {
      await two.spend({ messages: 1 });
    } finally {
      await bringBack();
    }
    await until(() => two.ledger.flush());
    await expect(two.spend({ messages: 1 })).rejects.toThrow(CoreError);
  });

  it('forgets users who have spent nothing for a minute, once everything of theirs is written', async () => {
    const { ledger, spend, used } = node();
    await spend({ messages: 1 });
    vi.setSystemTime(NOON + 60_000);
    ledger.sweep();
    expect(ledger.size).toBe(1);
    await ledger.flush();
    ledger.sweep();
    expect(ledger.size).toBe(0);
    await spend({ messages: 1 });
    expect(await used('messages')).toBe(2);
  });

  it('takes no harm from users that have been deleted, whose rows go with them', async () => {
    const { ledger, spend, used } = node();
    const gone = await addUser();
    await spend({ messages: 1 }, gone);
    await ledger.flush();
    await spend({ messages: 1 }, gone);
    await spend({ messages: 1 });
    await runSql(database.url, 'DELETE FROM users WHERE id = $1', [gone]);
    expect(await ledger.flush()).toBe(true);
    expect(await used('messages')).toBe(1);
    expect(await runSql(database.url, 'SELECT 1 FROM quota_use WHERE user_id = $1', [gone])).toEqual([]);
  });

  it('adds up what several of its counters of one window hold', async () => {
    const { ledger, spend } = node();
    const spending = await spend({ messages: 5 });
    await ledger.flush();
    vi.setSystemTime(NOON + 60_000);
    ledger.sweep();
    await spend({ messages: 2 });
    spending.giveBack({ messages: 1 });
    expect(await ledger.flush()).toBe(true);
    expect(await stored()).toEqual({ messages: 6 });
  });

  it('is read and cleaned by its indexes', async () => {
    const planOf = async (text: string, values: unknown[]): Promise<string> => {
      const rows = await sql.transaction(async (tx) => {
        await tx.rows('SET LOCAL enable_seqscan = off');
        return tx.rows<{ 'QUERY PLAN': string }>(`EXPLAIN ${text}`, values);
      });
      return rows.map((row) => row['QUERY PLAN']).join('\n');
    };
    expect(await planOf(READ_USE, [[userId], new Date(NOON)])).toContain('quota_use_pkey');
    expect(await planOf(PURGE_USE, [1_000, USE_KEPT_SEC])).toContain('quota_use_window_start_idx');
    expect(await planOf(ADD_USE, [[userId], ['messages'], [new Date(NOON)], [1]])).toContain('users_pkey');
  });
});

describe('the memory of the ledger', () => {
  it('is bounded, however many users spend while the database is unreachable', async () => {
    const { ledger, spend } = node();
    const away = vi.spyOn(sql, 'rows').mockResolvedValue([]);
    const users = 50_500;
    for (let id = 1; id <= users; id += 500) {
      await Promise.all(Array.from({ length: 500 }, (_unused, i) => spend({ messages: 1, bytes: 1, chats: 1 }, id + i)));
    }
    expect(ledger.size).toBe(50_000);
    away.mockRejectedValueOnce(new Error('unreachable'));
    expect(await ledger.flush()).toBe(false);
    let written = 0;
    away.mockImplementation((_text, [ids = []] = []) => {
      written += (ids as number[]).length;
      return Promise.resolve([]);
    });
    await ledger.flushAll();
    expect(written).toBe(100_000);
    away.mockRestore();
  });
});

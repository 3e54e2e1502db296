import { setTimeout as sleep } from 'node:timers/promises';
import type { DataSource } from 'typeorm';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { connectDatabase } from '../../src/database/connect.js';
import { ReservedSql, Sql, type SqlTx } from '../../src/database/sql.js';
import { coreErrorOf } from '../../src/errors/core-error-of.js';
import { adminUrl, createDatabase, runSql, type TestDatabase } from '../support/database.js';
import { until } from '../support/until.js';

/** Connections that are for everybody; one more is kept back. */
const POOL = 3;
let database: TestDatabase;
let dataSource: DataSource;
let sql: Sql;

beforeAll(async () => {
  database = await createDatabase();
  dataSource = await connectDatabase(database.url, { pool: POOL + 1, entities: [] });
  sql = new Sql(dataSource);
  await sql.rows('CREATE TABLE notes (id int PRIMARY KEY, text text)');
});

afterEach(async () => {
  await until(() => sql.state.idle === sql.state.total); // whatever happened, every connection came back
  await sql.rows('TRUNCATE notes');
});

afterAll(async () => {
  await dataSource.destroy();
  await database.drop();
});

const backend = async (via: Pick<Sql, 'rows'> | SqlTx): Promise<number> => {
  const [row] = await via.rows<{ pid: number }>('SELECT pg_backend_pid() AS pid');
  return row?.pid ?? 0;
};

const ids = async (): Promise<number[]> =>
  (await sql.rows<{ id: number }>('SELECT id FROM notes ORDER BY id')).map(({ id }) => id);

/** Ends every connection of this database, as a restart or an administrator would. */
const endConnections = (): Promise<unknown> =>
  runSql(adminUrl(), 'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1', [
    new URL(database.url).pathname.slice(1),
  ]);

describe('Sql', () => {
  it('gives bigint as numbers, alone and in arrays, and refuses what a number cannot hold', async () => {
    const [row] = await sql.rows(
      'SELECT 9007199254740991 AS max, count(*) AS count, ARRAY[1, NULL, 3]::bigint[] AS list FROM notes',
    );
    expect(row).toEqual({ max: Number.MAX_SAFE_INTEGER, count: 0, list: [1, null, 3] });
    await expect(sql.rows('SELECT 9007199254740992')).rejects.toThrow(/9007199254740992/);
    expect(await dataSource.query('SELECT 5::bigint AS five')).toEqual([{ five: 5 }]);
  });

  it('says how many rows a statement changed', async () => {
    expect(await sql.affected('INSERT INTO notes SELECT n FROM generate_series(1, 4) n')).toBe(4);
    expect(await sql.affected('UPDATE notes SET text = $1 WHERE id > $2', ['x', 2])).toBe(2);
  });

  it('keeps its connection through ordinary errors', async () => {
    const before = await backend(sql);
    await sql.rows('INSERT INTO notes VALUES (1)');
    await expect(sql.rows('INSERT INTO notes VALUES (1)')).rejects.toMatchObject({ code: '23505' });
    await expect(sql.rows('SELECT nonsense')).rejects.toMatchObject({ code: '42703' });
    expect(await backend(sql)).toBe(before);
  });

  it('prepares named statements once, and prepares them anew when a table has changed under them', async () => {
    const all = () => sql.rows('SELECT * FROM notes', [], 'all_notes');
    await sql.rows('INSERT INTO notes VALUES (1)');
    await all();
    const prepared = await sql.rows(`SELECT FROM pg_prepared_statements WHERE name = 'all_notes'`);
    expect(prepared).toHaveLength(1);
    await sql.rows('ALTER TABLE notes ADD COLUMN extra int');
    await expect(all()).rejects.toMatchObject({ code: '0A000' });
    expect(await all()).toEqual([{ id: 1, text: null, extra: null }]);
    await sql.rows('ALTER TABLE notes DROP COLUMN extra');
    await endConnections();
    await until(() => sql.state.total === 0); // else the next statement meets a connection whose end was not heard yet
  });

  it('asks for a settled world: durable commits, UTC, limits on statements, locks and open transactions', async () => {
    const names = ['synchronous_commit', 'TimeZone', 'statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout'];
    const rows = await sql.rows<{ name: string; setting: string }>('SELECT name, setting FROM pg_settings WHERE name = ANY($1)', [
      names,
    ]);
    expect(Object.fromEntries(rows.map(({ name, setting }) => [name, setting]))).toEqual({
      synchronous_commit: 'on',
      TimeZone: 'UTC',
      statement_timeout: '10000',
      lock_timeout: '900',
      idle_in_transaction_session_timeout: '10000',
    });
  });

  it('answers «unavailable» within two seconds when the pool is exhausted or a lock is not to be had', async () => {
    let free = (): void => undefined;
    const held = Array.from({ length: POOL - 1 }, () =>
      sql.transaction(() => new Promise<void>((resolve) => setTimeout(resolve, 2_500))),
    );
    const locked = sql.transaction(async (tx) => {
      await tx.rows('LOCK TABLE notes');
      await new Promise<void>((resolve) => {
        free = resolve;
      });
    });
    await until(() => sql.state.total === POOL && sql.state.idle === 0);
    const began = performance.now();
    const refused = await Promise.allSettled([1, 2, 3, 4].map(() => sql.rows('SELECT 1')));
    expect(performance.now() - began).toBeLessThan(2_000);
    expect(refused.map((result) => (result.status === 'rejected' ? coreErrorOf(result.reason).code : 'answered'))).toEqual(
      Array(4).fill('unavailable'),
    );
    await Promise.all(held);
    const waited = performance.now();
    await expect(sql.rows('SELECT * FROM notes')).rejects.toMatchObject({ code: '55P03' });
    expect(performance.now() - waited).toBeLessThan(2_000);
    free();
    await locked;
  });

  it('needs less than two seconds even where it waits for a connection first, and then for a lock', async () => {
    let free = (): void => undefined;
    const locked = sql.transaction(async (tx) => {
      await tx.rows('LOCK TABLE notes');
      await new Promise<void>((resolve) => {
        free = resolve;
      });
    });
    const held = Array.from({ length: POOL - 1 }, () => sql.transaction(() => sleep(850)));
    await until(() => sql.state.total === POOL && sql.state.idle === 0);
    const from = performance.now();
    await expect(sql.rows('SELECT * FROM notes')).rejects.toMatchObject({ code: '55P03' });
    expect(performance.now() - from).toBeLessThan(2_000);
    free();
    await Promise.all([locked, ...held]);
  });

  it('gives up a server that has halted after three seconds', async () => {
    const named = (seconds: number) => sql.rows('SELECT pg_sleep($1)', [seconds], 'sleep');
    await named(0);
    const from = performance.now();
    await expect(named(8)).rejects.toThrow(/Query read timeout/);
    expect(performance.now() - from).toBeLessThan(4_000);
    await endConnections();
    await until(() => sql.state.total === 0);
  });

  it('survives the end of its idle connections without a word', async () => {
    await Promise.all([sql.rows('SELECT pg_sleep(0.05)'), sql.rows('SELECT pg_sleep(0.05)')]);
    await endConnections();
    await until(() => sql.state.total === 0);
    expect(await ids()).toEqual([]);
  });

  it('survives the end of a connection in use, and says «unavailable»', async () => {
    const running = sql.rows('SELECT pg_sleep(5)').catch((error: unknown) => coreErrorOf(error).code);
    await until(
      async () =>
        (await runSql(adminUrl(), `SELECT FROM pg_stat_activity WHERE query LIKE '%pg_sleep(5)%' AND pid <> pg_backend_pid()`))
          .length > 0,
    );
    await endConnections();
    expect(await running).toBe('unavailable');
    await until(() => sql.state.total === 0);
    expect(await ids()).toEqual([]);
  });
});

describe('Sql.transaction', () => {
  it('commits what its work did, on one connection, and returns what it returned', async () => {
    const result = await sql.transaction(async (tx) => {
      const pid = await backend(tx);
      expect(await tx.affected('INSERT INTO notes VALUES (1), (2)')).toBe(2);
      expect(await ids()).toEqual([]); // nobody else sees it yet
      expect(await backend(tx)).toBe(pid);
      return 'done';
    });
    expect(result).toBe('done');
    expect(await ids()).toEqual([1, 2]);
  });

  it('leaves nothing of a work that throws, and throws the same', async () => {
    const fault = new Error('no');
    const work = sql.transaction(async (tx) => {
      await tx.rows('INSERT INTO notes VALUES (1)');
      throw fault;
    });
    await expect(work).rejects.toBe(fault);
    expect(await ids()).toEqual([]);
  });

  it('does not pass off as committed what a swallowed error has undone', async () => {
    const work = sql.transaction(async (tx) => {
      await tx.rows('INSERT INTO notes VALUES (1)');
      await tx.rows('INSERT INTO notes VALUES (1)').catch(() => undefined);
    });
    await expect(work).rejects.toThrow(/rolled back/);
    expect(await ids()).toEqual([]);
  });

  it('lets no statement through after its end', async () => {
    let late: SqlTx | undefined;
    await sql.transaction(async (tx) => {
      late = tx;
      await Promise.resolve();
    });
    await expect(late?.rows('INSERT INTO notes VALUES (9)')).rejects.toThrow(/over/);
    expect(await ids()).toEqual([]);
  });

  it('gives up a connection that breaks between or inside its statements, and takes another next time', async () => {
    const between = sql.transaction(async (tx) => {
      const pid = await backend(tx);
      await runSql(adminUrl(), 'SELECT pg_terminate_backend($1)', [pid]);
      await until(async () => (await runSql(adminUrl(), 'SELECT FROM pg_stat_activity WHERE pid = $1', [pid])).length === 0);
      await sleep(0); // an unheard `error` of the connection would end the process here
      await tx.rows('INSERT INTO notes VALUES (1)');
    });
    expect(coreErrorOf(await between.catch((error: unknown) => error)).code).toBe('unavailable');
    await expect(sql.transaction((tx) => tx.rows('SELECT pg_terminate_backend(pg_backend_pid())'))).rejects.toMatchObject({
      code: '57P01',
    });
    await sql.transaction((tx) => tx.rows('INSERT INTO notes VALUES (2)'));
    expect(await ids()).toEqual([2]);
  });
});

describe('ReservedSql', () => {
  const hold = (by: Sql, count: number): { readonly free: () => void; readonly ended: Promise<unknown> } => {
    let free = (): void => undefined;
    const until = new Promise<void>((resolve) => {
      free = resolve;
    });
    return { free, ended: Promise.all(Array.from({ length: count }, () => by.transaction(() => until))) };
  };

  it('finds a connection while all that are for everybody are taken, those of TypeORM included', async () => {
    const reserved = new ReservedSql(dataSource);
    const runner = dataSource.createQueryRunner();
    await runner.connect();
    const { free, ended } = hold(sql, POOL - 1);
    await until(() => sql.state.shared === POOL);
    await expect(Promise.all([1, 2, 3].map(() => reserved.rows('SELECT 1 AS one')))).resolves.toEqual(
      Array(3).fill([{ one: 1 }]),
    );
    await expect(dataSource.query('SELECT 1')).rejects.toThrow(/timeout exceeded/);
    const waiting = sql.rows('SELECT 1 AS one');
    expect(sql.state.waiting).toBe(1);
    await runner.release();
    expect(await waiting).toEqual([{ one: 1 }]);
    free();
    await ended;
    expect(sql.state).toMatchObject({ shared: 0, waiting: 0 });
  });

  it('may take every connection, upon which others wait no longer than they would for the pool', async () => {
    const { free, ended } = hold(new ReservedSql(dataSource), POOL + 1);
    await until(() => sql.state.total === POOL + 1 && sql.state.idle === 0);
    // More than are for everybody: some wait for the pool, and some for those.
    const from = performance.now();
    const refused = await Promise.allSettled(Array.from({ length: POOL * 2 }, () => sql.rows('SELECT 1')));
    expect(refused.every(({ status }) => status === 'rejected')).toBe(true);
    expect(performance.now() - from).toBeLessThan(1_900);
    free();
    await ended;
    expect(await sql.rows('SELECT 1 AS one')).toEqual([{ one: 1 }]);
    expect(sql.state).toMatchObject({ shared: 0, waiting: 0 });
  });

  it('gives the place of a connection that broke, or that could not be made, to the next one', async () => {
    await expect(sql.rows('SELECT pg_terminate_backend(pg_backend_pid())')).rejects.toThrow();
    const many = Array.from({ length: POOL * 3 }, (_unused, i) =>
      i % 3 === 0 ? sql.rows('SELECT pg_terminate_backend(pg_backend_pid())') : sql.rows('SELECT 1 AS one'),
    );
    const outcomes = await Promise.allSettled(many);
    outcomes.forEach(({ status }, i) => expect(status).toBe(i % 3 === 0 ? 'rejected' : 'fulfilled'));
    expect(sql.state).toMatchObject({ shared: 0, waiting: 0 });
  });
});

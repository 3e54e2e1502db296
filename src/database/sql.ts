import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DatabaseError, type PoolClient, type QueryConfig, type QueryResult, type QueryResultRow } from 'pg';
import type { DataSource } from 'typeorm';
import type { Checkout, LanedPool } from './laned-pool.js';

/** Statements of one transaction. Good until the function that was given it returns. */
export interface SqlTx {
  /** As `Sql.rows`, inside the transaction. */
  rows<T extends object>(text: string, values?: readonly unknown[], name?: string): Promise<T[]>;
  /** As `Sql.affected`, inside the transaction. */
  affected(text: string, values?: readonly unknown[], name?: string): Promise<number>;
}

/** How busy the pool is. */
export interface PoolState {
  readonly total: number;
  readonly idle: number;
  /** Connections in use that are for everybody. */
  readonly shared: number;
  /** What waits for a connection. */
  readonly waiting: number;
}

/**
 * Milliseconds after which a server that says nothing is given up where it has little to do: in prepared statements, and at both ends of a
 * transaction. More than a wait for a lock takes, so that the server's own word comes first.
 */
const SILENCE_MS = 3_000;

/** The driver takes its limit for each query, too, which its declarations do not say. */
type TimedQuery = QueryConfig & { readonly query_timeout?: number };

const queryOf = (text: string, values: readonly unknown[], name: string | undefined): TimedQuery => ({
  text,
  values: values as unknown[],
  ...(name === undefined ? undefined : { name, query_timeout: SILENCE_MS }),
});

const endOf = (text: 'BEGIN' | 'COMMIT' | 'ROLLBACK'): TimedQuery => ({ text, query_timeout: SILENCE_MS });

/**
 * Whether a connection cannot be used again after `thrown`: anything but an ordinary error of the server may have left it
 * broken or busy, and a prepared statement that no longer fits its tables (0A000, 26000) would fail there for ever.
 */
function spoils(thrown: unknown): boolean {
  return !(thrown instanceof DatabaseError && thrown.severity === 'ERROR' && thrown.code !== '0A000' && thrown.code !== '26000');
}

const noConnection = (): Error => new Error('The pool gave no connection');

const asError = (thrown: unknown): Error => (thrown instanceof Error ? thrown : new Error(String(thrown)));

/**
 * SQL for hot paths, over the same pool that TypeORM uses, and like that over the connections that are for everybody. Errors come as the
 * driver throws them; `coreErrorOf` knows which of them mean «database away».
 */
@Injectable()
export class Sql {
  protected readonly pool: LanedPool;

  constructor(@InjectDataSource() dataSource: DataSource) {
    // The one thing of TypeORM's driver that has no public name; `test/faults/sql.test.ts` notices if it moves.
    this.pool = (dataSource.driver as unknown as { master: LanedPool }).master;
  }

  /** How many connections there are, and how many callers wait for one. */
  get state(): PoolState {
    const { totalCount: total, idleCount: idle, sharedCount: shared, sharedWaitingCount, waitingCount } = this.pool;
    return { total, idle, shared, waiting: sharedWaitingCount + waitingCount };
  }

  /**
   * Runs one statement and returns its rows.
   * @param name makes it a prepared statement of that name (at most 63 bytes, one name for one text, for ever): half the cost.
   * Such a one is given up after 3 s, others after 12 s
   */
  async rows<T extends object>(text: string, values: readonly unknown[] = [], name?: string): Promise<T[]> {
    return (await this.once(queryOf(text, values, name))).rows as T[];
  }

  /** Runs one statement and returns how many rows it changed or found. */
  async affected(text: string, values: readonly unknown[] = [], name?: string): Promise<number> {
    return (await this.once(queryOf(text, values, name))).rowCount ?? 0;
  }

  /**
   * Runs `work` in one transaction; what it returns is returned after the COMMIT has been confirmed. If it throws, nothing
   * of it stays.
   * @throws what `work` threw, or the driver's error. A connection that breaks during COMMIT leaves open whether it took place.
   */
  async transaction<T>(work: (tx: SqlTx) => Promise<T>): Promise<T> {
    const client = await new Promise<PoolClient>((resolve, reject) => {
      this.connect((error, checked) => (checked ? resolve(checked) : reject(error ?? noConnection())));
    });
    const tx = new OpenTransaction(client);
    let broken: Error | undefined;
    try {
      await client.query(endOf('BEGIN'));
      const result = await work(tx);
      tx.close();
      const { command } = await client.query(endOf('COMMIT'));
      // COMMIT of a transaction in which a statement failed is a ROLLBACK that reports success.
      if (command !== 'COMMIT')
        throw new Error('A statement of this transaction failed and its error was swallowed: rolled back');
      return result;
    } catch (thrown) {
      tx.close();
      broken = tx.broken ?? (await rollback(client));
      throw thrown;
    } finally {
      client.release(broken);
    }
  }

  protected connect(checkout: Checkout): void {
    this.pool.connect(checkout);
  }

  // Not `pool.query`: that closes its connection on every error, an ordinary unique violation included.
  private once(query: QueryConfig): Promise<QueryResult<QueryResultRow>> {
    return new Promise((resolve, reject) => {
      this.connect((failed, client, release) => {
        if (failed || !client) return reject(failed ?? noConnection());
        client.query(query).then(
          (result) => {
            release();
            resolve(result);
          },
          (thrown: unknown) => {
            release(spoils(thrown) ? asError(thrown) : undefined);
            reject(asError(thrown));
          },
        );
      });
    });
  }
}

/**
 * The same over any connection, those that are kept back included: for what has to work while everybody else keeps the database busy, and
 * is done in a millisecond. Log-in, refresh, sessions and health.
 */
@Injectable()
export class ReservedSql extends Sql {
  protected override connect(checkout: Checkout): void {
    this.pool.connectReserved(checkout);
  }
}

/** @returns the reason why the connection cannot be used again, if there is one */
async function rollback(client: PoolClient): Promise<Error | undefined> {
  try {
    await client.query(endOf('ROLLBACK'));
    return undefined;
  } catch (thrown) {
    return asError(thrown);
  }
}

class OpenTransaction implements SqlTx {
  private closed = false;
  /** Why the connection cannot be used again. */
  broken: Error | undefined;

  constructor(private readonly client: PoolClient) {}

  async rows<T extends object>(text: string, values: readonly unknown[] = [], name?: string): Promise<T[]> {
    return (await this.run(queryOf(text, values, name))).rows as T[];
  }

  async affected(text: string, values: readonly unknown[] = [], name?: string): Promise<number> {
    return (await this.run(queryOf(text, values, name))).rowCount ?? 0;
  }

  /** From here on nothing reaches the connection through this object: it may belong to somebody else already. */
  close(): void {
    this.closed = true;
  }

  private async run(query: QueryConfig): Promise<QueryResult<QueryResultRow>> {
    if (this.closed) throw new Error('The transaction is over; await every statement inside it');
    try {
      return await this.client.query(query);
    } catch (thrown) {
      if (spoils(thrown)) this.broken = asError(thrown);
      throw thrown;
    }
  }
}

import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DatabaseError, type Pool, type PoolClient, type QueryConfig, type QueryResult, type QueryResultRow } from 'pg';
import type { DataSource } from 'typeorm';

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

const asError = (thrown: unknown): Error => (thrown instanceof Error ? thrown : new Error(String(thrown)));

/**
 * SQL for hot paths, over the same pool that TypeORM uses. Errors come as the driver throws them; `coreErrorOf` knows which
 * of them mean «database away».
 */
@Injectable()
export class Sql {
  private readonly pool: Pool;

  constructor(@InjectDataSource() dataSource: DataSource) {
    // The one thing of TypeORM's driver that has no public name; `test/faults/sql.test.ts` notices if it moves.
    this.pool = (dataSource.driver as unknown as { master: Pool }).master;
  }

  /** How many connections there are, and how many callers wait for one. */
  get state(): PoolState {
    return { total: this.pool.totalCount, idle: this.pool.idleCount, waiting: this.pool.waitingCount };
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
    const client = await this.pool.connect();
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

  // Not `pool.query`: that closes its connection on every error, an ordinary unique violation included.
  private once(query: QueryConfig): Promise<QueryResult<QueryResultRow>> {
    return new Promise((resolve, reject) => {
      this.pool.connect((failed, client, release) => {
        if (failed || !client) return reject(failed ?? new Error('The pool gave no connection'));
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

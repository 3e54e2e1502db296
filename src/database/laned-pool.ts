import { Pool, type PoolClient, type PoolConfig } from 'pg';

/** As the pool of the driver calls back. */
export type Checkout = (
  error: Error | undefined,
  client: PoolClient | undefined,
  release: (error?: Error | boolean) => void,
) => void;

interface Waiting {
  readonly checkout: Checkout;
  readonly timer: NodeJS.Timeout;
  isLate: boolean;
}

/**
 * How many connections of a pool are for everybody. The rest, one in five and at least one, is kept for log-in, refresh, sessions and
 * health, which may use any of them.
 */
export const sharedConnections = (pool: number): number => pool - Math.max(1, Math.floor(pool / 5));

/**
 * A pool that keeps some of its connections back: whatever asks for one in the usual way, TypeORM included, waits as soon as the shared
 * ones are taken, in the order in which it came and as long as it would wait for the pool itself.
 */
export class LanedPool extends Pool {
  /** Connections that are for everybody. */
  readonly sharedLimit: number;
  private readonly patienceMs: number;
  private readonly queue = new Set<Waiting>();
  /** Shared connections that are given out, or on their way. */
  private taken = 0;

  constructor(config: PoolConfig & { readonly max: number; readonly connectionTimeoutMillis: number }) {
    super(config);
    this.sharedLimit = sharedConnections(config.max);
    this.patienceMs = config.connectionTimeoutMillis;
  }

  /** How many shared connections are in use. */
  get sharedCount(): number {
    return this.taken;
  }

  /** How many wait for a shared connection. */
  get sharedWaitingCount(): number {
    return this.queue.size;
  }

  /** A connection from among the shared ones. */
  override connect(): Promise<PoolClient>;
  override connect(checkout: Checkout): void;
  override connect(checkout?: Checkout): Promise<PoolClient> | undefined {
    if (!checkout) {
      return new Promise((resolve, reject) => {
        this.connect((error, client) => (client ? resolve(client) : reject(error ?? new Error('The pool gave no connection'))));
      });
    }
    if (this.taken < this.sharedLimit) this.take(checkout);
    else this.wait(checkout);
    return undefined;
  }

  /** Any connection, those that are kept back included. */
  connectReserved(checkout: Checkout): void {
    super.connect(checkout);
  }

  private wait(checkout: Checkout): void {
    const waiting: Waiting = {
      checkout,
      timer: setTimeout(() => {
        // Its turn may have come, and the pool itself keep it waiting: the two together must not last longer.
        waiting.isLate = true;
        this.queue.delete(waiting);
        // The words of the pool, by which it is known what that means.
        checkout(new Error('timeout exceeded when trying to connect'), undefined, () => undefined);
      }, this.patienceMs),
      isLate: false,
    };
    this.queue.add(waiting);
  }

  private take(checkout: Checkout, waiting?: Waiting): void {
    this.taken += 1;
    super.connect((error, client, release) => {
      clearTimeout(waiting?.timer);
      // The pool's is new for each checkout, throws when it is called again, and is missing where there is no connection.
      const back = (broken?: Error | boolean): void => {
        if (client) release(broken);
        this.give();
      };
      if (!error && client && !waiting?.isLate) {
        client.release = back;
        return checkout(undefined, client, back);
      }
      back();
      if (!waiting?.isLate) checkout(error, undefined, () => undefined);
    });
  }

  private give(): void {
    this.taken -= 1;
    for (const waiting of this.queue) {
      if (this.taken >= this.sharedLimit) return;
      this.queue.delete(waiting);
      this.take(waiting.checkout, waiting);
    }
  }
}

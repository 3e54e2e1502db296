import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { Settings } from '../config/settings.js';
import { sharedConnections } from '../database/laned-pool.js';
import type { Identity, Origin } from '../identity/identity.js';
import { addressKey } from './address-key.js';
import { FairLanes } from './fair-lanes.js';
import { Metrics } from './metrics.js';

/** What one user, and one address, asks the database at once at most. */
const PER_USER = 4;
const PER_ADDRESS = 16;
const MAX_WAITING_PER_USER = 1_000;
const MAX_WAITING = 20_000;
/** Milliseconds; what waits longer is refused. A database that does not answer is noticed sooner. */
const MAX_WAIT_MS = 5_000;

/** What a command or a request of some weight takes: a user always has one place left for what is light. */
const placesOf = (weight: number): number => Math.max(1, Math.min(PER_USER - 1, Math.ceil(weight / 2)));

/** Who asks: an account, or else an address. */
export interface Asker {
  readonly identity: Identity | null;
  readonly origin: Pick<Origin, 'address'>;
}

/**
 * What stands in front of everything that asks the database for a client: a user has few things under way there at a time, and so has an
 * address, so that nobody who asks a lot keeps others waiting.
 */
@Injectable()
export class DatabaseLanes implements OnModuleInit, OnModuleDestroy {
  private readonly lanes: FairLanes;

  constructor(
    settings: Settings,
    private readonly metrics: Metrics,
  ) {
    // Of a small pool one user has half at most, and an address leaves a quarter to others: its users may be one client's.
    const shared = sharedConnections(settings.DATABASE_POOL);
    const perUser = Math.max(1, Math.min(PER_USER, Math.floor(shared / 2)));
    const perAddress = Math.max(perUser + 1, Math.min(PER_ADDRESS, shared - Math.ceil(shared / 4)));
    this.lanes = new FairLanes({
      perUser,
      perAddress,
      maxWaitingPerUser: MAX_WAITING_PER_USER,
      maxWaiting: MAX_WAITING,
      maxWaitMs: MAX_WAIT_MS,
    });
  }

  onModuleInit(): void {
    const help = 'Commands and requests that ask the database, by state: under way, or waiting for their turn';
    this.metrics.watch('database_lanes', help, () => ({ running: this.lanes.running, waiting: this.lanes.waiting }), 'state');
    const refused = 'Commands and requests that were refused because too many of the same user waited, or for too long';
    this.metrics.watchTotal('database_lanes_refused', refused, [], () => [[[], this.lanes.refused]]);
  }

  onModuleDestroy(): void {
    this.lanes.stop();
  }

  /**
   * Runs `work` when it is the caller's turn: at once, without a promise of its own, where that has room.
   * @param weight what it costs, as of commands: what is heavy runs alone but for light things
   * @throws CoreError (or rejects with it) `too_many_requests` or `unavailable` where too much waits; else what `work` throws
   */
  run({ identity, origin }: Asker, work: () => unknown, weight = 1): unknown {
    const address = addressKey(origin.address);
    return this.lanes.run({ user: identity ? `u${identity.session.userId}` : `a${address}`, address }, work, placesOf(weight));
  }
}

import { Injectable } from '@nestjs/common';
import { Settings } from '../config/settings.js';
import { CoreError } from '../errors/catalogue.js';
import { addressKey } from '../ops/address-key.js';
import type { Count, Counter } from '../ops/counters.js';
import { RateLimits } from '../ops/rate-limits.js';

/** How many users' quota of lookups all accounts of one address have together: accounts are free, addresses are not. */
const USERS = 10;
const HOUR_SEC = 3_600;

/**
 * Counts users looked up from one client address, through whichever accounts; and apart from them names and e-mail addresses that a
 * registration, or a change of one's own account, has shown to be taken or free.
 */
@Injectable()
export class AddressLookups {
  private readonly lookups: Counter | null;
  private readonly names: Counter | null;

  constructor({ QUOTA_LOOKUPS_PER_HOUR: points }: Settings, limits: RateLimits) {
    const shape = { points, durationSec: HOUR_SEC };
    this.lookups = points > 0 ? limits.counter('lookups-address', { ...shape, points: points * USERS }) : null;
    this.names = points > 0 ? limits.counter('names-address', shape) : null;
  }

  /**
   * Counts lookups before they are made.
   * @throws CoreError `too_many_requests`; they stay counted until they are given back
   */
  async take(address: string, amount: number): Promise<void> {
    refuse(await this.lookups?.consume(addressKey(address), amount));
  }

  /** Counts fewer lookups. */
  giveBack(address: string, amount: number): void {
    // Never rejects: while Redis is unreachable memory counts.
    void this.lookups?.consume(addressKey(address), -amount);
  }

  /** @throws CoreError `too_many_requests` where the client address was shown too many names */
  async checkNames(address: string): Promise<void> {
    refuse(await this.names?.get(addressKey(address)));
  }

  /** Counts a name that was shown to be taken or free. */
  showName(address: string): void {
    void this.names?.consume(addressKey(address));
  }
}

function refuse(count: Count | undefined): void {
  if (!count?.exceeded) return;
  throw new CoreError('too_many_requests', {
    retryAfterSec: count.waitSec,
    detail: 'Quota exceeded: too many users were looked up from this address',
  });
}

import { Injectable } from '@nestjs/common';
import { Settings } from '../config/settings.js';
import { CoreError } from '../errors/catalogue.js';
import { addressKey } from '../ops/address-key.js';
import type { Counter } from '../ops/counters.js';
import { RateLimits } from '../ops/rate-limits.js';

/** How many users' quota of lookups all accounts of one address have together: accounts are free, addresses are not. */
const USERS = 10;
const HOUR_SEC = 3_600;

/** Counts users looked up from one client address, through whichever accounts, or through none. */
@Injectable()
export class AddressLookups {
  private readonly counter: Counter | null;

  constructor(settings: Settings, limits: RateLimits) {
    const points = settings.QUOTA_LOOKUPS_PER_HOUR * USERS;
    this.counter = points > 0 ? limits.counter('lookups-address', { points, durationSec: HOUR_SEC }) : null;
  }

  /**
   * Counts lookups before they are made.
   * @throws CoreError `too_many_requests`; they stay counted until they are given back (`charge`)
   */
  async take(address: string, amount: number): Promise<void> {
    const count = await this.counter?.consume(addressKey(address), amount);
    if (!count?.exceeded) return;
    throw new CoreError('too_many_requests', {
      retryAfterSec: count.waitSec,
      detail: 'Quota exceeded: too many users were looked up from this address',
    });
  }

  /** Counts more lookups, or fewer, of what was let through. */
  charge(address: string, amount: number): void {
    // Memory never fails, and while Redis is unreachable memory counts.
    void this.counter?.consume(addressKey(address), amount);
  }
}

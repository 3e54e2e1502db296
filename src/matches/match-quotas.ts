import { createHash } from 'node:crypto';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Settings } from '../config/settings.js';
import { CoreError } from '../errors/catalogue.js';
import { addressKey } from '../ops/address-key.js';
import { Quotas } from '../quotas/quotas.js';
import { type Made, type Maker, MatchStore } from './match-store.js';

const KIND = 'matches';
/** Seconds after which to try again: some match may have ended by then. */
const RETRY_SEC = 30;

/** How many matches of a user, and of an address, may be open at once: what the store counts, in words and figures. */
@Injectable()
export class MatchQuotas implements OnModuleInit {
  constructor(
    private readonly settings: Settings,
    private readonly store: MatchStore,
    private readonly quotas: Quotas,
  ) {}

  onModuleInit(): void {
    const used = (userId: number): Promise<number> => this.store.madeBy(userId);
    this.quotas.register({ kind: KIND, limit: this.settings.QUOTA_MATCHES_PER_USER, used });
  }

  /** @param address the client's */
  makerOf(userId: number, address: string): Maker {
    return { userId, address: createHash('sha256').update(addressKey(address)).digest('base64url').slice(0, 22) };
  }

  /** @throws CoreError `too_many_requests` where the match was not made */
  check(outcome: Made): void {
    if (outcome === 'made') return;
    this.quotas.refused(KIND);
    throw new CoreError('too_many_requests', { retryAfterSec: RETRY_SEC, detail: this.detailOf(outcome) });
  }

  private detailOf(outcome: Exclude<Made, 'made'>): string {
    const { QUOTA_MATCHES_PER_USER: perUser, QUOTA_MATCHES_PER_ADDRESS: perAddress } = this.settings;
    if (outcome === 'user') return `Quota exceeded: at most ${perUser} open matches made by one user`;
    if (outcome === 'address') return `Quota exceeded: at most ${perAddress} open matches made from one address`;
    return 'There are too many matches';
  }
}

import { Injectable, Logger } from '@nestjs/common';
import { Settings } from '../config/settings.js';
import { CoreError } from '../errors/catalogue.js';
import type { Counter } from '../ops/counters.js';
import { RateLimits } from '../ops/rate-limits.js';
import { Quotas } from '../quotas/quotas.js';
import { foldEmail } from '../users/names.js';

const DAY_SEC = 86_400;

/** What made the server send a mail: `account`, something that its account or a superuser did; `anybody`, a stranger who typed a name or an address. */
export type MailCause = 'account' | 'anybody';

/**
 * How many mails a day one address may get, and one account may cause. What anybody can cause has an allowance of its own: a stranger who
 * asks for recovery links over and over must not silence the mails that warn the owner, nor keep the owner from recovering the account.
 */
@Injectable()
export class MailQuotas {
  private readonly log = new Logger('Mailer');
  private readonly byAddress: Readonly<Record<MailCause, Counter>> | null;

  constructor(
    settings: Settings,
    limits: RateLimits,
    private readonly quotas: Quotas,
  ) {
    const shape = { points: settings.QUOTA_MAILS_PER_DAY, durationSec: DAY_SEC };
    this.byAddress =
      shape.points > 0
        ? { account: limits.counter('mails-account', shape), anybody: limits.counter('mails-anybody', shape) }
        : null;
  }

  /**
   * Counts a mail that is about to be sent.
   * @param userId the account that it is about
   * @returns whether it may be sent
   */
  async take(to: string, userId: number, cause: MailCause): Promise<boolean> {
    const key = foldEmail(to);
    const count = await this.byAddress?.[cause].consume(key);
    if (count?.exceeded) {
      this.quotas.refused('mails');
      return this.refuse();
    }
    if (cause === 'anybody' || (await this.takeOfAccount(userId))) return true;
    await this.byAddress?.[cause].consume(key, -1);
    return this.refuse();
  }

  private async takeOfAccount(userId: number): Promise<boolean> {
    try {
      await this.quotas.spend({ userId, address: '' }, { mails: 1 });
      return true;
    } catch (thrown) {
      if (thrown instanceof CoreError) return false;
      throw thrown;
    }
  }

  private refuse(): false {
    this.log.debug('A mail over the quota of its address or account is not sent');
    return false;
  }
}

import { Injectable } from '@nestjs/common';
import type { Origin } from '../identity/identity.js';
import { addressKey } from '../ops/address-key.js';
import { KnownAddresses } from './known-addresses.js';
import { MailQuotas } from './mail-quotas.js';
import type { Mail } from './mail-texts.js';
import { Mailer } from './mailer.js';

/** The mails that anybody can ask for. */
@Injectable()
export class RecoveryMails {
  constructor(
    private readonly known: KnownAddresses,
    private readonly quotas: MailQuotas,
    private readonly mailer: Mailer,
  ) {}

  /** Counts a mail that is about to be sent. A client address from which the account logged in has what strangers cannot use up. */
  async mayBeSent(to: string, userId: number, { address }: Origin): Promise<boolean> {
    const cause = (await this.known.has(userId, addressKey(address))) ? 'account' : 'anybody';
    return this.quotas.take(to, userId, cause);
  }

  /** Sends a mail that has been counted. */
  send(mail: Mail): void {
    this.mailer.sendCounted(mail);
  }
}

import { Injectable, Logger } from '@nestjs/common';
import type { LiveSession, Origin } from '../identity/identity.js';
import { addressKey } from '../ops/address-key.js';
import type { Counter } from '../ops/counters.js';
import { RateLimits } from '../ops/rate-limits.js';
import { foldLogin } from '../users/names.js';
import { PasswordResets } from './password-resets.js';
import { RecoveryRequests } from './recovery-requests.js';
import type { IssuedRecovery } from './recovery-tokens.js';

/** What somebody who lost the password still knows. */
export type RecoveryTarget = { readonly email: string } | { readonly username: string };

const QUARTER_HOUR = 15 * 60;

/** New passwords for people who lost theirs: by mail, or through the owner of the server. */
@Injectable()
export class RecoveryService {
  private readonly log = new Logger('Recovery');
  private readonly byAddress: Counter;
  private readonly byTarget: Counter;

  constructor(
    private readonly requests: RecoveryRequests,
    private readonly resets: PasswordResets,
    limits: RateLimits,
  ) {
    this.byAddress = limits.counter('recovery-address', { points: 20, durationSec: QUARTER_HOUR });
    this.byTarget = limits.counter('recovery-target', { points: 5, durationSec: QUARTER_HOUR });
  }

  /**
   * Asks for a link by mail. Says nothing of whether there is such an account, by words or by time: resolves before anybody
   * has looked. Over an allowance, counted alike for accounts that exist and that do not, no mail follows; the answer is the same.
   * @throws CoreError `unavailable`
   */
  async request(target: RecoveryTarget, origin: Origin): Promise<void> {
    const from = addressKey(origin.address);
    const login = 'email' in target ? target.email : target.username;
    const key = JSON.stringify([foldLogin(login), from]);
    const counts = [await this.byAddress.consume(from), await this.byTarget.consume(key)];
    if (counts.some(({ exceeded }) => exceeded)) return this.log.debug('A request for recovery over its allowance: no mail');
    this.requests.add(login, origin);
  }

  /**
   * Makes a one-time token that the owner of the server hands over, and ends every session of the account.
   * @param by a superuser; null for the owner at the command line
   * @throws CoreError `forbidden`, `not_found`, `unavailable`
   */
  issueByOwner(userId: number, by: LiveSession | null, origin: Origin | null): Promise<IssuedRecovery> {
    return this.resets.issue(userId, by, origin);
  }

  /**
   * Sets a new password and ends every session of the account; logs nobody in.
   * @throws CoreError `bad_recovery_token` for one that is unknown, used, replaced or expired; `invalid_input` for a password
   * that is too easily guessed; `unavailable`
   */
  reset(token: string, password: string, origin: Origin): Promise<void> {
    return this.resets.reset(token, password, origin);
  }
}

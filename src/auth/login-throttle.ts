import { Injectable } from '@nestjs/common';
import { Settings } from '../config/settings.js';
import { CoreError } from '../errors/catalogue.js';
import { addressKey } from '../ops/address-key.js';
import type { Count, Counter } from '../ops/counters.js';
import { RateLimits } from '../ops/rate-limits.js';
import { foldLogin } from '../users/names.js';
import { KnownAddresses } from './known-addresses.js';

const MINUTE = 60;
/** Attempts in an hour on one login from everywhere. */
const PER_LOGIN = 100;

/** One attempt to log in, counted as a failure until it is told otherwise. */
export interface Attempt {
  /** The password was right: what this address did wrong with this account before is forgotten. */
  succeeded(): Promise<void>;
  /** No password was tried, so that nothing was learnt: the attempt does not count. */
  withdraw(): Promise<void>;
}

const UNCOUNTED: Attempt = { succeeded: () => Promise.resolve(), withdraw: () => Promise.resolve() };

/**
 * How often passwords may be guessed (OWASP ASVS 6.3.1; NIST SP 800-63B-4 §3.2.2 allows 100 failures):
 * - a name or an e-mail address, as it was typed, from one client address: ten times in 15 minutes, then once a minute;
 * - a name or an e-mail address from everywhere: 100 times an hour, except from client addresses where the account logged in
 *   within 30 days, which keep their own allowance, so that strangers can never lock the owner out;
 * - one client address, for all logins together: 300 times in 15 minutes;
 * - an account from everywhere, by all of its logins together: 400 times an hour, with the same exception.
 *
 * What was typed counts, and not the account that it names: otherwise ten attempts on `alice` that limit `a@example.com` would
 * show that both are one account. The account's own bound cannot show it: an attempt counts there only if its login was
 * within its own bound, an account has two logins at a time, and an hour of the account touches at most two hours of each.
 * The bound is for what comes beside that: logins that change, and counters of logins that were crowded out of memory.
 *
 * An attempt is counted BEFORE its password is looked at, and given back afterwards if it was right: counted after, two hundred
 * sent at once would all be looked at. Accounts that do not exist count like those that do.
 */
@Injectable()
export class LoginThrottle {
  private readonly byAddress: Counter;
  private readonly byLogin: Counter;
  private readonly byAccount: Counter;
  /** Where the login names no account: the same work in a counter of its own, which cannot crowd accounts out. */
  private readonly byNobody: Counter;
  /** Nine at once and one a minute are ten, then one a minute. */
  private readonly byPair: Counter;
  private readonly byPairSlowly: Counter;

  constructor(
    private readonly settings: Settings,
    private readonly known: KnownAddresses,
    limits: RateLimits,
  ) {
    this.byAddress = limits.counter('login-address', { points: 300, durationSec: 15 * MINUTE });
    this.byLogin = limits.counter('login-typed', { points: PER_LOGIN, durationSec: 60 * MINUTE });
    this.byAccount = limits.counter('login-account', { points: 4 * PER_LOGIN, durationSec: 60 * MINUTE });
    this.byNobody = limits.counter('login-nobody', { points: 4 * PER_LOGIN, durationSec: 60 * MINUTE });
    this.byPair = limits.counter('login-pair', { points: 9, durationSec: 15 * MINUTE });
    this.byPairSlowly = limits.counter('login-pair-slowly', { points: 1, durationSec: MINUTE });
  }

  /**
   * Counts an attempt.
   * @param userId the account that `login` names, null if it names none
   * @throws CoreError `too_many_requests` with the seconds to wait; the attempt is not counted then
   */
  async begin(login: string, userId: number | null, address: string): Promise<Attempt> {
    if (!this.settings.LOGIN_THROTTLE) return UNCOUNTED;
    const from = addressKey(address);
    const typed = foldLogin(login);
    const pair = JSON.stringify([typed, from]);
    const counted: [Counter, string][] = [];
    const withdraw = () => giveBack(counted);
    const count = async (counter: Counter, key: string): Promise<Count> => {
      counted.push([counter, key]);
      return counter.consume(key);
    };
    const refuse = async ({ waitSec }: Count): Promise<never> => {
      await withdraw();
      throw new CoreError('too_many_requests', { retryAfterSec: waitSec });
    };

    const ofAddress = await count(this.byAddress, from);
    if (ofAddress.exceeded) return refuse(ofAddress);
    if ((await count(this.byPair, pair)).exceeded) {
      const slowly = await count(this.byPairSlowly, pair);
      if (slowly.exceeded) return refuse(slowly);
    }
    const ofLogin = await count(this.byLogin, typed);
    const everywhere = ofLogin.exceeded
      ? ofLogin
      : await (userId === null ? count(this.byNobody, typed) : count(this.byAccount, String(userId)));
    // Asked for an unknown account, too: the answer must take as long.
    if (everywhere.exceeded && !(await this.known.has(userId, from))) return refuse(everywhere);
    return {
      withdraw,
      succeeded: async () => {
        await Promise.all([this.byPair.delete(pair), this.byPairSlowly.delete(pair)]);
        await giveBack(counted.filter(([counter]) => counter !== this.byPair && counter !== this.byPairSlowly));
      },
    };
  }
}

async function giveBack(counted: readonly (readonly [Counter, string])[]): Promise<void> {
  await Promise.all(counted.map(([counter, key]) => counter.consume(key, -1)));
}

import { Injectable } from '@nestjs/common';
import { CoreError } from '../errors/catalogue.js';
import type { Origin } from '../identity/identity.js';
import { Metrics } from '../ops/metrics.js';
import { isUsable, type User } from '../users/user.entity.js';
import { UsersRepository } from '../users/users.repository.js';
import { Audit } from './audit.js';
import { LoginThrottle } from './login-throttle.js';
import { PasswordHasher } from './password-hasher.js';

/** Finds out whose password it is. */
@Injectable()
export class Credentials {
  constructor(
    private readonly users: UsersRepository,
    private readonly hasher: PasswordHasher,
    private readonly throttle: LoginThrottle,
    private readonly audit: Audit,
    private readonly metrics: Metrics,
  ) {}

  /**
   * @returns the account, neither inactive nor suspended, with the hash that is stored now
   * @throws CoreError `wrong_credentials` in the same time for an unknown account, a wrong password, an inactive and a suspended account;
   * `too_many_requests`; `unavailable`
   */
  async verify(login: string, password: string, origin: Origin): Promise<User> {
    const found = await this.users.findForLogin(login);
    const attempt = await this.begin(login, found, origin);
    let fits: boolean;
    try {
      fits = await this.hasher.verify(found?.passwordHash ?? null, password);
    } catch (error) {
      this.metrics.login('unavailable');
      await attempt.withdraw();
      throw error;
    }
    if (!found || !isUsable(found) || !fits) return this.refuse(found, fits, origin);
    const user = this.hasher.needsRehash(found.passwordHash) ? await this.rehashed(found, password) : found;
    if (!user) return this.refuse(found, false, origin);
    await attempt.succeeded();
    this.metrics.login('ok');
    return user;
  }

  private async begin(login: string, found: User | null, origin: Origin) {
    try {
      return await this.throttle.begin(login, found?.id ?? null, origin.address);
    } catch (error) {
      this.metrics.login(error instanceof CoreError && error.code === 'too_many_requests' ? 'throttled' : 'unavailable');
      throw error;
    }
  }

  private async refuse(found: User | null, fits: boolean, origin: Origin): Promise<never> {
    this.metrics.login('failed');
    const reason = found === null ? 'unknown' : fits ? (found.isActive ? 'suspended' : 'inactive') : 'password';
    await this.audit.write(null, {
      action: 'login_failed',
      actorId: null,
      userId: found?.id ?? null,
      origin,
      details: { reason },
    });
    throw new CoreError('wrong_credentials');
  }

  /**
   * Stores the password under the parameters of today. Whoever changed the hash meanwhile was either another log-in that did
   * the same, or a change of the password: then the password is looked at once more.
   */
  private async rehashed(user: User, password: string): Promise<User | null> {
    let passwordHash: string;
    try {
      passwordHash = await this.hasher.hash(password);
    } catch (error) {
      if (error instanceof CoreError && error.code === 'unavailable') return user; // too busy: at the next log-in
      throw error;
    }
    if (await this.users.rehash(user, passwordHash)) return Object.assign(user, { passwordHash });
    const present = await this.users.findById(user.id);
    return present && isUsable(present) && (await this.hasher.verify(present.passwordHash, password)) ? present : null;
  }
}

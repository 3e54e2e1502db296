import { Injectable } from '@nestjs/common';
import { Settings } from '../config/settings.js';
import { CoreError } from '../errors/catalogue.js';
import { RateLimits } from '../ops/rate-limits.js';
import { TokenBucket } from '../ops/token-bucket.js';
import type { Caller } from '../realtime/connection.js';
import { charge } from '../realtime/frame-limits.js';
import type { RegisteredCommand } from './registry.js';

/**
 * What all commands of one user that ask the database may weigh, a second and at once, whatever connections they come by. A unit is about
 * 1.4 ms of a processor, so that one user takes a third of one.
 */
const USER = { rate: 240, capacity: 160 };
/** A request to the API is worth as many frames: the limits on the two are to each other as one to twelve. */
const FRAMES_PER_REQUEST = 12;

/** What a command weighs beyond the frame or request that brought it, taken from the same limits before it runs. */
@Injectable()
export class CommandCosts {
  private readonly users: TokenBucket | null;

  constructor(
    settings: Settings,
    private readonly limits: RateLimits,
  ) {
    this.users = settings.RATE_LIMIT ? new TokenBucket(USER) : null;
  }

  /**
   * @param payload of the command, validated
   * @returns a promise only where the limit on requests has to be asked
   * @throws CoreError (or rejects with it) `too_many_requests`, with the seconds until there is enough
   */
  charge(command: RegisteredCommand, payload: object, { identity, connection, origin }: Caller): void | Promise<void> {
    if (!this.users) return undefined;
    const weight = weightOf(command, payload);
    if (connection && weight > 1) refuseFor(charge(connection, weight - 1, performance.now()));
    if (identity && command.lane !== 'none') refuseFor(this.users.take(`${identity.session.userId}`, weight));
    const requests = weight / FRAMES_PER_REQUEST;
    return connection || requests <= 1 ? undefined : this.chargeRequest(origin.address, requests - 1);
  }

  /** Takes from the user's allowance what turned out to be work only when a command was carried out. The next ones wait for it. */
  settle({ identity }: Pick<Caller, 'identity'>, weight: number): void {
    if (identity && weight > 0) this.users?.charge(`${identity.session.userId}`, weight);
  }

  /**
   * Called when the turn of a command has come.
   * @throws CoreError `too_many_requests` where what the user asked before has turned out to be too much
   */
  checkDebt({ identity }: Pick<Caller, 'identity'>): void {
    if (identity && this.users) refuseFor(this.users.debt(`${identity.session.userId}`));
  }

  private async chargeRequest(address: string, requests: number): Promise<void> {
    refuseFor((await this.limits.take('api', address, requests)) * 1000);
  }
}

/** What a command may turn out to weigh, by which few or many of them run at a time. */
export function likelyWeightOf({ weight = 1 }: Pick<RegisteredCommand, 'weight'>, payload: object): number {
  return typeof weight === 'number' ? weight : Math.max(weight.of(payload), weight.most ?? 0);
}

/** In frames. */
function weightOf({ weight = 1 }: Pick<RegisteredCommand, 'weight'>, payload: object): number {
  return typeof weight === 'number' ? weight : weight.of(payload);
}

function refuseFor(waitMs: number): void {
  if (waitMs > 0) throw new CoreError('too_many_requests', { retryAfterSec: Math.ceil(waitMs / 1000) });
}

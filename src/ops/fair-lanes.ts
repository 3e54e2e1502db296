import { CoreError } from '../errors/catalogue.js';
import { coreErrorOf } from '../errors/core-error-of.js';

export interface LaneLimits {
  /** Places of one user: what it has under way at once. */
  readonly perUser: number;
  /** Places of one address. */
  readonly perAddress: number;
  /** What one user may have waiting; one more is refused with `too_many_requests`. */
  readonly maxWaitingPerUser: number;
  /** What may wait altogether; one more is refused with `unavailable`. */
  readonly maxWaiting: number;
  /** Milliseconds after which what still waits is refused with `unavailable`. */
  readonly maxWaitMs: number;
}

/** Who asks. */
export interface LaneKeys {
  readonly user: string;
  readonly address: string;
}

interface Address {
  readonly key: string;
  /** Places that are taken. */
  running: number;
  /** What waits, for the address or for its own user. */
  waiting: number;
  /** Users whose next turn waits for the address alone, in the order of their turns. */
  readonly users: Set<User>;
}

interface User {
  readonly key: string;
  running: number;
  readonly waiting: Turn[];
}

/** What is taken while something is under way. */
interface Seat {
  readonly address: Address;
  readonly places: number;
}

interface Turn extends Seat {
  /** Monotonic milliseconds. */
  readonly since: number;
  readonly begin: () => void;
  readonly refuse: (error: CoreError) => void;
}

const SWEEP_MS = 100;
/** Milliseconds after which what waits fails together with what ran before it because the database is away: as of a `Batcher`. */
const LATE_MS = 100;

/**
 * Lets every user, and every address, have a few things under way at once; the rest waits: a user's own in the order in which they came,
 * those of the users of an address in turns. What is heavy takes several places. What finds room runs at once, without a promise where it has none itself.
 */
export class FairLanes {
  private readonly users = new Map<string, User>();
  private readonly addresses = new Map<string, Address>();
  private timer: NodeJS.Timeout | undefined;
  /** What is under way. */
  running = 0;
  /** What waits. */
  waiting = 0;
  /** What was refused, because too much waited or too long. */
  refused = 0;

  constructor(
    private readonly limits: LaneLimits,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /**
   * Runs `work` when it is its turn.
   * @param places how many it takes; as many as a user has are enough for anything
   * @returns what `work` returns, at once where there is room and it is no promise
   * @throws CoreError (or rejects with it) `too_many_requests` or `unavailable` where too much waits; else what `work` throws
   */
  run(keys: LaneKeys, work: () => unknown, wanted = 1): unknown {
    const user = this.users.get(keys.user) ?? { key: keys.user, running: 0, waiting: [] };
    const address = this.addresses.get(keys.address) ?? { key: keys.address, running: 0, waiting: 0, users: new Set() };
    const places = Math.min(wanted, this.limits.perUser, this.limits.perAddress);
    const hasRoom = this.hasRoom(user, places) && this.hasRoomAt(address, places);
    if (hasRoom && user.waiting.length === 0 && address.users.size === 0) {
      return this.begin(user, { address, places }, work);
    }
    const { maxWaitingPerUser, maxWaiting } = this.limits;
    if (user.waiting.length >= maxWaitingPerUser) throw this.refusal('too_many_requests');
    if (this.waiting >= maxWaiting) throw this.refusal('unavailable');
    return new Promise((resolve, refuse) => {
      // As a promise in any case: what ended at once would begin the next one within itself, and so on.
      const begin = (): void => resolve(this.begin(user, { address, places }, async () => work()));
      user.waiting.push({ address, places, since: this.now(), begin, refuse });
      this.waiting += 1;
      address.waiting += 1;
      this.users.set(user.key, user);
      this.addresses.set(address.key, address);
      this.timer ??= setInterval(() => this.sweep(), SWEEP_MS).unref();
      this.advance(user);
    });
  }

  /** Ends the watch over what waits. */
  stop(): void {
    clearInterval(this.timer);
  }

  private hasRoom(user: User, places: number): boolean {
    return user.running + places <= this.limits.perUser;
  }

  private hasRoomAt(address: Address, places: number): boolean {
    return address.running + places <= this.limits.perAddress;
  }

  private begin(user: User, seat: Seat, work: () => unknown): unknown {
    const { address, places } = seat;
    this.users.set(user.key, user);
    this.addresses.set(address.key, address);
    user.running += places;
    address.running += places;
    this.running += 1;
    let answer: unknown;
    try {
      answer = work();
    } catch (thrown) {
      this.end(user, seat);
      throw thrown;
    }
    if (answer instanceof Promise) return this.ended(user, seat, answer);
    this.end(user, seat);
    return answer;
  }

  private async ended(user: User, seat: Seat, answer: Promise<unknown>): Promise<unknown> {
    try {
      return await answer;
    } catch (thrown) {
      if (coreErrorOf(thrown).code === 'unavailable') this.dropBefore(user, this.now() - LATE_MS);
      throw thrown;
    } finally {
      this.end(user, seat);
    }
  }

  private end(user: User, { address, places }: Seat): void {
    user.running -= places;
    address.running -= places;
    this.running -= 1;
    for (const next of address.users) {
      const [first] = next.waiting;
      const isHere = first?.address === address;
      if (isHere && !this.hasRoomAt(address, first.places)) break;
      address.users.delete(next);
      // One turn; for its next one a user waits behind the others.
      if (isHere && this.hasRoom(next, first.places)) this.beginFirst(next);
      this.advance(next);
    }
    this.advance(user);
    this.forget(user, address);
  }

  private forget(user: User, address: Address): void {
    if (user.running === 0 && user.waiting.length === 0) this.users.delete(user.key);
    if (address.running === 0 && address.waiting === 0) this.addresses.delete(address.key);
  }

  /** Begins what a user waits for as far as there is room. Where its address is what lacks it, the user gets in line there. */
  private advance(user: User): void {
    for (let [first] = user.waiting; first && this.hasRoom(user, first.places); [first] = user.waiting) {
      const { address, places } = first;
      if (!this.hasRoomAt(address, places) || address.users.size > 0) {
        address.users.add(user);
        return;
      }
      this.beginFirst(user);
    }
  }

  private beginFirst(user: User): void {
    const turn = user.waiting.shift();
    if (!turn) return;
    this.waiting -= 1;
    turn.address.waiting -= 1;
    turn.begin();
  }

  private sweep(): void {
    const latest = this.now() - this.limits.maxWaitMs;
    for (const user of this.users.values()) this.dropBefore(user, latest);
    if (this.waiting > 0) return;
    clearInterval(this.timer);
    this.timer = undefined;
  }

  /** Refuses what a user has waited for since before `latest`. */
  private dropBefore(user: User, latest: number): void {
    for (let [first] = user.waiting; first && first.since < latest; [first] = user.waiting) {
      user.waiting.shift();
      this.waiting -= 1;
      first.address.waiting -= 1;
      first.refuse(this.refusal('unavailable'));
      this.forget(user, first.address);
    }
  }

  private refusal(code: 'too_many_requests' | 'unavailable'): CoreError {
    this.refused += 1;
    return new CoreError(code);
  }
}

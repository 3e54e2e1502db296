import {
  type BeforeApplicationShutdown,
  Injectable,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { Settings } from '../config/settings.js';
import { CoreError } from '../errors/catalogue.js';
import { Metrics } from '../ops/metrics.js';
import { AddressLookups } from './address-lookups.js';
import { type Amounts, QUOTA_KINDS, QUOTA_RULES, type QuotaKind } from './quota-kinds.js';
import { QuotaLedger, type UseCounter, UserCounters } from './quota-ledger.js';
import { CountedSpending, type Spending } from './spending.js';

const FLUSH_MS = 1_000;
/** Every so many flushes, users who have spent nothing for a while are forgotten. */
const SWEEP_EVERY = 30;

/** Who spends. */
export interface Spender {
  readonly userId: number;
  /** The client's, as TRUST_PROXY lets us believe it. */
  readonly address: string;
}

/** How a user stands with one kind. */
export interface QuotaUse {
  readonly kind: string;
  readonly used: number;
  /** null where there is none. */
  readonly limit: number | null;
  /** When `used` begins at 0 again, in ISO 8601; null for what is open at once rather than used within a time. */
  readonly resets_at: string | null;
}

/** Counts what is open at once, for the lists of `Quotas.usage`. */
export interface OpenQuota {
  readonly kind: string;
  /** 0 for no limit. */
  readonly limit: number;
  readonly used: (userId: number) => Promise<number>;
}

/**
 * What one user may use within a day or an hour, over all connections, protocols and nodes. A command says what it costs (`spends` of
 * `@Command`); the dispatcher spends that before it runs it.
 */
@Injectable()
export class Quotas implements OnApplicationBootstrap, BeforeApplicationShutdown, OnApplicationShutdown {
  private readonly limits: ReadonlyMap<QuotaKind, number>;
  private readonly open: OpenQuota[] = [];
  /** By kind: plain numbers, read by the metrics. */
  private readonly refusals = new Map<string, number>(QUOTA_KINDS.map((kind) => [kind, 0]));
  private timer: NodeJS.Timeout | undefined;
  private ticks = 0;

  constructor(
    settings: Settings,
    private readonly ledger: QuotaLedger,
    private readonly lookups: AddressLookups,
    private readonly metrics: Metrics,
  ) {
    this.limits = new Map(QUOTA_KINDS.map((kind) => [kind, QUOTA_RULES[kind].limit(settings)]));
  }

  onApplicationBootstrap(): void {
    this.metrics.watchTotal('quota_refused', 'What was refused by quotas, by kind', ['kind'], () => this.refusalCounts());
    this.timer = setInterval(() => this.tick(), FLUSH_MS).unref();
  }

  async beforeApplicationShutdown(): Promise<void> {
    clearInterval(this.timer);
    await this.ledger.flushAll();
  }

  /** Once more: requests in flight were still answered since. */
  async onApplicationShutdown(): Promise<void> {
    await this.ledger.flushAll();
  }

  /**
   * Counts what a command is about to use; gives a promise only for a user who is not in memory, and for lookups.
   * @throws CoreError `too_many_requests` with the seconds until the window ends; then nothing is counted
   */
  spend(spender: Spender, amounts: Amounts): Spending | Promise<Spending> {
    const user = this.ledger.get(spender.userId);
    if (!user) return this.ledger.load(spender.userId).then((loaded) => this.take(loaded, spender, amounts));
    return this.take(user, spender, amounts);
  }

  /** How a user stands, on all nodes together but for their last second. @throws the driver's error */
  async usage(userId: number): Promise<QuotaUse[]> {
    const rows = await this.ledger.read(userId);
    const now = Date.now();
    const stored = new UserCounters(userId).load(rows, now);
    const here = this.ledger.get(userId);
    const uses = QUOTA_KINDS.map((kind): QuotaUse => {
      const counter = here?.of(kind, now);
      const used = Math.max(counter?.used ?? 0, stored.of(kind, now).used + (counter?.unwritten ?? 0), 0);
      return { kind, used, limit: this.limits.get(kind) || null, resets_at: new Date(stored.of(kind, now).end).toISOString() };
    });
    const open = this.open.map(
      async ({ kind, limit, used }): Promise<QuotaUse> => ({
        kind,
        used: await used(userId),
        limit: limit || null,
        resets_at: null,
      }),
    );
    return [...uses, ...(await Promise.all(open))];
  }

  /** Adds a kind that is counted elsewhere to `usage` and to the metrics. */
  register(quota: OpenQuota): void {
    this.open.push(quota);
    this.refusals.set(quota.kind, 0);
  }

  /** Counts a refusal, for the metrics. */
  refused(kind: string): void {
    this.refusals.set(kind, (this.refusals.get(kind) ?? 0) + 1);
  }

  private take(user: UserCounters, spender: Spender, amounts: Amounts): Spending | Promise<Spending> {
    const now = Date.now();
    user.usedAt = now;
    const spent = [];
    for (const kind of QUOTA_KINDS) {
      const amount = amounts[kind] ?? 0;
      if (amount <= 0) continue;
      const counter = user.of(kind, now);
      this.check(counter, amount, now);
      spent.push({ counter, amount });
    }
    for (const { counter, amount } of spent) this.ledger.add(counter, amount);
    const spending = new CountedSpending(this.ledger, this.lookups, spender.address, spent);
    const { lookups = 0 } = amounts;
    return lookups > 0 ? this.takeLookups(spending, spender.address, lookups) : spending;
  }

  private check({ kind, used, end }: UseCounter, amount: number, now: number): void {
    const limit = this.limits.get(kind) ?? 0;
    if (limit === 0 || used + amount <= limit) return;
    this.refused(kind);
    throw new CoreError('too_many_requests', {
      retryAfterSec: Math.ceil((end - now) / 1000),
      detail: `Quota exceeded: at most ${limit} ${QUOTA_RULES[kind].words}`,
    });
  }

  private async takeLookups(spending: Spending, address: string, amount: number): Promise<Spending> {
    try {
      await this.lookups.take(address, amount);
      return spending;
    } catch (thrown) {
      this.refused('lookups');
      spending.giveBack();
      throw thrown;
    }
  }

  private *refusalCounts(): Iterable<readonly [readonly string[], number]> {
    for (const [kind, count] of this.refusals) yield [[kind], count];
  }

  private tick(): void {
    void this.ledger.flush();
    this.ticks += 1;
    if (this.ticks % SWEEP_EVERY === 0) this.ledger.sweep();
  }
}

import type { CoreError, ErrorCode } from '../errors/catalogue.js';
import type { AddressLookups } from './address-lookups.js';
import type { Amounts } from './quota-kinds.js';
import type { QuotaLedger, UseCounter } from './quota-ledger.js';

/** What a name or an id that nobody has costs beyond one that somebody has, which costs 1. */
const MISS_COST = 9;

/** The type of the issue that says of a name that nobody has it. */
const NO_SUCH_USER = 'value_error.user';

/** How many names or ids that nobody has a failed command has asked for. */
function missesIn({ code, issues }: CoreError): number {
  if (code === 'not_found') return 1;
  return code === 'invalid_input' ? issues.filter(({ type }) => type === NO_SUCH_USER).length : 0;
}

/** What a command fails with that has looked nothing up: the server could not, or the command did not get its turn. */
const UNTRIED: readonly ErrorCode[] = ['unavailable', 'internal', 'too_many_requests'];

interface Spent {
  readonly counter: UseCounter;
  /** What has not been given back. */
  amount: number;
}

/** What one command has spent. */
export interface Spending {
  /** Gives back what was not used after all; everything if `amounts` is left out. Never gives back more than was spent. */
  giveBack(amounts?: Amounts): void;
  /** The command has failed and stored nothing. What it has looked up stays spent, and what it did not find costs more. */
  failed(error: CoreError): void;
}

export const NOTHING_SPENT: Spending = { giveBack: () => undefined, failed: () => undefined };

/** Counted before the command runs, so that commands that run at once cannot spend the same twice. */
export class CountedSpending implements Spending {
  /** @param lookups where lookups of the caller's address are counted */
  constructor(
    private readonly ledger: QuotaLedger,
    private readonly lookups: AddressLookups,
    private readonly address: string,
    private readonly spent: readonly Spent[],
  ) {}

  giveBack(amounts?: Amounts): void {
    for (const spent of this.spent) this.refund(spent, amounts ? (amounts[spent.counter.kind] ?? 0) : spent.amount);
  }

  failed(error: CoreError): void {
    const isTried = !UNTRIED.includes(error.code);
    for (const spent of this.spent) {
      if (isTried && spent.counter.kind === 'lookups') this.ledger.add(spent.counter, missesIn(error) * MISS_COST);
      else this.refund(spent, spent.amount);
    }
  }

  private refund(spent: Spent, amount: number): void {
    const given = Math.min(amount, spent.amount);
    if (given === 0) return;
    spent.amount -= given;
    this.ledger.add(spent.counter, -given);
    if (spent.counter.kind === 'lookups') this.lookups.giveBack(this.address, given);
  }
}

import { type Claim, Leases } from './leases.js';

interface Held {
  readonly owner: string;
  /** `performance.now()` milliseconds: a step of the wall clock frees nothing and prolongs nothing. */
  readonly until: number;
}

/** The leases of a node that is alone. */
export class MemoryLeases extends Leases {
  private readonly held = new Map<string, Held>();
  private sweepAt = 1024;

  override claim(key: string, owner: string, ttlSec: number): Promise<Claim> {
    const current = this.live(key);
    if (current && current.owner !== owner) return Promise.resolve({ ok: false, owner: current.owner });
    this.held.set(key, { owner, until: performance.now() + ttlSec * 1000 });
    if (this.held.size > this.sweepAt) this.sweep();
    return Promise.resolve({ ok: true, isNew: !current });
  }

  override renew(key: string, owner: string, ttlSec: number): Promise<boolean> {
    if (this.live(key)?.owner !== owner) return Promise.resolve(false);
    this.held.set(key, { owner, until: performance.now() + ttlSec * 1000 });
    return Promise.resolve(true);
  }

  override owner(key: string): Promise<string | null> {
    return Promise.resolve(this.live(key)?.owner ?? null);
  }

  override heldOf(keys: readonly string[]): Promise<ReadonlySet<string>> {
    return Promise.resolve(new Set(keys.filter((key) => this.live(key))));
  }

  override release(key: string, owner: string): Promise<boolean> {
    if (this.held.get(key)?.owner === owner) this.held.delete(key);
    return Promise.resolve(!this.live(key));
  }

  private live(key: string): Held | undefined {
    const current = this.held.get(key);
    return current && current.until > performance.now() ? current : undefined;
  }

  /** Forgets what ran out. The threshold doubles with what is alive, so that a claim costs O(1) on average. */
  private sweep(): void {
    for (const key of [...this.held.keys()]) if (!this.live(key)) this.held.delete(key);
    this.sweepAt = Math.max(1024, this.held.size * 2);
  }
}

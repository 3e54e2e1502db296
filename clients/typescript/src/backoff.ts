export interface BackoffOptions {
  /** Milliseconds that the first wait is shorter than; 250 unless said. */
  readonly minMs?: number;
  /** Milliseconds that no wait is longer than; 30,000 unless said. */
  readonly maxMs?: number;
}

/**
 * How long to wait before trying again: exponential, with full jitter, so that clients that were cut off together do not come back
 * together (https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/).
 */
export class Backoff {
  private failures = 0;

  constructor(
    private readonly options: BackoffOptions = {},
    private readonly random: () => number = Math.random,
  ) {}

  /** Milliseconds until the next attempt. */
  next(): number {
    const { minMs = 250, maxMs = 30_000 } = this.options;
    const most = Math.min(maxMs, minMs * 2 ** Math.min(this.failures, 30));
    this.failures += 1;
    return this.random() * most;
  }

  reset(): void {
    this.failures = 0;
  }
}

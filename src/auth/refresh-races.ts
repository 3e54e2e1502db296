import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Milliseconds after which the answer to a refresh leaves. What arrives before that is no replay by somebody who has read the
 * answer, but the same client's, such as its second tab. Without the wait that time would be the few milliseconds of a statement,
 * which two tabs rarely hit. Long enough for tabs that wake at once, too short to be noticed once an hour.
 */
export const HELD_MS = 100;
/** Timers may be early by a millisecond, and no answer may leave while a use elsewhere still passes for simultaneous. */
const SLACK_MS = 5;
/** Answers held at a time. One more sends the oldest off early: a node that is busy with refreshes loses no throughput. */
const MAX_HELD = 2;

/** Uses that overlap for longer than this are no tabs. */
const LONGEST_MS = 5_000;
const MAX_KEPT = 20_000;

interface Burst {
  readonly begunAt: number;
  /** Uses that wait for their answers. */
  waiting: number;
  /** When the last of them was answered. */
  answeredAt: number;
}

/** What a use of a refresh token came to: `won`: it was exchanged; `late`: another simultaneous use was; `bad`: neither. */
export type UseOutcome = 'won' | 'late' | 'bad';

/** A use of a refresh token that waits for its answer. */
export interface Use {
  /** Whether another use of the same token waited for its answer when this one arrived. */
  readonly isRaced: boolean;
  /** Resolves when the answer may leave. */
  end(outcome: UseOutcome): Promise<void>;
}

/** Which refresh tokens are in use on this node, so that simultaneous uses of one token can be told from a use after its answer. */
export class RefreshRaces {
  /** By token, the oldest first. Times are milliseconds of performance.now(). */
  private readonly bursts = new Map<string, Burst>();
  /** Each sends an answer off, the oldest first. */
  private readonly held = new Set<() => void>();

  begin(token: string, arrivedAt: number): Use {
    const known = this.bursts.get(token);
    const burst = known ?? { begunAt: performance.now(), waiting: 0, answeredAt: Number.NEGATIVE_INFINITY };
    const isRaced = arrivedAt < burst.begunAt + LONGEST_MS && (burst.waiting > 0 || arrivedAt < burst.answeredAt);
    if (!known) this.bursts.set(token, burst);
    burst.waiting += 1;
    return {
      isRaced,
      end: async (outcome) => {
        if (outcome === 'won') await this.hold();
        // When a loser is answered, its browser has the winner's cookie.
        if (outcome === 'late') await sleep(HELD_MS + SLACK_MS);
        // Requests that are read in the same turn of the event loop had arrived before this answer leaves.
        setImmediate(() => this.answered(token, burst, outcome));
      },
    };
  }

  private hold(): Promise<void> {
    return new Promise((resolve) => {
      const send = (): void => {
        clearTimeout(timer);
        this.held.delete(send);
        resolve();
      };
      const timer = setTimeout(send, HELD_MS + SLACK_MS);
      this.held.add(send);
      if (this.held.size > MAX_HELD) for (const sendOldest of [...this.held].slice(0, 1)) sendOldest();
    });
  }

  private answered(token: string, burst: Burst, outcome: UseOutcome): void {
    burst.waiting -= 1;
    if (outcome !== 'bad') burst.answeredAt = performance.now();
    else if (burst.waiting === 0 && burst.answeredAt === Number.NEGATIVE_INFINITY) this.bursts.delete(token);
    const over = performance.now() - 3 * LONGEST_MS;
    for (const [oldest, { begunAt, waiting }] of this.bursts) {
      if (this.bursts.size <= MAX_KEPT && begunAt > over) return;
      if (waiting === 0) this.bursts.delete(oldest);
    }
  }
}

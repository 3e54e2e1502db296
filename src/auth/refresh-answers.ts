import { setTimeout as sleep } from 'node:timers/promises';
import { Batcher } from '../database/batcher.js';
import type { ReservedSql } from '../database/sql.js';
import { CoreError } from '../errors/catalogue.js';
import { type AnswerRow, SEND_ANSWERS } from './refresh.sql.js';

/**
 * Milliseconds without another use of the token after which the answer to a refresh leaves. Other uses until then are refused and change
 * nothing: they are the same client's, such as its second tab. Without the wait that time would be the few milliseconds of a
 * statement, which two tabs rarely hit. Long enough for tabs that wake at once, too short to be noticed once an hour.
 */
const QUIET_MS = 100;
/** Timers may be early by a millisecond, and losers are answered after the winner where possible. */
const SLACK_MS = 5;
const ASK_AGAIN_MS = 20;
/** The longest that other uses keep an answer waiting, and the longest that the database may. */
const LONGEST_MS = { contested: 1_000, all: 5_000 };
/** Answers that wait at a time. One more sends the oldest off early: a node that is busy with refreshes loses no throughput. */
const MAX_WAITING = 64;

interface Answer {
  readonly hash: Buffer;
  readonly next: Buffer;
}

/** Holds answers to refreshes back for a moment, and notes in the row of the spent token that they leave. */
export class RefreshAnswers {
  /** Each sends an answer off, the oldest first. */
  private readonly waiting = new Set<() => void>();
  private readonly sending = new Batcher<Answer & { readonly hurried: boolean }, AnswerRow['state']>({
    maxBatch: 500,
    maxQueued: 10_000,
    inFlight: 2,
    run: (answers) => this.sendAll(answers),
  });

  constructor(private readonly sql: ReservedSql) {}

  /**
   * Resolves when the answer may leave: from then on the token is no longer in use.
   * @param answer the hash of the spent token, and of its successor
   * @throws CoreError `bad_refresh_token` where another use has got a successor meanwhile; `unavailable`
   */
  async send(answer: Answer): Promise<void> {
    const from = performance.now();
    let hurried = await this.quiet();
    for (;;) {
      const state = await this.sending.add({ ...answer, hurried });
      if (state === 'sent') return;
      if (state === 'replaced') throw new CoreError('bad_refresh_token');
      const waited = performance.now() - from;
      if (waited > LONGEST_MS.all) throw new CoreError('unavailable');
      hurried ||= waited > LONGEST_MS.contested;
      await sleep(ASK_AGAIN_MS);
    }
  }

  /** Resolves when a use that lost may be answered: its browser has the winner's cookie by then. */
  async lose(): Promise<void> {
    await sleep(QUIET_MS + 2 * SLACK_MS);
  }

  /** @returns whether it was cut short */
  private quiet(): Promise<boolean> {
    return new Promise((resolve) => {
      const end = (isEarly: boolean): void => {
        clearTimeout(timer);
        this.waiting.delete(hurry);
        resolve(isEarly);
      };
      const hurry = (): void => end(true);
      const timer = setTimeout(() => end(false), QUIET_MS + SLACK_MS);
      this.waiting.add(hurry);
      const [oldest] = this.waiting;
      if (this.waiting.size > MAX_WAITING) oldest?.();
    });
  }

  private async sendAll(answers: readonly (Answer & { readonly hurried: boolean })[]): Promise<AnswerRow['state'][]> {
    const values = [
      answers.map(({ hash }) => hash),
      answers.map(({ next }) => next),
      answers.map(({ hurried }) => hurried),
      QUIET_MS,
    ];
    const rows = await this.sql.rows<AnswerRow>(SEND_ANSWERS, values, 'sessions.send_answers');
    const states = new Map(rows.map(({ n, state }) => [n, state]));
    return answers.map((_, index) => states.get(index + 1) ?? 'waiting');
  }
}

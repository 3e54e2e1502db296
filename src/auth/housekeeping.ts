import { type BeforeApplicationShutdown, Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { Sql } from '../database/sql.js';
import { PURGE_USE, USE_KEPT_SEC } from '../quotas/quota-use.sql.js';
import { PURGE_SESSIONS, PURGE_TOKENS } from './sessions.sql.js';
import { SigningKeys } from './signing-keys.js';

const HOUR_MS = 3_600_000;
/** The first time comes between one and five minutes after the start, so that a server that is often started again purges, too. */
const FIRST_MS = { least: 60_000, spread: 240_000 };
/** Seconds for which what is over is kept: the log-in throttle looks this far back for addresses that are known. */
const KEPT_SEC = 30 * 86_400;
const CHUNK = 1_000;

/** What is deleted after some time. */
interface Chore {
  /** Deletes at most $1 rows that were over $2 seconds ago. */
  readonly statement: string;
  readonly keptSec: number;
}

/** The advisory lock of the node that purges; any number will do as long as it never changes. */
const PURGE_LOCK = 7_264_310_953;

/** Deletes, soon after the start and then once an hour, on one node at a time, what is long over: sessions with their tokens, spent tokens, retired keys, and what other rooms `add`. */
@Injectable()
export class Housekeeping implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly log = new Logger('Housekeeping');
  private first: NodeJS.Timeout | undefined;
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<unknown> | undefined;
  private stopping = false;
  private readonly chores: Chore[] = [
    { statement: PURGE_SESSIONS, keptSec: KEPT_SEC },
    { statement: PURGE_TOKENS, keptSec: KEPT_SEC },
    { statement: PURGE_USE, keptSec: USE_KEPT_SEC },
  ];

  constructor(
    private readonly sql: Sql,
    private readonly keys: SigningKeys,
  ) {}

  onApplicationBootstrap(): void {
    this.first = setTimeout(() => this.start(), FIRST_MS.least + Math.random() * FIRST_MS.spread).unref();
    this.timer = setInterval(() => this.start(), HOUR_MS).unref();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopping = true;
    clearTimeout(this.first);
    clearInterval(this.timer);
    await this.running;
  }

  /** Another room's rows are deleted from now on, too. */
  add(chore: Chore): void {
    this.chores.push(chore);
  }

  /** @returns how many rows were deleted; 0 also where another node is at it */
  async purge(): Promise<number> {
    let deleted = 0;
    for (const chore of this.chores) deleted += await this.purgeBy(chore);
    if (!this.stopping) await this.keys.purge();
    return deleted;
  }

  private start(): void {
    this.running ??= this.purge()
      .catch((thrown: unknown) => this.log.warn(`What is long over could not be deleted: ${String(thrown)}`))
      .finally(() => {
        this.running = undefined;
      });
  }

  /** In chunks, each a short transaction of its own: nobody waits for a long one, and none is lost with it. */
  private async purgeBy({ statement, keptSec }: Chore): Promise<number> {
    let total = 0;
    for (let deleted = CHUNK; deleted === CHUNK && !this.stopping; total += deleted) {
      deleted = await this.sql.transaction(async (tx) => {
        const [lock] = await tx.rows<{ mine: boolean }>('SELECT pg_try_advisory_xact_lock($1) AS mine', [PURGE_LOCK]);
        return lock?.mine ? tx.affected(statement, [CHUNK, keptSec]) : 0;
      });
    }
    return total;
  }
}

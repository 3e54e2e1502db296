import { Inject, Injectable, Logger } from '@nestjs/common';
import { type HealthIndicatorResult, HealthIndicatorService } from '@nestjs/terminus';
import { REDIS, type SharedRedis } from '../bus/redis.js';
import { ReservedSql } from '../database/sql.js';
import { Drain } from './drain.js';

/** Milliseconds in which a part has to answer. */
const LIMIT_MS = 1000;
/** Milliseconds for which an answer holds: `/health/ready` has no rate limit and must not become a way to flood the database. */
const FRESH_MS = 500;

export interface Readiness {
  readonly status: 'ok' | 'error' | 'shutting_down';
  readonly checks: Readonly<Record<string, 'up' | 'down'>>;
}

/** Whether this server can do its work: its database answers, and Redis where it is set. */
@Injectable()
export class Health {
  private readonly log = new Logger('Health');
  private wasReady = true;

  constructor(
    private readonly indicators: HealthIndicatorService,
    private readonly drain: Drain,
    private readonly sql: ReservedSql,
    @Inject(REDIS) private readonly redis: SharedRedis,
  ) {}

  /** Asks every part that this server needs; never rejects. */
  async readiness(): Promise<Readiness> {
    const { redis } = this;
    const database = this.ask('database', () => this.sql.rows('SELECT 1'));
    const answers = await Promise.all(redis ? [database, this.ask('redis', () => redis.ping())] : [database]);
    const results = Object.fromEntries(answers.flatMap((answer) => Object.entries(answer)));
    const checks = Object.fromEntries(
      Object.entries(results).map(([name, { status }]) => [name, status === 'up' ? 'up' : 'down'] as const),
    );
    const ready = Object.values(checks).every((state) => state === 'up');
    this.report(ready, results);
    if (this.drain.draining) return { status: 'shutting_down', checks };
    return { status: ready ? 'ok' : 'error', checks };
  }

  private async ask(name: string, question: () => Promise<unknown>): Promise<HealthIndicatorResult> {
    const attempt = async (): Promise<void> => void (await question());
    return await this.indicators.check(name).attempt(attempt).withTimeout(LIMIT_MS).cacheFor(FRESH_MS);
  }

  /** One line per change, not per question. */
  private report(ready: boolean, details: HealthIndicatorResult): void {
    if (ready === this.wasReady) return;
    this.wasReady = ready;
    if (ready) this.log.log({ msg: 'ready again' });
    else this.log.error({ msg: 'not ready', details });
  }
}

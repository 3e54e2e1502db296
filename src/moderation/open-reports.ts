import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { Housekeeping } from '../auth/housekeeping.js';
import { Settings } from '../config/settings.js';
import { Sql } from '../database/sql.js';
import { reasonOf } from '../errors/thrown.js';
import { Metrics } from '../ops/metrics.js';
import { ModerationFeed } from './moderation-feed.js';
import { COUNT_OPEN, PURGE_REPORTS } from './reports.sql.js';

/** What other nodes, or somebody in the database, did without a word reaching this node shows after so long. */
const EVERY_MS = 30_000;
const DAY_SEC = 86_400;

/** Knows how many reports are open, for the metrics, and sees to it that closed ones are erased in time. */
@Injectable()
export class OpenReports implements OnModuleInit, OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger('Moderation');
  private count = 0;
  private timer: NodeJS.Timeout | undefined;
  private reading: Promise<void> | null = null;
  private isOutdated = false;

  constructor(
    private readonly sql: Sql,
    private readonly settings: Settings,
    private readonly feed: ModerationFeed,
    private readonly metrics: Metrics,
    private readonly housekeeping: Housekeeping,
  ) {}

  onModuleInit(): void {
    this.housekeeping.add({ statement: PURGE_REPORTS, keptSec: this.settings.REPORT_RETENTION_DAYS * DAY_SEC });
    this.metrics.watch('reports_open', 'Reports that no superuser has closed yet, counted up to 10,000', () => this.count);
    this.feed.onChange(() => this.refresh());
  }

  onApplicationBootstrap(): void {
    this.refresh();
    this.timer = setInterval(() => this.refresh(), EVERY_MS).unref();
  }

  async onApplicationShutdown(): Promise<void> {
    clearInterval(this.timer);
    await this.reading;
  }

  /** However often the queue changes, one count is under way at a time, and one more follows it. */
  private refresh(): void {
    this.isOutdated = true;
    this.reading ??= this.read().finally(() => {
      this.reading = null;
    });
  }

  private async read(): Promise<void> {
    while (this.isOutdated) {
      this.isOutdated = false;
      try {
        const [row] = await this.sql.rows<{ count: number }>(COUNT_OPEN, [], 'reports.count-open');
        this.count = row?.count ?? 0;
      } catch (thrown) {
        this.logger.warn(`Open reports could not be counted (${reasonOf(thrown)})`);
      }
    }
  }
}

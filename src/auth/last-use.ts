import { type BeforeApplicationShutdown, Injectable, Logger } from '@nestjs/common';
import { Sql } from '../database/sql.js';
import type { KnownSession } from './live-sessions.js';
import { NOTE_USE } from './sessions.sql.js';

const FLUSH_MS = 15_000;
const MAX_PENDING = 50_000;

/** Writes `last_used_at` behind: many sessions in one statement, each at most once a minute, on nobody's time. */
@Injectable()
export class LastUse implements BeforeApplicationShutdown {
  private readonly log = new Logger('Sessions');
  private pending = new Map<string, number>();
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly sql: Sql) {}

  /** @param now unix milliseconds */
  note(session: KnownSession, now: number): void {
    session.notedAt = now;
    if (this.pending.size >= MAX_PENDING) return; // it will be noted again in a minute
    this.pending.set(session.id, now);
    this.timer ??= setTimeout(() => void this.flush(), FLUSH_MS).unref();
  }

  /** Writes what is pending. Never rejects: a time that cannot be written is not worth an error. */
  async flush(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    const { pending } = this;
    if (pending.size === 0) return;
    this.pending = new Map();
    const now = Date.now();
    const ago = [...pending.values()].map((at) => Math.max(0, now - at));
    try {
      await this.sql.rows(NOTE_USE, [[...pending.keys()], ago], 'sessions.note_use');
    } catch (thrown) {
      this.log.warn(`The time of last use of ${pending.size} sessions was not written: ${String(thrown)}`);
    }
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.flush();
  }
}

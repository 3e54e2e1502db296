import { Injectable, Logger } from '@nestjs/common';
import { CoalescedReader } from '../database/coalesced-reader.js';
import { Sql } from '../database/sql.js';
import { reasonOf } from '../errors/thrown.js';
import { DAY_MS, QUOTA_RULES, type QuotaKind, windowStart } from './quota-kinds.js';
import { ADD_USE, READ_USE, type UseRow } from './quota-use.sql.js';

/** Users in memory at most; the one that came first is forgotten first, and read again when needed. About 40 MB. */
const MAX_USERS = 50_000;
/** Counters that wait to be written at most: while the database is unreachable, the oldest are lost beyond that. */
const MAX_UNWRITTEN = 100_000;
/** Counters of one statement at most; the others are in the next one. */
const MAX_ROWS = 5_000;
/** A user who has spent nothing for this long is forgotten. */
const IDLE_MS = 60_000;

/** What one user has used of one kind within one window. */
export class UseCounter {
  /** What the database said last: of all nodes together. */
  stored = 0;
  /** Used on this node and not written yet; negative where more was given back. */
  unwritten = 0;
  /** On its way to the database. */
  flying = 0;

  constructor(
    readonly userId: number,
    readonly kind: QuotaKind,
    /** Unix milliseconds. */
    readonly start: number,
    readonly end: number,
  ) {}

  get used(): number {
    return Math.max(0, this.stored + this.unwritten + this.flying);
  }
}

/** The counters of one user, each of the window that it was last used in. */
export class UserCounters {
  private readonly counters = new Map<QuotaKind, UseCounter>();
  /** Unix milliseconds. */
  usedAt = Date.now();

  constructor(readonly userId: number) {}

  /** The counter of the window that `now` lies in. */
  of(kind: QuotaKind, now: number): UseCounter {
    const known = this.counters.get(kind);
    if (known && now >= known.start && now < known.end) return known;
    const { windowMs } = QUOTA_RULES[kind];
    const start = windowStart(windowMs, now);
    const counter = new UseCounter(this.userId, kind, start, start + windowMs);
    this.counters.set(kind, counter);
    return counter;
  }

  /** Takes over what the database says. */
  load(rows: readonly UseRow[], now: number): this {
    for (const { kind, window_start: start, used } of rows) {
      if (!isKind(kind)) continue;
      const counter = this.of(kind, now);
      if (counter.start === start.getTime()) counter.stored = used;
    }
    return this;
  }

  isWritten(): boolean {
    for (const { unwritten, flying } of this.counters.values()) if (unwritten !== 0 || flying !== 0) return false;
    return true;
  }
}

const isKind = (kind: string): kind is QuotaKind => Object.hasOwn(QUOTA_RULES, kind);

const keyOf = (userId: number, kind: string, start: number): string => `${userId} ${kind} ${start}`;

/**
 * What users have used, in memory, and behind it the table `quota_use`, to which every node adds what it has counted and learns the sum
 * from the answer. While the database is unreachable, a node goes on with what it knows.
 */
@Injectable()
export class QuotaLedger {
  private readonly log = new Logger('Quotas');
  private readonly users = new Map<number, UserCounters>();
  private readonly loading = new Map<number, Promise<UserCounters>>();
  private readonly reader: CoalescedReader<number, UseRow[]>;
  private unwritten = new Set<UseCounter>();
  private flushing: Promise<boolean> | null = null;
  private isReported = false;

  constructor(private readonly sql: Sql) {
    this.reader = new CoalescedReader({ read: (ids) => this.rowsOf(ids) });
  }

  /** Users in memory. */
  get size(): number {
    return this.users.size;
  }

  /** The counters of a user where they are in memory. */
  get(userId: number): UserCounters | undefined {
    return this.users.get(userId);
  }

  /** Reads the counters of a user into memory. Never rejects: where they cannot be read, the next write brings what others have used. */
  load(userId: number): Promise<UserCounters> {
    const known = this.loading.get(userId);
    if (known) return known;
    const loading = this.read(userId)
      .catch(() => [])
      .then((rows) => this.remember(new UserCounters(userId).load(rows, Date.now())))
      .finally(() => this.loading.delete(userId));
    this.loading.set(userId, loading);
    return loading;
  }

  /** The rows of a user's present windows. @throws the driver's error */
  async read(userId: number): Promise<UseRow[]> {
    return (await this.reader.get(userId)) ?? [];
  }

  /** Counts `amount` more, or less. */
  add(counter: UseCounter, amount: number): void {
    counter.unwritten += amount;
    this.unwritten.add(counter);
    if (this.unwritten.size <= MAX_UNWRITTEN) return;
    const oldest = this.unwritten.values().next();
    if (!oldest.done) this.unwritten.delete(oldest.value);
  }

  /** Writes what was counted: one statement. @returns whether it succeeded, or had nothing to do */
  flush(): Promise<boolean> {
    this.flushing ??= this.write().finally(() => {
      this.flushing = null;
    });
    return this.flushing;
  }

  /** Writes everything, unless the database refuses. */
  async flushAll(): Promise<void> {
    while (this.unwritten.size > 0 && (await this.flush()));
  }

  /** Forgets users who have spent nothing for a while. */
  sweep(now = Date.now()): void {
    for (const user of this.users.values()) if (now - user.usedAt >= IDLE_MS && user.isWritten()) this.users.delete(user.userId);
  }

  private remember(user: UserCounters): UserCounters {
    if (this.users.size >= MAX_USERS) {
      const oldest = this.users.keys().next();
      if (!oldest.done) this.users.delete(oldest.value);
    }
    this.users.set(user.userId, user);
    return user;
  }

  private async rowsOf(ids: readonly number[]): Promise<Map<number, UseRow[]>> {
    const today = new Date(windowStart(DAY_MS, Date.now()));
    const byUser = new Map<number, UseRow[]>(ids.map((id) => [id, []]));
    for (const row of await this.sql.rows<UseRow>(READ_USE, [ids, today], 'read-quota-use')) byUser.get(row.user_id)?.push(row);
    return byUser;
  }

  private async write(): Promise<boolean> {
    const batch = this.take();
    if (batch.length === 0) return true;
    const columns = [
      batch.map(({ userId }) => userId),
      batch.map(({ kind }) => kind),
      batch.map(({ start }) => new Date(start)),
      batch.map(({ flying }) => flying),
    ];
    try {
      this.landed(batch, await this.sql.rows<UseRow>(ADD_USE, columns, 'add-quota-use'));
      this.isReported = false;
      return true;
    } catch (thrown) {
      // If only the answer was lost, this counts twice: better than not at all.
      for (const counter of batch) {
        const { flying } = counter;
        counter.flying = 0;
        this.add(counter, flying);
      }
      if (!this.isReported) this.log.warn(`The use of quotas was not written (${reasonOf(thrown)}); it will be`);
      this.isReported = true;
      return false;
    }
  }

  private take(): UseCounter[] {
    const batch: UseCounter[] = [];
    for (const counter of this.unwritten) {
      if (batch.length >= MAX_ROWS) break;
      this.unwritten.delete(counter);
      if (counter.unwritten === 0) continue;
      counter.flying = counter.unwritten;
      counter.unwritten = 0;
      batch.push(counter);
    }
    return batch;
  }

  private landed(batch: readonly UseCounter[], rows: readonly UseRow[]): void {
    const sums = new Map(
      rows.map(({ user_id, kind, window_start, used }) => [keyOf(user_id, kind, window_start.getTime()), used]),
    );
    for (const counter of batch) {
      counter.flying = 0;
      // Without a row the user has been deleted.
      counter.stored = sums.get(keyOf(counter.userId, counter.kind, counter.start)) ?? counter.stored;
    }
  }
}

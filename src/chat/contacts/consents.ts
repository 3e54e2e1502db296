import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { Batcher } from '../../database/batcher.js';
import { Notifications } from '../../database/notifications.js';
import { Sql } from '../../database/sql.js';
import { CONSENT_OF_USERS } from './contacts.sql.js';
import { IdsById } from './ids-by-id.js';

/** How often everything is read again while the database cannot notify this node, and what could not be read is tried again. */
const RETRY_MS = 500;
const MAX_BATCH = 500;
const MAX_QUEUED = 100_000;

/** What a user consents to. */
export interface Consent {
  /** Whom the user has blocked. */
  readonly blocked: ReadonlySet<number>;
  /** Whether others may see the user's presence, typing and read positions. */
  readonly sharesPresence: boolean;
}

/** Called with each change of a user who is connected here, after it is in force. */
type ChangeHandler = (userId: number, now: Consent, before: Consent) => void;

interface KeptConsent {
  /** As it was read last; null before it was read at all. */
  now: Consent | null;
  /** The reading that is under way. */
  reading: Promise<void> | null;
  /** Something has changed since it was read, or may have. */
  isStale: boolean;
}

interface ConsentRow {
  readonly user_id: number;
  readonly share_presence: boolean;
  readonly blocked: readonly number[];
}

const NOTHING: Consent = { blocked: new Set(), sharesPresence: true };

/**
 * Whom users have blocked and what they share. That of users who are connected here is in memory: it is read before their first connection
 * opens, and again when the database notifies of a change. While it cannot notify, all of it is read again every half second.
 */
@Injectable()
export class Consents implements OnModuleInit, OnModuleDestroy {
  private readonly users = new Map<number, KeptConsent>();
  /** Of each blocked user, who has blocked it and is connected here. */
  private readonly blockers = new IdsById();
  private readonly failed = new Set<number>();
  private readonly reader: Batcher<number, Consent>;
  private readonly handlers = new Set<ChangeHandler>();
  private readonly subscriptions: (() => void)[] = [];
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly sql: Sql,
    private readonly notifications: Notifications,
  ) {
    this.reader = new Batcher({ run: (ids) => this.read(ids), maxBatch: MAX_BATCH, maxQueued: MAX_QUEUED, inFlight: 2 });
  }

  onModuleInit(): void {
    this.subscriptions.push(
      this.notifications.on('consent', (subject) => void this.refresh(Number(subject))),
      this.notifications.onLost(() => this.retryLater()),
      this.notifications.onRestored(() => this.refreshAll()),
    );
  }

  onModuleDestroy(): void {
    clearTimeout(this.timer);
    for (const unsubscribe of this.subscriptions) unsubscribe();
  }

  /** @returns a function that ends it */
  onChange(handler: ChangeHandler): () => void {
    this.handlers.add(handler);
    return () => void this.handlers.delete(handler);
  }

  /** Begins to keep a user's. @throws CoreError `unavailable`: nobody is let in without it */
  async open(userId: number): Promise<void> {
    const kept: KeptConsent = { now: null, reading: null, isStale: true };
    this.users.set(userId, kept);
    try {
      await this.reload(userId, kept);
    } catch (thrown) {
      if (this.users.get(userId) === kept) this.close(userId);
      throw thrown;
    }
  }

  close(userId: number): void {
    const kept = this.users.get(userId);
    if (!kept) return;
    this.index(userId, kept.now ?? NOTHING, NOTHING);
    this.users.delete(userId);
    this.failed.delete(userId);
  }

  /** Who is connected here and has blocked a user. */
  blockersOf(userId: number): ReadonlySet<number> | undefined {
    return this.blockers.get(userId);
  }

  /** That of a user who is connected here, as this node knows it; nothing is kept of others. */
  kept(userId: number): Consent | undefined {
    return this.users.get(userId)?.now ?? undefined;
  }

  /** That of any user. @throws CoreError `unavailable` */
  of(userId: number): Consent | Promise<Consent> {
    const kept = this.users.get(userId);
    return kept?.now && !kept.isStale && this.notifications.trusted ? kept.now : this.reader.add(userId);
  }

  /** A user's has changed: reads it again, where it is kept. It is in force here when this returns. */
  async refresh(userId: number): Promise<void> {
    const kept = this.users.get(userId);
    if (!kept) return;
    try {
      await this.reload(userId, kept);
      this.failed.delete(userId);
    } catch {
      this.failed.add(userId);
      this.retryLater();
    }
  }

  private reload(userId: number, kept: KeptConsent): Promise<void> {
    kept.isStale = true;
    kept.reading ??= this.readUntilFresh(userId, kept);
    return kept.reading;
  }

  private async readUntilFresh(userId: number, kept: KeptConsent): Promise<void> {
    try {
      while (kept.isStale) {
        kept.isStale = false;
        const now = await this.reader.add(userId);
        if (this.users.get(userId) === kept) this.apply(userId, kept, now);
      }
    } catch (thrown) {
      kept.isStale = true;
      throw thrown;
    } finally {
      // In the same turn as the last look at `isStale`: what changes from here on begins another reading.
      kept.reading = null;
    }
  }

  private apply(userId: number, kept: KeptConsent, now: Consent): void {
    const before = kept.now;
    kept.now = now;
    this.index(userId, before ?? NOTHING, now);
    if (before) for (const handler of this.handlers) handler(userId, now, before);
  }

  private index(userId: number, before: Consent, now: Consent): void {
    for (const id of before.blocked) if (!now.blocked.has(id)) this.blockers.delete(id, userId);
    for (const id of now.blocked) this.blockers.add(id, userId);
  }

  private refreshAll(): void {
    for (const userId of this.users.keys()) void this.refresh(userId);
  }

  private retryLater(): void {
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      const { trusted } = this.notifications;
      for (const userId of trusted ? [...this.failed] : [...this.users.keys()]) void this.refresh(userId);
      if (!trusted) this.retryLater();
    }, RETRY_MS).unref();
  }

  private async read(userIds: readonly number[]): Promise<readonly Consent[]> {
    const rows = await this.sql.rows<ConsentRow>(CONSENT_OF_USERS, [userIds], 'consent-of-users');
    const byUser = new Map(rows.map((row) => [row.user_id, row]));
    return userIds.map((id) => {
      const row = byUser.get(id);
      // Most users have blocked nobody and hide nothing: one object for all of them.
      if (!row || (row.blocked.length === 0 && row.share_presence)) return NOTHING;
      return { blocked: new Set(row.blocked), sharesPresence: row.share_presence };
    });
  }
}

import { Injectable, type OnModuleInit, type OnApplicationShutdown } from '@nestjs/common';
import { CoalescedReader } from '../database/coalesced-reader.js';
import { Notifications } from '../database/notifications.js';
import { ReservedSql } from '../database/sql.js';
import type { LiveSession } from '../identity/identity.js';
import { CLOSE } from '../realtime/close-reasons.js';
import { Hub } from '../realtime/hub.js';
import { READ_SESSIONS, type SessionRow } from './sessions.sql.js';

/** Sessions that are remembered at most, beyond those of open sockets. */
const MAX_KNOWN = 50_000;
/** Sessions of one query when many are checked again. */
const CHECK_CHUNK = 10_000;
const CHECK_AGAIN_MS = 500;
/** Sessions with sockets that are stepped over in search of one to forget. */
const MAX_STEPS = 1_000;

/** A session as this node remembers it. */
export class KnownSession implements LiveSession {
  state: LiveSession['state'] = 'stale';
  /** Unix milliseconds when its use was last noted for `last_used_at`. */
  notedAt = 0;
  lostGenerations: readonly number[] = [];

  constructor(
    readonly id: string,
    readonly userId: number,
    readonly protocol: string,
    public username: string,
    public isSuperuser: boolean,
    public expiresAt: number,
  ) {}
}

/** What was invalidated while a statement that reads or writes sessions was under way. */
export interface Watch {
  readonly sessions: Set<string>;
  readonly users: Set<number>;
  /** Sessions some of whose tokens ended. */
  readonly tokens: Set<string>;
  lost: boolean;
}

/**
 * What this node knows of sessions. The rule: a session that is `live` here is live in the database, as far as everything
 * the database has told us. While it cannot tell us (`Notifications.trusted` is false), none is `live`, and each use reads it.
 */
@Injectable()
export class LiveSessions implements OnModuleInit, OnApplicationShutdown {
  private readonly known = new Map<string, KnownSession>();
  private readonly byUser = new Map<number, Set<KnownSession>>();
  private readonly watches = new Set<Watch>();
  private readonly reader = new CoalescedReader<string, KnownSession>({ read: (ids) => this.read(ids) });
  private readonly unchecked = new Set<string>();
  private checking = false;
  private retry: NodeJS.Timeout | undefined;
  private closed = false;

  constructor(
    private readonly sql: ReservedSql,
    private readonly notifications: Notifications,
    private readonly hub: Hub,
  ) {}

  onModuleInit(): void {
    this.notifications.on('session', (id) => this.invalidateSessions([id]));
    this.notifications.on('tokens', (id) => this.invalidateTokens(id));
    this.notifications.on('user', (id) => this.invalidateUser(Number(id)));
    this.notifications.onLost(() => this.markAllStale());
    this.notifications.onRestored(() => {
      this.markAllStale();
      // Not before the notifications are trusted again: until then nothing that is read can be remembered.
      queueMicrotask(() => this.check(this.hub.sessions()));
    });
  }

  onApplicationShutdown(): void {
    this.closed = true;
    clearTimeout(this.retry);
  }

  /** How many sessions are remembered. */
  get size(): number {
    return this.known.size;
  }

  /** The session where it is known to be live, without asking the database. */
  find(id: string): KnownSession | undefined {
    const session = this.known.get(id);
    return session?.state === 'live' ? session : undefined;
  }

  /**
   * The session as the database has it now; null where it is over.
   * @returns one in the state `live`, or `stale` where it cannot be remembered at present: good for this one use
   * @throws the driver's error where the database is away
   */
  async load(id: string): Promise<KnownSession | null> {
    const session = await this.reader.get(id);
    return session && session.state !== 'dead' ? session : null;
  }

  /**
   * Reads a `stale` session again before it is used. Afterwards it is `dead`, or good for this use.
   * @throws the driver's error where the database is away
   */
  async refresh(session: LiveSession): Promise<void> {
    const now = await this.load(session.id);
    if (now === session) return;
    // This object was forgotten (too many others were used since), and another has taken its place.
    if (now) take(session, now);
    else session.state = 'dead';
  }

  /** These sessions are over: what uses them is refused from now on, their sockets are closed. Call it after the commit. */
  invalidateSessions(ids: Iterable<string>): void {
    for (const id of ids) {
      for (const watch of this.watches) watch.sessions.add(id);
      const session = this.known.get(id);
      if (session) this.forget(session, 'dead');
      this.hub.closeSession(id, CLOSE.sessionOver);
    }
  }

  /** Something about this user changed, or it is gone: its sessions are read again before their next use. Call it after the commit. */
  invalidateUser(userId: number): void {
    for (const watch of this.watches) watch.users.add(userId);
    const ids = new Set<string>();
    for (const session of this.byUser.get(userId) ?? []) {
      session.state = 'stale';
      ids.add(session.id);
    }
    for (const { identity } of this.hub.of(userId)) if (identity) ids.add(identity.session.id);
    this.check(ids);
  }

  /** Some of this session's tokens have ended, others go on: it is read again before its next use. Call it after the commit. */
  invalidateTokens(id: string): void {
    for (const watch of this.watches) watch.tokens.add(id);
    const session = this.known.get(id);
    if (session) session.state = 'stale';
    if (session || this.hub.hasSession(id)) this.check([id]);
  }

  /** To be held open around every statement whose rows are given to `learn`. */
  watch(): Watch {
    const watch = {
      sessions: new Set<string>(),
      users: new Set<number>(),
      tokens: new Set<string>(),
      lost: !this.notifications.trusted,
    };
    this.watches.add(watch);
    return watch;
  }

  unwatch(watch: Watch): void {
    this.watches.delete(watch);
  }

  /** Takes in a row that was read or written under `watch`. A row that was overtaken by an invalidation is not believed. */
  learn(row: SessionRow, watch: Watch): KnownSession {
    const isOver = !row.is_alive || watch.sessions.has(row.id);
    let session = this.known.get(row.id);
    if (session) {
      const { username, is_superuser: isSuperuser, expires_at: expiresAt, lost_generations: lostGenerations } = row;
      take(session, { username, isSuperuser, expiresAt, lostGenerations });
    } else {
      session = new KnownSession(row.id, row.user_id, row.protocol, row.username, row.is_superuser, row.expires_at);
      session.lostGenerations = row.lost_generations;
      if (!isOver) this.remember(session);
    }
    if (isOver) {
      this.end(session);
    } else if (watch.users.has(row.user_id) || watch.tokens.has(row.id)) {
      session.state = 'stale';
      this.check([row.id]);
    } else {
      session.state = watch.lost ? 'stale' : 'live';
    }
    return session;
  }

  private async read(ids: readonly string[]): Promise<Map<string, KnownSession>> {
    const watch = this.watch();
    try {
      const rows = await this.sql.rows<SessionRow>(READ_SESSIONS, [ids], 'sessions.read');
      const found = new Map(rows.map((row) => [row.id, this.learn(row, watch)]));
      for (const id of ids) {
        if (found.has(id)) continue;
        const gone = this.known.get(id);
        if (gone) this.end(gone);
        else this.hub.closeSession(id, CLOSE.sessionOver);
      }
      return found;
    } finally {
      this.unwatch(watch);
    }
  }

  /** Reads these sessions again now, and ends those that are over, however long the database takes to answer. */
  private check(ids: Iterable<string>): void {
    for (const id of ids) this.unchecked.add(id);
    if (!this.checking && this.unchecked.size > 0 && !this.closed) void this.checkAll();
  }

  private async checkAll(): Promise<void> {
    this.checking = true;
    const ids = [...this.unchecked].slice(0, CHECK_CHUNK);
    for (const id of ids) this.unchecked.delete(id);
    let again = 0;
    try {
      await this.read(ids);
    } catch {
      for (const id of ids) this.unchecked.add(id);
      again = CHECK_AGAIN_MS;
    }
    this.checking = false;
    if (this.closed || this.unchecked.size === 0) return;
    clearTimeout(this.retry);
    this.retry = setTimeout(() => this.check([]), again).unref();
  }

  private markAllStale(): void {
    for (const watch of this.watches) watch.lost = true;
    for (const session of this.known.values()) session.state = 'stale';
  }

  private end(session: KnownSession): void {
    this.forget(session, 'dead');
    this.hub.closeSession(session.id, CLOSE.sessionOver);
  }

  private remember(session: KnownSession): void {
    this.known.set(session.id, session);
    const ofUser = this.byUser.get(session.userId);
    if (ofUser) ofUser.add(session);
    else this.byUser.set(session.userId, new Set([session]));
    if (this.known.size > MAX_KNOWN) this.makeRoom();
  }

  /** Forgets the oldest session without a socket. Whoever still holds the object finds it stale, and reads before each use. */
  private makeRoom(): void {
    let steps = 0;
    for (const [id, session] of this.known) {
      if (!this.hub.hasSession(id)) return this.forget(session, 'stale');
      if (++steps > MAX_STEPS) return;
      this.known.delete(id);
      this.known.set(id, session);
    }
  }

  private forget(session: KnownSession, state: 'dead' | 'stale'): void {
    session.state = state;
    if (this.known.get(session.id) === session) this.known.delete(session.id);
    const ofUser = this.byUser.get(session.userId);
    if (ofUser?.delete(session) && ofUser.size === 0) this.byUser.delete(session.userId);
  }
}

/**
 * The end of a session only ever moves away, so the later one is the newer one, in whatever order they were read. Likewise of two lists of lost
 * generations the one that ends with the higher number is the newer one.
 */
function take(
  session: LiveSession,
  {
    username,
    isSuperuser,
    expiresAt,
    lostGenerations,
  }: Pick<LiveSession, 'username' | 'isSuperuser' | 'expiresAt' | 'lostGenerations'>,
): void {
  session.username = username;
  session.isSuperuser = isSuperuser;
  session.expiresAt = Math.max(session.expiresAt, expiresAt);
  if ((lostGenerations.at(-1) ?? -1) > (session.lostGenerations.at(-1) ?? -1)) session.lostGenerations = lostGenerations;
}

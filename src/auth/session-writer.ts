import { Injectable } from '@nestjs/common';
import { Settings } from '../config/settings.js';
import { Batcher } from '../database/batcher.js';
import { ReservedSql } from '../database/sql.js';
import { CoreError } from '../errors/catalogue.js';
import type { Origin } from '../identity/identity.js';
import { type KnownSession, LiveSessions, type Watch } from './live-sessions.js';
import { RefreshAnswers } from './refresh-answers.js';
import { ROTATE_TOKENS, type RotationRow } from './refresh.sql.js';
import { OPEN_SESSIONS, type SessionRow } from './sessions.sql.js';

/** A session is prolonged by use up to this many times SESSION_TTL from its beginning. */
const LONGEST_TTLS = 6;

const BATCHES = { maxBatch: 500, maxQueued: 10_000, inFlight: 2 } as const;

export interface OpenOrder {
  readonly id: string;
  readonly userId: number;
  /** As it was verified. */
  readonly passwordHash: string;
  readonly refreshHash: Buffer | null;
  readonly origin: Origin;
}

export interface RotateOrder {
  readonly hash: Buffer;
  readonly next: Buffer;
  readonly origin: Origin;
}

/** A session as it was just written. */
export interface WrittenSession {
  readonly session: KnownSession;
  /** Unix milliseconds after which it is over, as of this very statement. */
  readonly expiresAt: number;
  /** Of its newest refresh token. */
  readonly generation: number;
}

/** What became of a use of a refresh token. The session is there where it was exchanged. */
interface Rotated {
  readonly verdict: RotationRow['verdict'];
  readonly written: WrittenSession | undefined;
}

/** Writes sessions in groups: whatever was asked for while one statement ran goes into the next. */
@Injectable()
export class SessionWriter {
  private readonly answers: RefreshAnswers;
  private readonly opening = new Batcher<OpenOrder, WrittenSession>({ ...BATCHES, run: (orders) => this.openAll(orders) });
  private readonly rotating = new Batcher<RotateOrder, Rotated>({ ...BATCHES, run: (orders) => this.rotateAll(orders) });

  constructor(
    private readonly sql: ReservedSql,
    private readonly live: LiveSessions,
    private readonly settings: Settings,
  ) {
    this.answers = new RefreshAnswers(sql);
  }

  /** @throws CoreError `wrong_credentials` where the user is no longer as it was verified */
  open(order: OpenOrder): Promise<WrittenSession> {
    return this.opening.add(order);
  }

  /**
   * Resolves when the answer may leave; until then other uses of the token are refused.
   * @throws CoreError `bad_refresh_token`, `unavailable`
   */
  async rotate(order: RotateOrder): Promise<WrittenSession> {
    const { verdict, written } = await this.rotating.add(order);
    if (written) {
      await this.answers.send(order);
      return written;
    }
    if (verdict === 'late') await this.answers.lose();
    throw new CoreError('bad_refresh_token');
  }

  private openAll(orders: readonly OpenOrder[]): Promise<(WrittenSession | Error)[]> {
    const values = [
      orders.map(({ id }) => id),
      orders.map(({ userId }) => userId),
      orders.map(({ passwordHash }) => passwordHash),
      orders.map(({ refreshHash }) => refreshHash),
      ...places(orders),
      this.settings.SESSION_TTL,
    ];
    return this.watched(async (watch) => {
      const rows = await this.sql.rows<SessionRow>(OPEN_SESSIONS, values, 'sessions.open');
      const opened = new Map(rows.map((row) => [row.id, this.fresh(row, 0, watch)]));
      return orders.map(({ id }) => opened.get(id) ?? new CoreError('wrong_credentials'));
    });
  }

  private async rotateAll(orders: readonly RotateOrder[]): Promise<Rotated[]> {
    const { SESSION_TTL, LOST_ANSWER_SEC } = this.settings;
    const values = [
      orders.map(({ hash }) => hash),
      orders.map(({ next }) => next),
      ...places(orders),
      SESSION_TTL,
      LONGEST_TTLS * SESSION_TTL,
      LOST_ANSWER_SEC,
    ];
    return this.watched(async (watch) => {
      const rows = await this.sql.rows<RotationRow>(ROTATE_TOKENS, values, 'sessions.rotate');
      const results = new Map(rows.map((row) => [row.n, row]));
      return orders.map((_, index) => {
        const row = results.get(index + 1);
        if (row?.verdict === 'reused') this.live.invalidateSessions([row.id]);
        return { verdict: row?.verdict ?? 'bad', written: row?.is_alive ? this.fresh(row, row.generation, watch) : undefined };
      });
    });
  }

  /** A session that this statement has just used: `last_used_at` is not due again. */
  private fresh(row: SessionRow, generation: number, watch: Watch): WrittenSession {
    const session = this.live.learn(row, watch);
    session.notedAt = Date.now();
    return { session, expiresAt: row.expires_at, generation };
  }

  private async watched<T>(work: (watch: Watch) => Promise<T>): Promise<T> {
    const watch = this.live.watch();
    try {
      return await work(watch);
    } finally {
      this.live.unwatch(watch);
    }
  }
}

/** Columns of protocols, addresses and user agents. A text that PostgreSQL cannot hold would fail every entry of its batch. */
function places(orders: readonly { readonly origin: Origin }[]): [string[], string[], (string | null)[]] {
  return [
    orders.map(({ origin }) => storable(origin.protocol)),
    orders.map(({ origin }) => storable(origin.address)),
    orders.map(({ origin }) => (origin.userAgent === null ? null : storable(origin.userAgent))),
  ];
}

const storable = (text: string): string => text.replaceAll('\0', '').toWellFormed();

import { Injectable, Logger, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { Bus } from '../bus/bus.js';
import { Notifications } from '../database/notifications.js';
import { Sql } from '../database/sql.js';
import { reasonOf } from '../errors/thrown.js';
import { ChatStreams } from './chat-streams.js';
import { JOINED_SINCE, LAST_SEQS } from './message-log.sql.js';
import { OpenChats } from './open-chats.js';

const CHECK_MS = 30_000;
const CHUNK = 5_000;

interface LastSeq {
  readonly chat_id: number;
  readonly last_seq: number;
  readonly one_sided: boolean;
}

interface Joined {
  readonly user_id: number;
  readonly chat_id: number;
  readonly position: number;
}

/**
 * Compares what was delivered here with the logs: every 30 s, and whenever the bus or the database has been away. What the bus lost of
 * chats that are silent since would otherwise never be missed.
 */
@Injectable()
export class Positions implements OnModuleInit, OnModuleDestroy {
  private readonly logger = new Logger('ChatPositions');
  private readonly subscriptions: (() => void)[] = [];
  private timer: NodeJS.Timeout | undefined;
  private checking: Promise<void> | null = null;
  private isWanted = false;
  /** The database's time of the last check that came to its end. */
  private checkedAt = new Date();

  constructor(
    private readonly sql: Sql,
    private readonly chats: OpenChats,
    private readonly streams: ChatStreams,
    private readonly bus: Bus,
    private readonly notifications: Notifications,
  ) {}

  onModuleInit(): void {
    this.timer = setInterval(() => this.check(), CHECK_MS);
    this.timer.unref();
    this.subscriptions.push(
      this.bus.onRestored(() => this.check()),
      this.notifications.onRestored(() => this.check()),
    );
  }

  onModuleDestroy(): void {
    clearInterval(this.timer);
    for (const unsubscribe of this.subscriptions) unsubscribe();
  }

  /** Begins a check; one that is asked for during another follows it. */
  private check(): void {
    this.isWanted = true;
    this.checking ??= this.checkAll().finally(() => {
      this.checking = null;
    });
  }

  private async checkAll(): Promise<void> {
    while (this.isWanted) {
      this.isWanted = false;
      try {
        const [row] = await this.sql.rows<{ now: Date }>('SELECT now()');
        await this.checkMembers();
        await this.checkLogs();
        if (row) this.checkedAt = row.now;
      } catch (thrown) {
        // The next round, or the word that the database is back, makes good for it.
        this.logger.warn(`The logs of chats could not be compared (${reasonOf(thrown)})`);
      }
    }
  }

  private async checkLogs(): Promise<void> {
    for (const chatIds of chunks([...this.chats.all()].map(({ chatId }) => chatId))) {
      const asOf = performance.now();
      const rows = await this.sql.rows<LastSeq>(LAST_SEQS, [chatIds], 'last-seqs');
      for (const { chat_id: chatId, last_seq: lastSeq, one_sided: oneSided } of rows) {
        this.chats.settle(chatId, oneSided, asOf);
        const stream = this.chats.of(chatId);
        if (stream && stream.position < lastSeq) void this.streams.reach(stream, lastSeq);
      }
    }
  }

  /** A chat that is not open here has no log to be compared with: who joined one without our hearing of it is looked for by time. */
  private async checkMembers(): Promise<void> {
    for (const userIds of chunks([...this.chats.userIds()])) {
      const rows = await this.sql.rows<Joined>(JOINED_SINCE, [userIds, this.checkedAt], 'joined-since');
      const unknown = new Set(rows.filter(({ chat_id: chatId }) => !this.chats.of(chatId)).map(({ chat_id: chatId }) => chatId));
      for (const { user_id: userId, chat_id: chatId, position } of rows) {
        if (unknown.has(chatId)) this.chats.join(chatId, userId, position);
      }
    }
  }
}

function* chunks<T>(items: readonly T[]): Iterable<readonly T[]> {
  for (let from = 0; from < items.length; from += CHUNK) yield items.slice(from, from + CHUNK);
}

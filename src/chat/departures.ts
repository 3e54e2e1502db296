import { Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { Notifications } from '../database/notifications.js';
import { Sql } from '../database/sql.js';
import { reasonOf } from '../errors/thrown.js';
import { ChatStreams } from './chat-streams.js';
import { type MessageRow, messageOf } from './message.js';

const CHECK_MS = 60_000;
/** Milliseconds between the deletion of an account and its leaving: by its chats every node finds who has to learn of it (`MemberUpdates`). */
const GRACE_MS = 1_000;
/** Memberships that are ended before it is looked again which there are. */
const STEP = 100;

const NEXT = 'SELECT user_id FROM departed_users ORDER BY departed_at LIMIT 1';
const CHATS_OF = `SELECT chat_id FROM chat_members WHERE user_id = $1 LIMIT ${STEP}`;
const DEPART = 'SELECT * FROM depart_from_chat($1, $2)';
/** Requests for the account and by it, in the order in which others lock them. */
const TAKE_BACK = `
  WITH held AS (
    SELECT r.chat_id, r.user_id, r.from_id FROM chat_requests r WHERE r.user_id = $1 OR r.from_id = $1
    ORDER BY r.chat_id, r.user_id, r.from_id LIMIT ${STEP} FOR UPDATE
  )
  DELETE FROM chat_requests r USING held h WHERE r.chat_id = h.chat_id AND r.user_id = h.user_id AND r.from_id = h.from_id`;
const FORGET_LEFT = 'DELETE FROM chat_leavers WHERE user_id = $1';
/** Only once nothing is left to do; a chat that it was added to meanwhile is not possible, since adding locks the account. */
const DONE =
  'DELETE FROM departed_users d WHERE d.user_id = $1 AND NOT EXISTS (SELECT 1 FROM chat_members m WHERE m.user_id = $1)';

/**
 * Takes accounts that have been deleted out of their chats, each with an entry of the log; their messages stay, and requests for them and by
 * them go. The deletion leaves a
 * row in `departed_users`, so nothing is forgotten whatever stops in between. Several nodes may do it at once: a membership ends once.
 */
@Injectable()
export class Departures implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger('Departures');
  private readonly subscriptions: (() => void)[] = [];
  private timer: NodeJS.Timeout | undefined;
  private grace: NodeJS.Timeout | undefined;
  private working: Promise<void> | null = null;
  private isWanted = false;
  private isClosed = false;
  private isReported = false;

  constructor(
    private readonly sql: Sql,
    private readonly streams: ChatStreams,
    private readonly notifications: Notifications,
  ) {}

  onApplicationBootstrap(): void {
    this.subscriptions.push(
      this.notifications.on('user', () => this.beginLater()),
      this.notifications.onRestored(() => this.begin()),
    );
    this.timer = setInterval(() => this.begin(), CHECK_MS);
    this.timer.unref();
    this.begin();
  }

  async onModuleDestroy(): Promise<void> {
    this.isClosed = true;
    clearInterval(this.timer);
    clearTimeout(this.grace);
    for (const unsubscribe of this.subscriptions) unsubscribe();
    await this.working;
  }

  private beginLater(): void {
    this.grace ??= setTimeout(() => {
      this.grace = undefined;
      this.begin();
    }, GRACE_MS).unref();
  }

  private begin(): void {
    this.isWanted = true;
    this.working ??= this.work().finally(() => {
      this.working = null;
    });
  }

  private async work(): Promise<void> {
    try {
      while (this.isWanted && !this.isClosed) {
        this.isWanted = false;
        for (let userId = await this.next(); userId !== undefined && !this.isClosed; userId = await this.next()) {
          await this.depart(userId);
        }
      }
      this.isReported = false;
    } catch (thrown) {
      // The rows are still there for the next round.
      if (!this.isReported) this.logger.warn(`Deleted accounts could not be taken out of their chats (${reasonOf(thrown)})`);
      this.isReported = true;
    }
  }

  private async next(): Promise<number | undefined> {
    return (await this.sql.rows<{ user_id: number }>(NEXT))[0]?.user_id;
  }

  private async depart(userId: number): Promise<void> {
    while (!this.isClosed) {
      const chats = await this.sql.rows<{ chat_id: number }>(CHATS_OF, [userId]);
      for (const { chat_id: chatId } of chats) {
        if (this.isClosed) return;
        const rows = await this.sql.rows<MessageRow>(DEPART, [userId, chatId], 'depart-from-chat');
        this.streams.committed(rows.map(messageOf));
      }
      if (chats.length < STEP) break;
    }
    while (!this.isClosed && (await this.sql.affected(TAKE_BACK, [userId])) === STEP);
    await this.sql.affected(FORGET_LEFT, [userId]);
    await this.sql.affected(DONE, [userId]);
  }
}

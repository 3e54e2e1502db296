import { Injectable } from '@nestjs/common';
import { Sql } from '../database/sql.js';
import { COUNT_STANDING, MAX_UNREAD } from './chats.sql.js';

/** Smaller counts are not worth remembering: the database counts them in microseconds. */
const WORTH_REMEMBERING = 64;
/** Remembered counts of all users; those of the user who asked longest ago go first. About 20 MB. */
const MAX_REMEMBERED = 200_000;

/** Where a member and the log of a chat stand. */
export interface ChatPosition {
  readonly chat_id: number;
  readonly read_seq: number;
  readonly last_seq: number;
  /** The last entry by which a message was deleted. */
  readonly last_deleted_seq: number;
}

interface Counted {
  readonly readSeq: number;
  /** The entry up to which was counted. */
  readonly upTo: number;
  readonly count: number;
}

interface Standing {
  readonly chat_id: number;
  readonly count: number;
}

interface CountsOfUser {
  /** Whose messages were left out. */
  readonly except: string;
  readonly chats: Map<number, Counted>;
  /** How many of them are in the total. */
  kept: number;
}

/** What is remembered still holds: nothing before it was read or deleted since. */
const holds = ({ readSeq, upTo }: Counted, { read_seq, last_seq, last_deleted_seq }: ChatPosition): boolean =>
  readSeq === read_seq && last_deleted_seq <= upTo && upTo <= last_seq;

/**
 * How many messages members have not read. To count a thousand takes the database 0.15 ms, and a list has 200 chats: larger counts are
 * remembered with the positions that they belong to, and what was said since is added. The positions come from the database each time,
 * so that a count is never older than they are, whichever node wrote.
 */
@Injectable()
export class UnreadCounts {
  private readonly users = new Map<number, CountsOfUser>();
  private remembered = 0;

  constructor(private readonly sql: Sql) {}

  /**
   * Others' messages that stand after what a user has read, up to 999 for each chat.
   * @param except users whose messages do not count, besides the reader's own
   */
  async of(userId: number, chats: readonly ChatPosition[], except: readonly number[] = []): Promise<ReadonlyMap<number, number>> {
    const user = this.countsOf(userId, except.join());
    const counts = new Map<number, number>();
    const asked: { readonly chat: ChatPosition; readonly after: number }[] = [];
    for (const chat of chats) {
      const counted = user.chats.get(chat.chat_id);
      const { upTo, count } = counted && holds(counted, chat) ? counted : { upTo: chat.read_seq, count: 0 };
      counts.set(chat.chat_id, count);
      if (upTo < chat.last_seq && count < MAX_UNREAD) asked.push({ chat, after: upTo });
      else this.remember(user, chat, count);
    }
    const found = await this.count(asked, [userId, ...except]);
    for (const { chat } of asked) {
      const count = Math.min(MAX_UNREAD, (counts.get(chat.chat_id) ?? 0) + (found.get(chat.chat_id) ?? 0));
      counts.set(chat.chat_id, count);
      this.remember(user, chat, count);
    }
    this.keep(userId, user);
    return counts;
  }

  /** How many counts are remembered. */
  get size(): number {
    return this.remembered;
  }

  private async count(
    asked: readonly { readonly chat: ChatPosition; readonly after: number }[],
    except: readonly number[],
  ): Promise<ReadonlyMap<number, number>> {
    if (asked.length === 0) return new Map();
    const [chatIds, lastSeqs] = [asked.map(({ chat }) => chat.chat_id), asked.map(({ chat }) => chat.last_seq)];
    const values = [chatIds, asked.map(({ after }) => after), lastSeqs, except];
    const rows = await this.sql.rows<Standing>(COUNT_STANDING, values, 'count-standing');
    return new Map(rows.map(({ chat_id: chatId, count }) => [chatId, count]));
  }

  private countsOf(userId: number, except: string): CountsOfUser {
    const user = this.users.get(userId);
    return user?.except === except ? user : { except, chats: new Map(), kept: 0 };
  }

  private remember({ chats }: CountsOfUser, chat: ChatPosition, count: number): void {
    if (count < WORTH_REMEMBERING) chats.delete(chat.chat_id);
    else chats.set(chat.chat_id, { readSeq: chat.read_seq, upTo: chat.last_seq, count });
  }

  /** Puts a user at the end of those who asked, and lets the first ones go. */
  private keep(userId: number, user: CountsOfUser): void {
    this.forget(userId);
    if (user.chats.size === 0) return;
    this.users.set(userId, user);
    user.kept = user.chats.size;
    this.remembered += user.kept;
    for (const first of this.users.keys()) {
      if (this.remembered <= MAX_REMEMBERED) return;
      this.forget(first);
    }
  }

  private forget(userId: number): void {
    this.remembered -= this.users.get(userId)?.kept ?? 0;
    this.users.delete(userId);
  }
}

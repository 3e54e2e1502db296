import { Injectable } from '@nestjs/common';
import { Sql } from '../../database/sql.js';
import { CoreError } from '../../errors/catalogue.js';
import type { Connection } from '../../realtime/connection.js';
import type { Author } from '../author.js';
import { ChatStreams } from '../chat-streams.js';
import { cursorOf, type Place, placeOf } from '../cursors.js';
import { type Message, type MessageRow, messageOf } from '../message.js';
import { unlessRefused } from '../refusals.js';
import { ACCEPT_CHAT, DECLINE_CHAT, HIDE_CHAT, REQUESTS_PAGE, UNHIDE_CHAT } from './contacts.sql.js';
import { type ChatRequest, type RequestRow, requestOf } from './chat-request.js';
import { UserEvents } from './user-events.js';

export interface RequestsPage {
  readonly requests: readonly ChatRequest[];
  /** Where the next page begins; null after the last. */
  readonly next_cursor: string | null;
}

/** What users answer to those who want them in a chat, and which of their chats they want to see. */
@Injectable()
export class RequestsService {
  constructor(
    private readonly sql: Sql,
    private readonly streams: ChatStreams,
    private readonly events: UserEvents,
  ) {}

  /** The requests that wait for a user, the newest first. @param cursor `next_cursor` of the page before */
  async list(userId: number, limit: number, cursor: string | null): Promise<RequestsPage> {
    const [at, id]: Place | [null, null] = cursor === null ? [null, null] : placeOf(cursor, 'chat.requests');
    const rows = await this.sql.rows<RequestRow>(REQUESTS_PAGE, [userId, limit + 1, at, id]);
    const page = rows.slice(0, limit);
    const last = rows.length > limit ? page.at(-1) : undefined;
    return { requests: page.map(requestOf), next_cursor: last ? cursorOf(last.created_at, last.chat_id) : null };
  }

  /**
   * Comes into a chat to which somebody asked the user, or chooses one that others put the user into.
   * @returns the entry that says so, unless the user was in it already
   * @throws CoreError `not_found` where nobody asked; `conflict` where the user is in too many, or the group is full
   */
  async accept(chatId: number, userId: number, author: Author): Promise<readonly Message[]> {
    return this.streams.append(chatId, author, async () =>
      (await unlessRefused(this.sql.rows<MessageRow>(ACCEPT_CHAT, [chatId, userId]))).map(messageOf),
    );
  }

  /** @throws CoreError `not_found` where nobody asked */
  async decline(chatId: number, userId: number): Promise<void> {
    await unlessRefused(this.sql.rows(DECLINE_CHAT, [chatId, userId]));
  }

  /**
   * Takes a chat out of the user's list until its log goes on, or puts it back.
   * @param except the connection that is answered instead of told
   * @throws CoreError `not_found` to who is no member
   */
  async hide(chatId: number, userId: number, hidden: boolean, except: Connection | null): Promise<void> {
    const rows = await this.sql.rows(hidden ? HIDE_CHAT : UNHIDE_CHAT, [chatId, userId]);
    if (rows.length === 0) throw new CoreError('not_found');
    this.events.publish(userId, { domain: 'chat', event: 'hidden', data: { chat_id: chatId, hidden } }, except);
  }
}

import { Injectable } from '@nestjs/common';
import { Sql } from '../database/sql.js';
import {
  CHANGED_CHAT_NAMES,
  CHANGED_CHATS,
  CHANGED_CHATS_UNBLOCKED,
  CHAT_NAMES,
  CHATS_PAGE,
  CHATS_PAGE_UNBLOCKED,
} from './chats.sql.js';
import { FIRST_PLACE, listCursorOf, type ListPlace, listPlaceOf } from './list-cursors.js';

/** Which chats of a user are listed. */
export interface ListRequest {
  readonly limit: number;
  /** `next_cursor` of the page before. */
  readonly cursor: string | null;
  /** Those that the user has hidden, instead of the others. */
  readonly hidden: boolean;
}

/** What a page needs of a chat, whatever else the statements select. */
interface PagedRow {
  readonly chat_id: number;
  readonly last_activity_at: Date;
  readonly since: string;
}

export interface ChatRows<Row> {
  readonly rows: readonly Row[];
  /** Where the next page begins; null after the last. */
  readonly next: string | null;
}

/** The statements of each way to show chats, with their names. `unblocked` is for readers who have blocked somebody. */
const STATEMENTS = {
  messages: { newest: [CHATS_PAGE, 'chats-page'], changed: [CHANGED_CHATS, 'changed-chats'] },
  unblocked: {
    newest: [CHATS_PAGE_UNBLOCKED, 'chats-page-unblocked'],
    changed: [CHANGED_CHATS_UNBLOCKED, 'changed-chats-unblocked'],
  },
  names: { newest: [CHAT_NAMES, 'chat-names'], changed: [CHANGED_CHAT_NAMES, 'changed-chat-names'] },
} as const;

/** What a page shows of its chats: names alone, or the last message, too. */
export type Shown = keyof typeof STATEMENTS;

/**
 * Pages of a user's chats, newest activity first. A chat that moves while somebody reads page by page moves past the pages: what changed since the
 * first page follows after the last one, so that every chat is in one of them. Those of them that were in a page already come once more.
 */
@Injectable()
export class ChatPages {
  constructor(private readonly sql: Sql) {}

  /** @throws CoreError `invalid_input` for a cursor of something else */
  async read<Row extends PagedRow>(userId: number, request: ListRequest, shown: Shown): Promise<ChatRows<Row>> {
    const { limit, cursor, hidden } = request;
    const place: ListPlace = cursor === null ? FIRST_PLACE : listPlaceOf(cursor, shown === 'names' ? 'chat.names' : 'chat.list');
    if (place.stage === 'changed') return this.readChanged<Row>(userId, request, shown, place);
    const found = await this.ask<Row>(shown, 'newest', [userId, limit + 1, place.at, place.id, hidden]);
    const rows = found.slice(0, limit);
    const last = rows.at(-1);
    const since = cursor === null ? (last?.since ?? null) : place.since;
    const isLast = found.length <= limit || !last;
    if (!isLast) return { rows, next: listCursorOf({ at: last.last_activity_at, id: last.chat_id, since }) };
    // Nothing moves past a first page that is the last one.
    if (cursor === null || since === null) return { rows, next: null };
    return this.readChanged(userId, request, shown, { id: 0, since }, rows);
  }

  /** Adds what changed since the first page, after those chats that are on this page already. */
  private async readChanged<Row extends PagedRow>(
    userId: number,
    { limit, hidden }: ListRequest,
    shown: Shown,
    { id, since }: { readonly id: number; readonly since: string },
    page: readonly Row[] = [],
  ): Promise<ChatRows<Row>> {
    const room = limit - page.length;
    const ids = page.map((row) => row.chat_id);
    const [first, ...underWay] = since.split('-');
    const found = await this.ask<Row>(shown, 'changed', [userId, room + 1, id, first, hidden, ids, underWay]);
    const rows = [...page, ...found.slice(0, room)];
    const last = found[room - 1]?.chat_id ?? id;
    return { rows, next: found.length > room ? listCursorOf({ at: null, id: last, since }) : null };
  }

  private ask<Row extends PagedRow>(shown: Shown, what: 'newest' | 'changed', values: readonly unknown[]): Promise<Row[]> {
    const [text, name] = STATEMENTS[shown][what];
    return this.sql.rows<Row>(text, values, name);
  }
}

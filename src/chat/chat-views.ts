import { Injectable } from '@nestjs/common';
import { Settings } from '../config/settings.js';
import { Sql } from '../database/sql.js';
import { CoreError } from '../errors/catalogue.js';
import type { Role } from './chat-member.entity.js';
import { ChatPages, type ListRequest } from './chat-pages.js';
import { CHAT_OF, MEMBERS_OF } from './chats.sql.js';
import { Consents } from './contacts/consents.js';
import { cursorOf, type Place, placeOf } from './cursors.js';
import { fitting } from '../validation/answer-size.js';
import { type Kind, type MessageRow, messageOf } from './message.js';
import { type Preview, previewOf } from './preview.js';
import { Presence } from './presence.js';
import { type ChatPosition, UnreadCounts } from './unread-counts.js';

export interface MemberView {
  readonly user_id: number;
  readonly username: string;
  readonly role: Role;
  /** The last entry that the member has read. */
  readonly read_seq: number;
  readonly online: boolean;
  /** Only of a member whose account cannot be used now: it was deactivated or suspended. */
  readonly is_active?: false;
}

/** A chat as one of its members sees it. */
export interface ChatSummary {
  readonly chat_id: number;
  readonly chat_type: 'personal' | 'group';
  /** Of a personal chat: the other's user name. */
  readonly chat_name: string;
  readonly last_seq: number;
  readonly read_seq: number;
  /** Others' messages after `read_seq`, counted up to 999. */
  readonly unread: number;
  readonly created_at: string;
  readonly last_activity_at: string;
}

export interface ChatView extends ChatSummary {
  readonly members: readonly MemberView[];
  /** Only if there are more members than fit into an answer. */
  readonly has_more?: true;
  /** Where they go on: a cursor for `chat.get`. */
  readonly next_cursor?: string;
  /** After adding others: ids of the users who were asked instead, and join when they accept. */
  readonly invited?: readonly number[];
  /** After a change of members: numbers of the entries that record it, which that connection does not receive. */
  readonly seqs?: readonly number[];
}

export interface ChatsPage {
  readonly chats: readonly (ChatSummary & { readonly last_message: Preview | null })[];
  /** Where the next page begins; null after the last. */
  readonly next_cursor: string | null;
}

type NamedChat = Pick<ChatSummary, 'chat_id' | 'chat_type' | 'chat_name'>;

/** Chats by name. */
export interface NamesPage {
  readonly chats: readonly NamedChat[];
  /** Only if there are more, with where they go on. */
  readonly has_more?: true;
  readonly next_cursor?: string;
}

type SummaryRow = Omit<ChatSummary, 'unread' | 'created_at' | 'last_activity_at'> &
  ChatPosition & {
    readonly created_at: Date;
    readonly last_activity_at: Date;
  };

/** A member, or the other one of a personal chat who is not in it. */
interface MemberRow extends Omit<MemberView, 'online' | 'is_active'> {
  readonly is_active: boolean;
  readonly joined_at: Date;
  /** Whether the reader sees how far they have read, and whether they are online. */
  readonly is_shown: boolean;
  readonly is_member: boolean;
}

/** A row of a page; without a message where nothing has been said. */
type PageRow = SummaryRow &
  Pick<MessageRow, 'sender_name' | 'content' | 'content_type' | 'client_msg_id'> & {
    readonly seq: number | null;
    readonly kind: Kind;
    readonly sender_id: number;
    readonly said_at: Date;
    readonly edited_seq: number | null;
    readonly since: string;
  };

type NameRow = NamedChat & Pick<PageRow, 'last_activity_at' | 'since'>;

const summaryOf = (row: SummaryRow, unread: ReadonlyMap<number, number>): ChatSummary => ({
  chat_id: row.chat_id,
  chat_type: row.chat_type,
  chat_name: row.chat_name,
  last_seq: row.last_seq,
  read_seq: row.read_seq,
  unread: unread.get(row.chat_id) ?? 0,
  created_at: row.created_at.toISOString(),
  last_activity_at: row.last_activity_at.toISOString(),
});

/** Shows chats to their members: each sees what others share with them. */
@Injectable()
export class ChatViews {
  constructor(
    private readonly sql: Sql,
    private readonly pages: ChatPages,
    private readonly presence: Presence,
    private readonly unread: UnreadCounts,
    private readonly consents: Consents,
    private readonly settings: Settings,
  ) {}

  /** @throws CoreError `not_found` if the caller is not a member */
  async get(chatId: number, userId: number, cursor: string | null = null): Promise<ChatView> {
    return (await this.read(chatId, userId, cursor)).chat;
  }

  /** A chat after users were taken into it: those who are not in it were asked. @throws CoreError `not_found` if the caller is not a member */
  async getWithInvited(chatId: number, userId: number, userIds: readonly number[]): Promise<ChatView> {
    const { chat, memberIds } = await this.read(chatId, userId);
    return { ...chat, invited: without(userIds, memberIds) };
  }

  /**
   * A chat, and who is in it.
   * @param cursor where its members begin: `next_cursor` of the page before
   * @throws CoreError `not_found` if the caller is not a member
   */
  async read(
    chatId: number,
    userId: number,
    cursor: string | null = null,
  ): Promise<{ chat: ChatView; memberIds: readonly number[] }> {
    const place = cursor === null ? null : placeOf(cursor, 'chat.get');
    const [row] = await this.sql.rows<SummaryRow>(CHAT_OF, [chatId, userId], 'chat-of');
    if (!row) throw new CoreError('not_found');
    const unread = await this.countUnread(userId, [row]);
    const all = await this.sql.rows<MemberRow>(MEMBERS_OF, [chatId, userId, this.settings.CONTACTS === 'open'], 'members-of');
    const rows = place ? rowsAfter(all, place) : all;
    const idsOf = (those: readonly MemberRow[]): number[] => those.map(({ user_id: id }) => id);
    const online = await this.presence.onlineOf(idsOf(rows.filter((row) => row.is_shown)));
    // Field by field: a rest of five thousand rows costs as much as reading them.
    const members = rows.map((row) => ({
      user_id: row.user_id,
      username: row.username,
      role: row.role,
      read_seq: row.read_seq,
      online: online.has(row.user_id),
      ...(row.is_active ? undefined : ({ is_active: false } as const)),
    }));
    const memberIds = idsOf(all.filter((row) => row.is_member));
    const shown = fitting(members);
    const last = shown.length < members.length ? rows[shown.length - 1] : undefined;
    const more = last ? ({ has_more: true, next_cursor: cursorOf(last.joined_at, last.user_id) } as const) : undefined;
    return { chat: { ...summaryOf(row, unread), members: shown, ...more }, memberIds };
  }

  /** The chats of a user, newest activity first; see `ChatPages`. @throws CoreError `invalid_input` for a cursor of something else */
  async list(userId: number, request: ListRequest): Promise<ChatsPage> {
    const { blocked } = await this.consents.of(userId);
    const { rows, next } = await this.pages.read<PageRow>(userId, request, blocked.size > 0 ? 'unblocked' : 'messages');
    const unread = await this.countUnread(userId, rows);
    return { chats: rows.map((row) => ({ ...summaryOf(row, unread), last_message: lastMessageOf(row) })), next_cursor: next };
  }

  /**
   * The chats of a user by name, newest activity first; see `ChatPages`.
   * @param cursor `next_cursor` of the page before
   * @throws CoreError `invalid_input` for a cursor of something else
   */
  async names(userId: number, limit: number, cursor: string | null): Promise<NamesPage> {
    const { rows, next } = await this.pages.read<NameRow>(userId, { limit, cursor, hidden: false }, 'names');
    const all = rows.map(({ chat_id, chat_type, chat_name }) => ({ chat_id, chat_type, chat_name }));
    const chats = fitting(all);
    // A shorter page has a place of its own where the next one begins.
    if (chats.length < all.length) return this.names(userId, chats.length, cursor);
    return { chats, ...(next === null ? undefined : { has_more: true, next_cursor: next }) };
  }

  /** Messages of users whom the reader has blocked do not count. */
  private async countUnread(userId: number, chats: readonly ChatPosition[]): Promise<ReadonlyMap<number, number>> {
    const { blocked } = await this.consents.of(userId);
    return this.unread.of(userId, chats, [...blocked]);
  }
}

export function without(userIds: readonly number[], memberIds: readonly number[]): number[] {
  const members = new Set(memberIds);
  return [...new Set(userIds)].filter((id) => !members.has(id));
}

/** Those after a place in the order of the list: after the very member, or after where it would be. */
function rowsAfter(rows: readonly MemberRow[], [at, id]: Place): readonly MemberRow[] {
  const index = rows.findIndex((row) => row.user_id === id);
  if (index >= 0) return rows.slice(index + 1);
  return rows.filter(
    (row) => row.role !== 'owner' && (row.joined_at > at || (Number(row.joined_at) === Number(at) && row.user_id > id)),
  );
}

function lastMessageOf(row: PageRow): Preview | null {
  if (row.seq === null) return null;
  return previewOf(
    messageOf({ ...row, seq: row.seq, created_at: row.said_at, target_seq: null, member_id: null, member_name: null }),
  );
}

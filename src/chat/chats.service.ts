import { Injectable } from '@nestjs/common';
import { Sql } from '../database/sql.js';
import { CoreError, type Issue, invalidInput } from '../errors/catalogue.js';
import type { LiveSession } from '../identity/identity.js';
import type { Connection } from '../realtime/connection.js';
import { UsersService } from '../users/users.service.js';
import type { Role } from './chat-member.entity.js';
import { ChatStreams } from './chat-streams.js';
import { CHAT_NAMES, CHAT_OF, CHATS_PAGE, CREATE_CHAT, MEMBERS_OF } from './chats.sql.js';
import { type Kind, type Message, type MessageRow, messageOf } from './message.js';
import { Presence } from './presence.js';
import { unlessRefused } from './refusals.js';
import { type ChatPosition, UnreadCounts } from './unread-counts.js';

export interface MemberView {
  readonly user_id: number;
  readonly username: string;
  readonly role: Role;
  /** The last entry that the member has read. */
  readonly read_seq: number;
  readonly online: boolean;
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
}

export interface ChatsPage {
  readonly chats: readonly (ChatSummary & { readonly last_message: Message | null })[];
  /** Where the next page begins; null after the last. */
  readonly next_cursor: string | null;
}

export interface NewChat {
  readonly type: 'personal' | 'group';
  readonly name: string | null;
  /** User names. */
  readonly members: readonly string[];
}

type SummaryRow = Omit<ChatSummary, 'unread' | 'created_at' | 'last_activity_at'> &
  ChatPosition & {
    readonly created_at: Date;
    readonly last_activity_at: Date;
  };

/** A row of a page; without a message where nothing has been said. */
type PageRow = SummaryRow &
  Pick<MessageRow, 'sender_name' | 'content' | 'content_type' | 'client_msg_id'> & {
    readonly seq: number | null;
    readonly kind: Kind;
    readonly sender_id: number;
    readonly said_at: Date;
    readonly edited_seq: number | null;
  };

/** Members by whose names a group goes that has none. */
const NAMED_AFTER = 3;

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

/** Makes and shows chats. */
@Injectable()
export class ChatsService {
  constructor(
    private readonly sql: Sql,
    private readonly users: UsersService,
    private readonly streams: ChatStreams,
    private readonly presence: Presence,
    private readonly unread: UnreadCounts,
  ) {}

  /**
   * Makes a chat and tells its members. A personal chat of two that have one already is that one.
   * @param except a connection that is answered instead
   * @throws CoreError `invalid_input` for names that nobody has, or a personal chat that is not with exactly one other;
   * `conflict` where somebody would be in too many
   */
  async create({ type, name, members }: NewChat, by: LiveSession, except: Connection | null): Promise<ChatView> {
    const others = (await this.named(members)).filter(({ id }) => id !== by.userId);
    const ids = [...new Set(others.map(({ id }) => id))];
    if (type === 'personal' && ids.length !== 1) throw invalidInput(ONE_OTHER);
    const names = [by.username, ...new Set(others.map(({ username }) => username))];
    const chatName = type === 'group' ? (name ?? names.slice(0, NAMED_AFTER).join(', ')) : null;
    const values = [type, chatName, by.userId, ids];
    const [row] = await unlessRefused(this.sql.rows<{ chat_id: number; created: boolean }>(CREATE_CHAT, values));
    // The other one's account was deleted at this moment.
    if (!row) throw invalidInput(noSuchUser(0));
    const chat = await this.get(row.chat_id, by.userId);
    if (row.created) this.streams.created(chat, except);
    return chat;
  }

  /** @throws CoreError `not_found` to whoever is no member */
  async get(chatId: number, userId: number): Promise<ChatView> {
    const [row] = await this.sql.rows<SummaryRow>(CHAT_OF, [chatId, userId], 'chat-of');
    if (!row) throw new CoreError('not_found');
    const unread = await this.unread.of(userId, [row]);
    const rows = await this.sql.rows<Omit<MemberView, 'online'>>(MEMBERS_OF, [chatId], 'members-of');
    const online = await this.presence.onlineOf(rows.map(({ user_id: id }) => id));
    return { ...summaryOf(row, unread), members: rows.map((member) => ({ ...member, online: online.has(member.user_id) })) };
  }

  /** The chats of a user, newest activity first. @param cursor `next_cursor` of the page before */
  async list(userId: number, limit: number, cursor: string | null): Promise<ChatsPage> {
    const [at, id] = cursor === null ? [null, null] : placeOf(cursor);
    const rows = await this.sql.rows<PageRow>(CHATS_PAGE, [userId, limit + 1, at, id]);
    const page = rows.slice(0, limit);
    const last = rows.length > limit ? page.at(-1) : undefined;
    const unread = await this.unread.of(userId, page);
    return {
      chats: page.map((row) => ({ ...summaryOf(row, unread), last_message: lastMessageOf(row) })),
      next_cursor: last ? `${last.last_activity_at.getTime()}.${last.chat_id}` : null,
    };
  }

  /** The chats of a user by name, newest activity first. */
  names(userId: number, limit: number): Promise<Pick<ChatSummary, 'chat_id' | 'chat_type' | 'chat_name'>[]> {
    return this.sql.rows(CHAT_NAMES, [userId, limit]);
  }

  /**
   * Users by name.
   * @throws CoreError `invalid_input` with an issue for each name that nobody has
   */
  async named(names: readonly string[]): Promise<{ id: number; username: string }[]> {
    const found = await this.users.findActiveByNames(names);
    const issues = found.flatMap((user, i) => (user ? [] : [noSuchUser(i)]));
    if (issues.length > 0) throw invalidInput(...issues);
    return found.flatMap((user) => user ?? []);
  }
}

const ONE_OTHER: Issue = {
  loc: ['payload', 'members'],
  msg: 'a personal chat is with exactly one other user',
  type: 'value_error.members',
};

const noSuchUser = (index: number): Issue => ({
  loc: ['payload', 'members', index],
  msg: 'no such user',
  type: 'value_error.user',
});

function placeOf(cursor: string): [Date, number] {
  const [, at, id] = /^(\d{1,15})\.(\d{1,15})$/.exec(cursor) ?? [];
  if (at === undefined || id === undefined || Number(at) > 8.64e15) {
    throw invalidInput({ loc: ['payload', 'cursor'], msg: 'not a cursor of chat.list', type: 'value_error.cursor' });
  }
  return [new Date(Number(at)), Number(id)];
}

function lastMessageOf(row: PageRow): Message | null {
  if (row.seq === null) return null;
  return messageOf({ ...row, seq: row.seq, created_at: row.said_at, target_seq: null, member_id: null, member_name: null });
}

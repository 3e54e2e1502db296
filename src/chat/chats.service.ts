import { Injectable } from '@nestjs/common';
import { Settings } from '../config/settings.js';
import { Sql } from '../database/sql.js';
import { CoreError, type Issue, invalidInput } from '../errors/catalogue.js';
import type { LiveSession } from '../identity/identity.js';
import type { Spending } from '../quotas/spending.js';
import type { Connection } from '../realtime/connection.js';
import { UsersService } from '../users/users.service.js';
import type { Role } from './chat-member.entity.js';
import { ChatStreams } from './chat-streams.js';
import { CHAT_NAMES, CHAT_OF, CHATS_PAGE, CREATE_CHAT, MEMBERS_OF } from './chats.sql.js';
import { cursorOf, type Place, placeOf } from './cursors.js';
import { type Kind, type Message, type MessageRow, messageOf } from './message.js';
import { MessageLog } from './message-log.js';
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
  /** Answered to who takes others in: ids of those who were asked instead, and come in when they accept. */
  readonly invited?: readonly number[];
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

/** A member, or the other one of a personal chat who is not in it. */
interface MemberRow extends Omit<MemberView, 'online'> {
  /** Whether the reader sees how far they have read, and whether they are online. */
  readonly is_shown: boolean;
  readonly is_member: boolean;
}

interface Created {
  readonly chat_id: number;
  readonly created: boolean;
  /** The entry by which the creator came back into a personal chat. */
  readonly joined_seq: number | null;
}

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
    private readonly log: MessageLog,
    private readonly settings: Settings,
  ) {}

  /**
   * Makes a chat and tells its members. A personal chat of two that have one already is that one. Who cannot be put into it is asked.
   * @param except a connection that is answered instead
   * @param spending from which is given back what a chat that is there already did not cost
   * @throws CoreError `invalid_input` for names that nobody has, or a personal chat that is not with exactly one other;
   * `conflict` where the creator would be in too many, or has blocked the other
   */
  async create(
    { type, name, members }: NewChat,
    by: LiveSession,
    except: Connection | null,
    spending: Spending,
  ): Promise<ChatView> {
    const others = (await this.named(members)).filter(({ id }) => id !== by.userId);
    const ids = [...new Set(others.map(({ id }) => id))];
    if (type === 'personal' && ids.length !== 1) throw invalidInput(ONE_OTHER);
    const names = [by.username, ...new Set(others.map(({ username }) => username))];
    const chatName = type === 'group' ? (name ?? names.slice(0, NAMED_AFTER).join(', ')) : null;
    const values = [type, chatName, by.userId, ids, this.asksStrangers];
    const [row] = await unlessRefused(this.sql.rows<Created>(CREATE_CHAT, values));
    // The other one's account was deleted at this moment.
    if (!row) throw invalidInput(noSuchUser(0));
    if (!row.created) spending.giveBack({ chats: 1, members: members.length });
    if (row.joined_seq !== null) this.streams.committed((await this.log.after(row.chat_id, row.joined_seq - 1)).slice(0, 1));
    const { chat, memberIds } = await this.read(row.chat_id, by.userId);
    if (row.created) this.streams.created(chat, memberIds, except);
    const invited = type === 'group' ? without(ids, memberIds) : [];
    return invited.length > 0 ? { ...chat, invited } : chat;
  }

  /** Whether users decide themselves whether somebody may write to them who never has. */
  get asksStrangers(): boolean {
    return this.settings.CONTACTS === 'request';
  }

  /** @throws CoreError `not_found` to whoever is no member */
  async get(chatId: number, userId: number): Promise<ChatView> {
    return (await this.read(chatId, userId)).chat;
  }

  /** A chat after users were taken into it: those who are not in it were asked. @throws CoreError `not_found` to whoever is no member */
  async getWithInvited(chatId: number, userId: number, userIds: readonly number[]): Promise<ChatView> {
    const { chat, memberIds } = await this.read(chatId, userId);
    return { ...chat, invited: without(userIds, memberIds) };
  }

  private async read(chatId: number, userId: number): Promise<{ chat: ChatView; memberIds: readonly number[] }> {
    const [row] = await this.sql.rows<SummaryRow>(CHAT_OF, [chatId, userId], 'chat-of');
    if (!row) throw new CoreError('not_found');
    const unread = await this.unread.of(userId, [row]);
    const rows = await this.sql.rows<MemberRow>(MEMBERS_OF, [chatId, userId, !this.asksStrangers], 'members-of');
    const shown = rows.flatMap(({ user_id: id, is_shown: isShown }) => (isShown ? id : []));
    const online = await this.presence.onlineOf(shown);
    const members = rows.map(({ is_shown: _shown, is_member: _member, ...member }) => ({
      ...member,
      online: online.has(member.user_id),
    }));
    const memberIds = rows.flatMap(({ user_id: id, is_member: isMember }) => (isMember ? id : []));
    return { chat: { ...summaryOf(row, unread), members }, memberIds };
  }

  /** The chats of a user, newest activity first. @param cursor `next_cursor` of the page before @param hidden those that the user has hidden */
  async list(userId: number, limit: number, cursor: string | null, hidden = false): Promise<ChatsPage> {
    const [at, id]: Place | [null, null] = cursor === null ? [null, null] : placeOf(cursor, 'chat.list');
    const rows = await this.sql.rows<PageRow>(CHATS_PAGE, [userId, limit + 1, at, id, hidden], 'chats-page');
    const page = rows.slice(0, limit);
    const last = rows.length > limit ? page.at(-1) : undefined;
    const unread = await this.unread.of(userId, page);
    return {
      chats: page.map((row) => ({ ...summaryOf(row, unread), last_message: lastMessageOf(row) })),
      next_cursor: last ? cursorOf(last.last_activity_at, last.chat_id) : null,
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

function without(userIds: readonly number[], memberIds: readonly number[]): number[] {
  const members = new Set(memberIds);
  return [...new Set(userIds)].filter((id) => !members.has(id));
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

function lastMessageOf(row: PageRow): Message | null {
  if (row.seq === null) return null;
  return messageOf({ ...row, seq: row.seq, created_at: row.said_at, target_seq: null, member_id: null, member_name: null });
}

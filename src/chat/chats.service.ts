import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Settings } from '../config/settings.js';
import { Sql } from '../database/sql.js';
import { type Issue, invalidInput } from '../errors/catalogue.js';
import type { LiveSession } from '../identity/identity.js';
import type { Spending } from '../quotas/spending.js';
import { UsersService } from '../users/users.service.js';
import type { Author } from './author.js';
import { ChatStreams } from './chat-streams.js';
import { type ChatView, ChatViews, without } from './chat-views.js';
import { CREATE_CHAT, CREATE_CHAT_ONCE } from './chats.sql.js';
import { MessageLog } from './message-log.js';
import { unlessRefused } from './refusals.js';

export interface NewChat {
  readonly type: 'personal' | 'group';
  readonly name: string | null;
  /** User names. */
  readonly members: readonly string[];
  /** Made by the client: under the same one, the chat is made once. */
  readonly clientChatId: string | null;
}

interface Created {
  readonly chat_id: number;
  readonly created: boolean;
  /** The entry by which the creator came back into a personal chat. */
  readonly joined_seq: number | null;
}

/** Members by whose names a group goes that has none. */
const NAMED_AFTER = 3;

/** Makes chats. */
@Injectable()
export class ChatsService {
  constructor(
    private readonly sql: Sql,
    private readonly users: UsersService,
    private readonly streams: ChatStreams,
    private readonly views: ChatViews,
    private readonly log: MessageLog,
    private readonly settings: Settings,
  ) {}

  /**
   * Makes a chat and tells its members. A personal chat of two that have one already is that one. Who cannot be put into it is asked.
   * @param author the request that is answered instead
   * @param spending from which is given back what a chat that is there already did not cost
   * @throws CoreError `invalid_input` for names that nobody has, or a personal chat that is not with exactly one other;
   * `conflict` where the creator would be in too many, or has blocked the other, and where the `clientChatId` stands for another request
   */
  async create(
    { type, name, members, clientChatId }: NewChat,
    by: LiveSession,
    author: Author,
    spending: Spending,
  ): Promise<ChatView> {
    const others = (await this.named(members)).filter(({ id }) => id !== by.userId);
    const ids = [...new Set(others.map(({ id }) => id))];
    if (type === 'personal' && ids.length !== 1) throw invalidInput(ONE_OTHER);
    const names = [by.username, ...new Set(others.map(({ username }) => username))];
    const chatName = type === 'group' ? (name ?? names.slice(0, NAMED_AFTER).join(', ')) : null;
    const values = [type, chatName, by.userId, ids, this.settings.CONTACTS === 'request'];
    const { row, seqs } =
      clientChatId === null
        ? await this.write(CREATE_CHAT, values, author)
        : await this.write(CREATE_CHAT_ONCE, [...values, clientChatId, fingerprintOf(type, name, ids)], author);
    // The other one's account was deleted at this moment.
    if (!row) throw invalidInput(noSuchUser(0));
    if (!row.created) spending.giveBack({ chats: 1, members: members.length });
    const { chat, memberIds } = await this.views.read(row.chat_id, by.userId);
    if (row.created) this.streams.created(chat, memberIds, author.connection);
    const invited = type === 'group' ? without(ids, memberIds) : [];
    return { ...chat, ...(invited.length > 0 ? { invited } : {}), ...(seqs.length > 0 ? { seqs } : {}) };
  }

  /** Makes a chat, or brings its maker back into it, which the log says. */
  private async write(
    text: string,
    values: unknown[],
    author: Author,
  ): Promise<{ row: Created | undefined; seqs: readonly number[] }> {
    const end = this.streams.begin();
    try {
      const [row] = await unlessRefused(this.sql.rows<Created>(text, values));
      if (!row || row.joined_seq === null) return { row, seqs: [] };
      this.streams.committed((await this.log.after(row.chat_id, row.joined_seq - 1)).slice(0, 1), author);
      return { row, seqs: [row.joined_seq] };
    } finally {
      end();
    }
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

/** By what two requests are the same, in whatever order they name the members. */
const fingerprintOf = (type: string, name: string | null, memberIds: readonly number[]): string =>
  createHash('sha256')
    .update(JSON.stringify([type, name, [...memberIds].sort((a, b) => a - b)]))
    .digest('base64url');

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

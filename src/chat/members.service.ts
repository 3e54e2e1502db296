import { Injectable } from '@nestjs/common';
import { Settings } from '../config/settings.js';
import { Sql } from '../database/sql.js';
import { CoreError } from '../errors/catalogue.js';
import { UsersService } from '../users/users.service.js';
import type { Author } from './author.js';
import { ChatStreams } from './chat-streams.js';
import { ADD_MEMBERS, REMOVE_MEMBER } from './chats.sql.js';
import { type Message, type MessageRow, messageOf } from './message.js';
import { unlessRefused } from './refusals.js';

/** A role that can be given; there is one owner. */
export type GivenRole = 'admin' | 'member';

/** Who changes who is in which chat, and by which request. */
export interface MemberChange {
  readonly chatId: number;
  readonly actorId: number;
  readonly author: Author;
}

/** Changes who is in a chat. Each change is an entry of its log. */
@Injectable()
export class MembersService {
  constructor(
    private readonly sql: Sql,
    private readonly users: UsersService,
    private readonly streams: ChatStreams,
    private readonly settings: Settings,
  ) {}

  /**
   * Takes users into a group; those who are in it get the role, where one is given. Who cannot be put into it is asked.
   * @returns the entries that say so
   * @throws CoreError `not_found`, `forbidden`, `conflict`
   */
  add(
    { chatId, actorId, author }: MemberChange,
    userIds: readonly number[],
    role: GivenRole | null,
  ): Promise<readonly Message[]> {
    return this.append(ADD_MEMBERS, [chatId, actorId, userIds, role, this.settings.CONTACTS === 'request'], author);
  }

  /** As `add` for one user by id. @throws CoreError also `not_found` where there is no such account, but only to whoever may add it */
  async put(change: MemberChange, userId: number, role: GivenRole | null): Promise<readonly Message[]> {
    const user = await this.users.find(userId);
    const entries = await this.add(change, user?.is_active ? [userId] : [], role);
    if (!user?.is_active) throw new CoreError('not_found');
    return entries;
  }

  /**
   * Takes a user out of a group. Oneself is to leave, also a personal chat; who leaves comes back only by accepting.
   * @returns the entry that says so, which is the first one if the user is out of it already
   * @throws CoreError `not_found`, `forbidden`, `conflict`
   */
  async remove({ chatId, actorId, author }: MemberChange, userId: number): Promise<Message> {
    const [entry] = await this.append(REMOVE_MEMBER, [chatId, actorId, userId], author);
    if (!entry) throw new Error('remove_chat_member returned no entry');
    return entry;
  }

  private append(text: string, values: readonly [chatId: number, ...unknown[]], author: Author): Promise<readonly Message[]> {
    return this.streams.append(values[0], author, async () =>
      (await unlessRefused(this.sql.rows<MessageRow>(text, values))).map(messageOf),
    );
  }
}

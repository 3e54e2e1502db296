import { Injectable } from '@nestjs/common';
import { Sql } from '../database/sql.js';
import type { Author } from './author.js';
import { ChatStreams } from './chat-streams.js';
import { CHANGE_MESSAGE } from './chats.sql.js';
import { type Message, type MessageRow, messageOf } from './message.js';
import { unlessRefused } from './refusals.js';

/** Which message of which chat. */
export interface Target {
  readonly chatId: number;
  readonly seq: number;
}

/** Edits and deletes messages. Each change is an entry of the chat's log. */
@Injectable()
export class MessageChanges {
  constructor(
    private readonly sql: Sql,
    private readonly streams: ChatStreams,
  ) {}

  /** @throws CoreError `not_found`; `forbidden` for a message of somebody else */
  edit(target: Target, actorId: number, content: string, author: Author): Promise<Message> {
    return this.change(target, actorId, 'edited', content, author);
  }

  /**
   * Erases what a message said. If it is deleted already, nothing changes.
   * @returns the entry of the deletion
   * @throws CoreError `not_found`; `forbidden` for a message of somebody else, unless by the owner or an admin of a group
   */
  delete(target: Target, actorId: number, author: Author): Promise<Message> {
    return this.change(target, actorId, 'deleted', null, author);
  }

  private async change(
    { chatId, seq }: Target,
    actorId: number,
    kind: 'edited' | 'deleted',
    content: string | null,
    author: Author,
  ): Promise<Message> {
    const [entry] = await this.streams.append(chatId, author, async () => {
      const rows = await unlessRefused(this.sql.rows<MessageRow>(CHANGE_MESSAGE, [chatId, actorId, seq, kind, content]));
      return rows.map(messageOf);
    });
    if (!entry) throw new Error('change_message returned no entry');
    return entry;
  }
}

import { Injectable } from '@nestjs/common';
import { sessionOf } from '../commands/caller.js';
import { Command } from '../commands/command.js';
import { CoalescedReader } from '../database/coalesced-reader.js';
import { Sql } from '../database/sql.js';
import { CoreError } from '../errors/catalogue.js';
import type { Caller } from '../realtime/connection.js';
import { ReadPayload } from './chat.payloads.js';
import { ChatSignals } from './chat-signals.js';
import { ARE_MEMBERS } from './chats.sql.js';
import { ChatPayload } from './message.payloads.js';
import { ReadPositions } from './read-positions.js';

/** What members let each other see of them. */
@Injectable()
export class SignalCommands {
  /** By chat and user. Who types says so again and again: many look-ups are one statement. */
  private readonly members = new CoalescedReader<string, true>({ read: (keys) => this.membersAmong(keys) });

  constructor(
    private readonly positions: ReadPositions,
    private readonly signals: ChatSignals,
    private readonly sql: Sql,
  ) {}

  @Command('chat.read', {
    summary: 'Says how far the caller has read. The highest counts.',
    payload: ReadPayload,
    answer: {
      type: 'object',
      properties: { chat_id: { type: 'integer' }, read_seq: { type: 'integer' } },
      required: ['chat_id', 'read_seq'],
    },
    example: { payload: { chat_id: 7, seq: 42 }, answer: { chat_id: 7, read_seq: 42 } },
    errors: ['not_found'],
    lane: 'none',
  })
  async read({ chat_id, seq }: ReadPayload, caller: Caller): Promise<object> {
    return { chat_id, read_seq: await this.positions.mark(chat_id, sessionOf(caller).userId, seq) };
  }

  @Command('chat.typing', {
    summary:
      'Tells the other members that the caller writes something: at most every 3 s, however often it is called. Never stored.',
    payload: ChatPayload,
    answer: { type: 'object' },
    example: { payload: { chat_id: 7 }, answer: {} },
    errors: ['not_found'],
    lane: 'none',
  })
  async typing({ chat_id }: ChatPayload, caller: Caller): Promise<object> {
    const { userId, username } = sessionOf(caller);
    if (!(await this.members.get(`${chat_id}:${userId}`))) throw new CoreError('not_found');
    await this.signals.publish({ chatId: chat_id, userId, event: 'typing', data: { chat_id, user_id: userId, username } });
    return {};
  }

  private async membersAmong(keys: readonly string[]): Promise<ReadonlyMap<string, true>> {
    const pairs = keys.map((key) => key.split(':'));
    const values = [pairs.map(([chatId]) => chatId), pairs.map(([, userId]) => userId)];
    const rows = await this.sql.rows<{ chat_id: number; user_id: number }>(ARE_MEMBERS, values, 'are-members');
    return new Map(rows.map(({ chat_id: chatId, user_id: userId }) => [`${chatId}:${userId}`, true]));
  }
}

import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import type { Repository } from 'typeorm';
import { sessionOf } from '../commands/caller.js';
import { Command } from '../commands/command.js';
import { CoreError } from '../errors/catalogue.js';
import type { Caller } from '../realtime/connection.js';
import { ReadPayload } from './chat.payloads.js';
import { ChatMember } from './chat-member.entity.js';
import { ChatSignals } from './chat-signals.js';
import { ChatPayload } from './message.payloads.js';
import { ReadPositions } from './read-positions.js';

/** What members let each other see of them. */
@Injectable()
export class SignalCommands {
  constructor(
    private readonly positions: ReadPositions,
    private readonly signals: ChatSignals,
    @InjectRepository(ChatMember) private readonly members: Repository<ChatMember>,
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
    summary: 'Tells the other members that the caller is writing something. Never stored.',
    payload: ChatPayload,
    answer: { type: 'object' },
    example: { payload: { chat_id: 7 }, answer: {} },
    errors: ['not_found'],
  })
  async typing({ chat_id }: ChatPayload, caller: Caller): Promise<object> {
    const { userId, username } = sessionOf(caller);
    if (!(await this.members.existsBy({ chatId: chat_id, userId }))) throw new CoreError('not_found');
    await this.signals.publish({ chatId: chat_id, userId, event: 'typing', data: { chat_id, user_id: userId, username } });
    return {};
  }
}

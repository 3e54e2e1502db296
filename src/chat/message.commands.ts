import { Injectable } from '@nestjs/common';
import { sessionOf } from '../commands/caller.js';
import { Command } from '../commands/command.js';
import { CommandCosts } from '../commands/command-costs.js';
import type { Spending } from '../quotas/spending.js';
import type { Caller } from '../realtime/connection.js';
import { Consents } from './contacts/consents.js';
import { costOf } from './message-cost.js';
import { LOG_PAGE_SCHEMA, PAGE_EXAMPLE, PAGE_SCHEMA, SENT_EXAMPLE, SENT_SCHEMA } from './message.schemas.js';
import { DEFAULT_CONTENT_TYPE, HistoryPayload, PostPayload, SendPayload, SyncPayload } from './message.payloads.js';
import { type LogPage, MessageLog, type Page } from './message-log.js';
import { HISTORY_WEIGHT, passedOver, SYNC_WEIGHT } from './weights.js';
import { MessageWriter, type Sent } from './message-writer.js';

/** What is said in chats, and what was said. */
@Injectable()
export class MessageCommands {
  constructor(
    private readonly writer: MessageWriter,
    private readonly log: MessageLog,
    private readonly consents: Consents,
    private readonly costs: CommandCosts,
  ) {}

  @Command('chat.send', {
    summary: 'Says something in a chat, which reads it up to there. The answer means that it is stored.',
    payload: SendPayload,
    answer: SENT_SCHEMA,
    example: { payload: { chat_id: 7, content: 'Hello!' }, answer: SENT_EXAMPLE },
    errors: ['not_found', 'conflict'],
    lane: 'none',
    spends: costOf,
  })
  send(payload: SendPayload, caller: Caller, spending: Spending): Promise<Sent> {
    return this.write(payload, null, caller, spending);
  }

  @Command('chat.post', {
    summary: 'As chat.send, in a chat of the given type.',
    payload: PostPayload,
    answer: SENT_SCHEMA,
    example: { payload: { chat_id: 7, content: 'Hello!', content_type: 'text/plain', chat_type: 'group' }, answer: SENT_EXAMPLE },
    errors: ['not_found', 'conflict'],
    spends: costOf,
    internal: true,
    lane: 'none',
  })
  post(payload: PostPayload, caller: Caller, spending: Spending): Promise<Sent> {
    return this.write(payload, payload.chat_type, caller, spending);
  }

  @Command('chat.history', {
    summary: 'Reads what was said in a chat: edits are applied, deleted messages left out.',
    payload: HistoryPayload,
    answer: PAGE_SCHEMA,
    example: { payload: { chat_id: 7, limit: 50 }, answer: PAGE_EXAMPLE },
    errors: ['not_found'],
    weight: HISTORY_WEIGHT,
  })
  async history({ chat_id, before_seq, after_seq, limit }: HistoryPayload, caller: Caller): Promise<Page> {
    const { userId } = sessionOf(caller);
    const request = { beforeSeq: before_seq ?? undefined, afterSeq: after_seq ?? undefined, limit: limit ?? 50 };
    const page = await this.log.history(chat_id, userId, request);
    const { blocked } = await this.consents.of(userId);
    if (blocked.size > 0) this.costs.settle(caller, passedOver(page, request));
    return page;
  }

  @Command('chat.sync', {
    summary: 'Reads the log of a chat as it was written: what was missed while away.',
    payload: SyncPayload,
    answer: LOG_PAGE_SCHEMA,
    example: { payload: { chat_id: 7, after_seq: 41 }, answer: PAGE_EXAMPLE },
    errors: ['not_found'],
    weight: SYNC_WEIGHT,
  })
  sync({ chat_id, after_seq, limit }: SyncPayload, caller: Caller): Promise<LogPage> {
    return this.log.sync(chat_id, sessionOf(caller).userId, after_seq, limit ?? 200);
  }

  private async write(
    payload: SendPayload,
    chatType: 'personal' | 'group' | null,
    caller: Caller,
    spending: Spending,
  ): Promise<Sent> {
    const sent = await this.writer.send({
      chatId: payload.chat_id,
      sender: sessionOf(caller),
      content: payload.content,
      contentType: payload.content_type ?? DEFAULT_CONTENT_TYPE,
      clientMsgId: payload.client_msg_id ?? null,
      chatType,
      author: caller,
    });
    // It was paid for when it was stored.
    if (sent.duplicate) spending.giveBack();
    return sent;
  }
}

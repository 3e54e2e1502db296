import { Injectable } from '@nestjs/common';
import { sessionOf } from '../../commands/caller.js';
import { Command } from '../../commands/command.js';
import { CommandCosts } from '../../commands/command-costs.js';
import type { Caller } from '../../realtime/connection.js';
import { CHAT_EXAMPLE, CHAT_SCHEMA } from '../chat.schemas.js';
import { type ChatView, ChatViews } from '../chat-views.js';
import { ChatPayload } from '../message.payloads.js';
import { SHOW_WEIGHT, shown } from '../weights.js';
import { RequestsPayload } from './contacts.payloads.js';
import { CHAT_ID_SCHEMA, REQUESTS_EXAMPLE, REQUESTS_SCHEMA } from './contacts.schemas.js';
import { type RequestsPage, RequestsService } from './requests.service.js';

/** Into which chats the caller lets others take them, and which of them are listed. */
@Injectable()
export class RequestCommands {
  constructor(
    private readonly requests: RequestsService,
    private readonly views: ChatViews,
    private readonly costs: CommandCosts,
  ) {}

  @Command('chat.requests', {
    summary: 'Lists who wants the caller in which chat, the newest first.',
    payload: RequestsPayload,
    answer: REQUESTS_SCHEMA,
    example: { payload: { limit: 100 }, answer: REQUESTS_EXAMPLE },
    weight: 2,
  })
  list({ limit, cursor }: RequestsPayload, caller: Caller): Promise<RequestsPage> {
    return this.requests.list(sessionOf(caller).userId, limit ?? 100, cursor ?? null);
  }

  @Command('chat.accept', {
    summary: 'Joins a chat to which somebody invited the caller, or confirms one to which others added the caller.',
    payload: ChatPayload,
    answer: CHAT_SCHEMA,
    example: { payload: { chat_id: 7 }, answer: CHAT_EXAMPLE },
    errors: ['not_found', 'conflict'],
    weight: SHOW_WEIGHT,
  })
  async accept({ chat_id }: ChatPayload, caller: Caller): Promise<ChatView> {
    const { userId } = sessionOf(caller);
    const entries = await this.requests.accept(chat_id, userId, caller);
    const chat = await this.views.get(chat_id, userId);
    this.costs.settle(caller, shown(chat));
    return { ...chat, seqs: entries.map(({ seq }) => seq) };
  }

  @Command('chat.decline', {
    summary: 'Declines a request. The person who asked does not learn of it, and cannot ask again for the same chat.',
    payload: ChatPayload,
    answer: CHAT_ID_SCHEMA,
    example: { payload: { chat_id: 7 }, answer: { chat_id: 7 } },
    errors: ['not_found'],
  })
  async decline({ chat_id }: ChatPayload, caller: Caller): Promise<object> {
    await this.requests.decline(chat_id, sessionOf(caller).userId);
    return { chat_id };
  }

  @Command('chat.hide', {
    summary: "Takes a chat out of the caller's list until something new is in it.",
    payload: ChatPayload,
    answer: CHAT_ID_SCHEMA,
    example: { payload: { chat_id: 7 }, answer: { chat_id: 7 } },
    errors: ['not_found'],
  })
  hide({ chat_id }: ChatPayload, caller: Caller): Promise<object> {
    return this.setHidden(chat_id, caller, true);
  }

  @Command('chat.unhide', {
    summary: "Puts a hidden chat back into the caller's list.",
    payload: ChatPayload,
    answer: CHAT_ID_SCHEMA,
    example: { payload: { chat_id: 7 }, answer: { chat_id: 7 } },
    errors: ['not_found'],
  })
  unhide({ chat_id }: ChatPayload, caller: Caller): Promise<object> {
    return this.setHidden(chat_id, caller, false);
  }

  private async setHidden(chatId: number, caller: Caller, hidden: boolean): Promise<object> {
    await this.requests.hide(chatId, sessionOf(caller).userId, hidden, caller.connection);
    return { chat_id: chatId };
  }
}

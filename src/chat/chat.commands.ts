import { Injectable } from '@nestjs/common';
import { sessionOf } from '../commands/caller.js';
import { Command, SuperuserOnly } from '../commands/command.js';
import { CommandCosts } from '../commands/command-costs.js';
import type { Spending } from '../quotas/spending.js';
import type { Caller } from '../realtime/connection.js';
import {
  ChatOfPayload,
  CreatePayload,
  EditPayload,
  ListPayload,
  MAX_NAMES,
  MessagePayload,
  NamesPayload,
} from './chat.payloads.js';
import { CHANGE_EXAMPLE, CHANGE_SCHEMA, CHAT_EXAMPLE, CHAT_SCHEMA, CHATS_EXAMPLE, CHATS_SCHEMA } from './chat.schemas.js';
import { ChatStreams } from './chat-streams.js';
import { type ChatsPage, type ChatView, ChatViews } from './chat-views.js';
import { ChatsService } from './chats.service.js';
import type { Message } from './message.js';
import { costOf } from './message-cost.js';
import { MessageChanges } from './message-changes.js';
import { MessageLog } from './message-log.js';
import { LIST_WEIGHT, listed, NAMES_WEIGHT, SHOW_WEIGHT, shown } from './weights.js';

const changeOf = ({ chat_id, seq, id, target_seq, created_at }: Message): object => ({
  chat_id,
  seq,
  id,
  target_seq,
  created_at,
});

/** Chats as such, and what is done to messages. */
@Injectable()
export class ChatCommands {
  constructor(
    private readonly chats: ChatsService,
    private readonly views: ChatViews,
    private readonly changes: MessageChanges,
    private readonly streams: ChatStreams,
    private readonly log: MessageLog,
    private readonly costs: CommandCosts,
  ) {}

  @Command('chat.create', {
    summary:
      'Makes a chat. A second personal chat of the same two is the first one. `invited` names those who were asked to come into a group.',
    payload: CreatePayload,
    answer: CHAT_SCHEMA,
    example: { payload: { chat_type: 'group', chat_name: 'The readers', members: ['bob'] }, answer: CHAT_EXAMPLE },
    errors: ['conflict'],
    spends: ({ members }) => ({ chats: 1, members: members.length, lookups: members.length }),
    weight: NAMES_WEIGHT,
  })
  async create(
    { chat_type, chat_name, members, client_chat_id }: CreatePayload,
    caller: Caller,
    spending: Spending,
  ): Promise<ChatView> {
    const chat = { type: chat_type, name: chat_name ?? null, members, clientChatId: client_chat_id ?? null };
    return this.settled(await this.chats.create(chat, sessionOf(caller), caller, spending), caller);
  }

  @Command('chat.get', {
    summary:
      'Shows a chat with its members: as many as fit into an answer of 1 MiB. With `has_more` the others follow by `cursor`.',
    payload: ChatOfPayload,
    answer: CHAT_SCHEMA,
    example: { payload: { chat_id: 7 }, answer: CHAT_EXAMPLE },
    errors: ['not_found'],
    weight: SHOW_WEIGHT,
  })
  async get({ chat_id, cursor }: ChatOfPayload, caller: Caller): Promise<ChatView> {
    return this.settled(await this.views.get(chat_id, sessionOf(caller).userId, cursor ?? null), caller);
  }

  @Command('chat.list', {
    summary:
      "Lists the caller's chats, the one with the newest activity first. Chats that change while pages are read follow after the last one.",
    payload: ListPayload,
    answer: CHATS_SCHEMA,
    example: { payload: { limit: 100 }, answer: CHATS_EXAMPLE },
    weight: LIST_WEIGHT,
  })
  async list({ limit, cursor, hidden }: ListPayload, caller: Caller): Promise<ChatsPage> {
    const { userId } = sessionOf(caller);
    const page = await this.views.list(userId, { limit: limit ?? 100, cursor: cursor ?? null, hidden: hidden ?? false });
    const unread = page.chats.reduce((sum, chat) => sum + chat.unread, 0);
    this.costs.settle(caller, listed(this.streams.chatsOf(userId).size, unread));
    return page;
  }

  @Command('chat.names', {
    summary: 'As chat.list, with nothing but names and types.',
    payload: NamesPayload,
    example: { payload: {}, answer: { chats: [{ chat_id: 7, chat_name: 'The readers', chat_type: 'group' }] } },
    internal: true,
    weight: 4,
  })
  async names({ limit, cursor }: NamesPayload, caller: Caller): Promise<object> {
    const { userId } = sessionOf(caller);
    const page = await this.views.names(userId, limit ?? MAX_NAMES, cursor ?? null);
    this.costs.settle(caller, listed(this.streams.chatsOf(userId).size, 0));
    return page;
  }

  @Command('chat.edit', {
    summary: "Changes the caller's own message. The log keeps what it said before.",
    payload: EditPayload,
    answer: CHANGE_SCHEMA,
    example: { payload: { chat_id: 7, seq: 42, content: 'Hello, all!' }, answer: CHANGE_EXAMPLE },
    errors: ['not_found', 'forbidden'],
    spends: costOf,
  })
  async edit({ chat_id, seq, content }: EditPayload, caller: Caller): Promise<object> {
    return changeOf(await this.changes.edit({ chatId: chat_id, seq }, sessionOf(caller).userId, content, caller));
  }

  @Command('chat.delete', {
    summary:
      "Deletes a message, and erases its text everywhere: one's own, or anybody's by the owner or an admin of a group. Repeated, it answers as the first time.",
    payload: MessagePayload,
    answer: CHANGE_SCHEMA,
    example: { payload: { chat_id: 7, seq: 42 }, answer: CHANGE_EXAMPLE },
    errors: ['not_found', 'forbidden'],
  })
  async delete({ chat_id, seq }: MessagePayload, caller: Caller): Promise<object> {
    return changeOf(await this.changes.delete({ chatId: chat_id, seq }, sessionOf(caller).userId, caller));
  }

  @Command('chat.announce', {
    summary: 'Delivers an entry of a log that another part of the server has committed.',
    payload: MessagePayload,
    answer: { type: 'object' },
    example: { payload: { chat_id: 7, seq: 43 }, answer: {} },
    internal: true,
    // It reads by a batcher, and the command that runs it holds a place in the lane already.
    lane: 'none',
  })
  @SuperuserOnly()
  async announce({ chat_id, seq }: MessagePayload): Promise<object> {
    const [entry] = await this.log.after(chat_id, seq - 1);
    if (entry) this.streams.committed([entry]);
    return {};
  }

  private settled(chat: ChatView, caller: Caller): ChatView {
    this.costs.settle(caller, shown(chat));
    return chat;
  }
}

import { Injectable } from '@nestjs/common';
import { sessionOf } from '../commands/caller.js';
import { Command } from '../commands/command.js';
import { CommandCosts } from '../commands/command-costs.js';
import type { Caller } from '../realtime/connection.js';
import { AddMembersPayload, MemberPayload, PutMemberPayload } from './chat.payloads.js';
import { CHAT_EXAMPLE, CHAT_SCHEMA, LEFT_EXAMPLE, LEFT_SCHEMA } from './chat.schemas.js';
import { type ChatView, ChatViews } from './chat-views.js';
import { ChatsService } from './chats.service.js';
import { type MemberChange, MembersService } from './members.service.js';
import type { Message } from './message.js';
import { ChatPayload } from './message.payloads.js';
import { NAMES_WEIGHT, SHOW_WEIGHT, shown } from './weights.js';

/** Who is in a chat. */
@Injectable()
export class MemberCommands {
  constructor(
    private readonly chats: ChatsService,
    private readonly views: ChatViews,
    private readonly members: MembersService,
    private readonly costs: CommandCosts,
  ) {}

  @Command('chat.add_members', {
    summary:
      'Takes users into a group: the owner or an admin does. With a role given, which is for the owner, members get it. `invited` names those who were asked instead.',
    payload: AddMembersPayload,
    answer: CHAT_SCHEMA,
    example: { payload: { chat_id: 7, members: ['bob'] }, answer: CHAT_EXAMPLE },
    errors: ['not_found', 'forbidden', 'conflict'],
    spends: ({ members }) => ({ members: members.length, lookups: members.length }),
    weight: NAMES_WEIGHT,
  })
  async add({ chat_id, members, role }: AddMembersPayload, caller: Caller): Promise<ChatView> {
    const { userId } = sessionOf(caller);
    // First whether the chat is there for the caller: names are looked up for its members only.
    const change = { chatId: chat_id, actorId: userId, author: caller };
    await this.members.add(change, [], role ?? null);
    const ids = (await this.chats.named(members)).map(({ id }) => id);
    return this.view(change, ids, await this.members.add(change, ids, role ?? null), caller);
  }

  @Command('chat.put_member', {
    summary: 'As chat.add_members, for one user by id.',
    payload: PutMemberPayload,
    spends: () => ({ members: 1, lookups: 1 }),
    internal: true,
    weight: SHOW_WEIGHT,
  })
  async put({ chat_id, user_id, role }: PutMemberPayload, caller: Caller): Promise<ChatView> {
    const { userId } = sessionOf(caller);
    const change = { chatId: chat_id, actorId: userId, author: caller };
    return this.view(change, [user_id], await this.members.put(change, user_id, role ?? null), caller);
  }

  @Command('chat.remove_member', {
    summary:
      'Takes a member out of a group: the owner anyone, an admin members, and everybody themselves. Repeated, it answers as the first time.',
    payload: MemberPayload,
    answer: LEFT_SCHEMA,
    example: { payload: { chat_id: 7, user_id: 2 }, answer: LEFT_EXAMPLE },
    errors: ['not_found', 'forbidden', 'conflict'],
  })
  remove({ chat_id, user_id }: MemberPayload, caller: Caller): Promise<object> {
    return this.take(chat_id, caller, user_id);
  }

  @Command('chat.leave', {
    summary:
      'Leaves a chat, and comes back only by accepting. When the owner of a group goes, the eldest admin, or else the eldest member, owns it. Repeated, it answers as the first time.',
    payload: ChatPayload,
    answer: LEFT_SCHEMA,
    example: { payload: { chat_id: 7 }, answer: LEFT_EXAMPLE },
    errors: ['not_found', 'conflict'],
  })
  leave({ chat_id }: ChatPayload, caller: Caller): Promise<object> {
    return this.take(chat_id, caller, sessionOf(caller).userId);
  }

  private async view(
    { chatId, actorId }: MemberChange,
    added: readonly number[],
    entries: readonly Message[],
    caller: Caller,
  ): Promise<ChatView> {
    const chat = await this.views.getWithInvited(chatId, actorId, added);
    this.costs.settle(caller, shown(chat));
    return { ...chat, seqs: entries.map(({ seq }) => seq) };
  }

  private async take(chatId: number, caller: Caller, userId: number): Promise<object> {
    const change = { chatId, actorId: sessionOf(caller).userId, author: caller };
    const { chat_id, seq, created_at } = await this.members.remove(change, userId);
    return { chat_id, seq, created_at };
  }
}

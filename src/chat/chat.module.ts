import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { CommandsModule } from '../commands/commands.module.js';
import { Emits } from '../realtime/events.js';
import { UsersModule } from '../users/users.module.js';
import { AnswerTurns } from './answer-turns.js';
import { ChatCommands } from './chat.commands.js';
import { CHAT_EVENTS } from './chat.events.js';
import { CHAT_ENTITIES } from './chat.entities.js';
import { ChatPages } from './chat-pages.js';
import { ChatSignals } from './chat-signals.js';
import { ChatStreams } from './chat-streams.js';
import { ChatViews } from './chat-views.js';
import { ChatsService } from './chats.service.js';
import { Consents } from './contacts/consents.js';
import { ContactsCommands } from './contacts/contacts.commands.js';
import { CONTACT_EVENTS } from './contacts/contacts.events.js';
import { ContactsService } from './contacts/contacts.service.js';
import { RequestCommands } from './contacts/request.commands.js';
import { RequestNotices } from './contacts/request-notices.js';
import { RequestsService } from './contacts/requests.service.js';
import { UserEvents } from './contacts/user-events.js';
import { Departures } from './departures.js';
import { EntryDelivery } from './entry-delivery.js';
import { Holds } from './holds.js';
import { MemberUpdates } from './member-updates.js';
import { MemberCommands } from './member.commands.js';
import { MembersService } from './members.service.js';
import { MessageChanges } from './message-changes.js';
import { MessageCommands } from './message.commands.js';
import { MessageLog } from './message-log.js';
import { MessageWriter } from './message-writer.js';
import { OpenChats } from './open-chats.js';
import { OwnEntries } from './own-entries.js';
import { Positions } from './positions.js';
import { Presence } from './presence.js';
import { PresenceBroadcast } from './presence-broadcast.js';
import { PresenceChanges } from './presence-changes.js';
import { ReadPositions } from './read-positions.js';
import { Replays } from './replays.js';
import { ResumeCommands } from './resume.commands.js';
import { SignalCommands } from './signal.commands.js';
import { TypingPace } from './typing-pace.js';
import { UnreadCounts } from './unread-counts.js';

/** Chats: who is in them, what is said in them, and who hears it. */
@Emits(...CHAT_EVENTS, ...CONTACT_EVENTS)
@Module({
  imports: [CommandsModule, UsersModule, TypeOrmModule.forFeature(CHAT_ENTITIES)],
  providers: [
    Consents,
    OpenChats,
    Holds,
    MessageLog,
    AnswerTurns,
    OwnEntries,
    TypingPace,
    EntryDelivery,
    ChatStreams,
    Positions,
    Replays,
    PresenceBroadcast,
    Presence,
    PresenceChanges,
    ChatSignals,
    SignalCommands,
    Departures,
    MemberUpdates,
    MessageWriter,
    MessageChanges,
    ReadPositions,
    UnreadCounts,
    ChatPages,
    ChatViews,
    ChatsService,
    MembersService,
    ChatCommands,
    MemberCommands,
    MessageCommands,
    ResumeCommands,
    UserEvents,
    RequestsService,
    RequestNotices,
    RequestCommands,
    ContactsService,
    ContactsCommands,
  ],
  exports: [ChatStreams, MessageLog, MessageWriter],
})
export class ChatModule {}

import { Module } from '@nestjs/common';
import { CommandsModule } from '../commands/commands.module.js';
import { ChatStreams } from './chat-streams.js';
import { Holds } from './holds.js';
import { MessageCommands } from './message.commands.js';
import { MessageLog } from './message-log.js';
import { MessageWriter } from './message-writer.js';
import { OpenChats } from './open-chats.js';
import { Positions } from './positions.js';
import { Replays } from './replays.js';
import { ResumeCommands } from './resume.commands.js';

/** Chats: who is in them, what is said in them, and who hears it. */
@Module({
  imports: [CommandsModule],
  providers: [
    OpenChats,
    Holds,
    MessageLog,
    ChatStreams,
    Positions,
    Replays,
    MessageWriter,
    MessageCommands,
    ResumeCommands,
  ],
  exports: [ChatStreams, MessageLog, MessageWriter],
})
export class ChatModule {}

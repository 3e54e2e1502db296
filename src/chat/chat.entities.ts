import { Chat } from './chat.entity.js';
import { ChatMember } from './chat-member.entity.js';

/** The tables of this room that have entities, for the data source. Logs have none: they are partitioned, and only SQL reaches them. */
export const CHAT_ENTITIES = [Chat, ChatMember];

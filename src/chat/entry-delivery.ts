import { Injectable } from '@nestjs/common';
import type { Connection } from '../realtime/connection.js';
import { Hub } from '../realtime/hub.js';
import { AnswerTurns } from './answer-turns.js';
import type { Author } from './author.js';
import { Consents } from './contacts/consents.js';
import { viewsOf } from './entry-views.js';
import { Holds } from './holds.js';
import { type Message, saysSomething } from './message.js';
import { OpenChats } from './open-chats.js';
import type { Stream } from './stream.js';
import { TypingPace } from './typing-pace.js';

/** Delivers entries to the members who are connected here, to each as the user may see them, and once. */
@Injectable()
export class EntryDelivery {
  constructor(
    private readonly chats: OpenChats,
    private readonly holds: Holds,
    private readonly turns: AnswerTurns,
    private readonly hub: Hub,
    private readonly consents: Consents,
    private readonly typing: TypingPace,
  ) {}

  /**
   * Delivers the next entry of a stream.
   * @param onTurn called when its author may be answered, unless that is now or its connection was kept waiting for earlier entries
   * @returns whether its author may be answered now
   */
  deliver(stream: Stream, entry: Message, author: Author | null, onTurn: () => void): boolean {
    const { chat_id: chatId, seq } = entry;
    const own = author?.connection ?? null;
    stream.position = seq;
    this.begun(entry);
    const isAnswered = this.answerAt(author, entry, onTurn);
    const viewOf = viewsOf(this.hub, entry, this.blockersOf(entry));
    const length = entry.content?.length ?? 0;
    const isHolding = this.holds.size > 0;
    for (const userId of stream.locals) {
      const shown = viewOf(userId);
      for (const connection of this.hub.of(userId)) {
        if (connection === own || (isHolding && this.holds.keepsBack(connection, chatId, seq))) continue;
        this.turns.deliver(connection, chatId, shown, length);
      }
    }
    if (entry.kind === 'left' && entry.member_id) this.part(chatId, entry.member_id, seq);
    return isAnswered;
  }

  /** Delivers an entry to one connection, as its user may see it. */
  show(connection: Connection, entry: Message): void {
    const { userId } = connection;
    if (userId === null) return;
    const shown = viewsOf(this.hub, entry, this.blockersOf(entry))(userId);
    this.turns.deliver(connection, entry.chat_id, shown, entry.content?.length ?? 0);
  }

  /** As `deliver`, for an entry whose author's connection was kept waiting for earlier ones, and has received them. */
  passed(connection: Connection, chatId: number, { answer }: Author, onTurn: () => void): boolean {
    return this.turns.expect(connection, chatId, answer, onTurn);
  }

  /** @returns whether the connection that made an entry may be answered for it now */
  private answerAt(author: Author | null, { chat_id: chatId, seq }: Message, onTurn: () => void): boolean {
    const own = author?.connection;
    if (!own) return true;
    return !this.holds.wrote(own, chatId, seq) && this.turns.expect(own, chatId, author.answer, onTurn);
  }

  /** What has to be known before an entry is delivered: who comes in by it receives it, and who wrote it writes no more. */
  private begun({ chat_id: chatId, seq, kind, from_id: authorId, member_id: memberId }: Message): void {
    if (kind === 'joined' && memberId) this.enter(chatId, memberId, seq);
    else if (kind === 'message') this.typing.end(chatId, authorId);
  }

  /** Those connected here from whom the words of an entry are withheld. */
  private blockersOf(entry: Message): ReadonlySet<number> | undefined {
    return saysSomething(entry) ? this.consents.blockersOf(entry.from_id) : undefined;
  }

  private enter(chatId: number, userId: number, seq: number): void {
    this.chats.join(chatId, userId, seq - 1);
    for (const connection of this.hub.of(userId)) this.holds.of(connection)?.ends.delete(chatId);
  }

  private part(chatId: number, userId: number, seq: number): void {
    for (const connection of this.hub.of(userId)) this.holds.of(connection)?.ends.set(chatId, seq);
    this.chats.leave(chatId, userId, seq);
  }
}

import { Injectable } from '@nestjs/common';
import type { Connection } from '../realtime/connection.js';
import type { Delivery } from '../realtime/delivery.js';
import type { PendingAnswer } from '../realtime/pending-answer.js';

/** Characters of entries that wait for an answer of one connection in one chat; of more, order gives way to memory. */
const MAX_WAITING = 1024 * 1024;
/** What an entry counts for beside its text. */
const ENTRY_SIZE = 1_024;

interface Waiting {
  readonly delivery: Delivery;
  readonly size: number;
}

interface Expected {
  readonly answer: PendingAnswer;
  /** Called when all that comes before has been delivered. */
  readonly onTurn: () => void;
  isCalled: boolean;
  /** Set when it has been sent, and the client had time to take it. */
  isPast: boolean;
}

/** What one connection receives of one chat, in order: answers that are on their way, and entries behind them. */
class Turn {
  private readonly queue: (Expected | Waiting)[] = [];
  private size = 0;

  constructor(private readonly connection: Connection) {}

  get isEmpty(): boolean {
    return this.queue.length === 0;
  }

  expect(expected: Expected): void {
    this.queue.push(expected);
  }

  add(delivery: Delivery, length: number): void {
    const size = length + ENTRY_SIZE;
    this.size += size;
    this.queue.push({ delivery, size });
    if (this.size > MAX_WAITING) this.release(true);
  }

  /** Delivers what waits, up to the first answer that has not been sent, whose turn it is then. */
  advance(): void {
    this.release(false);
  }

  private release(isOverfull: boolean): void {
    let count = 0;
    for (const next of this.queue) {
      if ('delivery' in next) {
        this.size -= next.size;
        next.delivery.to(this.connection);
      } else {
        call(next);
        if (!next.isPast && !isOverfull) break;
      }
      count += 1;
    }
    this.queue.splice(0, count);
  }
}

function call(expected: Expected): void {
  if (expected.isCalled) return;
  expected.isCalled = true;
  expected.onTurn();
}

/**
 * Keeps the answers of a connection to what it appended in the order of each chat: an answer waits for the entries before it, and later
 * entries wait until it has been sent. That is a moment later, since an entry is delivered when it is committed.
 */
@Injectable()
export class AnswerTurns {
  private readonly turns = new Map<Connection, Map<number, Turn>>();

  /**
   * An entry of the connection's own has come: its answer takes the entry's place.
   * @param onTurn called when it may be sent, unless that is now
   * @returns whether it may be sent now
   */
  expect(connection: Connection, chatId: number, answer: PendingAnswer | undefined, onTurn: () => void): boolean {
    if (!answer || answer.isSent) return true;
    const chats = this.turns.get(connection) ?? new Map<number, Turn>();
    this.turns.set(connection, chats);
    const turn = chats.get(chatId) ?? new Turn(connection);
    chats.set(chatId, turn);
    const isFirst = turn.isEmpty;
    const expected: Expected = { answer, onTurn, isCalled: isFirst, isPast: false };
    turn.expect(expected);
    const past = (): void => {
      expected.isPast = true;
      this.advance(connection, chatId, turn);
    };
    const { answerLeadMs = 0 } = connection.codec;
    answer.whenSent(answerLeadMs > 0 ? () => void setTimeout(past, answerLeadMs) : past);
    return isFirst;
  }

  /** Delivers an entry, now or behind the answers that come before it. @param length characters of the entry */
  deliver(connection: Connection, chatId: number, delivery: Delivery, length: number): void {
    const turn = this.turns.size > 0 ? this.turns.get(connection)?.get(chatId) : undefined;
    if (!turn) {
      delivery.to(connection);
      return;
    }
    turn.add(delivery, length);
    this.dropIfEmpty(connection, chatId, turn);
  }

  private advance(connection: Connection, chatId: number, turn: Turn): void {
    turn.advance();
    this.dropIfEmpty(connection, chatId, turn);
  }

  private dropIfEmpty(connection: Connection, chatId: number, turn: Turn): void {
    const chats = this.turns.get(connection);
    if (!turn.isEmpty || chats?.get(chatId) !== turn) return;
    chats.delete(chatId);
    if (chats.size === 0) this.turns.delete(connection);
  }
}

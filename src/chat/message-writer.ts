import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Batcher } from '../database/batcher.js';
import { Sql } from '../database/sql.js';
import { CoreError, invalidInput } from '../errors/catalogue.js';
import type { LiveSession } from '../identity/identity.js';
import { Metrics } from '../ops/metrics.js';
import type { Author } from './author.js';
import { ChatStreams } from './chat-streams.js';
import type { Message } from './message.js';
import { ReadPositions } from './read-positions.js';

/** Something to be said. It has passed the rules of the commands' payloads. */
export interface Outgoing {
  readonly chatId: number;
  readonly sender: LiveSession;
  readonly content: string;
  readonly contentType: string;
  readonly clientMsgId: string | null;
  /** What the chat must be; null where it does not matter. */
  readonly chatType: 'personal' | 'group' | null;
  /** The request that is answered; every other connection receives the message. */
  readonly author: Author;
}

/** What a client is answered, after the commit. */
export interface Sent {
  readonly chat_id: number;
  readonly seq: number;
  readonly id: number;
  readonly created_at: string;
  /** It had been stored before, under the same `client_msg_id`. */
  readonly duplicate: boolean;
}

type Refusal = 'conflict' | 'not_found' | 'wrong_type' | 'blocked';

interface Appended {
  readonly outcome: 'stored' | 'duplicate' | Refusal;
  readonly seq: number;
  readonly created_at: Date;
  /** The sender has read unread messages of others by it. */
  readonly has_read: boolean;
}

/** A batch that is stored and not delivered yet. */
interface Written {
  readonly end: () => void;
  readonly rows: readonly Appended[];
}

/** See `send_messages` in database/migrations/deletion. */
const SEND = 'SELECT * FROM send_messages($1, $2, $3, $4, $5, $6)';

const MAX_BATCH = 1_000;
const MAX_BATCH_BYTES = 4 * 1024 * 1024;
const MAX_QUEUED = 20_000;
const MAX_QUEUED_BYTES = 32 * 1024 * 1024;
/** What an entry keeps in memory beside its text. */
const ENTRY_BYTES = 256;

/**
 * Stores what is said. Whatever is sent while the last batch is being written, in whichever chats, is the next batch: one statement
 * and one commit for all of it, and an answer for each after it. Nobody waits for a timer: a lone message is written at once.
 */
@Injectable()
export class MessageWriter implements OnModuleInit {
  private readonly batcher: Batcher<Outgoing, Sent>;
  /** One for each batch that is written and not delivered yet, the first one first. */
  private readonly written: Written[] = [];
  private stored = 0;

  constructor(
    private readonly sql: Sql,
    private readonly streams: ChatStreams,
    private readonly metrics: Metrics,
    private readonly reads: ReadPositions,
  ) {
    this.batcher = new Batcher({
      run: (batch) => this.write(batch),
      done: (batch, results) => this.deliver(batch, results),
      weight: ({ content }) => content.length * 2 + ENTRY_BYTES,
      maxBatch: MAX_BATCH,
      maxBatchBytes: MAX_BATCH_BYTES,
      maxQueued: MAX_QUEUED,
      maxQueuedBytes: MAX_QUEUED_BYTES,
    });
  }

  onModuleInit(): void {
    this.metrics.watchTotal('messages_stored', 'Messages stored by this node', [], () => [[[], this.stored]]);
    this.metrics.watch('messages_queued', 'Messages that wait to be written', () => this.batcher.queued);
  }

  /**
   * Stores a message and delivers it to the members of its chat.
   * @throws CoreError `not_found` if the sender is not a member; `conflict` where the `client_msg_id` stands for another content, or
   * the sender has blocked the other one of a personal chat;
   * `invalid_input` for another type of chat; `unavailable` where too much waits, or where it is not known whether it was stored
   */
  async send(message: Outgoing): Promise<Sent> {
    const sent = await this.batcher.add(message);
    const placed = message.author.connection ? this.streams.placed(sent.chat_id, sent.seq) : undefined;
    if (placed) await placed;
    return sent;
  }

  private async write(batch: readonly Outgoing[]): Promise<readonly (Sent | Error)[]> {
    const rows = await this.append(batch);
    return batch.map(({ chatId, chatType }, i) => {
      const row = rows[i];
      if (!row) return new Error('send_messages gave too few rows');
      if (row.outcome !== 'stored' && row.outcome !== 'duplicate') return refusalOf(row.outcome, chatType);
      const { seq, created_at: createdAt } = row;
      return { chat_id: chatId, seq, id: seq, created_at: createdAt.toISOString(), duplicate: row.outcome === 'duplicate' };
    });
  }

  private async append(batch: readonly Outgoing[]): Promise<Appended[]> {
    const columns = [
      batch.map(({ chatId }) => chatId),
      batch.map(({ sender }) => sender.userId),
      batch.map(({ content }) => content),
      batch.map(({ contentType }) => contentType),
      batch.map(({ clientMsgId }) => clientMsgId),
      batch.map(({ chatType }) => chatType),
    ];
    const end = this.streams.begin();
    try {
      const rows = await this.sql.rows<Appended>(SEND, columns, 'send-messages');
      this.written.push({ end, rows });
      return rows;
    } catch (thrown) {
      end();
      this.streams.doubtAfter(thrown, ...batch.map(({ chatId }) => chatId));
      throw thrown;
    }
  }

  /** Who sends has read what others wrote before: the members learn it, as after `chat.read`. */
  private passed(batch: readonly Outgoing[], rows: readonly Appended[]): void {
    batch.forEach(({ chatId, sender, author }, i) => {
      const row = rows[i];
      if (row?.has_read) this.reads.publish({ chatId, userId: sender.userId, seq: row.seq }, author.connection);
    });
  }

  private deliver(batch: readonly Outgoing[], results: readonly (Sent | Error)[]): void {
    const entries: Message[] = [];
    batch.forEach((outgoing, i) => {
      const result = results[i];
      if (!result || result instanceof Error || result.duplicate) return;
      const entry = entryOf(outgoing, result);
      entries.push(entry);
      this.streams.take(entry, outgoing.author);
    });
    const written = this.written.shift();
    written?.end();
    this.stored += entries.length;
    this.streams.tell(entries);
    if (written) this.passed(batch, written.rows);
  }
}

function entryOf({ sender, content, contentType, clientMsgId }: Outgoing, { chat_id, seq, id, created_at }: Sent): Message {
  return {
    id,
    chat_id,
    seq,
    kind: 'message',
    from_id: sender.userId,
    from_name: sender.username,
    content,
    content_type: contentType,
    created_at,
    client_msg_id: clientMsgId,
  };
}

function refusalOf(outcome: Refusal, chatType: string | null): CoreError {
  switch (outcome) {
    case 'conflict':
      return new CoreError('conflict', { detail: 'Another message was sent with this client_msg_id' });
    case 'wrong_type':
      return invalidInput({
        loc: ['payload', 'chat_id'],
        msg: `the chat is not a ${chatType} one`,
        type: 'value_error.chat_type',
      });
    case 'blocked':
      return new CoreError('conflict', { detail: 'You have blocked this user' });
    case 'not_found':
      return new CoreError('not_found');
  }
}

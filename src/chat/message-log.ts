import { Injectable } from '@nestjs/common';
import { Batcher } from '../database/batcher.js';
import { Sql } from '../database/sql.js';
import { CoreError } from '../errors/catalogue.js';
import { fitting } from '../validation/answer-size.js';
import { Consents } from './contacts/consents.js';
import { type Message, type MessageRow, messageOf, type Withheld, withheld } from './message.js';
import {
  HISTORY_AFTER,
  HISTORY_AFTER_UNBLOCKED,
  HISTORY_BEFORE,
  HISTORY_BEFORE_UNBLOCKED,
  LOGS_AFTER,
  SYNC,
} from './message-log.sql.js';

/** A page of a chat's log, oldest first. */
interface PageOf<Entry> {
  readonly messages: readonly Entry[];
  /** Where the log ended when the page was read. */
  readonly last_seq: number;
  /** Whether the log goes on in the direction that was asked for. */
  readonly has_more: boolean;
}

/** A page of what was said. */
export type Page = PageOf<Message>;
/** A page of the log as it was written, without the words of those whom the reader has blocked. */
export type LogPage = PageOf<Message | Withheld>;

export interface HistoryRequest {
  readonly beforeSeq?: number | undefined;
  readonly afterSeq?: number | undefined;
  readonly limit: number;
}

type PageRow = { readonly last_seq: number; readonly found: number } & { readonly [K in keyof MessageRow]: MessageRow[K] | null };

interface Shown {
  readonly is_withheld: boolean | null;
}

/** Beyond every `seq`, and within what a number holds exactly. */
const END = Number.MAX_SAFE_INTEGER;

interface Wanted {
  readonly chatId: number;
  readonly afterSeq: number;
}

/** Entries of one chat that are read at once to catch up with it. */
const CATCH_UP = 200;

/** Statements of history with their names. */
const HISTORY = { before: [HISTORY_BEFORE, 'history-before'], after: [HISTORY_AFTER, 'history-after'] } as const;
const HISTORY_UNBLOCKED = {
  before: [HISTORY_BEFORE_UNBLOCKED, 'history-before-unblocked'],
  after: [HISTORY_AFTER_UNBLOCKED, 'history-after-unblocked'],
} as const;

/** Reads the logs of chats. */
@Injectable()
export class MessageLog {
  private readonly reader = new Batcher<Wanted, readonly Message[]>({
    run: (wanted) => this.readAfter(wanted),
    maxBatch: 64,
    maxQueued: 100_000,
    inFlight: 2,
  });

  constructor(
    private readonly sql: Sql,
    private readonly consents: Consents,
  ) {}

  /**
   * What was said in a chat, edits applied and deleted messages left out: the newest, those before or those after a `seq`.
   * @throws CoreError `not_found` if the caller is not a member
   */
  async history(chatId: number, userId: number, { beforeSeq = END, afterSeq, limit }: HistoryRequest): Promise<Page> {
    const { blocked } = await this.consents.of(userId);
    const [text, name] = (blocked.size === 0 ? HISTORY : HISTORY_UNBLOCKED)[afterSeq === undefined ? 'before' : 'after'];
    const values = [chatId, userId, limit + 1, ...(afterSeq === undefined ? [beforeSeq] : [afterSeq, beforeSeq])];
    const rows = await this.sql.rows<PageRow>(text, values, name);
    return pageOf(rows, limit, afterSeq === undefined ? 'last' : 'first', messageOf);
  }

  /**
   * The log after a `seq`, as it was written, without the words of those whom the reader has blocked.
   * @throws CoreError `not_found` if the caller is not a member
   */
  async sync(chatId: number, userId: number, afterSeq: number, limit: number): Promise<LogPage> {
    const rows = await this.sql.rows<PageRow & Shown>(SYNC, [chatId, userId, limit + 1, afterSeq], 'sync');
    return pageOf(rows, limit, 'first', (row) => (row.is_withheld ? withheld(messageOf(row)) : messageOf(row)));
  }

  /**
   * The log after a `seq` for the server itself: the next entries, fewer where they are long. What is asked for in one turn, of any
   * chats, goes out as one query.
   */
  after(chatId: number, afterSeq: number): Promise<readonly Message[]> {
    return this.reader.add({ chatId, afterSeq });
  }

  private async readAfter(wanted: readonly Wanted[]): Promise<readonly (readonly Message[])[]> {
    const values = [wanted.map(({ chatId }) => chatId), wanted.map(({ afterSeq }) => afterSeq), CATCH_UP];
    const rows = await this.sql.rows<MessageRow>(LOGS_AFTER, values, 'logs-after');
    // Two readers of one chat may stand at different places: each gets what follows its own.
    return wanted.map(({ chatId, afterSeq }) => {
      const own = new Map(rows.filter((row) => row.chat_id === chatId && row.seq > afterSeq).map((row) => [row.seq, row]));
      const messages: Message[] = [];
      for (let row = own.get(afterSeq + 1); row; row = own.get(row.seq + 1)) messages.push(messageOf(row));
      return messages;
    });
  }
}

/** @param keep which end of the rows belongs to the page where there is one row more than it takes */
function pageOf<Row extends PageRow, Entry>(
  rows: readonly Row[],
  limit: number,
  keep: 'first' | 'last',
  entryOf: (row: Row & MessageRow) => Entry,
): PageOf<Entry> {
  const [first] = rows;
  if (!first) throw new CoreError('not_found');
  const found = rows.filter((row): row is Row & MessageRow => row.seq !== null);
  const page = keep === 'first' ? found.slice(0, limit) : found.slice(-limit);
  const messages = fitting(
    page.map((row) => entryOf(row)),
    keep,
  );
  return { messages, last_seq: first.last_seq, has_more: messages.length < (first.found ?? 0) };
}

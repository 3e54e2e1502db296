import { Backoff } from './backoff.js';
import { CommandError, localError } from './errors.js';
import { sleep } from './timing.js';
import type { CommandAnswer, CommandName, CommandPayload, LogEntry, SentEntry } from './types.js';

/** What a follower needs of the connection. */
export interface FollowerHooks {
  /** Asks now; only while there is a connection. */
  ask<N extends CommandName>(name: N, payload: CommandPayload<N>): Promise<CommandAnswer<N>>;
  emit(entry: LogEntry, live: boolean): void;
}

interface Delivery {
  readonly entry: SentEntry;
  readonly live: boolean;
}

/** Where one log stands. */
interface Log {
  /** The last entry before which nothing is missing. */
  cursor: number;
  /** The last entry that there is known to be. */
  known: number;
  /** Whether there may be more than is known. */
  inDoubt: boolean;
  /** Being resumed, or filled. */
  isBusy: boolean;
  isResuming: boolean;
  /** Own changes under way: their answers may be what is missing. */
  own: number;
  /** Entries that came before one that is missing. */
  readonly ahead: Map<number, Delivery>;
}

interface Place {
  readonly chatId: number;
  readonly log: Log;
}

type Resumed = CommandAnswer<'system.resume'>['chats'][number];

const MAX_LOGS = 10_000;
const MAX_AHEAD = 256;
/** Cursors in one request. */
const BATCH = 128;
/** Logs that are filled at once. */
const MAX_FILLING = 8;
const PAGE = 500;
/** How long resuming works after a connection has opened: a minute, less what a request takes. */
const RESUMABLE_MS = 50_000;
/** How long the answer to an own change may come after what was told later. */
const OWN_MS = 250;
/** Entries of chats that are not followed that are known to have been told. */
const MAX_TOLD = 256;
/** What waiting does not mend. */
const HOPELESS = new Set(['not_found', 'forbidden', 'invalid_payload', 'unknown_command']);

/**
 * The logs of chats, each entry once and in order: docs/protocol/chats.md, "Missing nothing". What comes early is kept for a while,
 * what is missing is fetched, and after a new connection each log goes on where it was.
 */
export class Follower {
  private readonly logs = new Map<number, Log>();
  /** Chats that were followed since the last batch went out. */
  private joining = new Set<number>();
  /** Chats to be filled, while as many as may be are being filled. */
  private readonly gaps = new Set<number>();
  private filling = 0;
  /** The connection that there is now. */
  private connection: { readonly openedAt: number } | null = null;
  private batches: Place[][] = [];
  private isResuming = false;
  /** An own change is told by its answer, and by the server, too, if that came over a later connection. */
  private readonly told = new Set<string>();

  constructor(private readonly hooks: FollowerHooks) {}

  /** @throws CommandError `queue_full` beyond 10,000 chats */
  follow(chatId: number, afterSeq: number): void {
    if (this.logs.size >= MAX_LOGS && !this.logs.has(chatId)) throw localError('queue_full');
    const log = { cursor: afterSeq, known: afterSeq, inDoubt: false, isBusy: false, isResuming: false, own: 0, ahead: new Map() };
    this.logs.set(chatId, log);
    if (!this.connection) return;
    if (this.joining.size === 0) queueMicrotask(() => this.join());
    this.joining.add(chatId);
  }

  unfollow(chatId: number): void {
    this.logs.delete(chatId);
  }

  /** A connection has opened: asks for all that was missed. */
  opened(): void {
    this.connection = { openedAt: Date.now() };
    this.joining.clear();
    this.resume([...this.logs.keys()]);
  }

  lost(): void {
    this.connection = null;
    this.gaps.clear();
    this.batches = [];
    this.isResuming = false;
    for (const log of this.logs.values()) {
      log.ahead.clear();
      log.isResuming = false;
    }
  }

  /** An entry was told. */
  hear(entry: SentEntry): void {
    const log = this.logs.get(entry.chat_id);
    if (!log) return this.tell(entry);
    this.take(log, entry, !log.isResuming);
    this.mend(entry.chat_id, log);
  }

  /** An own change is on its way. @returns what to call when it is answered, or is not going to be */
  changing(chatId: number): () => void {
    const log = this.logs.get(chatId);
    if (!log) return () => undefined;
    log.own += 1;
    return () => {
      log.own -= 1;
      this.mend(chatId, log);
    };
  }

  /** There is an entry of which only the number is known: an own change. */
  note(chatId: number, seq: number): void {
    const log = this.logs.get(chatId);
    if (log) {
      log.known = Math.max(log.known, seq);
      return this.mend(chatId, log);
    }
    const found = this.hooks.ask('chat.sync', { chat_id: chatId, after_seq: seq - 1, limit: 1 });
    found.then(({ messages: [entry] }) => entry && this.tell(entry)).catch(() => undefined);
  }

  /** Tells an entry of a chat that is not followed, unless it just was. */
  private tell(entry: SentEntry): void {
    if (!isShown(entry)) return;
    // With its time: after a backup was restored, another entry may have the number.
    const key = [entry.chat_id, entry.seq, entry.created_at].join(' ');
    if (this.told.has(key)) return;
    this.told.add(key);
    const [oldest = ''] = this.told;
    if (this.told.size > MAX_TOLD) this.told.delete(oldest);
    this.hooks.emit(entry, true);
  }

  private join(): void {
    const chats = [...this.joining].filter((chatId) => this.logs.has(chatId));
    this.joining.clear();
    if (!this.connection) return;
    if (Date.now() - this.connection.openedAt < RESUMABLE_MS) return this.resume(chats);
    for (const chatId of chats) this.doubt(chatId, this.logs.get(chatId));
  }

  private resume(chats: readonly number[]): void {
    const logs = chats.flatMap((chatId): Place[] => {
      const log = this.logs.get(chatId);
      return log ? [{ chatId, log }] : [];
    });
    for (const { log } of logs) log.isResuming = true;
    for (let from = 0; from < logs.length; from += BATCH) this.batches.push(logs.slice(from, from + BATCH));
    if (!this.isResuming) void this.resumeAll();
  }

  /** Asks for batch after batch, the first at once: the server resumes a connection by one request at a time. */
  private async resumeAll(): Promise<void> {
    const { connection } = this;
    this.isResuming = true;
    for (let batch = this.batches.shift(); batch; batch = this.batches.shift()) {
      const resumed = await this.resumeBatch(batch);
      if (connection !== this.connection) return;
      for (const { chatId, log } of batch) this.settle(chatId, log, resumed.get(chatId));
    }
    this.isResuming = false;
  }

  private async resumeBatch(batch: readonly Place[]): Promise<Map<number, Resumed>> {
    const cursors = batch.map(({ chatId, log }) => ({ chat_id: chatId, after_seq: log.cursor }));
    try {
      const { chats } = await this.hooks.ask('system.resume', { cursors });
      return new Map(chats.map((result) => [result.chat_id, result]));
    } catch {
      // What was not resumed is fetched; or, where the connection was lost, resumed by the next one.
      return new Map();
    }
  }

  private settle(chatId: number, log: Log, result: Resumed | undefined): void {
    if (this.logs.get(chatId) !== log) return;
    log.isResuming = false;
    if (!result) return this.doubt(chatId, log);
    if (result.last_seq === null) return this.unfollow(chatId);
    // Nobody was told of what was never written: this node has not heard of it yet, or there is less now than there was.
    if (result.last_seq < log.cursor) return this.doubt(chatId, log);
    log.known = Math.max(log.known, result.last_seq);
    this.mend(chatId, log);
  }

  private doubt(chatId: number, log: Log | undefined): void {
    if (!log) return;
    log.inDoubt = true;
    this.mend(chatId, log);
  }

  /** Takes an entry if it is the next one, with those that waited for it; keeps it if it is a later one. */
  private take(log: Log, entry: SentEntry, live: boolean): void {
    log.known = Math.max(log.known, entry.seq);
    if (entry.seq > log.cursor + 1 && log.ahead.size < MAX_AHEAD) log.ahead.set(entry.seq, { entry, live });
    if (entry.seq !== log.cursor + 1) return;
    for (let next: Delivery | undefined = { entry, live }; next; next = log.ahead.get(log.cursor + 1)) {
      log.cursor = next.entry.seq;
      log.ahead.delete(log.cursor);
      if (isShown(next.entry)) this.hooks.emit(next.entry, next.live);
    }
  }

  /** Sees to what is missing of a log. */
  private mend(chatId: number, log: Log): void {
    if (!isMissing(log) || log.isBusy || log.isResuming || !this.connection) return;
    if (this.filling >= MAX_FILLING) return void this.gaps.add(chatId);
    log.isBusy = true;
    this.filling += 1;
    void this.fill(chatId, log).finally(() => {
      log.isBusy = false;
      this.filling -= 1;
      const [next] = this.gaps;
      const waiting = next === undefined ? undefined : this.logs.get(next);
      if (next !== undefined) this.gaps.delete(next);
      if (next !== undefined && waiting) this.mend(next, waiting);
      if (this.logs.get(chatId) === log) this.mend(chatId, log);
    });
  }

  private async fill(chatId: number, log: Log): Promise<void> {
    const { connection } = this;
    const backoff = new Backoff();
    if (log.own > 0 && !log.inDoubt) await sleep(OWN_MS);
    while (isMissing(log) && connection === this.connection && this.logs.get(chatId) === log) {
      const waitMs = await this.fetch(chatId, log, backoff).catch((error: unknown) => this.afterFailure(chatId, error, backoff));
      if (waitMs > 0) await sleep(waitMs);
    }
  }

  /** Takes the next page. @returns milliseconds to wait where that did not help */
  private async fetch(chatId: number, log: Log, backoff: Backoff): Promise<number> {
    const from = log.cursor;
    const page = await this.hooks.ask('chat.sync', { chat_id: chatId, after_seq: from, limit: PAGE });
    // A backup was restored. What is written from here on has numbers that were there before.
    if (page.last_seq < from && log.cursor === from) log.cursor = log.known = page.last_seq;
    for (const entry of page.messages) this.take(log, entry, false);
    log.known = Math.max(log.known, page.last_seq);
    if (!page.has_more) log.inDoubt = false;
    return log.cursor === from && isMissing(log) ? backoff.next() : 0;
  }

  /** @returns milliseconds to wait before trying again, where that may help */
  private afterFailure(chatId: number, error: unknown, backoff: Backoff): number {
    const { code, retryAfter = 0 } = error instanceof CommandError ? error : localError('timeout');
    if (HOPELESS.has(code)) this.unfollow(chatId);
    return HOPELESS.has(code) || code === 'disconnected' ? 0 : retryAfter * 1000 + backoff.next();
  }
}

/** A withheld entry only moves the cursor. */
const isShown = (entry: SentEntry): entry is LogEntry => entry.kind !== 'withheld';

const isMissing = (log: Log): boolean => log.inDoubt || log.cursor < log.known;

import { Injectable } from '@nestjs/common';
import { Batcher } from '../database/batcher.js';
import { Sql } from '../database/sql.js';
import { CoreError } from '../errors/catalogue.js';
import type { Connection } from '../realtime/connection.js';
import { ChatSignals } from './chat-signals.js';
import { MARK_READ } from './chats.sql.js';

interface Read {
  readonly chatId: number;
  readonly userId: number;
  readonly seq: number;
}

interface Marked {
  readonly chat_id: number;
  readonly user_id: number;
  readonly read_seq: number;
  readonly moved: boolean;
}

/** How far members have read. Whoever reads a lively chat says so with every message: what is said at once is written at once. */
@Injectable()
export class ReadPositions {
  private readonly batcher: Batcher<Read, Marked>;

  constructor(
    private readonly sql: Sql,
    private readonly signals: ChatSignals,
  ) {
    this.batcher = new Batcher({ run: (reads) => this.write(reads), maxBatch: 500, maxQueued: 20_000 });
  }

  /**
   * Keeps the highest position, and none beyond the end of the log.
   * @returns the position that is kept now
   * @throws CoreError `not_found` if the user is not a member; `unavailable`
   */
  async mark(chatId: number, userId: number, seq: number): Promise<number> {
    const { read_seq: readSeq, moved } = await this.batcher.add({ chatId, userId, seq });
    if (moved) this.publish({ chatId, userId, seq: readSeq });
    return readSeq;
  }

  /**
   * Publishes a position that is stored.
   * @param except a connection that knows it already
   */
  publish({ chatId, userId, seq }: Read, except: Connection | null = null): void {
    const data = { chat_id: chatId, user_id: userId, seq };
    // It is stored: that nobody learns of it is no reason to fail.
    this.signals.publish({ chatId, userId, event: 'read', data, except: except?.id ?? null }).catch(() => undefined);
  }

  private async write(reads: readonly Read[]): Promise<readonly (Marked | Error)[]> {
    const columns = [reads.map(({ chatId }) => chatId), reads.map(({ userId }) => userId), reads.map(({ seq }) => seq)];
    const rows = await this.sql.rows<Marked>(MARK_READ, columns, 'mark-read');
    const byMember = new Map(rows.map((row) => [`${row.chat_id}:${row.user_id}`, row]));
    return reads.map(({ chatId, userId }) => byMember.get(`${chatId}:${userId}`) ?? new CoreError('not_found'));
  }
}

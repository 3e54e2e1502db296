import { Injectable, Logger, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { Batcher } from '../../database/batcher.js';
import { Notifications } from '../../database/notifications.js';
import { Sql } from '../../database/sql.js';
import { reasonOf } from '../../errors/thrown.js';
import { Hub } from '../../realtime/hub.js';
import { type ChatRequest, type RequestRow, requestOf } from './chat-request.js';
import { REQUESTS_FOR } from './contacts.sql.js';

interface Changed {
  readonly userId: number;
  readonly chatId: number;
}

/**
 * Tells users who are connected here of requests that came for them, or wait no longer. The database notifies each node of every change,
 * whoever made it; what waits is read when it does, so that the last event says how it stands.
 */
@Injectable()
export class RequestNotices implements OnModuleInit, OnModuleDestroy {
  private readonly logger = new Logger('RequestNotices');
  private readonly reader: Batcher<Changed, ChatRequest | null>;
  /** Changes that are being read; another one of the same joins it. */
  private readonly queued = new Set<string>();
  private unsubscribe: () => void = () => undefined;

  constructor(
    private readonly sql: Sql,
    private readonly hub: Hub,
    private readonly notifications: Notifications,
  ) {
    this.reader = new Batcher({ run: (changed) => this.read(changed), maxBatch: 500, maxQueued: 10_000 });
  }

  onModuleInit(): void {
    this.unsubscribe = this.notifications.on('request', (subject) => {
      const [userId, chatId] = subject.split(':').map(Number);
      if (userId !== undefined && chatId !== undefined && this.hub.isOnline(userId)) void this.notify({ userId, chatId });
    });
  }

  onModuleDestroy(): void {
    this.unsubscribe();
  }

  private async notify(changed: Changed): Promise<void> {
    const { userId, chatId } = changed;
    const key = `${userId}:${chatId}`;
    if (this.queued.has(key)) return;
    this.queued.add(key);
    try {
      const request = await this.reader.add(changed);
      const event = request
        ? { domain: 'chat', event: 'requested', data: request }
        : { domain: 'chat', event: 'request_closed', data: { chat_id: chatId } };
      this.hub.toUsers([userId], event);
    } catch (thrown) {
      // They are listed by `chat.requests` all the same.
      this.logger.debug(`A request could not be read (${reasonOf(thrown)})`);
    }
  }

  private async read(changed: readonly Changed[]): Promise<readonly (ChatRequest | null)[]> {
    for (const { userId, chatId } of changed) this.queued.delete(`${userId}:${chatId}`);
    const columns = [changed.map(({ userId }) => userId), changed.map(({ chatId }) => chatId)];
    const rows = await this.sql.rows<RequestRow & { asked_id: number }>(REQUESTS_FOR, columns, 'requests-for');
    const found = new Map(rows.map((row) => [`${row.asked_id}:${row.chat_id}`, requestOf(row)]));
    return changed.map(({ userId, chatId }) => found.get(`${userId}:${chatId}`) ?? null);
  }
}

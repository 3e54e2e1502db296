import { Injectable, Logger, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { Notifications } from '../database/notifications.js';
import { Sql } from '../database/sql.js';
import { reasonOf } from '../errors/thrown.js';
import { Hub } from '../realtime/hub.js';
import { USERS_IN_CHATS } from './chats.sql.js';
import { DELETED_USER } from './message.js';
import { OpenChats } from './open-chats.js';

/** Milliseconds between two looks: of what changes in between, however often, members receive the last state. */
const PAUSE_MS = 250;
/** Users in one look. */
const MAX_BATCH = 100;
/** Memberships that are looked at to find those who receive it. */
const MAX_LOOKED = 200_000;

/** What the database says of a user that has changed. */
interface ChangedUser {
  readonly user_id: number;
  /** null after the account was deleted. */
  readonly username: string | null;
  readonly is_active: boolean;
  /** Chats in which others see the user's name. */
  readonly chat_ids: readonly number[];
}

/**
 * Publishes a new name, a deactivation, a suspension and a deletion to those who share a chat with the user. The database notifies every node,
 * whatever made the change; each looks for recipients among the users who are connected to it. Never stored.
 */
@Injectable()
export class MemberUpdates implements OnModuleInit, OnModuleDestroy {
  private readonly logger = new Logger('MemberUpdates');
  private readonly changed = new Set<number>();
  private unsubscribe: () => void = () => undefined;
  private timer: NodeJS.Timeout | undefined;
  private looking: Promise<void> | null = null;

  constructor(
    private readonly notifications: Notifications,
    private readonly sql: Sql,
    private readonly chats: OpenChats,
    private readonly hub: Hub,
  ) {}

  onModuleInit(): void {
    this.unsubscribe = this.notifications.on('user', (subject) => this.add(Number(subject)));
  }

  async onModuleDestroy(): Promise<void> {
    this.unsubscribe();
    this.changed.clear();
    await this.looking;
    clearTimeout(this.timer);
  }

  private add(userId: number): void {
    // No connection of this node belongs to somebody who could see the change.
    if (this.hub.userCount === 0) return;
    this.changed.add(userId);
    if (!this.timer && !this.looking) this.begin();
  }

  private begin(): void {
    this.looking = this.look().finally(() => {
      this.looking = null;
      this.timer = setTimeout(() => {
        this.timer = undefined;
        if (this.changed.size > 0) this.begin();
      }, PAUSE_MS).unref();
    });
  }

  private async look(): Promise<void> {
    const userIds = [...this.changed].slice(0, MAX_BATCH);
    for (const id of userIds) this.changed.delete(id);
    try {
      for (const user of await this.sql.rows<ChangedUser>(USERS_IN_CHATS, [userIds], 'users-in-chats')) this.publish(user);
    } catch (thrown) {
      // Names are read anew with the next list or connection.
      this.logger.warn(`Members could not be notified of changed users (${reasonOf(thrown)})`);
    }
  }

  private publish({ user_id, username, is_active, chat_ids }: ChangedUser): void {
    const data = { user_id, username: username ?? DELETED_USER, is_active, is_deleted: username === null };
    this.hub.toUsers(this.recipientsOf(user_id, chat_ids), { domain: 'chat', event: 'member_updated', data });
  }

  private recipientsOf(userId: number, chatIds: readonly number[]): ReadonlySet<number> {
    const recipients = new Set<number>([userId]);
    let looked = 0;
    for (const chatId of chatIds) {
      for (const id of this.chats.of(chatId)?.locals ?? []) {
        if (++looked > MAX_LOOKED) return recipients;
        recipients.add(id);
      }
    }
    return recipients;
  }
}

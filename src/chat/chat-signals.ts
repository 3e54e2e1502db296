import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { Bus, type JsonValue } from '../bus/bus.js';
import { Sql } from '../database/sql.js';
import { Hub } from '../realtime/hub.js';
import { MEMBERS_AMONG } from './chats.sql.js';
import { Consents } from './contacts/consents.js';
import { OpenChats } from './open-chats.js';

const TOPIC = 'chat.signal';
/** With more members connected here nobody learns who else writes or reads: each of them would learn of all the others. */
const MAX_WATCHED = 200;
/** Of more blocked users only those go over the bus who are in the chat. */
const MAX_NAMED = 50;

/** Something that a member of a chat does, for those who may see it. */
export interface Signal {
  readonly chatId: number;
  /** Who does it. */
  readonly userId: number;
  readonly event: 'typing' | 'read';
  readonly data: object;
}

interface Sent extends Signal {
  /** Whether others may see it at all. */
  readonly isShared: boolean;
  /** Whom the user has blocked. */
  readonly notTo: readonly number[];
}

/** Who writes and who has read how far, for members who may see it. At most once, and never stored. */
@Injectable()
export class ChatSignals implements OnModuleInit, OnModuleDestroy {
  private unsubscribe: () => void = () => undefined;

  constructor(
    private readonly chats: OpenChats,
    private readonly consents: Consents,
    private readonly sql: Sql,
    private readonly hub: Hub,
    private readonly bus: Bus,
  ) {}

  onModuleInit(): void {
    // Only nodes publish on this topic, and only with `publish` below.
    this.unsubscribe = this.bus.subscribe(TOPIC, (message) => this.deliver(message as unknown as Sent));
  }

  onModuleDestroy(): void {
    this.unsubscribe();
  }

  /** @throws CoreError `unavailable` where it cannot be known who may see it */
  async publish(signal: Signal): Promise<void> {
    const { sharesPresence: isShared, blocked } = await this.consents.of(signal.userId);
    const notTo = isShared ? await this.among(signal.chatId, [...blocked]) : [];
    const sent: Sent = { ...signal, isShared, notTo };
    this.bus.publish(TOPIC, sent as unknown as JsonValue);
  }

  private async among(chatId: number, userIds: readonly number[]): Promise<readonly number[]> {
    if (userIds.length <= MAX_NAMED) return userIds;
    const rows = await this.sql.rows<{ user_id: number }>(MEMBERS_AMONG, [chatId, userIds], 'members-among');
    return rows.map(({ user_id: id }) => id);
  }

  private deliver({ chatId, userId, event, data, isShared, notTo }: Sent): void {
    const recipients = isShared ? this.watchersOf(chatId, userId, new Set(notTo)) : [];
    // Of what one has read the other devices of one's own have to learn, however many others there are.
    if (event === 'read') recipients.push(userId);
    this.hub.toUsers(recipients, { domain: 'chat', event, data, ephemeral: true });
  }

  private watchersOf(chatId: number, userId: number, notTo: ReadonlySet<number>): number[] {
    const stream = this.chats.of(chatId);
    if (!stream || stream.oneSided || stream.locals.size > MAX_WATCHED) return [];
    const blockers = this.consents.blockersOf(userId);
    return [...stream.locals].filter((id) => id !== userId && !notTo.has(id) && !blockers?.has(id));
  }
}

import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { Bus, type JsonValue } from '../bus/bus.js';
import { Sql } from '../database/sql.js';
import { Hub } from '../realtime/hub.js';
import { MEMBERS_AMONG } from './chats.sql.js';
import { Consents } from './contacts/consents.js';
import { OpenChats } from './open-chats.js';
import { TypingPace } from './typing-pace.js';

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
  /** The id of a connection of the user that knows it already. */
  readonly except?: string | null;
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
    private readonly typing: TypingPace,
  ) {}

  onModuleInit(): void {
    // Only nodes publish on this topic, and only with `publish` below.
    this.unsubscribe = this.bus.subscribe(TOPIC, (message) => this.deliver(message as unknown as Sent));
  }

  onModuleDestroy(): void {
    this.unsubscribe();
  }

  /** @throws CoreError `unavailable` if it is unknown who may see that the user writes */
  async publish(signal: Signal): Promise<void> {
    const { chatId, userId, event } = signal;
    const audience = await this.audienceOf(signal);
    if (event === 'typing' && !this.typing.isDue(chatId, userId)) return;
    const sent: Sent = { ...signal, ...audience };
    this.bus.publish(TOPIC, sent as unknown as JsonValue);
  }

  private async audienceOf({ chatId, userId, event }: Signal): Promise<Pick<Sent, 'isShared' | 'notTo'>> {
    try {
      const { sharesPresence: isShared, blocked } = await this.consents.of(userId);
      return { isShared, notTo: isShared ? await this.among(chatId, [...blocked]) : [] };
    } catch (thrown) {
      // The user's own devices depend on nobody's consent.
      if (event === 'read') return { isShared: false, notTo: [] };
      throw thrown;
    }
  }

  private async among(chatId: number, userIds: readonly number[]): Promise<readonly number[]> {
    if (userIds.length <= MAX_NAMED) return userIds;
    const rows = await this.sql.rows<{ user_id: number }>(MEMBERS_AMONG, [chatId, userIds], 'members-among');
    return rows.map(({ user_id: id }) => id);
  }

  private deliver({ chatId, userId, event, data, except, isShared, notTo }: Sent): void {
    if (event === 'typing' && !this.typing.announce(chatId, userId)) return;
    const others = isShared ? this.watchersOf(chatId, userId, new Set(notTo)) : [];
    this.hub.toUsers(others, { domain: 'chat', event, data, ephemeral: true });
    if (event !== 'read') return;
    // Neither the size of the room nor a slow reader keeps this from the reader's own devices: their unread counts depend on it.
    const own = [...this.hub.of(userId)].filter(({ id }) => id !== except);
    this.hub.toConnections(own, { domain: 'chat', event, data });
  }

  private watchersOf(chatId: number, userId: number, notTo: ReadonlySet<number>): number[] {
    const stream = this.chats.of(chatId);
    if (!stream || stream.oneSided || stream.locals.size > MAX_WATCHED) return [];
    const blockers = this.consents.blockersOf(userId);
    return [...stream.locals].filter((id) => id !== userId && !notTo.has(id) && !blockers?.has(id));
  }
}

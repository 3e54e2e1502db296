import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { Bus, type JsonValue } from '../bus/bus.js';
import { Hub } from '../realtime/hub.js';
import { Consents } from './contacts/consents.js';
import { OpenChats } from './open-chats.js';

const TOPIC = 'chat.presence';
const REPLY_TOPIC = 'chat.presence.reply';
/** Memberships that are looked at to find out who learns of it: presence is not worth more of a node's time. */
const MAX_LOOKED = 10_000;

/** That a user is online, or not, for those who may know it. */
export interface PresenceNotice {
  readonly user_id: number;
  readonly online: boolean;
  /** Their members learn of it, except in one-sided chats. */
  readonly chats: readonly number[];
  /** Users who do not learn of it: whom the user has blocked. */
  readonly except?: readonly number[];
  /** Only these learn of it, where they are in one of the chats. */
  readonly only?: readonly number[];
  /** Who is in one of these chats as well learns nothing, since nothing has ended between the two. */
  readonly unless?: readonly number[];
  /** Something that the two shared has ended, so that the chat may be one-sided by now. */
  readonly ends?: boolean;
  /** The user hides it: nobody learns of it. */
  readonly isHidden?: boolean;
  /** The user learns the same of everybody who may learn of the user. */
  readonly isMutual?: boolean;
}

interface Reply {
  readonly to: number;
  readonly users: readonly number[];
  readonly online: boolean;
}

/** Delivers who is online, on all nodes, to those who may know it. At most once, and never stored. */
@Injectable()
export class PresenceBroadcast implements OnModuleInit, OnModuleDestroy {
  private readonly subscriptions: (() => void)[] = [];

  constructor(
    private readonly hub: Hub,
    private readonly chats: OpenChats,
    private readonly consents: Consents,
    private readonly bus: Bus,
  ) {}

  onModuleInit(): void {
    // Only nodes publish on these topics, and only with the methods below.
    this.subscriptions.push(
      this.bus.subscribe(TOPIC, (message) => this.deliver(message as unknown as PresenceNotice)),
      this.bus.subscribe(REPLY_TOPIC, (message) => this.deliverReply(message as unknown as Reply)),
    );
  }

  onModuleDestroy(): void {
    for (const unsubscribe of this.subscriptions) unsubscribe();
  }

  send(notice: PresenceNotice): void {
    this.bus.publish(TOPIC, notice as unknown as JsonValue);
  }

  /** Delivers to users of this node who are known to be allowed to see it. */
  tell(recipients: Iterable<number>, userId: number, online: boolean): void {
    const data = { user_id: userId, online };
    this.hub.toUsers(recipients, { domain: 'chat', event: 'presence', data, ephemeral: true });
  }

  private deliver(notice: PresenceNotice): void {
    const { user_id: userId, online } = notice;
    const users = this.audienceOf(notice);
    if (!notice.isHidden) this.tell(users, userId, online);
    if (!notice.isMutual) return;
    const seen = [...users].filter((id) => this.consents.kept(id)?.sharesPresence && (!online || this.hub.isOnline(id)));
    const reply: Reply = { to: userId, users: seen, online };
    if (seen.length > 0) this.bus.publish(REPLY_TOPIC, reply as unknown as JsonValue);
  }

  private deliverReply({ to, users, online }: Reply): void {
    const consent = this.consents.kept(to);
    if (!consent) return;
    for (const userId of users) if (!consent.blocked.has(userId)) this.tell([to], userId, online);
  }

  private audienceOf(notice: PresenceNotice): Set<number> {
    const { user_id: self } = notice;
    const [except, unless] = [new Set(notice.except), new Set(notice.unless)];
    const blockers = this.consents.blockersOf(self);
    const users = new Set<number>();
    for (const userId of notice.only ? this.among(notice.only, new Set(notice.chats)) : this.membersOf(notice)) {
      if (userId === self || except.has(userId) || blockers?.has(userId) || users.has(userId)) continue;
      if (unless.size === 0 || !this.shares(userId, unless)) users.add(userId);
    }
    return users;
  }

  /** Members of the chats who are connected here. */
  private *membersOf({ chats, ends }: PresenceNotice): Generator<number> {
    let looked = 0;
    for (const chatId of chats) {
      const stream = this.chats.of(chatId);
      if (!stream || (stream.oneSided && !ends)) continue;
      for (const userId of stream.locals) {
        if (++looked > MAX_LOOKED) return;
        yield userId;
      }
    }
  }

  /** Those of some users who are connected here and in one of the chats. */
  private *among(userIds: readonly number[], chats: ReadonlySet<number>): Generator<number> {
    for (const userId of userIds) if (this.shares(userId, chats)) yield userId;
  }

  /** Whether a user who is connected here sees the others in one of these chats. */
  private shares(userId: number, chats: ReadonlySet<number>): boolean {
    const own = this.chats.chatsOf(userId);
    const [fewer, more] = own.size < chats.size ? [own, chats] : [chats, own];
    for (const chatId of fewer) if (more.has(chatId) && this.chats.of(chatId)?.oneSided === false) return true;
    return false;
  }
}

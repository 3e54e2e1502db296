import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { Hub } from '../realtime/hub.js';
import { type Consent, Consents } from './contacts/consents.js';
import { OpenChats } from './open-chats.js';
import { Presence } from './presence.js';
import { PresenceBroadcast, type PresenceNotice } from './presence-broadcast.js';
import type { Stream } from './stream.js';

/** Pairs of users who are introduced to each other at once: of a larger group, `chat.get` says who is online. */
const MAX_PAIRS = 10_000;
/** Blocked users of whom one is told at once that they are out of sight. */
const MAX_NAMED = 1_000;

/** Users who are connected here and have come into a chat in this turn. */
interface Newcomers {
  readonly users: Set<number>;
  readonly isNew: boolean;
}

/**
 * Tells users at once who comes into sight for them, and who goes out of it: when they come to share a group or answer each other, when the
 * last of that ends, and when one of them blocks the other or hides. Each node does so for the users who are connected to it.
 */
@Injectable()
export class PresenceChanges implements OnModuleInit, OnModuleDestroy {
  private readonly newcomers = new Map<Stream, Newcomers>();
  private readonly subscriptions: (() => void)[] = [];

  constructor(
    private readonly chats: OpenChats,
    private readonly consents: Consents,
    private readonly presence: Presence,
    private readonly broadcast: PresenceBroadcast,
    private readonly hub: Hub,
  ) {}

  onModuleInit(): void {
    this.chats.onEntered = (stream, userId, isNew) => this.enter(stream, userId, isNew);
    this.chats.onParted = (stream, userId) => this.part(stream, userId);
    this.chats.onSettled = (stream) => this.settle(stream);
    this.subscriptions.push(this.consents.onChange((userId, now, before) => this.consent(userId, now, before)));
  }

  onModuleDestroy(): void {
    for (const unsubscribe of this.subscriptions) unsubscribe();
    this.newcomers.clear();
  }

  private enter(stream: Stream, userId: number, isNew: boolean): void {
    const newcomers = this.newcomers.get(stream);
    if (newcomers) {
      newcomers.users.add(userId);
      return;
    }
    this.newcomers.set(stream, { users: new Set([userId]), isNew });
    // Who comes in together is introduced together.
    setImmediate(() => void this.introduce(stream));
  }

  private async introduce(stream: Stream): Promise<void> {
    await stream.settling;
    const newcomers = this.newcomers.get(stream);
    this.newcomers.delete(stream);
    if (!newcomers || stream.oneSided || this.chats.of(stream.chatId) !== stream) return;
    const users = [...newcomers.users].filter((id) => stream.locals.has(id));
    for (const userId of users) this.presence.admit(userId);
    if (users.length ** 2 <= MAX_PAIRS) for (const userId of users) this.introduceAmong(users, userId);
    const others = stream.locals.size - users.length;
    for (const userId of others * users.length <= MAX_PAIRS ? users : users.slice(0, Math.ceil(MAX_PAIRS / others))) {
      const notice = this.noticeOf(userId, true, [stream.chatId]);
      // Of a new chat everybody is a newcomer, whose own node announces them.
      if (notice) this.broadcast.send({ ...notice, except: [...(notice.except ?? []), ...users], isMutual: !newcomers.isNew });
    }
  }

  /** Tells the other newcomers of this node that one of them is online. */
  private introduceAmong(users: readonly number[], userId: number): void {
    const consent = this.consents.kept(userId);
    if (!consent?.sharesPresence || !this.hub.isOnline(userId)) return;
    const blockers = this.consents.blockersOf(userId);
    const recipients = users.filter((id) => id !== userId && !consent.blocked.has(id) && !blockers?.has(id));
    this.broadcast.tell(recipients, userId, true);
  }

  private part(stream: Stream, userId: number): void {
    this.presence.part(userId, stream.chatId);
    if (stream.oneSided) return;
    const notice = this.noticeOf(userId, false, [stream.chatId]);
    if (notice) this.broadcast.send({ ...notice, ...this.endOf(userId), isMutual: true });
  }

  /**
   * Each node announces its own of the two. The other one's may not know yet that they have answered, or who has left may be gone from this
   * one: the announcement that comes last is answered, so that both learn it.
   */
  private settle(stream: Stream): void {
    const isMutual = stream.locals.size === 1;
    for (const userId of stream.locals) {
      if (!stream.oneSided) this.presence.admit(userId);
      const notice = this.noticeOf(userId, !stream.oneSided, [stream.chatId]);
      if (notice) this.broadcast.send({ ...notice, ...(stream.oneSided ? this.endOf(userId) : {}), isMutual });
    }
  }

  private consent(userId: number, now: Consent, before: Consent): void {
    this.presence.consented(userId, now);
    const blocked = [...now.blocked].filter((id) => !before.blocked.has(id)).slice(0, MAX_NAMED);
    const freed = [...before.blocked].filter((id) => !now.blocked.has(id)).slice(0, MAX_NAMED);
    const chats = this.presence.visibleChatsOf(userId);
    const isOnline = this.presence.isOnlineHere(userId);
    for (const id of blocked) this.broadcast.tell([userId], id, false);
    if (isOnline && blocked.length > 0 && before.sharesPresence) {
      this.broadcast.send({ user_id: userId, online: false, chats, only: blocked });
    }
    if (isOnline && now.sharesPresence !== before.sharesPresence) {
      this.broadcast.send({ user_id: userId, online: now.sharesPresence, chats, except: [...now.blocked] });
    }
    const notice = freed.length > 0 && this.noticeOf(userId, true, chats);
    if (notice) this.broadcast.send({ ...notice, only: freed, isMutual: true });
  }

  /** What others learn of a user who counts as online here; undefined of anybody else, of whom there is nothing to learn. */
  private noticeOf(userId: number, online: boolean, chats: readonly number[]): PresenceNotice | undefined {
    const consent = this.consents.kept(userId);
    if (!consent || !this.presence.isOnlineHere(userId)) return undefined;
    return { user_id: userId, online, chats, except: [...consent.blocked], isHidden: !consent.sharesPresence };
  }

  /** That something has ended between a user and others, except those who share something else. */
  private endOf(userId: number): Pick<PresenceNotice, 'ends' | 'unless'> {
    return { ends: true, unless: this.presence.visibleChatsOf(userId) };
  }
}

import { Logger } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ChatStreams } from '../../src/chat/chat-streams.js';
import { Departures } from '../../src/chat/departures.js';
import type { Message } from '../../src/chat/message.js';
import type { Notifications } from '../../src/database/notifications.js';
import type { Sql } from '../../src/database/sql.js';

const MINUTE_MS = 60_000;

/** Memberships of deleted accounts, as the database holds them. */
class Left {
  readonly chats = new Map<number, number[]>();
  /** How often it was asked who is to be taken out. */
  looks = 0;
  isAway = false;
  /** Called before each membership ends. */
  onDepart: () => void = () => undefined;

  async rows(text: string, values: readonly number[] = []): Promise<object[]> {
    const [userId = 0, chatId = 0] = values;
    if (text.includes('departed_users')) this.looks += 1;
    if (this.isAway) throw new Error('the database is away');
    if (text.includes('departed_users')) return [...this.chats.keys()].slice(0, 1).map((user_id) => ({ user_id }));
    const own = this.chats.get(userId) ?? [];
    if (!text.includes('depart_from_chat')) return own.slice(0, 100).map((chat_id) => ({ chat_id }));
    this.onDepart();
    this.chats.set(
      userId,
      own.filter((id) => id !== chatId),
    );
    return [{ chat_id: chatId, seq: 1, kind: 'left', sender_id: userId, member_id: userId, created_at: new Date() }];
  }

  async affected(_text: string, [userId = 0]: readonly number[]): Promise<number> {
    return this.chats.get(userId)?.length ? 0 : Number(this.chats.delete(userId));
  }
}

let left: Left;
let departures: Departures;
let told: Message[];
let changed: () => void;
let restored: () => void;
beforeEach(() => {
  vi.useFakeTimers();
  left = new Left();
  told = [];
  const streams = { committed: (entries: readonly Message[]) => told.push(...entries) };
  const subscribed = (handler: () => void, keep: (handler: () => void) => void) => {
    keep(handler);
    return () => keep(() => undefined);
  };
  const notifications = {
    on: (_kind: string, handler: () => void) =>
      subscribed(handler, (each) => {
        changed = each;
      }),
    onRestored: (handler: () => void) =>
      subscribed(handler, (each) => {
        restored = each;
      }),
  };
  departures = new Departures(
    left as unknown as Sql,
    streams as unknown as ChatStreams,
    notifications as unknown as Notifications,
  );
});
afterEach(async () => {
  await departures.onModuleDestroy();
  vi.useRealTimers();
  vi.restoreAllMocks();
});

/** Lets everything happen that waits for nothing but other promises. */
const settle = (): Promise<unknown> => vi.advanceTimersByTimeAsync(0);

describe('departures', () => {
  it('are looked for at the start, when an account changes, when changes are told again, and every minute', async () => {
    departures.onApplicationBootstrap();
    await settle();
    expect(left.looks).toBe(1);
    changed();
    await settle();
    // First every node finds out who has to learn of it.
    expect(left.looks).toBe(1);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(left.looks).toBe(2);
    restored();
    await settle();
    expect(left.looks).toBe(3);
    await vi.advanceTimersByTimeAsync(MINUTE_MS);
    expect(left.looks).toBe(4);
  });

  it('go on in steps until no membership is left, and tell of each', async () => {
    left.chats.set(
      7,
      Array.from({ length: 250 }, (_, i) => i + 1),
    );
    departures.onApplicationBootstrap();
    await settle();
    expect(told.map(({ chat_id }) => chat_id)).toEqual(Array.from({ length: 250 }, (_, i) => i + 1));
    expect(left.chats.size).toBe(0);
  });

  it('are looked for again where an account changed while others were taken out', async () => {
    left.chats.set(7, [1]);
    left.onDepart = () => {
      left.chats.set(8, [2]);
      changed();
    };
    departures.onApplicationBootstrap();
    await settle();
    expect(told.map(({ from_id, chat_id }) => [from_id, chat_id])).toEqual([
      [7, 1],
      [8, 2],
    ]);
  });

  it('that fail are logged once, tried again, and logged again only after they have worked', async () => {
    const warn = vi.spyOn(Logger.prototype, 'warn').mockReturnValue(undefined);
    left.isAway = true;
    left.chats.set(7, [1]);
    departures.onApplicationBootstrap();
    await vi.advanceTimersByTimeAsync(3 * MINUTE_MS);
    expect(left.looks).toBe(4);
    expect(warn).toHaveBeenCalledTimes(1);
    left.isAway = false;
    await vi.advanceTimersByTimeAsync(MINUTE_MS);
    expect(left.chats.size).toBe(0);
    expect(warn).toHaveBeenCalledTimes(1);
    left.isAway = true;
    await vi.advanceTimersByTimeAsync(2 * MINUTE_MS);
    expect(warn).toHaveBeenCalledTimes(2);
  });

  it('end with the membership that is under way at a shutdown, and leave no timer', async () => {
    left.chats.set(7, [1, 2, 3]);
    let closing: Promise<void> | undefined;
    left.onDepart = () => {
      closing ??= departures.onModuleDestroy();
    };
    departures.onApplicationBootstrap();
    await settle();
    await closing;
    expect(left.chats.get(7)).toEqual([2, 3]);
    expect(told).toHaveLength(1);
    expect(vi.getTimerCount()).toBe(0);
  });
});

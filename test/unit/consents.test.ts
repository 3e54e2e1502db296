import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Consents } from '../../src/chat/contacts/consents.js';
import type { Notifications } from '../../src/database/notifications.js';
import type { Sql } from '../../src/database/sql.js';

/** What the database holds, and notifies of. */
class Database {
  readonly blocks = new Map<number, number[]>();
  readonly hidden = new Set<number>();
  reads: number[][] = [];
  isAway = false;
  trusted = true;
  /** Holds answers back until it is called. */
  release: (() => void) | null = null;
  private readonly handlers = new Map<string, (subject: string) => void>();

  readonly notifications = {
    on: (kind: string, handler: (subject: string) => void) => this.subscribe(kind, handler),
    onLost: (handler: () => void) => this.subscribe('lost', handler),
    onRestored: (handler: () => void) => this.subscribe('restored', handler),
  };

  async rows(_text: string, [ids]: [number[]]): Promise<object[]> {
    this.reads.push(ids);
    if (this.isAway) throw Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
    const rows = ids.map((user_id) => ({
      user_id,
      share_presence: !this.hidden.has(user_id),
      blocked: [...(this.blocks.get(user_id) ?? [])],
    }));
    if (this.release) await new Promise<void>((resolve) => (this.release = resolve));
    return rows;
  }

  notify(kind: string, subject = ''): void {
    this.handlers.get(kind)?.(subject);
  }

  private subscribe(kind: string, handler: (subject: string) => void): () => void {
    this.handlers.set(kind, handler);
    return () => void this.handlers.delete(kind);
  }
}

let database: Database;
let consents: Consents;
beforeEach(() => {
  vi.useFakeTimers();
  database = new Database();
  const notifications = Object.defineProperty(database.notifications, 'trusted', { get: () => database.trusted });
  consents = new Consents(database as unknown as Sql, notifications as unknown as Notifications);
  consents.onModuleInit();
});
afterEach(() => {
  consents.onModuleDestroy();
  vi.useRealTimers();
});

const settle = (ms = 0): Promise<unknown> => vi.advanceTimersByTimeAsync(ms);
const blockedBy = async (userId: number): Promise<number[]> => [...(await consents.of(userId)).blocked];

describe('what users consent to', () => {
  it('is read once for a user who is connected, and each time for others', async () => {
    database.blocks.set(1, [7]);
    await consents.open(1);
    for (let i = 0; i < 3; i++) expect(await blockedBy(1)).toEqual([7]);
    for (let i = 0; i < 3; i++) expect(await blockedBy(2)).toEqual([]);
    expect(database.reads).toEqual([[1], [2], [2], [2]]);
  });

  it('is known by who is blocked, for as long as somebody who blocks is connected', async () => {
    database.blocks.set(1, [7, 8]);
    database.blocks.set(2, [7]);
    await Promise.all([consents.open(1), consents.open(2)]);
    expect([...(consents.blockersOf(7) ?? [])]).toEqual([1, 2]);
    consents.close(1);
    expect([consents.blockersOf(7), consents.blockersOf(8)]).toEqual([new Set([2]), undefined]);
    consents.close(2);
    expect(consents.blockersOf(7)).toBeUndefined();
  });

  it('is read again at a notification, and the change is passed on with what was before', async () => {
    await consents.open(1);
    const changes: [number, number[], number[], boolean][] = [];
    consents.onChange((id, now, before) => changes.push([id, [...now.blocked], [...before.blocked], now.sharesPresence]));
    database.blocks.set(1, [7]);
    database.notify('consent', '1');
    database.notify('consent', '2');
    await settle();
    database.hidden.add(1);
    database.notify('consent', '1');
    await settle();
    expect(changes).toEqual([
      [1, [7], [], true],
      [1, [7], [7], false],
    ]);
    expect(database.reads).toEqual([[1], [1], [1]]);
  });

  it('is read once more where a notification comes while it is being read: that answer may be older', async () => {
    await consents.open(1);
    database.release = () => undefined;
    database.notify('consent', '1');
    await settle();
    database.blocks.set(1, [7]);
    database.notify('consent', '1');
    const { release } = database;
    database.release = null;
    release?.();
    await settle();
    expect(await blockedBy(1)).toEqual([7]);
    expect(database.reads).toEqual([[1], [1], [1]]);
  });

  it('lets nobody in who has not been read', async () => {
    database.isAway = true;
    await expect(consents.open(1)).rejects.toThrow('ECONNREFUSED');
    expect(consents.kept(1)).toBeUndefined();
  });

  it('is tried again until it could be read, and asked of the database meanwhile', async () => {
    await consents.open(1);
    database.isAway = true;
    database.blocks.set(1, [7]);
    database.notify('consent', '1');
    await settle();
    await expect(blockedBy(1)).rejects.toThrow('ECONNREFUSED');
    database.isAway = false;
    expect(await blockedBy(1)).toEqual([7]);
    expect(consents.blockersOf(7)).toBeUndefined();
    await settle(600);
    expect(consents.blockersOf(7)).toEqual(new Set([1]));
  });

  it('is read again every half second while the database cannot notify, and when it can', async () => {
    await consents.open(1);
    database.trusted = false;
    database.notify('lost');
    database.blocks.set(1, [7]);
    expect(await blockedBy(1)).toEqual([7]);
    await settle(1_000);
    expect(consents.blockersOf(7)).toEqual(new Set([1]));
    database.blocks.set(1, []);
    database.notify('restored');
    database.trusted = true;
    await settle();
    expect(consents.blockersOf(7)).toBeUndefined();
    const { length } = database.reads;
    await settle(5_000);
    expect(database.reads).toHaveLength(length);
  });
});

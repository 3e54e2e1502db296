import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { LiveSessions } from '../../src/auth/live-sessions.js';
import type { SessionRow } from '../../src/auth/sessions.sql.js';
import { Settings } from '../../src/config/settings.js';
import type { Notifications } from '../../src/database/notifications.js';
import type { ReservedSql } from '../../src/database/sql.js';
import type { LiveSession } from '../../src/identity/identity.js';
import { CLOSE, type CloseReason } from '../../src/realtime/close-reasons.js';
import type { Codec } from '../../src/realtime/codec.js';
import { Connection } from '../../src/realtime/connection.js';
import { Hub } from '../../src/realtime/hub.js';
import type { Transport } from '../../src/realtime/transport.js';
import { until } from '../support/until.js';

/** The table of sessions. A read takes its snapshot when it is asked, and answers when `answer` says so. */
class Table {
  readonly rows = new Map<string, SessionRow>();
  readonly asked: (readonly string[])[] = [];
  private readonly waiting: { answer: () => void; fail: (error: Error) => void }[] = [];
  isHeld = false;

  add(change: Partial<SessionRow> = {}): SessionRow {
    const row = {
      id: randomUUID(),
      user_id: 1,
      protocol: 'rest',
      username: 'alice',
      is_superuser: false,
      expires_at: Date.now() + 60_000,
      is_alive: true,
      lost_generations: [],
      ...change,
    };
    this.rows.set(row.id, row);
    return row;
  }

  change(id: string, change: Partial<SessionRow>): void {
    const row = this.rows.get(id);
    if (row) this.rows.set(id, { ...row, ...change });
  }

  readonly sql = {
    rows: (_text: string, [ids]: [readonly string[]]) => {
      this.asked.push(ids);
      const found = ids.flatMap((id) => this.rows.get(id) ?? []);
      return new Promise((resolve, reject) => {
        this.waiting.push({ answer: () => resolve(found), fail: reject });
        if (!this.isHeld) this.answer();
      });
    },
  } as unknown as ReservedSql;

  answer(): void {
    this.waiting.shift()?.answer();
  }

  fail(): void {
    this.waiting.shift()?.fail(new Error('Connection terminated'));
  }
}

class Told {
  trusted = true;
  private readonly handlers = new Map<string, (subject: string) => void>();
  private lost: (() => void)[] = [];
  private restored: (() => void)[] = [];

  on(kind: string, handler: (subject: string) => void): () => void {
    this.handlers.set(kind, handler);
    return () => undefined;
  }
  onLost(handler: () => void): void {
    this.lost.push(handler);
  }
  onRestored(handler: () => void): void {
    this.restored.push(handler);
  }
  tell(kind: string, subject: string | number): void {
    this.handlers.get(kind)?.(String(subject));
  }
  lose(): void {
    this.trusted = false;
    for (const handler of this.lost) handler();
  }
  restore(): void {
    for (const handler of this.restored) handler();
    this.trusted = true;
  }
}

let table: Table;
let told: Told;
let hub: Hub;
let live: LiveSessions;

beforeEach(() => {
  table = new Table();
  told = new Told();
  hub = new Hub(Settings.from({}));
  live = new LiveSessions(table.sql, told as unknown as Notifications, hub);
  live.onModuleInit();
});
afterEach(() => live.onApplicationShutdown());

/** A socket of a session; @returns how it was closed, if it was */
function socketOf(session: LiveSession): { closed?: CloseReason } {
  const seen: { closed?: CloseReason } = {};
  const transport: Transport<string> = {
    prepare: (frame) => frame,
    send: () => undefined,
    pendingBytes: () => 0,
    ping: () => undefined,
    close: (reason) => {
      seen.closed = reason;
    },
  };
  const codec = { protocol: 'rest', disconnect: () => '' } as unknown as Codec<string>;
  const connection = new Connection(codec, transport, { protocol: 'rest', address: '192.0.2.1', userAgent: null }) as Connection;
  connection.identity = { session, expiresAt: session.expiresAt, generation: 0 };
  hub.add(connection);
  return seen;
}

describe('a session', () => {
  test('is read once and then known, as one object', async () => {
    const { id } = table.add();
    const session = await live.load(id);
    expect(session).toMatchObject({ id, userId: 1, username: 'alice', state: 'live' });
    expect(live.find(id)).toBe(session);
    expect(table.asked).toHaveLength(1);
    expect(await live.load(randomUUID())).toBeNull();
  });

  test('is read together with others that are asked for in the same turn', async () => {
    const ids = Array.from({ length: 50 }, (_, n) => table.add({ user_id: n + 1 }).id);
    await Promise.all([...ids, ...ids].map((id) => live.load(id)));
    expect(table.asked.map((asked) => asked.length)).toEqual([50]);
  });

  test('that is over is nobody’s', async () => {
    const { id } = table.add({ is_alive: false });
    expect(await live.load(id)).toBeNull();
    expect(live.size).toBe(0);
  });

  test('keeps the later of two ends, whichever was read last', async () => {
    const { id, expires_at } = table.add();
    const session = await live.load(id);
    const watch = live.watch();
    const row = { ...(table.rows.get(id) as SessionRow) };
    live.learn({ ...row, expires_at: expires_at + 5000 }, watch);
    live.learn({ ...row, expires_at }, watch);
    expect(session?.expiresAt).toBe(expires_at + 5000);
  });
});

describe('a revocation', () => {
  test('kills the object and closes the sockets at once', async () => {
    const session = await live.load(table.add().id);
    if (!session) throw new Error('no session');
    const [first, second] = [socketOf(session), socketOf(session)];
    told.tell('session', session.id);
    expect(session.state).toBe('dead');
    expect(live.find(session.id)).toBeUndefined();
    expect([first.closed, second.closed]).toEqual([CLOSE.sessionOver, CLOSE.sessionOver]);
  });

  test('that is told while the session is read beats what was read', async () => {
    const { id } = table.add();
    table.isHeld = true;
    const reading = live.load(id);
    await until(() => table.asked.length === 1);
    told.tell('session', id);
    table.answer();
    expect(await reading).toBeNull();
    expect(live.find(id)).toBeUndefined();
  });

  test('that is told while the session is written beats what was written', () => {
    const row = table.add();
    const watch = live.watch();
    live.invalidateSessions([row.id]);
    expect(live.learn(row, watch).state).toBe('dead');
    live.unwatch(watch);
    expect(live.size).toBe(0);
  });

  test('of one session leaves the user’s others alone', async () => {
    const [one, two] = await Promise.all([live.load(table.add().id), live.load(table.add().id)]);
    told.tell('session', one?.id ?? '');
    expect(two?.state).toBe('live');
  });
});

describe('a change of the user', () => {
  test('is read again at once, into the same object', async () => {
    const { id } = table.add();
    const session = await live.load(id);
    table.change(id, { username: 'alicia', is_superuser: true });
    told.tell('user', 1);
    expect(session?.state).toBe('stale');
    expect(live.find(id)).toBeUndefined();
    await until(() => session?.state === 'live');
    expect(session).toMatchObject({ username: 'alicia', isSuperuser: true });
  });

  test('of another user changes nothing', async () => {
    const session = await live.load(table.add().id);
    told.tell('user', 2);
    expect(session?.state).toBe('live');
    expect(table.asked).toHaveLength(1);
  });

  test('that removed it kills its sessions and closes their sockets', async () => {
    const { id } = table.add();
    const session = await live.load(id);
    if (!session) throw new Error('no session');
    const socket = socketOf(session);
    table.rows.delete(id);
    told.tell('user', 1);
    await until(() => socket.closed);
    expect(session.state).toBe('dead');
  });

  test('is found out however long the database fails to answer', async () => {
    const { id } = table.add();
    const session = await live.load(id);
    if (!session) throw new Error('no session');
    const socket = socketOf(session);
    table.isHeld = true;
    table.change(id, { is_alive: false });
    told.tell('user', 1);
    await until(() => table.asked.length === 2);
    table.fail();
    await until(() => table.asked.length === 3);
    expect(socket.closed).toBeUndefined();
    table.answer();
    await until(() => socket.closed);
  });

  test('that is told while a session is read makes it be read again', async () => {
    const { id } = table.add({ is_superuser: true });
    table.isHeld = true;
    const reading = live.load(id);
    await until(() => table.asked.length === 1);
    table.change(id, { is_superuser: false });
    told.tell('user', 1);
    table.answer();
    expect(await reading).toMatchObject({ state: 'stale' });
    expect(live.find(id)).toBeUndefined();
    await until(() => table.asked.length === 2);
    table.answer();
    const found = await until(() => live.find(id));
    expect(found.isSuperuser).toBe(false);
  });
});

describe('while the database cannot tell of changes', () => {
  test('nothing that is remembered is believed', async () => {
    const { id } = table.add();
    const session = await live.load(id);
    told.lose();
    expect(session?.state).toBe('stale');
    await live.load(id);
    await live.load(id);
    expect(live.find(id)).toBeUndefined();
    expect(table.asked).toHaveLength(3);
    table.change(id, { is_alive: false });
    expect(await live.load(id)).toBeNull();
  });

  test('a session that is being read when it begins is not believed afterwards', async () => {
    const { id } = table.add();
    table.isHeld = true;
    const reading = live.load(id);
    await until(() => table.asked.length === 1);
    told.lose();
    told.restore();
    table.answer();
    expect(await reading).toMatchObject({ state: 'stale' });
    expect(live.find(id)).toBeUndefined();
  });

  test('a session can be refreshed for one use, and is found dead if it is', async () => {
    const { id } = table.add();
    const session = await live.load(id);
    if (!session) throw new Error('no session');
    told.lose();
    await live.refresh(session);
    expect(session.state).toBe('stale');
    table.isHeld = true;
    const failing = live.refresh(session);
    await until(() => table.asked.length === 3);
    table.fail();
    await expect(failing).rejects.toThrow('Connection terminated');
    table.isHeld = false;
    table.rows.delete(id);
    await live.refresh(session);
    expect(session.state).toBe('dead');
  });

  test('sockets stay, and those whose session ended meanwhile are closed as soon as it can again', async () => {
    const rows = [table.add({ user_id: 1 }), table.add({ user_id: 2 }), table.add({ user_id: 3 })] as const;
    const sessions = await Promise.all(rows.map(async ({ id }) => (await live.load(id)) as LiveSession));
    const sockets = sessions.map(socketOf);
    told.lose();
    table.change(rows[0].id, { is_alive: false });
    table.rows.delete(rows[1].id);
    expect(sockets.map(({ closed }) => closed)).toEqual([undefined, undefined, undefined]);
    table.asked.length = 0;
    told.restore();
    await until(() => sockets[0]?.closed && sockets[1]?.closed);
    expect(sockets[2]?.closed).toBeUndefined();
    expect(sessions.map(({ state }) => state)).toEqual(['dead', 'dead', 'live']);
    expect(table.asked).toHaveLength(1);
  });
});

describe('memory', () => {
  test('is bounded, and never forgets the session of a socket', async () => {
    const pinned = await live.load(table.add({ user_id: 9 }).id);
    if (!pinned) throw new Error('no session');
    const socket = socketOf(pinned);
    const early = await live.load(table.add({ user_id: 8 }).id);
    const watch = live.watch();
    for (let n = 0; n < 50_100; n++)
      live.learn({ ...(table.rows.get(pinned.id) as SessionRow), id: `s${n}`, user_id: 100 + n }, watch);
    live.unwatch(watch);
    expect(live.size).toBe(50_000);
    expect(live.find(pinned.id)).toBe(pinned);
    // What was forgotten is not believed any more by whoever still holds it …
    expect(early?.state).toBe('stale');
    // … and follows the table when it is refreshed.
    table.change(early?.id ?? '', { username: 'renamed' });
    await live.refresh(early as LiveSession);
    expect(early).toMatchObject({ state: 'stale', username: 'renamed' });
    told.tell('session', pinned.id);
    expect(socket.closed).toEqual(CLOSE.sessionOver);
  });
});

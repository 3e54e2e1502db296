import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { MemoryLeases } from '../../src/bus/memory-leases.js';
import { Settings } from '../../src/config/settings.js';
import type { Identity } from '../../src/identity/identity.js';
import { ClientIds } from '../../src/protocols/rest/client-ids.js';
import { restCodec } from '../../src/protocols/rest/rest.codec.js';
import { Connection } from '../../src/realtime/connection.js';
import { Hub } from '../../src/realtime/hub.js';
import { ClientLinks } from '../../src/users/client-links.js';

const keyOf = (userId: number): string => `client:${userId}:phone`;

const identityOf = (userId: number): Identity => ({
  session: {
    id: `session-${userId}`,
    userId,
    protocol: 'rest',
    username: `user-${userId}`,
    isSuperuser: false,
    state: 'live',
    expiresAt: Number.POSITIVE_INFINITY,
    lostGenerations: [],
  },
  expiresAt: Number.POSITIVE_INFINITY,
  generation: 0,
});

let hub: Hub;
let leases: MemoryLeases;
let ids: ClientIds;
/** What the database answers when a user's use of the id is kept; at once unless given. */
let seen: Map<number, Promise<void>>;
beforeEach(() => {
  hub = new Hub(Settings.from({ APP_SECRET: 'a secret of thirty-two bytes at least' }));
  leases = new MemoryLeases();
  seen = new Map();
  const links: ClientLinks = Object.assign(Object.create(ClientLinks.prototype) as ClientLinks, {
    seen: (userId: number) => seen.get(userId) ?? Promise.resolve(),
  });
  ids = new ClientIds(leases, links);
});
afterEach(() => {
  ids.onModuleDestroy();
  vi.useRealTimers();
});

/** A connection by the id `phone`. */
function connect(): Connection {
  const transport = {
    prepare: (frame: unknown) => frame,
    send: () => {},
    pendingBytes: () => 0,
    ping: () => {},
    close: () => {},
  };
  const origin = { protocol: 'rest', address: '192.0.2.1', userAgent: null };
  const connection = new Connection(restCodec, transport, origin, undefined, 'phone');
  connection.rules = ids;
  hub.add(connection);
  return connection;
}

/** Keeps the database waiting for what concerns a user; then it answers, or fails. */
function delay(userId: number): { resolve(): void; reject(error: Error): void } {
  let answer = { resolve: (): void => {}, reject: (_error: Error): void => {} };
  seen.set(userId, new Promise((resolve, reject) => (answer = { resolve, reject })));
  return answer;
}

/** Whose the id is online now, of three users. */
async function onlineUsers(): Promise<number[]> {
  const users = [1, 2, 3];
  const online = await Promise.all(users.map((user) => ids.onlineOf(user, ['phone', 'laptop'])));
  return users.filter((_user, i) => online[i]?.has('phone'));
}

describe('who a connection is', () => {
  it('changes once at a time, in the order in which that was asked for', async () => {
    const connection = connect();
    await hub.bind(connection, identityOf(1));
    const database = delay(2);
    const changes = [hub.bind(connection, identityOf(2)), hub.bind(connection, null)];
    expect(await onlineUsers()).toEqual([1]);
    database.resolve();
    await Promise.all(changes.map((change) => Promise.resolve(change)));
    expect(connection.userId).toBeNull();
    expect(await onlineUsers()).toEqual([]);
    await hub.bind(connection, identityOf(3));
    expect(await onlineUsers()).toEqual([3]);
    expect(connection.binding).toBeNull();
  });

  it('is what the last of many changes at once says, and the id goes with it', async () => {
    const connection = connect();
    const database = delay(2);
    const changes = [1, null, 2, 1, 2].map((id) => hub.bind(connection, id === null ? null : identityOf(id)));
    database.resolve();
    await Promise.all(changes.map((change) => Promise.resolve(change)));
    expect(connection.userId).toBe(2);
    expect(await onlineUsers()).toEqual([2]);
  });
});

describe('two users', () => {
  it('go by the same id, each for themselves, until the last connection of each goes', async () => {
    const connections = [connect(), connect(), connect()];
    const [first, second, third] = connections as [Connection, Connection, Connection];
    await hub.bind(first, identityOf(1));
    await hub.bind(second, identityOf(2));
    await hub.bind(third, identityOf(2));
    expect(await onlineUsers()).toEqual([1, 2]);
    hub.remove(second);
    expect(await onlineUsers()).toEqual([1, 2]);
    hub.remove(third);
    expect(await onlineUsers()).toEqual([1]);
    expect(first.closed).toBe(false);
  });
});

describe('a change that fails', () => {
  it('leaves the connection its user and its id', async () => {
    const connection = connect();
    await hub.bind(connection, identityOf(1));
    delay(2).reject(new Error('no database'));
    await expect(hub.bind(connection, identityOf(2))).rejects.toThrow('no database');
    expect(connection.userId).toBe(1);
    expect(await onlineUsers()).toEqual([1]);
    hub.remove(connection);
    expect(await onlineUsers()).toEqual([]);
  });

  it('leaves nothing to a connection that has gone meanwhile', async () => {
    const connection = connect();
    await hub.bind(connection, identityOf(1));
    const database = delay(2);
    const change = hub.bind(connection, identityOf(2));
    hub.remove(connection);
    database.resolve();
    await change;
    expect(await onlineUsers()).toEqual([]);
  });
});

describe('a lease that has run out', () => {
  it('is taken anew for as long as the id is in use', async () => {
    vi.useFakeTimers();
    ids.onModuleInit();
    const connection = connect();
    await hub.bind(connection, identityOf(1));
    await leases.release(keyOf(1), 'user:1');
    await vi.advanceTimersByTimeAsync(30_000);
    expect(await leases.owner(keyOf(1))).toBe('user:1');
  });

  it('is not taken for a connection that goes meanwhile', async () => {
    vi.useFakeTimers();
    ids.onModuleInit();
    const connection = connect();
    await hub.bind(connection, identityOf(1));
    vi.spyOn(leases, 'renew').mockImplementation(async () => {
      hub.remove(connection);
      return false;
    });
    await vi.advanceTimersByTimeAsync(30_000);
    expect(await leases.owner(keyOf(1))).toBeNull();
  });
});

describe('without the leases of other nodes', () => {
  it('a connection opens all the same, and other nodes learn of its id later', async () => {
    vi.useFakeTimers();
    ids.onModuleInit();
    const claim = vi.spyOn(leases, 'claim').mockRejectedValueOnce(new Error('no Redis'));
    const connection = connect();
    await hub.bind(connection, identityOf(1));
    expect(connection.userId).toBe(1);
    expect(await onlineUsers()).toEqual([1]);
    expect(await leases.owner(keyOf(1))).toBeNull();
    claim.mockRestore();
    await vi.advanceTimersByTimeAsync(30_000);
    expect(await leases.owner(keyOf(1))).toBe('user:1');
  });
});

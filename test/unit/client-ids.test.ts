import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { MemoryLeases } from '../../src/bus/memory-leases.js';
import { Settings } from '../../src/config/settings.js';
import type { Identity } from '../../src/identity/identity.js';
import { ClientIds } from '../../src/protocols/rest/client-ids.js';
import { restCodec } from '../../src/protocols/rest/rest.codec.js';
import { Connection } from '../../src/realtime/connection.js';
import { Hub } from '../../src/realtime/hub.js';
import { ClientLinks } from '../../src/users/client-links.js';

const KEY = 'client:phone';

const identityOf = (userId: number): Identity => ({
  session: {
    id: `session-${userId}`,
    userId,
    protocol: 'rest',
    username: `user-${userId}`,
    isSuperuser: false,
    state: 'live',
    expiresAt: Number.POSITIVE_INFINITY,
  },
  expiresAt: Number.POSITIVE_INFINITY,
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
  ids = new ClientIds(leases, links, hub);
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

describe('who a connection is', () => {
  it('changes once at a time, in the order in which that was asked for', async () => {
    const connection = connect();
    await hub.bind(connection, identityOf(1));
    const database = delay(2);
    const changes = [hub.bind(connection, identityOf(2)), hub.bind(connection, null)];
    await vi.waitFor(async () => expect(await leases.owner(KEY)).toBe('user:2'));
    database.resolve();
    await Promise.all(changes.map((change) => Promise.resolve(change)));
    expect(connection.userId).toBeNull();
    expect(await leases.owner(KEY)).toBeNull();
    await hub.bind(connection, identityOf(3));
    expect(await leases.owner(KEY)).toBe('user:3');
    expect(connection.binding).toBeNull();
  });

  it('is what the last of many changes at once says, and the id goes with it', async () => {
    const connection = connect();
    const database = delay(2);
    const changes = [1, null, 2, 1, 2].map((id) => hub.bind(connection, id === null ? null : identityOf(id)));
    database.resolve();
    await Promise.all(changes.map((change) => Promise.resolve(change)));
    expect(connection.userId).toBe(2);
    expect(await leases.owner(KEY)).toBe('user:2');
  });
});

describe('a change that fails', () => {
  it('leaves the connection its user and its id', async () => {
    const connection = connect();
    await hub.bind(connection, identityOf(1));
    delay(2).reject(new Error('no database'));
    await expect(hub.bind(connection, identityOf(2))).rejects.toThrow('no database');
    expect(connection.userId).toBe(1);
    expect(await leases.owner(KEY)).toBe('user:1');
    hub.remove(connection);
    expect(await leases.owner(KEY)).toBeNull();
  });

  it('leaves nothing to a connection that has gone meanwhile', async () => {
    const connection = connect();
    await hub.bind(connection, identityOf(1));
    const database = delay(2);
    const change = hub.bind(connection, identityOf(2));
    await vi.waitFor(async () => expect(await leases.owner(KEY)).toBe('user:2'));
    hub.remove(connection);
    database.reject(new Error('no database'));
    await expect(change).rejects.toThrow('no database');
    expect(await leases.owner(KEY)).toBeNull();
  });

  it('ends the connection where somebody else took the id meanwhile', async () => {
    const connection = connect();
    await hub.bind(connection, identityOf(1));
    const claim = vi.spyOn(leases, 'claim').mockResolvedValue({ ok: false, owner: 'user:9' });
    await expect(hub.bind(connection, identityOf(2))).rejects.toThrow('in use by another user');
    claim.mockRestore();
    expect(connection.closed).toBe(true);
    expect(hub.closures.get('4409')).toBe(1);
  });
});

describe('an id whose lease has run out', () => {
  it('is taken anew, or its connections end where somebody else has it', async () => {
    vi.useFakeTimers();
    ids.onModuleInit();
    const connections = [connect(), connect()];
    for (const connection of connections) await hub.bind(connection, identityOf(1));
    await leases.release(KEY, 'user:1');
    await vi.advanceTimersByTimeAsync(30_000);
    expect(await leases.owner(KEY)).toBe('user:1');
    await leases.release(KEY, 'user:1');
    await leases.claim(KEY, 'user:9', 90);
    await vi.advanceTimersByTimeAsync(30_000);
    expect(connections.map(({ closed }) => closed)).toEqual([true, true]);
    expect(hub.closures.get('4409')).toBe(2);
    expect(await leases.owner(KEY)).toBe('user:9');
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
    expect(await leases.owner(KEY)).toBeNull();
  });
});

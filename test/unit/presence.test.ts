import { afterEach, describe, expect, it } from 'vitest';
import type { Bus } from '../../src/bus/bus.js';
import type { Leases } from '../../src/bus/leases.js';
import { MemoryBus } from '../../src/bus/memory-bus.js';
import { MemoryLeases } from '../../src/bus/memory-leases.js';
import type { Consents } from '../../src/chat/contacts/consents.js';
import type { OpenChats } from '../../src/chat/open-chats.js';
import { Presence, PresenceTimes } from '../../src/chat/presence.js';
import { PresenceBroadcast } from '../../src/chat/presence-broadcast.js';
import { CoreError } from '../../src/errors/catalogue.js';
import type { ServerEvent } from '../../src/realtime/codec.js';
import type { Connection } from '../../src/realtime/connection.js';
import type { Hub } from '../../src/realtime/hub.js';
import { ConnectionListeners } from '../../src/realtime/listeners.js';
import { until } from '../support/until.js';

const LINGER_MS = 60;
const CHAT = 7;

/** A node's hub and chats, as far as presence looks at them: users but 3 are in a chat, of which 1 and 2 are connected. */
class Node {
  readonly chats = new Map<number, number[]>([[3, []]]);
  readonly told: [readonly number[], object][] = [];
  readonly listeners = new ConnectionListeners();
  private readonly online = new Set<number>();
  readonly presence: Presence;
  private readonly broadcast: PresenceBroadcast;

  constructor(bus: Bus, leases: Leases, renewal = 10_000) {
    const hub = {
      listeners: this.listeners,
      isOnline: (id: number) => this.online.has(id),
      toUsers: (ids: Iterable<number>, { data }: ServerEvent) => this.told.push([[...ids], data]),
    };
    const chats = {
      chatsOf: (id: number) => new Set(this.chats.get(id) ?? [CHAT]),
      of: () => ({ locals: new Set([1, 2]), oneSided: false }),
    };
    const consents = { kept: () => ({ blocked: new Set(), sharesPresence: true }), blockersOf: () => undefined };
    const parts = [hub as unknown as Hub, chats as unknown as OpenChats, consents as unknown as Consents] as const;
    this.broadcast = new PresenceBroadcast(...parts, bus);
    this.presence = new Presence(...parts, this.broadcast, leases, new PresenceTimes(LINGER_MS, 5, renewal));
    this.broadcast.onModuleInit();
    this.presence.onModuleInit();
  }

  stop(): void {
    this.presence.onModuleDestroy();
    this.broadcast.onModuleDestroy();
  }

  connect(userId: number): void {
    this.online.add(userId);
    this.listeners.added({} as Connection, userId);
  }

  disconnect(userId: number): void {
    this.online.delete(userId);
    this.listeners.removed({} as Connection, userId);
  }
}

describe('presence', () => {
  it('lingers for 10 s unless told otherwise', () => expect(new PresenceTimes().linger).toBe(10_000));

  const nodes: Node[] = [];
  const start = (bus: Bus, leases: Leases, renewal?: number): Node => {
    const node = new Node(bus, leases, renewal);
    nodes.push(node);
    return node;
  };
  afterEach(() => {
    for (const node of nodes.splice(0)) node.stop();
  });

  it('tells others when somebody comes, and a while after the last connection went', async () => {
    const node = start(new MemoryBus(), new MemoryLeases());
    node.connect(1);
    await until(() => node.told.length === 1);
    expect(node.told[0]).toEqual([[2], { user_id: 1, online: true }]);
    const goneAt = performance.now();
    node.disconnect(1);
    await until(() => node.told.length === 2);
    expect(performance.now() - goneAt).toBeGreaterThanOrEqual(LINGER_MS);
    expect(node.told[1]).toEqual([[2], { user_id: 1, online: false }]);
    expect(await node.presence.onlineOf([1, 2])).toEqual(new Set());
  });

  it('says nothing of somebody who comes back in time', async () => {
    const node = start(new MemoryBus(), new MemoryLeases());
    node.connect(1);
    await until(() => node.told.length === 1);
    node.disconnect(1);
    node.connect(1);
    const witness = start(new MemoryBus(), new MemoryLeases());
    witness.connect(1);
    await until(() => witness.told.length === 1);
    witness.disconnect(1);
    // The other one left at the same moment for good.
    await until(() => witness.told.length === 2);
    expect(node.told).toHaveLength(1);
  });

  it('asks the other nodes who is online, and announces nobody whom one of them has announced', async () => {
    const [bus, leases] = [new MemoryBus(), new MemoryLeases()];
    const one = start(bus, leases);
    one.connect(1);
    await until(() => one.told.length === 1);
    const two = start(bus, leases);
    expect(await two.presence.onlineOf([1, 2])).toEqual(new Set([1]));
    two.connect(1);
    two.connect(2);
    await until(() => two.told.length > 0);
    expect(two.told.map(([, data]) => data)).toEqual([{ user_id: 2, online: true }]);
  });

  it('costs nothing for whoever has no chats', async () => {
    const node = start(new MemoryBus(), new MemoryLeases());
    node.connect(3);
    node.connect(1);
    await until(() => node.told.length === 1);
    expect(node.told.map(([, data]) => data)).toEqual([{ user_id: 1, online: true }]);
    expect(await node.presence.onlineOf([3])).toEqual(new Set([3]));
  });

  it('begins with the first chat that is made while somebody is connected', async () => {
    const leases = new MemoryLeases();
    const node = start(new MemoryBus(), leases);
    node.connect(3);
    expect(await leases.owner('presence:3')).toBeNull();
    node.chats.set(3, [CHAT]);
    await until(() => node.told.length === 1);
    expect(node.told[0]).toEqual([[1, 2], { user_id: 3, online: true }]);
    expect(await leases.owner('presence:3')).toBe('3');
    node.disconnect(3);
    await until(() => node.told.length === 2);
    expect(node.told[1]).toEqual([[1, 2], { user_id: 3, online: false }]);
  });

  it('is told to the members of the newest thousand chats', async () => {
    const bus = new MemoryBus();
    const heard: { chats: number[] }[] = [];
    bus.subscribe('chat.presence', (message) => heard.push(message as unknown as { chats: number[] }));
    const node = start(bus, new MemoryLeases());
    // In no order, as they come from the database.
    node.chats.set(1, [...Array.from({ length: 800 }, (_, i) => 1_200 - i), ...Array.from({ length: 400 }, (_, i) => i + 1)]);
    node.connect(1);
    await until(() => heard.length === 1);
    expect(heard[0]?.chats.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 1_000 }, (_, i) => i + 201));
  });

  it('is told of everybody when very many go at once, each of them once', async () => {
    const node = start(new MemoryBus(), new MemoryLeases());
    const ids = Array.from({ length: 1_200 }, (_, i) => 10 + i);
    for (const id of ids) node.connect(id);
    await until(() => node.told.length === ids.length);
    for (const id of ids) node.disconnect(id);
    await until(() => node.told.length === 2 * ids.length);
    expect(node.told.slice(ids.length).map(([, data]) => data)).toEqual(ids.map((user_id) => ({ user_id, online: false })));
  });

  it('renews what it holds, and takes it again where it was lost, for as long as somebody is connected', async () => {
    const leases = new MemoryLeases();
    const node = start(new MemoryBus(), leases, 20);
    node.connect(1);
    await until(() => node.told.length === 1);
    await leases.release('presence:1', '1');
    await until(async () => (await leases.owner('presence:1')) === '1');
    node.disconnect(1);
    await until(() => node.told.length === 2);
    expect(node.told.map(([, data]) => data)).toEqual([
      { user_id: 1, online: true },
      { user_id: 1, online: false },
    ]);
    expect(await leases.owner('presence:1')).toBeNull();
  });

  it('is left out where the other nodes cannot be asked, and known of this one', async () => {
    const away = () => Promise.reject(new CoreError('unavailable'));
    const leases = Object.assign(new MemoryLeases(), { claim: away, renew: away, heldOf: away, release: async () => false });
    const node = start(new MemoryBus(), leases, 5);
    node.connect(1);
    expect(await node.presence.onlineOf([1, 2])).toEqual(new Set([1]));
    node.disconnect(1);
    const witness = start(new MemoryBus(), new MemoryLeases());
    witness.connect(1);
    witness.disconnect(1);
    await until(() => witness.told.length === 2);
    expect(node.told).toEqual([]);
  });

  it('says nothing more after the shutdown', async () => {
    const [bus, leases] = [new MemoryBus(), new MemoryLeases()];
    const node = start(bus, leases);
    const witness = start(bus, leases);
    node.connect(1);
    await until(() => witness.told.length === 1);
    node.disconnect(1);
    node.stop();
    node.connect(2);
    witness.connect(4);
    witness.disconnect(4);
    await until(() => witness.told.length === 3);
    expect(witness.told.map(([, data]) => data)).toEqual([
      { user_id: 1, online: true },
      { user_id: 4, online: true },
      { user_id: 4, online: false },
    ]);
    expect(node.told).toHaveLength(1);
  });
});

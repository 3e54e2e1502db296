import { afterEach, describe, expect, it } from 'vitest';
import { MemoryBus } from '../../src/bus/memory-bus.js';
import { MemoryLeases } from '../../src/bus/memory-leases.js';
import type { ChatStreams } from '../../src/chat/chat-streams.js';
import { Presence, PresenceTimes } from '../../src/chat/presence.js';
import type { ServerEvent } from '../../src/realtime/codec.js';
import type { Connection } from '../../src/realtime/connection.js';
import type { Hub } from '../../src/realtime/hub.js';
import { ConnectionListeners } from '../../src/realtime/listeners.js';
import { until } from '../support/until.js';

const LINGER_MS = 60;
const CHAT = 7;

/** A node's hub and chats, as far as presence looks at them: user 1 is in a chat, user 2 listens, user 3 has no chats. */
class Node {
  readonly told: [readonly number[], object][] = [];
  readonly listeners = new ConnectionListeners();
  private readonly online = new Set<number>();
  readonly presence: Presence;

  constructor(bus: MemoryBus, leases: MemoryLeases) {
    const hub = {
      listeners: this.listeners,
      isOnline: (id: number) => this.online.has(id),
      toUsers: (ids: Iterable<number>, { data }: ServerEvent) => this.told.push([[...ids], data]),
    };
    const streams = { chatsOf: (id: number) => (id === 3 ? [] : [CHAT]), localsOf: () => [1, 2] };
    const times = new PresenceTimes(LINGER_MS, 5, 10_000);
    this.presence = new Presence(hub as unknown as Hub, streams as unknown as ChatStreams, bus, leases, times);
    this.presence.onModuleInit();
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
  const nodes: Node[] = [];
  const start = (bus: MemoryBus, leases: MemoryLeases): Node => {
    const node = new Node(bus, leases);
    nodes.push(node);
    return node;
  };
  afterEach(() => {
    for (const { presence } of nodes.splice(0)) presence.onModuleDestroy();
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
});

import { describe, expect, it } from 'vitest';
import { Settings } from '../../src/config/settings.js';
import type { Identity } from '../../src/identity/identity.js';
import { gameCodec } from '../../src/protocols/game/game.codec.js';
import { Connection } from '../../src/realtime/connection.js';
import { Hub } from '../../src/realtime/hub.js';
import { closeLaggards } from '../../src/realtime/laggards.js';

const MIB = 1024 * 1024;

const identityOf = (userId: number): Identity => ({
  session: {
    id: `session-${userId}`,
    userId,
    protocol: 'game',
    username: `user-${userId}`,
    isSuperuser: false,
    state: 'live',
    expiresAt: Number.POSITIVE_INFINITY,
    lostGenerations: [],
  },
  expiresAt: Number.POSITIVE_INFINITY,
  generation: 0,
});

/** Connections of a user, or of nobody at an address, for each of which so many MiB wait. */
function connect(hub: Hub, owner: number | string, waiting: readonly number[]): Connection[] {
  return waiting.map((mib) => {
    const transport = {
      prepare: (frame: unknown) => frame,
      send: () => {},
      pendingBytes: () => mib * MIB,
      ping: () => {},
      close: () => {},
    };
    const address = typeof owner === 'string' ? owner : '192.0.2.1';
    const connection = new Connection(gameCodec, transport, { protocol: 'game', address, userAgent: null });
    connection.identity = typeof owner === 'number' ? identityOf(owner) : null;
    hub.add(connection);
    return connection;
  });
}

const closedOf = (connections: readonly Connection[]): boolean[] => connections.map(({ closed }) => closed);

describe('readers that are slow together', () => {
  const newHub = (): Hub => new Hub(Settings.from({ APP_SECRET: 'a secret of thirty-two bytes at least' }));

  it('lose the slowest of them once 32 MiB wait for their user', () => {
    const hub = newHub();
    const fast = connect(hub, 1, Array<number>(100).fill(0.1));
    const slow = connect(hub, 1, [3.9, 3.8, 3.7, 3.6, 3.5, 3.4, 3.3, 3.2, 3.1, 3]);
    closeLaggards(hub);
    expect(closedOf(slow)).toEqual([true, ...Array<boolean>(9).fill(false)]);
    expect(closedOf(fast)).not.toContain(true);
    expect(hub.closures.get('4413')).toBe(1);
  });

  it('are counted for their user, or else for their address, and for nobody else', () => {
    const hub = newHub();
    const groups = [1, 2, '192.0.2.1', '192.0.2.2'].map((owner) => connect(hub, owner, Array<number>(8).fill(3.9)));
    closeLaggards(hub);
    expect(groups.flatMap(closedOf)).not.toContain(true);
    connect(hub, '192.0.2.2', [3.9]);
    closeLaggards(hub);
    expect(groups.slice(0, 3).flatMap(closedOf)).not.toContain(true);
    expect(hub.closures.get('4413')).toBe(1);
  });
});

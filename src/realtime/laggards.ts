import { addressKey } from '../ops/address-key.js';
import { CLOSE } from './close-reasons.js';
import type { Connection } from './connection.js';
import type { Hub } from './hub.js';

/** Bytes that may wait for all connections of a user, or for all anonymous ones of an address, together. */
const MAX_SHARED_BYTES = 32 * 1024 * 1024;
/** Less than this waits for many a connection now and then. */
const NOTABLE_BYTES = 128 * 1024;

interface Laggard {
  readonly connection: Connection;
  readonly bytes: number;
}

/**
 * Closes the slowest readers of those for whom too much waits altogether. What may wait for one connection is bounded where it is sent; a
 * hundred connections of one client may each stay below that.
 */
export function closeLaggards(hub: Hub): void {
  const owners = new Map<number | string, Laggard[]>();
  for (const connection of hub.connections()) {
    const bytes = connection.transport.pendingBytes();
    if (bytes < NOTABLE_BYTES) continue;
    const owner = connection.userId ?? addressKey(connection.origin.address);
    const laggards = owners.get(owner);
    if (laggards) laggards.push({ connection, bytes });
    else owners.set(owner, [{ connection, bytes }]);
  }
  for (const laggards of owners.values()) closeSlowest(hub, laggards);
}

function closeSlowest(hub: Hub, laggards: Laggard[]): void {
  let sum = laggards.reduce((total, { bytes }) => total + bytes, 0);
  if (sum <= MAX_SHARED_BYTES) return;
  for (const { connection, bytes } of laggards.sort((a, b) => b.bytes - a.bytes)) {
    if (sum <= MAX_SHARED_BYTES) return;
    hub.close(connection, CLOSE.slow);
    sum -= bytes;
  }
}

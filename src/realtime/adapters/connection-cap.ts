import type { Socket } from 'node:net';
import type { Settings } from '../../config/settings.js';
import { addressKey } from '../../ops/address-key.js';

/** TCP connections of an address beyond those that its sockets may have: a client needs a few for requests. */
const SPARE_CONNECTIONS = 1_000;

/**
 * Bounds the TCP connections of an address, which the process has a limited number of, whether or not a request ever comes on them. Behind
 * a proxy all of them are the proxy's, so that there is nothing to tell apart.
 */
export class ConnectionCap {
  private readonly open = new Map<string, number>();
  private readonly most: number;

  constructor({ MAX_CONNECTIONS_PER_ADDRESS: sockets, TRUST_PROXY: trusted }: Settings) {
    this.most = sockets === 0 || trusted !== false ? Number.POSITIVE_INFINITY : sockets + SPARE_CONNECTIONS;
  }

  readonly take = (socket: Socket): void => {
    const key = addressKey(socket.remoteAddress ?? '');
    const open = this.open.get(key) ?? 0;
    if (open >= this.most) {
      socket.destroy();
      return;
    }
    this.open.set(key, open + 1);
    socket.once('close', () => this.release(key));
  };

  private release(key: string): void {
    const open = (this.open.get(key) ?? 1) - 1;
    if (open > 0) this.open.set(key, open);
    else this.open.delete(key);
  }
}

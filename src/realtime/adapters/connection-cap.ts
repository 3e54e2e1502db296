import type { Settings } from '../../config/settings.js';

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

  /** @returns whether the address may have one more; if so, `release` is due when it closes */
  take(address: string): boolean {
    const open = this.open.get(address) ?? 0;
    if (open >= this.most) return false;
    this.open.set(address, open + 1);
    return true;
  }

  release(address: string): void {
    const open = (this.open.get(address) ?? 1) - 1;
    if (open > 0) this.open.set(address, open);
    else this.open.delete(address);
  }
}

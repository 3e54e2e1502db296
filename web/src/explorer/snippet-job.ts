import type { Protocol } from './protocols.js';
import type { HttpWire, Wire } from './wire.js';

/** What a snippet does: where it connects, and what it sends there. */
export interface SnippetJob {
  readonly protocol: Protocol;
  /** Of the server, with the path below which it lies if there is one: `https://example.com`. */
  readonly origin: string;
  /** The whole address of the protocol's socket, without a token; null where it has none. */
  readonly socketUrl: string | null;
  /** Whether it takes a token, from the environment: one is never written into it. */
  readonly withToken: boolean;
  readonly wire: Wire;
  /** The same request over HTTP, for what cannot speak to sockets; null where there is none. */
  readonly http: HttpWire | null;
}

/** Where Socket.IO finds a server: to it a path in the address is a namespace. @returns a path of its own only where it is not the usual one */
export function socketIoPlace(server: string): { readonly origin: string; readonly path: string | null } {
  const { origin, pathname } = new URL(server);
  const base = pathname.replace(/\/+$/, '');
  return { origin, path: base === '' ? null : `${base}/socket.io/` };
}

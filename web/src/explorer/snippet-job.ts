import type { Protocol } from './protocols.js';
import type { HttpWire, Wire } from './wire.js';

/** What a snippet does: where it connects, and what it sends there. */
export interface SnippetJob {
  readonly protocol: Protocol;
  /** Of the server: `https://example.com`. */
  readonly origin: string;
  /** The whole address of the protocol's socket, without a token; null where it has none. */
  readonly socketUrl: string | null;
  /** Whether it takes a token, from the environment: one is never written into it. */
  readonly withToken: boolean;
  readonly wire: Wire;
  /** The same request over HTTP, for what cannot speak to sockets; null where there is none. */
  readonly http: HttpWire | null;
}

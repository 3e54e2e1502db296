import type { Parsed } from '../../support/http-client.js';
import type { TestServer } from '../../support/server.js';

/** The protocols through which people register and log in. */
export type AccountProtocol = 'game' | 'rest' | 'mcp' | 'messenger';

/** The fields of an account by one name each, whatever a protocol calls them; any of them may be left out or be wrong. */
export interface Fields {
  readonly username?: unknown;
  readonly password?: unknown;
  readonly email?: unknown;
}

/** What a protocol answered. */
export interface Outcome {
  readonly status: number;
  readonly body: Parsed;
  /** Of an answer over HTTP. */
  readonly headers: Headers | null;
  /** The access token, where there is one. */
  readonly token: string | null;
}

/** How scenarios register and log in through one protocol. */
export interface AccountDriver {
  readonly protocol: AccountProtocol;
  /** What the protocol calls the field of the user name. */
  readonly nameField: 'username' | 'login';
  register(server: TestServer, fields: Fields): Promise<Outcome>;
  logIn(server: TestServer, fields: Fields): Promise<Outcome>;
  /** Sends something that is no log-in at all, as the body or the frame of one. */
  sendRaw(server: TestServer, body: string | Buffer, contentType?: string): Promise<Outcome>;
}

/** What the last frame of a connection says, in the words of every protocol. */
export interface Notice {
  readonly code: number;
  readonly reason: string;
  readonly reconnect: boolean;
  readonly retry_after_ms?: number;
}

/** How a connection ended. */
export interface Ending {
  /** The close code; for Socket.IO, which has none, that of the notice. */
  readonly code: number;
  /** The whole last frame. */
  readonly frame: Parsed;
  /** What it says. */
  readonly notice: Notice;
}

/** How scenarios use one kind of socket. */
export interface SocketDriver {
  readonly kind: SocketKind;
  /** Opens a socket and passes over its greeting. */
  open(server: TestServer, token: string | null): Promise<Peer>;
  /** How an upgrade (or a connection) is refused: with an HTTP status, where there is one. */
  refused(server: TestServer, token: string | null, headers?: Readonly<Record<string, string>>): Promise<Refused>;
}

export type SocketKind = 'game' | 'rest' | 'messenger' | 'socketio over websocket' | 'socketio over polling';

export interface Refused {
  readonly status: number | null;
  readonly body: Parsed;
}

/** One open socket. */
export interface Peer {
  /** Asks for something harmless that is answered at once, and gives the answer. */
  ping(): Promise<Parsed>;
  /** Sends `count` of those at once and gives all the answers. */
  pings(count: number): Promise<Parsed[]>;
  /** Sends what is no frame of the protocol and gives the answer. */
  bad(): Promise<Parsed>;
  /** The same without waiting for the answer. */
  sendBad(): void;
  sendBinary(): void;
  /** Sends one frame of so many bytes. */
  sendBig(bytes: number): void;
  /** Runs a command by the command frame and gives the response; the messenger has no such frame. */
  command(name: string, payload: unknown): Promise<Parsed>;
  /** The next frame (of Socket.IO, the next event's data) that nobody has looked at yet. */
  next(): Promise<Parsed>;
  readonly ended: Promise<Ending>;
  close(): Promise<void>;
}

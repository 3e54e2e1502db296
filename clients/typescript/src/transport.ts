/** A command as it goes to the server. */
export interface CommandFrame {
  readonly type: 'command';
  readonly v: 1;
  readonly request_id: string;
  readonly domain: string;
  readonly command: string;
  readonly payload: object;
}

/** What comes from the server, whatever brought it: an object of the protocol `game`, which nobody has looked at yet. */
export type ServerFrame = Readonly<Record<string, unknown>>;

/** What a transport tells. */
export interface TransportEvents {
  frame(frame: ServerFrame): void;
  /** Something went over the wire; its text is asked for only where somebody looks. */
  wire(direction: 'in' | 'out', text: () => string): void;
  /** Once, at the end, also where it never opened. @param code of the close; 1006 where none came */
  closed(code: number): void;
}

/** One attempt at a connection. After `close` it tells nothing more. */
export interface Transport {
  /** Sends, or does nothing where the connection is going. */
  send(frame: CommandFrame): void;
  close(): void;
}

/** Opens a connection with a token. Its first frame is `hello`. */
export type OpenTransport = (token: string, events: TransportEvents) => Transport;

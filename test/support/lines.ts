import type { Socket } from 'socket.io-client';
import { connect, connected } from '../conformance/drivers/socketio.js';
import type { Frame } from './asyncapi.js';
import { type Closed, RawSocket } from './raw-socket.js';
import type { TestServer } from './server.js';
import { until } from './until.js';

/** One open socket of a protocol, which keeps everything that it hears. */
export interface Line {
  readonly protocol: string;
  readonly heard: readonly Frame[];
  /** Sends a frame; of Socket.IO, an event with an argument. */
  send(frame: Frame): void;
  /** The raw socket, where it is one. */
  readonly raw: RawSocket | null;
  readonly ended: Promise<unknown>;
  close(): Promise<unknown>;
}

class RawLine implements Line {
  readonly ended: Promise<Closed>;

  constructor(
    readonly protocol: string,
    readonly raw: RawSocket,
  ) {
    this.ended = raw.closed;
  }

  get heard(): readonly Frame[] {
    return this.raw.pending().map((frame) => ({ frame }));
  }

  send({ frame }: Frame): void {
    this.raw.send(frame);
  }

  close(): Promise<unknown> {
    return this.raw.close();
  }
}

class SocketIoLine implements Line {
  readonly protocol = 'socketio';
  readonly raw = null;
  readonly heard: Frame[] = [];
  readonly ended: Promise<unknown>;

  constructor(private readonly socket: Socket) {
    socket.onAny((event: string, frame: unknown) => this.heard.push({ event, frame }));
    this.ended = new Promise((resolve) => socket.once('disconnect', resolve));
  }

  send({ event = '', frame }: Frame): void {
    this.socket.emit(event, frame);
  }

  close(): Promise<unknown> {
    this.socket.disconnect();
    return this.ended;
  }
}

let clients = 0;

const PATHS: Readonly<Record<string, () => string>> = {
  game: () => '/v1/connect',
  // An id of its own for each: one that a user holds is refused to others.
  rest: () => `/api/v1/ws/line-${(clients += 1)}`,
  messenger: () => '/',
};

/** Opens a socket of a protocol; with null, as nobody. */
export async function openLine(server: TestServer, protocol: string, token: string | null): Promise<Line> {
  if (protocol === 'socketio') {
    const socket = connect(server, 'websocket', token === null ? {} : { auth: { token } });
    const line = new SocketIoLine(socket);
    await connected(socket);
    await until(() => line.heard.length > 0);
    return line;
  }
  const path = PATHS[protocol]?.() ?? '/';
  const raw = await server.socket(path, token === null ? {} : { authorization: `Bearer ${token}` });
  return new RawLine(protocol, raw);
}

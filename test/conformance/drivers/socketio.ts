import { io, type Socket } from 'socket.io-client';
import type { Parsed } from '../../support/http-client.js';
import type { TestServer } from '../../support/server.js';
import type { Ending, Peer, SocketDriver } from './driver.js';

type TransportName = 'websocket' | 'polling';

const DEADLINE_MS = 5_000;

/** A client that does not come back by itself. */
export function connect(server: TestServer, transport: TransportName, options: Parameters<typeof io>[1] = {}): Socket {
  return io(server.url, { transports: [transport], reconnection: false, forceNew: true, ...options });
}

/** Resolves when the client is connected, rejects with its `connect_error`. */
export function connected(socket: Socket): Promise<Socket> {
  return new Promise((resolve, reject) => {
    socket.once('connect', () => resolve(socket));
    socket.once('connect_error', reject);
  });
}

class SocketIoPeer implements Peer {
  private readonly received: Parsed[] = [];
  private readonly waiting: ((data: Parsed) => void)[] = [];
  private notice: Parsed;
  readonly ended: Promise<Ending>;

  constructor(private readonly socket: Socket) {
    socket.onAny((event: string, data: Parsed) => {
      if (event === 'disconnect_notice') this.notice = data;
      const next = this.waiting.shift();
      if (next) next(data);
      else this.received.push(data);
    });
    this.ended = new Promise((resolve) => {
      socket.once('disconnect', () => {
        const { type: _type, v: _v, ...notice } = this.notice ?? {};
        resolve({ code: notice.code, frame: this.notice, notice });
      });
    });
  }

  private ask(event: string, data: unknown): Promise<Parsed> {
    return this.socket.timeout(DEADLINE_MS).emitWithAck(event, data);
  }

  ping(): Promise<Parsed> {
    return this.ask('chat', { message: 'Hello!' });
  }

  pings(count: number): Promise<Parsed[]> {
    return Promise.all(Array.from({ length: count }, () => this.ping()));
  }

  bad(): Promise<Parsed> {
    return this.ask('nobody-knows-this', {});
  }

  sendBad(): void {
    this.socket.emit('nobody-knows-this', {});
  }

  sendBinary(): void {
    this.socket.emit('command', Buffer.from([1, 2, 3]));
  }

  sendBig(bytes: number): void {
    this.socket.emit('chat', { message: 'x'.repeat(bytes) });
  }

  command(name: string, payload: unknown): Promise<Parsed> {
    const [domain, command] = name.split('.');
    return this.ask('command', { request_id: 'request', domain, command, payload });
  }

  async next(): Promise<Parsed> {
    return this.received.shift() ?? new Promise((resolve) => this.waiting.push(resolve));
  }

  close(): Promise<void> {
    this.socket.disconnect();
    return Promise.resolve();
  }
}

function driverOf(transport: TransportName): SocketDriver {
  const optionsOf = (token: string | null): object => (token === null ? {} : { auth: { token } });
  return {
    kind: `socketio over ${transport}`,
    open: async (server, token) => {
      const socket = connect(server, transport, optionsOf(token));
      const greeted = new Promise((resolve) => socket.once('hello', resolve));
      await connected(socket);
      await greeted;
      return new SocketIoPeer(socket);
    },
    refused: async (server, token, headers = {}) => {
      const socket = connect(server, transport, { ...optionsOf(token), extraHeaders: headers });
      const error: Parsed = await connected(socket).then(
        () => Promise.reject(new Error('the connection was accepted')),
        (thrown: unknown) => thrown,
      );
      socket.disconnect();
      // The client tells of a refused request by the status alone, of a refused connection by the server's words.
      const refusal = /Unexpected server response: (\d+)/.exec(error.description?.message ?? '')?.[1] ?? error.description;
      return { status: Number.isInteger(Number(refusal)) ? Number(refusal) : null, body: { message: error.message } };
    },
  };
}

export const SOCKETIO_DRIVERS: readonly SocketDriver[] = [driverOf('websocket'), driverOf('polling')];

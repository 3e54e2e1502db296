import type { Parsed } from '../../support/http-client.js';
import { RawSocket } from '../../support/raw-socket.js';
import type { TestServer } from '../../support/server.js';
import type { Ending, Notice, Peer, SocketDriver } from './driver.js';

interface Raw {
  readonly kind: 'game' | 'rest' | 'messenger';
  path(): string;
  /** Whether the server speaks first. */
  readonly hasGreeting: boolean;
  /** A request that is answered at once. */
  ping(): object;
  noticeOf(frame: Parsed): Notice;
}

const commandFrame = (name: string, payload: unknown): object => {
  const [domain, command] = name.split('.');
  return { type: 'command', v: 1, request_id: 'request', domain, command, payload };
};

function peerOf(socket: RawSocket, raw: Raw): Peer {
  const end = async (): Promise<Ending> => {
    const { code } = await socket.closed;
    const frame: Parsed = socket.pending().at(-1);
    return { code, frame, notice: raw.noticeOf(frame) };
  };
  return {
    ping: () => socket.ask(raw.ping()),
    pings: (count) => {
      for (let i = 0; i < count; i++) socket.send(raw.ping());
      return Promise.all(Array.from({ length: count }, () => socket.next()));
    },
    bad: () => socket.ask('no frame'),
    sendBad: () => socket.send('no frame'),
    sendBinary: () => socket.send(Buffer.from([1, 2, 3])),
    sendBig: (bytes) => socket.send('x'.repeat(bytes)),
    command: (name, payload) => socket.ask(commandFrame(name, payload)),
    next: () => socket.next(),
    get ended() {
      return end();
    },
    close: async () => {
      await socket.close();
    },
  };
}

function driverOf(raw: Raw): SocketDriver {
  const headersOf = (token: string | null): Record<string, string> =>
    token === null ? {} : { authorization: `Bearer ${token}` };
  return {
    kind: raw.kind,
    open: async (server: TestServer, token) => {
      const socket = await server.socket(raw.path(), headersOf(token));
      if (raw.hasGreeting) await socket.next();
      return peerOf(socket, raw);
    },
    refused: (server, token, headers) => RawSocket.refused(server.wsUrl + raw.path(), { ...headersOf(token), ...headers }),
  };
}

const picked = ({ code, reason, reconnect, retry_after_ms: retry }: Parsed): Notice => ({
  code,
  reason,
  reconnect,
  ...(retry === undefined ? {} : { retry_after_ms: retry }),
});

let clients = 0;

export const RAW_DRIVERS: readonly SocketDriver[] = [
  driverOf({
    kind: 'game',
    path: () => '/v1/connect',
    hasGreeting: true,
    ping: () => commandFrame('system.ping', { sent_at: 1735689600 }),
    noticeOf: picked,
  }),
  driverOf({
    kind: 'rest',
    // An id of its own for each: one that a user holds is refused to others.
    path: () => `/ws/client-${(clients += 1)}`,
    hasGreeting: false,
    ping: () => ({ type: 'chat', message: 'Hello!' }),
    noticeOf: ({ data }) => picked(data),
  }),
  driverOf({
    kind: 'messenger',
    path: () => '/',
    hasGreeting: false,
    // Nothing of this protocol is answered without work but what it does not know.
    ping: () => ({ mode: 'unheardOf', timestamp: 1735689600 }),
    noticeOf: picked,
  }),
];

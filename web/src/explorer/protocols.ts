/** The protocols that the explorer speaks, in the order in which it shows them. */
export const PROTOCOLS = ['game', 'rest', 'messenger', 'socketio', 'mcp'] as const;
export type Protocol = (typeof PROTOCOLS)[number];

/** Where a protocol's own log-in is, and how it calls what it takes and gives. */
interface HttpLogIn {
  readonly path: string;
  readonly nameField: string;
  readonly tokenIn: (answer: unknown) => unknown;
}

interface ProtocolFacts {
  readonly title: string;
  /** Of its socket; null where it has none. */
  readonly socket: string | null;
  /** Whether one may connect, or send, without an account. */
  readonly anonymous: boolean;
  /** Whether its log-in is its own; `frame`: over the socket itself. Socket.IO has none: its clients log in through `rest`. */
  readonly logIn: HttpLogIn | 'frame';
}

const read = (answer: unknown, ...path: readonly string[]): unknown =>
  path.reduce<unknown>((at, name) => (typeof at === 'object' && at !== null ? Reflect.get(at, name) : undefined), answer);

const REST_LOG_IN: HttpLogIn = {
  path: '/api/v1/auth/login',
  nameField: 'username',
  tokenIn: (answer) => read(answer, 'access_token'),
};

export const FACTS: Readonly<Record<Protocol, ProtocolFacts>> = {
  game: {
    title: 'game',
    socket: '/v1/connect',
    anonymous: false,
    logIn: { path: '/auth/login', nameField: 'username', tokenIn: (answer) => read(answer, 'data', 'token') },
  },
  rest: { title: 'rest', socket: '/api/v1/ws/{client_id}', anonymous: true, logIn: REST_LOG_IN },
  messenger: { title: 'messenger', socket: '/', anonymous: true, logIn: 'frame' },
  socketio: { title: 'Socket.IO', socket: '/socket.io/', anonymous: false, logIn: REST_LOG_IN },
  mcp: {
    title: 'mcp',
    socket: null,
    anonymous: true,
    logIn: { path: '/auth', nameField: 'login', tokenIn: (answer) => read(answer, 'token') },
  },
};

/**
 * The path of a protocol's socket.
 * @param clientId for the protocol whose path has one
 */
export function socketPath(protocol: Protocol, clientId: string): string {
  return (FACTS[protocol].socket ?? '/').replace('{client_id}', encodeURIComponent(clientId));
}

/** The address of sockets beside a page: `wss:` where it came by TLS. */
export const socketOrigin = (origin: string): string => origin.replace(/^http/, 'ws');

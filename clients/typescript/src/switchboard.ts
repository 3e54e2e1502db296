import createClient, { type Client } from 'openapi-fetch';
import type { BackoffOptions } from './backoff.js';
import { BodyDoor, CookieDoor, type Registration } from './doors.js';
import { page } from './environment.js';
import { LiveConnection } from './live-connection.js';
import type { paths } from './rest-types.js';
import { Session, type SessionEvents } from './session.js';
import type { OpenTransport } from './transport.js';
import type { User } from './types.js';
import { type WebSocketClass, webSocketTransport } from './websocket-transport.js';

export interface SwitchboardOptions {
  /** Where the server is, with the path below which it lies if there is one; the origin of the page unless said. */
  readonly baseUrl?: string;
  /** Where the refresh token is kept: in a cookie that scripts cannot see, as pages do unless said, or here, as programs do. */
  readonly refresh?: 'cookie' | 'body';
  readonly fetch?: typeof fetch;
  /** Node before 22 has none of its own; that of `ws` will do. */
  readonly WebSocket?: WebSocketClass;
  /** With `body`: from an earlier run, see `on('refreshToken')`. */
  readonly refreshToken?: string;
}

export interface ConnectOptions {
  readonly protocol?: 'game';
  /** How long to wait between attempts. */
  readonly reconnect?: BackoffOptions;
}

/** A server, and who is logged in there. */
export class Switchboard {
  /** Without a slash at its end. */
  readonly baseUrl: string;
  /** REST by path and method; bears the access token, and renews it where needed. It throws only where no answer comes. */
  readonly rest: Client<paths>;
  private readonly session: Session;
  private readonly webSocket: WebSocketClass | undefined;

  constructor(options: SwitchboardOptions = {}) {
    const isPage = page.document !== undefined;
    const { baseUrl = page.location?.origin, refresh = isPage ? 'cookie' : 'body', refreshToken = null } = options;
    if (!baseUrl) throw new TypeError('baseUrl is needed outside of a page');
    this.baseUrl = baseUrl.replace(/\/+$/, '');
    // Looked up anew each time, and never as a method: browsers refuse that.
    const plain = (request: Request): Promise<Response> => (options.fetch ?? globalThis.fetch)(request);
    const Door = refresh === 'cookie' ? CookieDoor : BodyDoor;
    this.session = new Session(plain, this.baseUrl, new Door(plain, this.baseUrl), refreshToken);
    this.rest = createClient<paths>({ baseUrl: this.baseUrl, fetch: (request) => this.session.send(request) });
    this.webSocket = options.WebSocket ?? (globalThis.WebSocket as WebSocketClass | undefined);
  }

  /** Who is logged in; null while nobody is. */
  get user(): User | null {
    return this.session.user;
  }

  /** The access token as it is now; `token()` gives one that is good for a while. */
  get accessToken(): string | null {
    return this.session.access;
  }

  /** Makes an account and logs it in. @throws ApiError: 400 or 409 where the name is taken, 422 or 400 where the input is wrong, 429, 0 */
  register(body: Registration): Promise<User> {
    return this.session.begin((door) => door.register(body));
  }

  /** @param username or e-mail address. @throws ApiError: 401 where they are wrong, 429, 0 */
  logIn(username: string, password: string): Promise<User> {
    return this.session.begin((door) => door.logIn(username, password));
  }

  /** Comes back to the session of the cookie, or of `refreshToken`. @returns null where there is none. @throws ApiError where nobody knows */
  restore(): Promise<User | null> {
    return this.session.restore();
  }

  /** Ends the session, and with it all connections. @throws ApiError where the server could not: nothing has changed then */
  logOut(): Promise<void> {
    return this.session.leave();
  }

  /** An access token that is good for 30 seconds at least; null while nobody is logged in. @throws ApiError where none can be had now */
  token(): Promise<string | null> {
    return this.session.token();
  }

  /**
   * `session`: somebody logged in, was changed, logged out, or was logged out by the server. `refreshToken`, with `body`: it is another
   * one now; whoever keeps it must keep the newest, because a spent one ends the session.
   * @returns what takes the listener away again
   */
  on<N extends 'session' | 'refreshToken'>(event: N, listener: (...args: SessionEvents[N]) => void): () => void {
    return this.session.events.on(event, listener);
  }

  /** Opens a live connection, at once and for as long as the session lives. @throws TypeError where there is no WebSocket */
  connect({ reconnect }: ConnectOptions = {}): LiveConnection {
    if (!this.webSocket) throw new TypeError('There is no WebSocket here: give one, such as that of ws');
    return this.connectWith(webSocketTransport(this.webSocket, this.baseUrl), reconnect);
  }

  /** As `connect`, over another transport. */
  connectWith(open: OpenTransport, reconnect?: BackoffOptions): LiveConnection {
    return new LiveConnection(this.session, open, reconnect);
  }
}

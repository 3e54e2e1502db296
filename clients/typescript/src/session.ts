import type { Door, Tokens } from './doors.js';
import { Emitter } from './emitter.js';
import { ApiError } from './errors.js';
import { ask, type Fetch, fieldOf, parsed, successOf } from './http.js';
import type { User } from './types.js';

export interface SessionEvents {
  session: [user: User | null];
  /** Before `session`: what belongs to the user that was must end. */
  over: [];
  /** A new access token, of the same user. */
  token: [token: string];
  refreshToken: [token: string | null];
}

/** How long a token that is given out is good for at least, in milliseconds. */
const MARGIN_MS = 30_000;
/** Where a 401 says nothing of the access token. */
const DOORS = /^\/(api\/v1\/(auth|login)\/|auth($|\/)|register$)/;

/** Who is logged in, with the tokens of the session. */
export class Session {
  readonly events = new Emitter<SessionEvents>();
  user: User | null = null;
  access: string | null = null;
  /** Whether the server is being asked to end the session. */
  isLeaving = false;
  /** Whether the session is another one than when something was begun. */
  private epoch = 0;
  private renewAt = 0;
  private goodUntil = 0;
  private refreshing: Promise<void> | null = null;

  constructor(
    private readonly fetch: Fetch,
    private readonly base: string,
    private readonly door: Door,
    public refreshToken: string | null,
  ) {
    door.watch((isIn) => void this.follow(isIn));
  }

  /** Begins a session with the tokens of a log-in. @throws ApiError */
  async begin(enter: (door: Door) => Promise<Tokens>): Promise<User> {
    // What an exchange that is under way would bring belongs to the session that was.
    await this.settled();
    const tokens = await enter(this.door);
    this.epoch += 1;
    await this.accept(tokens, true);
    if (!this.user) throw new ApiError(401, 'The session is over');
    return this.user;
  }

  /** Comes back to the session of before. @throws ApiError where that cannot be found out now */
  async restore(): Promise<User | null> {
    if (!this.user && this.door.mayReturn(this.refreshToken)) await this.refresh();
    return this.user;
  }

  /** Ends the session on the server, and here. @throws ApiError where the server did not do it: the session goes on */
  async leave(): Promise<void> {
    // A refresh token that is being exchanged ends nothing any more.
    await this.settled();
    const { access } = this;
    if (access === null) return this.end();
    this.isLeaving = true;
    try {
      await this.door.logOut(access, this.refreshToken);
    } catch (error) {
      // Who is not known there any more is logged out.
      if (!(error instanceof ApiError) || error.status !== 401) throw error;
    } finally {
      this.isLeaving = false;
    }
    this.end();
  }

  /** The session is over, or was never there. */
  end(): void {
    const had = this.user !== null;
    this.epoch += 1;
    this.user = null;
    this.access = null;
    this.door.forget();
    this.keep(null);
    if (!had) return;
    this.events.emit('over');
    this.events.emit('session', null);
  }

  /** An access token that is good for a while yet; null without a session. @throws ApiError where it cannot be had now */
  async token(): Promise<string | null> {
    if (this.access !== null && Date.now() >= this.renewAt) {
      await this.refresh().catch((error: unknown) => {
        if (Date.now() >= this.goodUntil) throw error;
      });
    }
    return this.access;
  }

  /** Milliseconds until the access token is to be renewed. */
  get freshFor(): number {
    return Math.max(0, this.renewAt - Date.now());
  }

  /** Asks the server whether the session is alive; ends it here where it is not. @throws ApiError where it does not say */
  async verify(): Promise<void> {
    await this.me();
  }

  /** Takes a newer record of the user. */
  update(user: User): void {
    if (user.id !== this.user?.id) return;
    this.user = user;
    this.events.emit('session', user);
  }

  /** Sends a request with the access token; once more with a new one where that was refused. */
  async send(request: Request): Promise<Response> {
    const { origin, pathname } = new URL(request.url);
    // The server may lie below a path.
    const server = new URL(`${this.base}/`);
    const isBelow = origin === server.origin && pathname.startsWith(server.pathname);
    const isOurs = isBelow && !DOORS.test(pathname.slice(server.pathname.length - 1)) && !request.headers.has('authorization');
    const token = isOurs ? await this.token() : null;
    if (token === null) return this.fetch(request);
    const again = request.clone();
    const response = await this.fetch(bearing(request, token));
    if (response.status !== 401) return response;
    if (this.access === token) await this.refresh();
    return this.access === null ? response : this.fetch(bearing(again, this.access));
  }

  /** Another tab has logged in, or out: so has this one. */
  private async follow(isIn: boolean): Promise<void> {
    await this.settled();
    // Where the server cannot be asked, it will be when the access token is to be renewed.
    await (isIn ? this.refresh(false) : this.verify()).catch(() => undefined);
  }

  private async settled(): Promise<void> {
    await this.refreshing?.catch(() => undefined);
  }

  /**
   * Exchanges the refresh token; all who ask meanwhile wait for the same exchange.
   * @param isOurs whether it is that of this session, so that it ends where the token is refused
   */
  private refresh(isOurs = true): Promise<void> {
    this.refreshing ??= this.exchange(isOurs).finally(() => {
      this.refreshing = null;
    });
    return this.refreshing;
  }

  private async exchange(isOurs: boolean): Promise<void> {
    const { epoch } = this;
    try {
      const tokens = await this.door.refresh(this.refreshToken);
      if (epoch === this.epoch) await this.accept(tokens, false);
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 401) throw error;
      if (epoch === this.epoch && isOurs) this.end();
    }
  }

  private async accept({ access, refresh }: Tokens, isNew: boolean): Promise<void> {
    const { epoch } = this;
    const { exp, iat, sub } = claimsOf(access);
    const [now, lifetimeMs] = [Date.now(), (exp - iat) * 1000];
    this.access = access;
    // By how long it is good, not until when: the clocks of clients are often wrong. The server counts in whole seconds.
    this.goodUntil = now + Math.max(lifetimeMs - 1_000, lifetimeMs / 2);
    this.renewAt = this.goodUntil - Math.min(MARGIN_MS, lifetimeMs / 4);
    this.keep(refresh);
    // Another tab may have logged in as somebody else: the cookie is theirs, too.
    if (!isNew && this.user && String(this.user.id) === sub) return this.events.emit('token', access);
    const user = await this.me();
    if (epoch !== this.epoch || !user) return;
    if (this.user && this.user.id !== user.id) this.events.emit('over');
    this.user = user;
    this.events.emit('session', user);
  }

  private keep(token: string | null): void {
    if (token === this.refreshToken) return;
    this.refreshToken = token;
    this.events.emit('refreshToken', token);
  }

  /** The record of the user whose token this is; null where there is no session. @throws ApiError */
  private async me(): Promise<User | null> {
    if (this.access === null) return null;
    // During an exchange there is nothing to refresh with: a token that is refused then is the end.
    const send: Fetch = (request) => (this.refreshing ? this.fetch(bearing(request, this.access ?? '')) : this.send(request));
    const answer = await ask(send, `${this.base}/api/v1/users/me`);
    if (answer.status !== 401) return successOf(answer) as User;
    if (this.refreshing) this.end();
    return null;
  }
}

function bearing(request: Request, token: string): Request {
  request.headers.set('authorization', `Bearer ${token}`);
  return request;
}

/** What an access token says of itself; that it is genuine is for the server to know. */
function claimsOf(token: string): { readonly exp: number; readonly iat: number; readonly sub: string } {
  const part = (token.split('.')[1] ?? '').replaceAll('-', '+').replaceAll('_', '/');
  const claims = parsed(atob(part));
  const [exp, iat] = [Number(fieldOf(claims, 'exp')), Number(fieldOf(claims, 'iat'))];
  return { exp, iat, sub: String(fieldOf(claims, 'sub')) };
}

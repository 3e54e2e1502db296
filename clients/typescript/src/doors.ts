import { page } from './environment.js';
import { ApiError } from './errors.js';
import { type Fetch, fieldOf, post } from './http.js';
import { inTurn, store, stored } from './turns.js';

export interface Registration {
  username: string;
  email: string;
  password: string;
  full_name?: string;
}

/** What a log-in or a refresh gives. The refresh token is null where a cookie keeps it. */
export interface Tokens {
  readonly access: string;
  readonly refresh: string | null;
}

/** The way into an account, and where its refresh token is kept. All throw ApiError. */
export interface Door {
  register(body: Registration): Promise<Tokens>;
  logIn(username: string, password: string): Promise<Tokens>;
  /** @param token null where a cookie keeps it */
  refresh(token: string | null): Promise<Tokens>;
  logOut(access: string, refresh: string | null): Promise<void>;
  /** Whether there may be a session to come back to. */
  mayReturn(token: string | null): boolean;
  /** The session is over. */
  forget(): void;
  /** Calls when another tab has logged in, so that the refresh token is that of its session now, or has logged out. */
  watch(changed: (isIn: boolean) => void): void;
}

const tokenOf = (answer: unknown, name: string): string => {
  const value = fieldOf(answer, name);
  if (typeof value === 'string') return value;
  throw new ApiError(0, 'The answer is not one of Switchboard');
};

/** For browsers: the refresh token is in a cookie that scripts cannot see. */
export class CookieDoor implements Door {
  /** Where is noted that there is a session, so that a page does not ask for one that cannot be there. */
  private readonly hint: string;
  /** Which log-in this tab knows of, as noted there; nothing of the session itself. */
  private mark: string | null;

  constructor(
    private readonly fetch: Fetch,
    private readonly base: string,
  ) {
    this.hint = `switchboard.session ${base}`;
    this.mark = stored(this.hint) ?? null;
  }

  async register(body: Registration): Promise<Tokens> {
    return this.noted(await this.enter('register', body));
  }

  async logIn(username: string, password: string): Promise<Tokens> {
    return this.noted(await this.enter('login', { username, password }));
  }

  refresh(): Promise<Tokens> {
    // Tabs share the cookie, and a refresh token is good once.
    return inTurn(`${this.hint} refresh`, () => {
      this.mark = stored(this.hint) ?? null;
      return this.enter('refresh');
    });
  }

  async logOut(access: string): Promise<void> {
    await this.post('logout', undefined, { authorization: `Bearer ${access}` });
  }

  mayReturn(): boolean {
    return stored(this.hint) !== null;
  }

  forget(): void {
    // Another tab may have logged in meanwhile.
    if (stored(this.hint) === this.mark) store(this.hint, null);
    this.mark = null;
  }

  watch(changed: (isIn: boolean) => void): void {
    page.addEventListener?.('storage', () => {
      const mark = stored(this.hint);
      if (mark === undefined || mark === this.mark) return;
      this.mark = mark;
      changed(mark !== null);
    });
  }

  private noted(tokens: Tokens): Tokens {
    this.mark = String(Math.random());
    store(this.hint, this.mark);
    return tokens;
  }

  private async enter(door: string, body?: object): Promise<Tokens> {
    return { access: tokenOf(await this.post(door, body), 'access_token'), refresh: null };
  }

  private post(door: string, body?: object, headers: Record<string, string> = {}): Promise<unknown> {
    return post(this.fetch, `${this.base}/api/v1/auth/${door}`, body, { headers, credentials: 'include' });
  }
}

/** For programs: the refresh token is in the body of answers, and kept by whoever uses this. */
export class BodyDoor implements Door {
  constructor(
    private readonly fetch: Fetch,
    private readonly base: string,
  ) {}

  async register({ username, password, ...rest }: Registration): Promise<Tokens> {
    await post(this.fetch, `${this.base}/auth/register`, { username, password, ...rest });
    return this.logIn(username, password);
  }

  logIn(username: string, password: string): Promise<Tokens> {
    return this.enter('login', { username, password });
  }

  refresh(token: string | null): Promise<Tokens> {
    return this.enter('refresh', { refresh_token: token });
  }

  async logOut(_access: string, refresh: string | null): Promise<void> {
    await post(this.fetch, `${this.base}/auth/logout`, { refresh_token: refresh });
  }

  mayReturn(token: string | null): boolean {
    return token !== null;
  }

  forget(): void {
    // Nothing is kept here.
  }

  watch(): void {
    // Nobody else has this token.
  }

  private async enter(door: string, body: object): Promise<Tokens> {
    const data = fieldOf(await post(this.fetch, `${this.base}/auth/${door}`, body), 'data');
    return { access: tokenOf(data, 'token'), refresh: tokenOf(data, 'refresh_token') };
  }
}

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
}

const tokenOf = (answer: unknown, name: string): string => {
  const value = fieldOf(answer, name);
  if (typeof value === 'string') return value;
  throw new ApiError(0, 'The answer is not one of Switchboard');
};

/** For browsers: the refresh token is in a cookie that scripts cannot see. */
export class CookieDoor implements Door {
  /** Says only that there is a session, so that a page does not ask for one that cannot be there. */
  private readonly hint: string;

  constructor(
    private readonly fetch: Fetch,
    private readonly base: string,
  ) {
    this.hint = `switchboard.session ${base}`;
  }

  register(body: Registration): Promise<Tokens> {
    return this.enter('register', body);
  }

  logIn(username: string, password: string): Promise<Tokens> {
    return this.enter('login', { username, password });
  }

  refresh(): Promise<Tokens> {
    // Tabs share the cookie, and a refresh token is good once.
    return inTurn(`${this.hint} refresh`, () => this.enter('refresh'));
  }

  async logOut(access: string): Promise<void> {
    await this.post('logout', undefined, { authorization: `Bearer ${access}` });
  }

  mayReturn(): boolean {
    return stored(this.hint) !== null;
  }

  forget(): void {
    store(this.hint, null);
  }

  private async enter(door: string, body?: object): Promise<Tokens> {
    const tokens = { access: tokenOf(await this.post(door, body), 'access_token'), refresh: null };
    store(this.hint, '1');
    return tokens;
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

  private async enter(door: string, body: object): Promise<Tokens> {
    const data = fieldOf(await post(this.fetch, `${this.base}/auth/${door}`, body), 'data');
    return { access: tokenOf(data, 'token'), refresh: tokenOf(data, 'refresh_token') };
  }
}

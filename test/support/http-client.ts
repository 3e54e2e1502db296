/** What JSON is read as: a test says what it should be by looking at it. */
export type Parsed = ReturnType<typeof JSON.parse>;

export interface Answer<Body = unknown> {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Body;
}

export interface Tokens {
  readonly token: string;
  /** The value of the refresh cookie. */
  readonly refreshToken: string;
}

type Json = Record<string, unknown> | readonly unknown[] | string | number | boolean | null;

/** Requests with JSON in and out. The type of an answer's body is what the test says it is; it then checks that. */
export class Client {
  constructor(
    readonly url: string,
    readonly token?: string,
  ) {}

  get<Body = Parsed>(path: string, headers?: Record<string, string>): Promise<Answer<Body>> {
    return this.send<Body>('GET', path, undefined, headers);
  }

  post<Body = Parsed>(path: string, body?: Json, headers?: Record<string, string>): Promise<Answer<Body>> {
    return this.send<Body>('POST', path, body, headers);
  }

  put<Body = Parsed>(path: string, body?: Json): Promise<Answer<Body>> {
    return this.send<Body>('PUT', path, body);
  }

  delete<Body = Parsed>(path: string): Promise<Answer<Body>> {
    return this.send<Body>('DELETE', path);
  }

  async send<Body = Parsed>(
    method: string,
    path: string,
    body?: Json,
    headers: Record<string, string> = {},
  ): Promise<Answer<Body>> {
    return this.raw<Body>(path, {
      method,
      headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  }

  /** A request with a body of any kind. */
  async raw<Body = Parsed>(path: string, init: RequestInit): Promise<Answer<Body>> {
    const headers = new Headers(init.headers);
    if (this.token && !headers.has('authorization')) headers.set('authorization', `Bearer ${this.token}`);
    const response = await fetch(this.url + path, { ...init, headers, redirect: 'manual' });
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.includes('json');
    return { status: response.status, headers: response.headers, body: (isJson ? JSON.parse(text) : text) as Body };
  }

  /** Logs in through `rest`. */
  async logIn(username: string, password: string): Promise<Tokens> {
    const answer = await this.post('/api/v1/auth/login', { username, password });
    if (answer.status !== 200) throw new Error(`log-in answered ${answer.status}: ${JSON.stringify(answer.body)}`);
    return { token: answer.body.access_token, refreshToken: refreshCookieOf(answer) };
  }
}

/** The value of the refresh cookie that an answer sets; empty where it sets none. */
export function refreshCookieOf({ headers }: Pick<Answer, 'headers'>): string {
  const cookie = headers.getSetCookie().find((line) => line.startsWith('refresh_token='));
  return cookie?.slice('refresh_token='.length).split(';')[0] ?? '';
}

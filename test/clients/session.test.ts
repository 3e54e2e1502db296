import { setMaxListeners } from 'node:events';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { ApiError, type Switchboard, type SwitchboardOptions, type User } from '../../clients/typescript/src/index.js';
import { CARRIERS, CookieJar, kitFor, kitOf, liveOver } from '../support/kit.js';
import { Line } from '../support/line.js';
import { PASSWORD, TestServer } from '../support/server.js';
import { until } from '../support/until.js';

let server: TestServer;
const opened: { close(): unknown }[] = [];
beforeAll(async () => {
  server = await TestServer.start();
});
afterEach(async () => {
  for (const it of opened.splice(0)) await it.close();
});
afterAll(() => server.stop());

/** A way in, and a second client that has what the first has left behind. */
const MODES = {
  cookie: {
    refresh: '/api/v1/auth/refresh',
    open: (): { options: SwitchboardOptions; later: (before: string | null) => SwitchboardOptions; jar: CookieJar } => {
      const jar = new CookieJar();
      const options: SwitchboardOptions = { refresh: 'cookie', fetch: jar.fetch };
      return { options, later: () => options, jar };
    },
  },
  body: {
    refresh: '/auth/refresh',
    open: (): { options: SwitchboardOptions; later: (before: string | null) => SwitchboardOptions; jar: CookieJar } => {
      const jar = new CookieJar();
      const options: SwitchboardOptions = { refresh: 'body', fetch: jar.fetch };
      return { options, later: (refreshToken) => ({ ...options, refreshToken: refreshToken ?? undefined }), jar };
    },
  },
} as const;

/** Spoils the access token of the next requests, so that the server refuses them. */
function spoiling(jar: CookieJar): { fetch: typeof fetch; spoil: (requests: number) => void } {
  let left = 0;
  return {
    spoil: (requests) => {
      left = requests;
    },
    fetch: (input, init) => {
      const request = new Request(input, init);
      if (left > 0 && request.headers.has('authorization')) {
        left -= 1;
        request.headers.set('authorization', 'Bearer spoilt');
      }
      return jar.fetch(request);
    },
  };
}

const failureOf = async (work: Promise<unknown>): Promise<ApiError> => {
  const error: unknown = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof ApiError)) throw new Error(`not an ApiError: ${String(error)}`);
  return error;
};

describe.each(['cookie', 'body'] as const)('a session with its refresh token in the %s', (name) => {
  const mode = MODES[name];

  it('begins by registering or logging in, comes back, and ends by logging out', async () => {
    const { options, later } = mode.open();
    const first = kitOf(server.url, options);
    const heard: (User | null)[] = [];
    let refreshToken: string | null = null;
    first.on('session', (user) => heard.push(user));
    first.on('refreshToken', (token) => {
      refreshToken = token;
    });
    const username = server.name();
    expect(await first.restore()).toBeNull();
    expect([first.user, await first.token()]).toEqual([null, null]);
    const user = await first.register({ username, email: `${username}@example.com`, password: PASSWORD });
    expect(user).toMatchObject({ username, email: `${username}@example.com`, is_superuser: false });
    expect([first.user, heard]).toEqual([user, [user]]);
    expect(typeof refreshToken).toBe(name === 'body' ? 'string' : 'object');

    const second = kitOf(server.url, later(refreshToken));
    expect(await second.restore()).toEqual(user);
    const { data } = await second.rest.GET('/api/v1/users/me');
    expect(data).toEqual(user);
    expect(
      (await second.rest.GET('/api/v1/users/{user_id}/sessions', { params: { path: { user_id: user.id } } })).data,
    ).toHaveLength(1);

    await second.logOut();
    expect([second.user, second.accessToken, await second.token()]).toEqual([null, null, null]);
    const third = kitOf(server.url, later(refreshToken));
    expect(await third.restore()).toBeNull();
    expect((await third.logIn(`${username}@example.com`, PASSWORD)).id).toBe(user.id);
    expect((await third.rest.GET('/api/v1/users/me')).response.status).toBe(200);
  });

  it('says what the server refuses in its words', async () => {
    const kit = kitOf(server.url, mode.open().options);
    const wrong = await failureOf(kit.logIn('nobody-at-all', PASSWORD));
    expect([wrong.status, wrong.message]).toEqual([401, expect.stringContaining('Invalid username or password')]);
    const invalid = await failureOf(kit.register({ username: 'x', email: 'none', password: 'short' }));
    expect(invalid.status).toBe(name === 'cookie' ? 422 : 400);
    expect(invalid.message).toMatch(/email|username/);
    expect(kit.user).toBeNull();
  });

  it('refreshes once for all who ask at the same moment, and repeats each request once', async () => {
    const { options, jar } = mode.open();
    const { fetch, spoil } = spoiling(jar);
    const { username } = await server.user();
    const kit = await kitFor(server.url, username, { ...options, fetch });
    spoil(5);
    jar.made.length = 0;
    const answers = await Promise.all(Array.from({ length: 5 }, () => kit.rest.GET('/api/v1/users/me')));
    expect(answers.map(({ response }) => response.status)).toEqual([200, 200, 200, 200, 200]);
    expect(jar.timesOf(`POST ${mode.refresh}`)).toBe(1);
    expect(jar.timesOf('GET /api/v1/users/me')).toBe(10);
    // A body goes along a second time.
    spoil(1);
    const changed = await kit.rest.PUT('/api/v1/users/{user_id}', {
      params: { path: { user_id: kit.user?.id ?? 0 } },
      body: { full_name: 'Ann Other' },
    });
    expect(changed.data?.full_name).toBe('Ann Other');
    // A second refusal is the answer.
    spoil(2);
    expect((await kit.rest.GET('/api/v1/users/me')).response.status).toBe(401);
    expect(kit.user).not.toBeNull();
  });

  it('renews a token that is about to run out before it is used', async () => {
    const quick = await TestServer.start({ variables: { ACCESS_TOKEN_TTL: '2' } });
    opened.push({ close: () => quick.stop() });
    const { options, jar } = mode.open();
    const { username } = await quick.user();
    const kit = await kitFor(quick.url, username, options);
    const first = await kit.token();
    await until(async () => (await kit.token()) !== first);
    expect(jar.timesOf(`POST ${mode.refresh}`)).toBe(1);
    jar.made.length = 0;
    expect((await kit.rest.GET('/api/v1/users/me')).response.status).toBe(200);
    expect(jar.made).toEqual(['GET /api/v1/users/me']);
  });

  it('is over where the server has ended it, and nobody asks again', async () => {
    const { options, jar } = mode.open();
    const account = await server.user();
    const kit = await kitFor(server.url, account.username, options);
    const heard: (User | null)[] = [];
    kit.on('session', (user) => heard.push(user));
    await account.client.delete(`/api/v1/users/${account.id}/sessions`);
    const { response } = await kit.rest.GET('/api/v1/users/me');
    expect([response.status, kit.user, heard]).toEqual([401, null, [null]]);
    jar.made.length = 0;
    expect((await kit.rest.GET('/api/v1/users/me')).response.status).toBe(401);
    expect(await kit.token()).toBeNull();
    expect(jar.made).toEqual(['GET /api/v1/users/me']);
    await kit.logOut();
    expect(heard).toEqual([null]);
  });

  it('outlives a network that fails', async () => {
    const line = new Line(new URL(server.url));
    opened.push(line);
    const { options, later, jar } = mode.open();
    const { fetch, spoil } = spoiling(jar);
    const { username } = await server.user();
    const kit = await kitFor((await line.open()).replace(/\/$/, ''), username, { ...options, fetch });
    let refreshToken: string | null = null;
    kit.on('refreshToken', (token) => {
      refreshToken = token;
    });
    line.cut();
    expect((await failureOf(kit.logOut())).status).toBe(0);
    expect(kit.user?.username).toBe(username);
    await expect(kit.rest.GET('/api/v1/users/me')).rejects.toThrow();
    line.mend();
    spoil(1);
    expect((await kit.rest.GET('/api/v1/users/me')).response.status).toBe(200);
    line.cut();
    expect((await failureOf(kitOf(kit.baseUrl, later(refreshToken)).restore())).status).toBe(0);
    line.mend();
    expect((await kitOf(kit.baseUrl, later(refreshToken)).restore())?.username).toBe(username);
  });

  it.each(CARRIERS)('takes its connections over %s along when it ends', async (carrier) => {
    const account = await server.user();
    const { options, jar } = mode.open();
    const [ended, left] = [
      await kitFor(server.url, account.username, options),
      await kitFor(server.url, account.username, mode.open().options),
    ];
    const lives = [liveOver(carrier, ended), liveOver(carrier, left)];
    opened.push(...lives);
    await until(() => lives.every(({ state }) => state === 'open'));
    const { data: sessions = [] } = await ended.rest.GET('/api/v1/users/{user_id}/sessions', {
      params: { path: { user_id: account.id } },
    });
    expect(sessions.length).toBeGreaterThan(2);
    const states: string[] = [];
    lives[0]?.on('state', (state) => states.push(state));
    await left.logOut();
    expect([lives[1]?.state, lives[0]?.state]).toEqual(['closed', 'open']);
    const heard: (User | null)[] = [];
    ended.on('session', (user) => heard.push(user));
    jar.made.length = 0;
    const from = performance.now();
    await account.client.delete(`/api/v1/users/${account.id}/sessions`);
    await until(() => lives[0]?.state === 'closed');
    expect(performance.now() - from).toBeLessThan(2_000);
    expect(heard).toEqual([null]);
    expect(states).not.toContain('open');
    expect(lives[0]?.ending).toMatchObject({ code: 4401, reason: 'Session is over' });
    await expect(lives[0]?.command('system.ping', {})).rejects.toMatchObject({ code: 'closed' });
  });
});

describe.each([true, false])('the tabs of one browser (with locks: %s)', (hasLocks) => {
  beforeEach(() => {
    const [kept, page] = [new Map<string, string>(), new EventTarget()];
    const changed = (): void => void setImmediate(() => page.dispatchEvent(new Event('storage')));
    setMaxListeners(0, page);
    vi.stubGlobal('addEventListener', page.addEventListener.bind(page));
    vi.stubGlobal('localStorage', {
      getItem: (name: string) => kept.get(name) ?? null,
      setItem: (name: string, value: string) => {
        kept.set(name, value);
        changed();
      },
      removeItem: (name: string) => {
        kept.delete(name);
        changed();
      },
    });
    let turn: Promise<unknown> = Promise.resolve();
    const request = (_name: string, work: () => Promise<unknown>) => {
      const mine = turn.then(work);
      turn = mine.catch(() => undefined);
      return mine;
    };
    vi.stubGlobal('navigator', hasLocks ? { locks: { request } } : {});
  });
  afterEach(() => {
    vi.unstubAllGlobals();
  });

  const tabsOf = async (): Promise<{ jar: CookieJar; username: string; tabs: [Switchboard, Switchboard, Switchboard] }> => {
    const jar = new CookieJar();
    const { username } = await server.user();
    const tab = () => kitOf(server.url, { refresh: 'cookie', fetch: jar.fetch });
    await tab().logIn(username, PASSWORD);
    return { jar, username, tabs: [tab(), tab(), tab()] };
  };

  it('come back at the same moment, though a refresh token is good once', async () => {
    for (let round = 0; round < 5; round++) {
      const { username, tabs } = await tabsOf();
      const users = await Promise.all(tabs.map((tab) => tab.restore()));
      expect(users.map((user) => user?.username)).toEqual([username, username, username]);
      const alive = await Promise.all(tabs.map((tab) => tab.rest.GET('/api/v1/users/me')));
      expect(alive.map(({ response }) => response.status)).toEqual([200, 200, 200]);
    }
  });

  it('become somebody else together, and their connections end', async () => {
    const { jar, tabs } = await tabsOf();
    const [tab, other] = tabs;
    await tab.restore();
    const live = liveOver('game', tab);
    opened.push(live);
    await until(() => live.state === 'open');
    const { username } = await server.user();
    await other.restore();
    await other.logOut();
    await other.logIn(username, PASSWORD);
    await until(() => live.state === 'closed');
    // Whether it was somebody else by then, or nobody, depends on who was quicker.
    expect((await tab.restore())?.username).toBe(username);
    expect((await tab.rest.GET('/api/v1/users/me')).data?.username).toBe(username);
    expect(jar.value).not.toBeNull();
  });

  it('become whoever signs in in one of them, and nobody when that one signs out', async () => {
    const { jar, tabs } = await tabsOf();
    const [tab, other, third] = tabs;
    await tab.restore();
    const { username } = await server.user();
    await other.logIn(username, PASSWORD);
    for (const one of [tab, third]) await until(() => one.user?.username === username);
    jar.made.length = 0;
    await tab.logOut();
    for (const one of [other, third]) await until(() => one.user === null);
    expect(await third.restore()).toBeNull();
  });

  it('stay what they are where no cookie is kept, as by browsers without TLS', async () => {
    const jar = new CookieJar();
    const fetch: typeof globalThis.fetch = (input, init) => {
      jar.value = null;
      return jar.fetch(input, init);
    };
    const [one, two] = [await server.user(), await server.user()];
    const tabs = [kitOf(server.url, { refresh: 'cookie', fetch }), kitOf(server.url, { refresh: 'cookie', fetch })] as const;
    await tabs[0].logIn(one.username, PASSWORD);
    await tabs[1].logIn(two.username, PASSWORD);
    await until(() => jar.timesOf('POST /api/v1/auth/refresh') === 2);
    await tabs[1].logOut();
    await until(() => jar.timesOf('GET /api/v1/users/me') === 3);
    expect((await tabs[0].rest.GET('/api/v1/users/me')).data?.username).toBe(one.username);
    expect([tabs[0].user?.username, tabs[1].user]).toEqual([one.username, null]);
  });

  it('ask for no session where there was none, or it is over', async () => {
    const { jar, tabs } = await tabsOf();
    const [tab, other] = tabs;
    await tab.restore();
    await tab.logOut();
    jar.made.length = 0;
    expect(await other.restore()).toBeNull();
    expect(jar.made).toEqual([]);
  });
});

it('is for pages of the server itself unless told where that is', () => {
  expect(() => kitOf('')).toThrow(TypeError);
  expect(kitOf('http://localhost:8000//').baseUrl).toBe('http://localhost:8000');
});

import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RawSocket } from '../support/raw-socket.js';
import { type Account, PASSWORD, TestServer } from '../support/server.js';
import { until } from '../support/until.js';

let server: TestServer;
let account: Account;
beforeAll(async () => {
  server = await TestServer.start();
  account = await server.user();
});
afterAll(() => server.stop());

const token = expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/);
const timestamp = expect.any(Number);
const error = expect.stringMatching(/\w/);
const now = (): number => Date.now() / 1000;

/** Opens a socket for one test and closes it afterwards. */
async function withSocket(test: (socket: RawSocket) => Promise<void>): Promise<void> {
  const socket = await server.socket('/');
  await test(socket);
  await socket.close();
}

const auth = (extra: object = {}) => ({
  mode: 'auth',
  timestamp: now(),
  username: account.username,
  password: PASSWORD,
  ...extra,
});

describe('frames', () => {
  it('have exactly the fields of the document', () =>
    withSocket(async (socket) => {
      const username = server.name('writer');
      const email = `${username}@example.com`;
      const register = { mode: 'register', timestamp: now(), username, password: PASSWORD, email };
      const registered = await socket.ask(register);
      expect(registered).toEqual({ mode: 'register', timestamp, status: 200, token });
      expect(await socket.ask(auth())).toEqual({ mode: 'auth', timestamp, status: 200, token });
      const recovery = { mode: 'recovery', timestamp: now(), username, known_data: email, known_data_type: 'email' };
      expect(await socket.ask(recovery)).toEqual({ mode: 'recovery', timestamp, status: 202 });
      expect(await socket.ask(register)).toEqual({ mode: 'register', timestamp, status: 409, error });
      expect(await socket.ask(auth({ password: 'wrong password' }))).toEqual({ mode: 'auth', timestamp, status: 401, error });
      const logout = { mode: 'logout', timestamp: now(), token: registered.token, username };
      expect(await socket.ask(logout)).toEqual({ mode: 'logout', timestamp, status: 200 });
    }));

  it('carry the time in unix seconds with milliseconds', () =>
    withSocket(async (socket) => {
      const before = now();
      const answer = await socket.ask(auth());
      expect(answer.timestamp).toBeGreaterThanOrEqual(before);
      expect(answer.timestamp).toBeLessThanOrEqual(now());
      expect(answer.timestamp * 1000).toBeCloseTo(Math.round(answer.timestamp * 1000), 3);
    }));

  it.each([
    ['a number', 1735689600.123],
    ['an ISO string', '2024-02-11T00:00:00Z'],
    ['another one', '2024-02-11 00:00:00.123456'],
    ['none', undefined],
  ])('may bring %s as their time', (_what, given) =>
    withSocket(async (socket) => {
      expect(await socket.ask(auth({ timestamp: given }))).toMatchObject({ mode: 'auth', status: 200 });
    }),
  );

  it.each(['abc', 17, null, { nested: [1] }, '', false])('get their request_id %j back, whatever comes of them', (request_id) =>
    withSocket(async (socket) => {
      expect(await socket.ask(auth({ request_id }))).toEqual({ mode: 'auth', timestamp, status: 200, token, request_id });
      const refused = { mode: 'auth', timestamp, status: 401, error, request_id };
      expect(await socket.ask(auth({ request_id, password: 'wrong password' }))).toEqual(refused);
      expect(await socket.ask({ mode: 'unheardOf', request_id })).toEqual({ ...refused, mode: 'unheardOf', status: 400 });
      expect(await socket.ask({ mode: 17, request_id })).toEqual({ ...refused, mode: expect.any(String), status: 400 });
    }),
  );

  it.each(['unheardOf', '__proto__', 'constructor', 'toString', 'AUTH', ''])('of the mode «%s» are answered 400', (mode) =>
    withSocket(async (socket) => {
      expect(await socket.ask({ mode })).toEqual({ mode, timestamp, status: 400, error });
    }),
  );
});

describe('answers', () => {
  it('come in the order of the requests, although some take longer', () =>
    withSocket(async (socket) => {
      const wanted = Array.from({ length: 12 }, (_, i) => i);
      for (const request_id of wanted) {
        if (request_id % 3 === 0) socket.send(auth({ request_id }));
        else if (request_id % 3 === 1) socket.send({ mode: 'unheardOf', request_id });
        else socket.send({ mode: 17, request_id });
      }
      const got: unknown[] = [];
      for (let i = 0; i < wanted.length; i++) got.push((await socket.next()).request_id);
      expect(got).toEqual(wanted);
    }));
});

describe('who a connection is', () => {
  const logout = (extra: object = {}) => ({ mode: 'logout', timestamp: now(), username: account.username, ...extra });

  it('is nobody at first', () =>
    withSocket(async (socket) => {
      expect(await socket.ask(logout())).toEqual({ mode: 'logout', timestamp, status: 401, error });
    }));

  it.each(['x', 17, null, ''])('is nobody by the token %j', (given) =>
    withSocket(async (socket) => {
      expect(await socket.ask(logout({ token: given }))).toEqual({ mode: 'logout', timestamp, status: 401, error });
    }),
  );

  it('follows from auth, without a token in what comes next', () =>
    withSocket(async (socket) => {
      await socket.ask(auth());
      expect(await socket.ask(logout())).toEqual({ mode: 'logout', timestamp, status: 200 });
      expect(await socket.ask(logout())).toEqual({ mode: 'logout', timestamp, status: 401, error });
    }));

  it('follows from register', () =>
    withSocket(async (socket) => {
      const username = server.name('writer');
      await socket.ask({ mode: 'register', timestamp: now(), username, password: PASSWORD, email: `${username}@example.com` });
      expect((await socket.ask({ mode: 'logout', timestamp: now(), username })).status).toBe(200);
    }));

  it('follows from the token of a request that succeeds', () =>
    withSocket(async (socket) => {
      const { id, tokens, client } = await server.user();
      expect(await socket.ask({ mode: 'getChats', token: tokens.token })).toMatchObject({ status: 200 });
      await client.delete(`/api/v1/users/${id}/sessions`);
      // Bound to that session, it ends with it.
      expect((await socket.closed).code).toBe(4401);
    }));

  it('follows from the header of the upgrade', async () => {
    const { username, tokens } = await server.user();
    const socket = await server.socket('/', { authorization: `Bearer ${tokens.token}` });
    expect((await socket.ask({ mode: 'logout', timestamp: now(), username })).status).toBe(200);
    await socket.close();
  });
});

describe('logout', () => {
  it('ends the session with all its other sockets, and leaves this one open and nobody', async () => {
    const { username, tokens } = await server.user();
    const others = await Promise.all(
      ['/', '/ws/other', '/v1/connect'].map((path) => server.socket(path, { authorization: `Bearer ${tokens.token}` })),
    );
    await withSocket(async (socket) => {
      const request = { mode: 'logout', timestamp: now(), token: tokens.token, username };
      expect((await socket.ask(request)).status).toBe(200);
      for (const other of others) expect((await other.closed).code).toBe(4401);
      expect(await socket.ask(request)).toMatchObject({ mode: 'logout', status: 401 });
      expect(await socket.ask(auth())).toMatchObject({ mode: 'auth', status: 200 });
    });
    expect((await server.client(tokens.token).get('/api/v1/users/me')).status).toBe(401);
  });

  it('takes the name in another case, no other, and none for invalid', () =>
    withSocket(async (socket) => {
      await socket.ask(auth());
      expect((await socket.ask({ mode: 'logout', username: 'somebody-else' })).status).toBe(403);
      expect((await socket.ask({ mode: 'logout' })).status).toBe(400);
      expect((await socket.ask({ mode: 'logout', username: account.username.toUpperCase() })).status).toBe(200);
    }));
});

describe('recovery', () => {
  const recovery = (known_data: unknown, known_data_type: unknown) => ({
    ...{ mode: 'recovery', timestamp: now(), username: account.username, known_data, known_data_type },
  });

  it('is answered 202 whoever is meant, and writes to whoever has an address', async () => {
    const { username, email } = await server.user();
    await withSocket(async (socket) => {
      for (const request of [recovery(email, 'email'), recovery('nobody@example.com', 'email'), recovery('nobody', 'username')]) {
        expect(await socket.ask(request)).toEqual({ mode: 'recovery', timestamp, status: 202 });
      }
      const outbox = join(server.dataDir, 'outbox');
      const mails = async (): Promise<string[]> => {
        const names = (await readdir(outbox).catch(() => [])).filter((name) => name.endsWith('.eml'));
        return Promise.all(names.map((name) => readFile(join(outbox, name), 'utf8')));
      };
      const toThem = async () => (await mails()).filter((mail) => mail.includes(email));
      await until(async () => (await toThem()).length === 1);
      expect(await socket.ask(recovery(username, 'username'))).toEqual({ mode: 'recovery', timestamp, status: 202 });
      await until(async () => (await toThem()).length === 2);
      expect((await mails()).some((mail) => mail.includes('nobody'))).toBe(false);
    });
  });

  it.each([
    ['nothing known', undefined, 'email'],
    ['of an unknown kind', 'x', 'phone'],
    ['of no kind', 'x', undefined],
    ['with NUL', 'a\0b', 'username'],
  ])('is refused with 400 with %s', (_what, known, type) =>
    withSocket(async (socket) => {
      expect(await socket.ask(recovery(known, type))).toEqual({ mode: 'recovery', timestamp, status: 400, error });
    }),
  );
});

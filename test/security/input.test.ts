import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { filledPath, type Route, routesOf } from '../support/routes.js';
import { type Account, PASSWORD, TestServer } from '../support/server.js';

let server: TestServer;
let boss: Account;
let routes: Route[];

beforeAll(async () => {
  server = await TestServer.start();
  boss = await server.user({ isSuperuser: true });
  routes = await routesOf(server);
});

afterAll(() => server.stop());

const filled = (path: string): string => filledPath(path, boss.id);
const withBodies = (): Route[] => routes.filter(({ body }) => body !== undefined);
const rawJson = (method: string, path: string, body: string) =>
  boss.client.raw(path, { method, headers: { 'content-type': 'application/json' }, body });

describe('bodies', () => {
  it.each(['[]', 'null', '1', '"text"', 'true', '[[]]', '[{"username":"a"}]', '-0', '1e400'])(
    'that are no objects (%s) are refused',
    async (text) => {
      for (const { method, path } of withBodies()) {
        // A command without a payload takes any: it looks at none.
        if (path.includes('/commands/')) continue;
        expect([400, 422], `${method} ${path}`).toContain((await rawJson(method, filled(path), text)).status);
      }
    },
  );

  it('whose fields are of the wrong type are refused field by field, and never a fault of ours', async () => {
    const wrong: unknown[] = [[], {}, 1, -1.5, true, [PASSWORD], { length: 9 }, { toString: 'x' }, { $gt: '' }];
    for (const { method, path, body = {} } of withBodies()) {
      for (const name of Object.keys(body)) {
        for (const value of wrong) {
          if (typeof body[name] === typeof value) continue;
          const { status } = await boss.client.send(method, filled(path), { ...body, [name]: value });
          // What a ping carries may be anything.
          const allowed = path.includes('/commands/') ? [200, 404, 422] : [400, 422];
          expect(allowed, `${method} ${path} ${name}=${JSON.stringify(value)}`).toContain(status);
        }
      }
    }
  });

  it('that nest 5,000 deep or hold 10 kB of brackets are refused at once', async () => {
    const deep = [
      '['.repeat(10_000),
      `${'['.repeat(5_000)}${']'.repeat(5_000)}`,
      `${'{"a":'.repeat(5_000)}1${'}'.repeat(5_000)}`,
      `{"a":${'['.repeat(5_000)}`,
    ];
    for (const { method, path } of withBodies()) {
      for (const text of deep) {
        const from = performance.now();
        expect((await rawJson(method, filled(path), text)).status, `${method} ${path}`).toBe(400);
        expect(performance.now() - from).toBeLessThan(1_000);
      }
    }
    const sockets = {
      '/v1/connect': await server.socket(`/v1/connect?token=${boss.tokens.token}`),
      '/ws/deep': await server.socket('/ws/deep'),
      '/': await server.socket('/'),
    };
    await sockets['/v1/connect'].next();
    for (const [path, socket] of Object.entries(sockets)) {
      for (const text of deep)
        expect(JSON.stringify(await socket.ask(text)), path).toMatch(/bad_frame|"status":400|not a JSON object/);
      const nested = `{"type":"command","v":1,"request_id":"n","domain":"system","command":"ping","payload":{"sent_at":${'['.repeat(5_000)}${']'.repeat(5_000)}}}`;
      expect(JSON.stringify(await socket.ask(nested)), path).toMatch(/bad_frame|"status":400|not a JSON object/);
      await socket.close();
    }
  });

  it('with a key twice count the last one, everywhere alike', async () => {
    const { username } = await server.user();
    const twice = (first: string, second: string): string =>
      `{"username":"${username}","password":"${first}","password":"${second}"}`;
    for (const path of ['/auth/login', '/api/v1/auth/login']) {
      expect((await rawJson('POST', path, twice('wrong password', PASSWORD))).status).toBe(200);
      expect((await rawJson('POST', path, twice(PASSWORD, 'wrong password'))).status).toBe(401);
    }
    const form = (first: string, second: string) => {
      const body = new URLSearchParams([
        ['username', username],
        ['password', first],
        ['password', second],
      ]);
      return server.client().raw('/api/v1/auth/login', { method: 'POST', body });
    };
    expect((await form('wrong password', PASSWORD)).status).toBe(200);
    expect((await form(PASSWORD, 'wrong password')).status).toBe(401);
    // The same key, once spelled with an escape, is the same key.
    expect(
      (
        await rawJson(
          'POST',
          '/auth/login',
          `{"username":"${username}","p\\u0061ssword":"wrong password","password":"${PASSWORD}"}`,
        )
      ).status,
    ).toBe(200);
  });
});

describe('queries', () => {
  it('with a parameter twice count the last one', async () => {
    expect((await boss.client.get('/api/v1/users?limit=999&limit=1')).body).toHaveLength(1);
    expect((await boss.client.get('/api/v1/users?limit=1&limit=x')).status).toBe(422);
    expect((await boss.client.get('/api/v1/users?limit=x&limit=1')).body).toHaveLength(1);
  });

  it.each([
    '-1',
    '1.5',
    '2147483648',
    '9223372036854775807',
    '9223372036854775808',
    '18446744073709551616',
    'NaN',
    'Infinity',
    '1e3',
    '0x10',
    '',
    ' ',
    '１',
    '[]',
    '%00',
    'null',
    '1,2',
  ])('with limit=%s, skip or after are refused or harmless', async (value) => {
    for (const name of ['limit', 'skip', 'after']) {
      const { status } = await boss.client.get(`/api/v1/users?${name}=${value}`);
      const isPlain = /^\d{1,10}$/.test(value) || value === '9223372036854775807';
      expect(isPlain && name !== 'limit' ? [200, 422] : [422], `${name}=${value}`).toContain(status);
    }
  });

  it.each([
    '-1',
    '0',
    '1.5',
    '2147483648',
    '9223372036854775807',
    '9223372036854775808',
    '18446744073709551616',
    'NaN',
    '1e3',
    '0x1',
    '%20',
    '１',
    '%00',
    'null',
    'me%00',
    '1;2',
  ])('and ids such as %s are 404 or 422', async (id) => {
    for (const [method, path] of [
      ['GET', `/api/v1/users/${id}`],
      ['PUT', `/api/v1/users/${id}`],
      ['DELETE', `/api/v1/users/${id}`],
      ['GET', `/api/v1/users/${id}/sessions`],
      ['DELETE', `/api/v1/users/${id}/sessions`],
      ['GET', `/api/v1/users/${id}/clients`],
      ['POST', `/api/v1/users/${id}/reset-password`],
    ] as const) {
      const { status, body } = await boss.client.send(method, path, method === 'PUT' ? {} : undefined);
      // The sessions of nobody are none.
      if (status === 200) expect(JSON.stringify(body)).toMatch(/^\[\]$|ended successfully/);
      else expect([404, 422], `${method} ${path}`).toContain(status);
    }
  });
});

import { Controller, Get, Module } from '@nestjs/common';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Public } from '../../src/http/access.js';
import { ProtocolController } from '../../src/http/protocol-controller.js';
import type { Answer } from '../support/http-client.js';
import { exchange } from '../support/raw-http.js';
import { filledPath, type Route, routesOf } from '../support/routes.js';
import { type Account, TestServer } from '../support/server.js';

/** What a client must never read: stacks, statements, places in the file system, names of our parts. */
const INSIDE =
  /\bat [^"]+:\d+:\d+|node_modules|\.[jt]s:\d+|\/(?:work|home|root|usr|tmp)\/|\b(?:SELECT|INSERT|UPDATE|DELETE) |violates|syntax error|TypeError|ReferenceError|ECONN|[Tt]ype[Oo][Rr][Mm]|[Pp]ostgres/;

const failing = (): never => {
  throw new TypeError('SELECT password_hash FROM users failed at /home/somebody/server.js:1:1');
};

@Controller('failing/plain')
class FailingController {
  @Get()
  @Public()
  fail(): never {
    return failing();
  }
}

@ProtocolController('game', 'failing/game')
class FailingGameController {
  @Get()
  @Public()
  fail(): never {
    return failing();
  }
}

@ProtocolController('mcp', 'failing/mcp')
class FailingMcpController {
  @Get()
  @Public()
  fail(): never {
    return failing();
  }
}

@Module({ controllers: [FailingController, FailingGameController, FailingMcpController] })
class FailingModule {}

let server: TestServer;
let user: Account;
let routes: Route[];

beforeAll(async () => {
  server = await TestServer.start({ extensions: [FailingModule] });
  user = await server.user();
  routes = (await routesOf(server)).filter(({ path }) => !path.startsWith('/failing'));
});

afterAll(() => server.stop());

const filled = (path: string): string => filledPath(path, user.id);

describe('every protected route', () => {
  it('refuses who has no token with 401, and rest says WWW-Authenticate: Bearer', async () => {
    const guarded = routes.filter(({ isProtected }) => isProtected);
    expect(guarded.length).toBeGreaterThan(8);
    for (const { method, path, body } of guarded) {
      const answer = await server.client().send(method, filled(path), body);
      expect(answer.status, `${method} ${path}`).toBe(401);
      if (path.startsWith('/api/')) expect(answer.headers.get('www-authenticate')).toBe('Bearer');
    }
  });

  it('says 403, not 401, to somebody who may not', async () => {
    for (const [method, path] of [
      ['GET', '/api/v1/users'],
      ['POST', '/api/v1/users'],
      ['GET', `/api/v1/users/${user.id + 1}`],
      ['POST', `/api/v1/users/${user.id}/reset-password`],
    ] as const) {
      const answer = await user.client.send(method, path, method === 'POST' ? {} : undefined);
      expect([answer.status, answer.body], path).toEqual([403, { detail: 'Not enough permissions' }]);
    }
  });

  it('opens to no other spelling of its path', async () => {
    const spellings: ((path: string) => string)[] = [
      (path) => `/${path}`,
      (path) => `///${path}`,
      (path) => `${path}/`,
      (path) => `${path}//`,
      (path) => path.replace(/\/([a-z])/g, (_, letter: string) => `/%${letter.charCodeAt(0).toString(16)}`),
      (path) => path.replace(/^\/(.)/, (_, letter: string) => `/%${letter.charCodeAt(0).toString(16).toUpperCase()}`),
      (path) => path.slice(1).replaceAll('/', '%2f').padStart(1, '/').replace(/^/, '/'),
      (path) => `${path};x`,
      (path) => `${path};x=/`,
      (path) => `${path}%00`,
      (path) => `${path}%20`,
      (path) => `${path}.json`,
      (path) => `${path}.`,
      (path) => `${path}?x=1`,
      (path) => `${path}%3fx`,
      (path) => `${path}#x`,
      (path) => `/.${path}`,
      (path) => `/health/..${path}`,
      (path) => `/health/live/../..${path}`,
      (path) => `/health/%2e%2e${path}`,
      (path) => `/docs/..%2f..${path}`,
      (path) => path.toUpperCase(),
      (path) => path.replaceAll('/', '\\'),
      (path) => path.replaceAll('/', '/./'),
      (path) => `http://localhost${path}`,
      (path) => `http://localhost/health/live${path}`,
      (path) => `*${path}`,
    ];
    const tries = routes
      .filter(({ isProtected }) => isProtected)
      .flatMap(({ method, path }) => {
        const methods = method === 'GET' ? ['GET', 'HEAD'] : [method];
        return methods.flatMap((verb) => spellings.map((spell) => `${verb} ${spell(filled(path))}`));
      });
    const answers = await Promise.all(
      tries.map(async (line) => {
        const request = `${line} HTTP/1.1\r\nHost: localhost\r\nX-HTTP-Method-Override: OPTIONS\r\nX-Original-URL: /health/live\r\nConnection: close\r\n`;
        return { line, status: (await exchange(server.port, `${request}Content-Length: 0\r\n\r\n`)).status };
      }),
    );
    // 0: the connection was closed without a word, which opens nothing either.
    expect(answers.filter(({ status }) => status !== 0 && (status < 400 || status >= 500))).toEqual([]);
  }, 60_000);
});

describe('every answer', () => {
  it('says what it is, keeps itself out of caches and says nothing of what made it', async () => {
    for (const { method, path, body, isProtected } of routes) {
      const answers: Answer[] = [
        await server
          .client(isProtected ? user.tokens.token : undefined)
          .send(method, method === 'DELETE' ? `${filled(path)}x` : filled(path), body),
        await server.client().send(method, filled(path), body && { nothing: 'of use' }),
      ];
      for (const { headers, status } of answers) {
        const name = `${method} ${path} ${status}`;
        expect(headers.get('x-content-type-options'), name).toBe('nosniff');
        expect(headers.get('content-type'), name).toMatch(/^[\w.+-]+\/[\w.+-]+; ?(version=[\d.]+; ?)?charset=utf-8/i);
        expect(headers.get('x-request-id'), name).toMatch(/^[\w.:=+/@-]{1,128}$/);
        for (const leak of ['server', 'x-powered-by', 'x-aspnet-version', 'via']) expect(headers.get(leak), name).toBeNull();
        if (/^\/(api|auth|register)/.test(path)) expect(headers.get('cache-control'), name).toBe('no-store');
      }
    }
  });

  it('to a path or a method that nobody serves has the same marks', async () => {
    for (const [method, path] of [
      ['GET', '/nowhere'],
      ['POST', '/nowhere'],
      ['GET', '/auth/login'],
      ['DELETE', '/register'],
      ['PATCH', '/api/v1/users/me'],
      ['GET', '/%zz'],
      ['GET', `/${'a'.repeat(3_000)}`],
    ] as const) {
      const answer = await server.client().send(method, path);
      expect([400, 404, 405, 414], `${method} ${path}`).toContain(answer.status);
      expect(Object.keys(answer.body), path).toContain(path === '/register' ? 'error' : 'detail');
      expect(answer.headers.get('x-content-type-options'), path).toBe('nosniff');
      expect(answer.headers.get('x-request-id'), path).not.toBeNull();
      expect(JSON.stringify(answer.body)).not.toMatch(INSIDE);
    }
  });

  it.each([
    ['/failing/plain', { detail: 'Internal server error' }],
    ['/failing/game', { success: false, detail: 'Internal server error' }],
    ['/failing/mcp', { error: 'Internal Server Error' }],
  ])('to a fault of ours at %s is 500 in its protocol, and tells nothing', async (path, body) => {
    const answer = await server.client().get(path);
    expect([answer.status, answer.body]).toEqual([500, body]);
    expect([...answer.headers].join()).not.toMatch(INSIDE);
  });

  it('to broken input has the documented shape and tells nothing of the inside', async () => {
    const bodies = [
      '',
      '{',
      '[]',
      'null',
      '"x"',
      '1',
      '{}',
      '{"username":1,"password":[],"login":{},"email":"x"}',
      '\u0000',
      '{"a":1e999}',
    ];
    for (const { method, path, body, isProtected, faultOf } of routes.filter((route) => route.body)) {
      expect(body).toBeDefined();
      for (const text of bodies) {
        const answer = await server
          .client(isProtected ? user.tokens.token : undefined)
          .raw(filled(path), { method, headers: { 'content-type': 'application/json' }, body: text });
        expect(answer.status, `${method} ${path} ${text}`).toBeLessThan(500);
        expect(JSON.stringify(answer.body)).not.toMatch(INSIDE);
        expect(faultOf(answer), `${method} ${path} ${text}`).toBeUndefined();
      }
    }
  });

  it('carries the id that the client gave, unless that id is harmful', async () => {
    const idFor = async (id: string): Promise<string | null> =>
      (await server.client().get('/health/live', { 'x-request-id': id })).headers.get('x-request-id');
    expect(await idFor('trace-1234.5')).toBe('trace-1234.5');
    for (const id of ['a b', '<script>', 'x'.repeat(129), '"', 'é']) expect(await idFor(id)).not.toBe(id);
  });
});

describe('origins', () => {
  const FOREIGN = [
    'https://evil.example',
    'null',
    'http://localhost.evil.example',
    'http://evil.example:8000',
    'https://app.example.org.evil.example',
    'https://evilapp.example.org',
    'http://app.example.org',
    'https://app.example.org:8443',
    'https://APP.example.org@evil.example',
    'file://',
    'chrome-extension://abc',
    'http://[::1',
    '*',
  ];
  let guarded: TestServer;
  let member: Account;
  beforeAll(async () => {
    guarded = await TestServer.start({ variables: { CORS_ORIGINS: 'https://app.example.org', NODE_ENV: 'production' } });
    member = await guarded.user();
  });
  afterAll(() => guarded.stop());

  it.each([...FOREIGN, 'http://localhost:3000', 'http://127.0.0.1:3000'])('%s is granted nothing', async (origin) => {
    const preflight = await guarded.client().raw('/api/v1/users/me', {
      method: 'OPTIONS',
      headers: { origin, 'access-control-request-method': 'PUT', 'access-control-request-headers': 'authorization' },
    });
    const plain = await member.client.get('/api/v1/users/me', { origin });
    for (const { headers } of [preflight, plain]) expect(headers.get('access-control-allow-origin')).toBeNull();
    const cookie = `refresh_token=${member.tokens.refreshToken}`;
    for (const path of ['/api/v1/auth/refresh', '/api/v1/auth/logout']) {
      expect((await guarded.client().post(path, undefined, { origin, cookie })).status).toBe(403);
    }
    expect((await member.client.get('/api/v1/users/me')).status).toBe(200);
    await expect(guarded.socket('/ws/foreign', { origin })).rejects.toThrow('403');
  });

  it('that are named are granted by name, never by *, and no others with them', async () => {
    const origin = 'https://app.example.org';
    const { headers } = await member.client.get('/api/v1/users/me', { origin });
    expect(headers.get('access-control-allow-origin')).toBe(origin);
    expect(headers.get('access-control-allow-credentials')).toBe('true');
    expect(headers.get('vary')).toMatch(/origin/i);
    for (const path of ['/health/live', '/openapi.json', '/docs', '/metrics']) {
      expect(
        (await guarded.client().get(path, { origin: 'https://evil.example' })).headers.get('access-control-allow-origin'),
      ).not.toBe('*');
    }
  });
});

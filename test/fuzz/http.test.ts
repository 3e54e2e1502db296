import { Agent, request } from 'node:http';
import fc, { type Arbitrary } from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { heapBytes } from '../support/heap.js';
import { fuzzing, hostileBody, hostileText, hostileValue } from '../support/hostile.js';
import type { Answer } from '../support/http-client.js';
import { type Route, routesOf } from '../support/routes.js';
import { type Account, TestServer } from '../support/server.js';

/** Nothing may take longer, whatever it is. */
const DEADLINE_MS = 5_000;

interface Attempt {
  readonly params: readonly string[];
  readonly query: readonly (readonly [string, string])[];
  readonly headers: readonly (readonly [string, string])[];
  readonly token: number;
  readonly body: Buffer;
}

let server: TestServer;
let boss: Account;
let routes: Route[];
let victims: Account[];
let heapBefore: number;
const agent = new Agent({ keepAlive: true, maxSockets: 8 });

beforeAll(async () => {
  server = await TestServer.start();
  boss = await server.user({ isSuperuser: true });
  victims = await Promise.all(Array.from({ length: 3 }, () => server.user()));
  routes = await routesOf(server);
  heapBefore = heapBytes();
});

afterAll(async () => {
  agent.destroy();
  await server.stop();
});

const CONTENT_TYPES = [
  'application/json',
  'application/json; charset=utf-16',
  'application/x-www-form-urlencoded',
  'text/plain',
  'multipart/form-data',
  'a/b',
  '',
];
const HEADERS = [
  'x-forwarded-for',
  'x-request-id',
  'cookie',
  'origin',
  'accept',
  'accept-encoding',
  'range',
  'if-none-match',
  'user-agent',
  'idempotency-key',
  'referer',
  'te',
  'x-http-method-override',
];

/** What Node lets a client send as a header's value. */
const headerValue = hostileText.map((text) => text.replace(/[^\t\x20-\x7e\x80-\xff]/g, '').slice(0, 2_000));

/** The example under names that nobody has yet, so that what is well-formed is also carried out. */
const fresh = (body: Readonly<Record<string, unknown>>): Arbitrary<Record<string, unknown>> =>
  fc.stringMatching(/^[a-z]{12}$/).map((name) => ({
    ...body,
    ...('username' in body ? { username: name } : {}),
    ...('login' in body ? { login: name } : {}),
    ...('email' in body ? { email: `${name}@example.com` } : {}),
  }));

const attempt = (route: Route): Arbitrary<Attempt> =>
  fc.record({
    params: fc.array(
      fc.oneof(hostileText, fc.integer().map(String), fc.constantFrom('1', '2', '3', 'me', 'system', 'ping', 'account', 'login')),
      {
        minLength: route.pathParams.length,
        maxLength: route.pathParams.length,
      },
    ),
    query: fc.array(
      fc.tuple(
        fc.constantFrom(...route.queryParams, 'token', 'x', '__proto__', 'a[b]'),
        fc.oneof(
          hostileText,
          hostileValue.map((value) => JSON.stringify(value)),
        ),
      ),
      { maxLength: 3 },
    ),
    headers: fc.array(
      fc.oneof(
        fc.tuple(fc.constant('content-type'), fc.constantFrom(...CONTENT_TYPES)),
        fc.tuple(
          fc.constant('authorization'),
          fc.oneof(
            headerValue,
            headerValue.map((text) => `Bearer ${text}`),
          ),
        ),
        fc.tuple(fc.constantFrom(...HEADERS), headerValue),
      ),
      { maxLength: 3 },
    ),
    token: fc.nat({ max: 4 }),
    body: fresh(route.body ?? { x: 1 }).chain(hostileBody),
  });

/** `encodeURIComponent`, which lets no lone surrogate pass, as the bytes that a careless client would send. */
const encoded = (text: string): string =>
  [...Buffer.from(text, 'utf8')].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('');

function pathOf({ path }: Route, { params, query }: Attempt): string {
  let at = 0;
  // The superuser stays: whoever ends its sessions ends this test.
  const param = (): string => {
    // An empty one is another route.
    const given = params[at] || '-';
    at += 1;
    return Number(given) === boss.id ? '0' : encoded(given.slice(0, 700));
  };
  const search = query.map(([name, value]) => `${encoded(name)}=${encoded(value.slice(0, 1_000))}`).join('&');
  return path.replace(/\{\w+\}/g, param) + (search ? `?${search}` : '');
}

function tokenOf({ path }: Route, { token }: Attempt): string | undefined {
  if (token === 0) return undefined;
  const endsSession = path === '/auth/revoke' || path === '/api/v1/auth/logout';
  if (token === 1 || endsSession) return victims[token % victims.length]?.tokens.token;
  return boss.tokens.token;
}

function send(route: Route, given: Attempt): Promise<Answer> {
  const token = tokenOf(route, given);
  const withBody = route.method !== 'GET';
  const headers = {
    ...(withBody ? { 'content-type': 'application/json', 'content-length': String(given.body.length) } : {}),
    ...(token ? { authorization: `Bearer ${token}` } : {}),
    ...Object.fromEntries(given.headers),
  };
  const options = { host: '127.0.0.1', port: server.port, agent, method: route.method, path: pathOf(route, given), headers };
  return new Promise((resolve, reject) => {
    const sent = request({ ...options, timeout: DEADLINE_MS }, (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part));
      response.on('end', () => {
        const text = Buffer.concat(parts).toString('utf8');
        const isJson = response.headers['content-type']?.includes('json') === true;
        const answered = new Headers(
          Object.entries(response.headers).map(([name, value]): [string, string] => [name, String(value)]),
        );
        resolve({ status: response.statusCode ?? 0, headers: answered, body: isJson ? JSON.parse(text) : text });
      });
      response.on('error', reject);
    });
    sent.on('timeout', () => sent.destroy(new Error(`no answer within ${DEADLINE_MS} ms`)));
    sent.on('error', reject);
    sent.end(withBody ? given.body : undefined);
  });
}

/** What is wrong with an answer, whatever was asked. */
function faultOf(route: Route, answer: Answer): string | undefined {
  const { status, headers, body } = answer;
  if (status >= 500 || status < 200) return `status ${status}`;
  if (!headers.get('x-request-id') || headers.get('x-content-type-options') !== 'nosniff') return `no marks on ${status}`;
  const fault = route.faultOf(answer);
  if (fault === undefined) return undefined;
  // What is refused before the route is known to be meant answers in its protocol's words, too.
  const isRefusal = [400, 404, 413, 414, 415, 431].includes(status) && typeof body === 'object' && body !== null;
  return isRefusal && ('detail' in body || 'error' in body) ? undefined : fault;
}

describe('every route', () => {
  it('answers whatever it is sent, in the documented shape, and never with a fault of ours', async () => {
    expect(routes.length).toBeGreaterThan(25);
    for (const route of routes) {
      const property = fc.asyncProperty(fc.array(attempt(route), { minLength: 1, maxLength: 3 }), async (attempts) => {
        const answers = await Promise.all(attempts.map((given) => send(route, given)));
        for (const answer of answers) expect(faultOf(route, answer), `${route.method} ${route.path}`).toBeUndefined();
      });
      await fc.assert(property, fuzzing(40));
    }
  }, 120_000);

  it('and every other path and method are refused, however they are spelled', async () => {
    const methods = fc.constantFrom('GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS', 'QUERY', 'MKCOL', 'PURGE');
    const known = fc.constantFrom(...routes.map(({ path }) => path));
    const path = fc.oneof(
      fc.array(hostileText, { maxLength: 4 }).map((parts) => `/${parts.map((part) => encoded(part.slice(0, 300))).join('/')}`),
      fc
        .tuple(known, fc.nat(), fc.constantFrom('%', '%zz', '%00', '//', '/..', '\\', ';', '?', '%2e%2e', '%c0%af'))
        .map(([text, at, junk]) => {
          const place = 1 + (at % text.length);
          return text.slice(0, place) + junk + text.slice(place);
        }),
    );
    const property = fc.asyncProperty(methods, path, async (method, target) => {
      const sent = request({ host: '127.0.0.1', port: server.port, agent, method, path: target.replace(/[^\x21-\x7e]/g, '%') });
      const status = await new Promise<number>((resolve, reject) => {
        sent.on('response', (response) => {
          response.resume();
          response.on('end', () => resolve(response.statusCode ?? 0));
        });
        sent.on('error', reject);
        sent.setTimeout(DEADLINE_MS, () => sent.destroy(new Error('no answer')));
        sent.end();
      });
      expect(status, `${method} ${target}`).toBeLessThan(500);
    });
    await fc.assert(property, fuzzing(300));
  }, 60_000);

  it('leaves the server as it was: it serves, and its memory is not spent', async () => {
    expect((await boss.client.get('/api/v1/users/me')).status).toBe(200);
    expect((await server.client().get('/health/ready')).status).toBe(200);
    const user = await server.user();
    expect((await user.client.get('/api/v1/users/me')).body.username).toBe(user.username);
    expect(heapBytes() - heapBefore).toBeLessThan(100 * 1024 * 1024);
  });
});

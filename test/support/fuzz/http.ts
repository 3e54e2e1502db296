import fc, { type Arbitrary } from 'fast-check';
import { type Route, routesOf } from '../routes.js';
import { type Attempt, HttpTarget } from './http-target.js';
import { asText, Grammar, mutated } from './schema.js';
import { fuzz, type Outcome } from './run.js';
import { noObject, written } from './text.js';
import { oddText } from './values.js';
import type { World } from './world.js';

const CONTENT_TYPES = [
  ...['application/json', 'application/json; charset=utf-8', 'application/x-www-form-urlencoded', 'text/plain'],
  ...['application/json; charset=utf-16', 'multipart/form-data', 'a/b', ''],
] as const;

const HEADERS = [
  ...['x-forwarded-for', 'x-request-id', 'cookie', 'origin', 'accept', 'accept-encoding', 'range', 'if-none-match'],
  ...['user-agent', 'idempotency-key', 'referer', 'te', 'x-http-method-override', 'authorization', 'accept-language'],
] as const;

/** What Node lets a client send as a header's value. */
const headerValue = oddText.map((text) => text.replaceAll(/[^\t\x20-\x7e\x80-\xff]/g, '').slice(0, 2_000));

/** As `encodeURIComponent`, which lets no lone surrogate pass. */
const encoded = (text: string): string =>
  [...Buffer.from(text.slice(0, 300), 'utf8')].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('');

const actor: Arbitrary<Attempt['actor']> = fc.constantFrom('nobody', 'user', 'user', 'superuser', 'superuser');

const headers: Arbitrary<Record<string, string>> = fc
  .tuple(
    fc.oneof(
      { weight: 8, arbitrary: fc.constant('application/json') },
      { weight: 2, arbitrary: fc.constantFrom(...CONTENT_TYPES) },
    ),
    fc.array(fc.tuple(fc.constantFrom(...HEADERS), headerValue), { maxLength: 2 }),
  )
  .map(([type, others]) => ({ 'content-type': type, ...Object.fromEntries(others) }));

const formOf = (value: unknown): string =>
  typeof value === 'object' && value !== null
    ? Object.entries(value)
        .map(([key, part]) => `${encoded(key)}=${encoded(String(JSON.stringify(part)).replaceAll('"', ''))}`)
        .join('&')
    : '';

/** Bodies for a route: by its schema with something wrong, sometimes as a form, sometimes noise. */
function bodies(route: Route, grammar: Grammar): Arbitrary<string> {
  const good = grammar.valueOf(route.bodySchema ?? { type: 'object' });
  return fc.oneof(
    { weight: 16, arbitrary: written(mutated(good)) },
    { weight: 2, arbitrary: mutated(good).map(formOf) },
    { weight: 1, arbitrary: noObject },
  );
}

/** Requests to one route. */
function attempts(route: Route, grammar: Grammar): Arbitrary<Attempt> {
  const parameter = (name: string): Arbitrary<string> =>
    fc.oneof(
      { weight: 4, arbitrary: grammar.valueOf(route.parameterSchemas[name] ?? {}, name).map(asText) },
      { weight: 1, arbitrary: oddText },
    );
  const path = fc
    .tuple(...route.pathParams.map(parameter))
    // An empty one is another route.
    .map((values) =>
      route.pathParams.reduce((text, name, at) => text.replace(`{${name}}`, encoded(values[at] || '-')), route.path),
    );
  const names = [...route.queryParams, ...(route.queryParams.length > 0 ? [] : ['token']), '__proto__', 'a[b]'];
  const pair = fc.constantFrom(...names).chain((name) => parameter(name).map((value) => `${encoded(name)}=${encoded(value)}`));
  const query = fc.array(pair, { maxLength: 3 }).map((pairs) => (pairs.length > 0 ? `?${pairs.join('&')}` : ''));
  const body = route.method === 'GET' ? fc.constant(undefined) : bodies(route, grammar);
  return fc
    .record({ path, query, headers, body, actor })
    .map(({ path: at, query: search, ...rest }) => ({ ...rest, route, method: route.method, target: at + search }));
}

/** Requests to nobody: paths nearly right, and methods that are not served. */
function strays(routes: readonly Route[]): Arbitrary<Attempt> {
  const junk = fc.constantFrom('%', '%zz', '%00', '//', '/..', '\\', ';', '?', '%2e%2e', '%c0%af', '%ff', ' ', '#');
  const nearly = fc.tuple(fc.constantFrom(...routes.map(({ path }) => path)), fc.nat(), junk).map(([text, at, bytes]) => {
    const place = 1 + (at % text.length);
    return text.slice(0, place) + bytes + text.slice(place);
  });
  const any = fc.array(oddText, { maxLength: 3 }).map((parts) => `/${parts.map(encoded).join('/')}`);
  return fc.record({
    method: fc.constantFrom('GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS', 'QUERY', 'MKCOL', 'PURGE'),
    target: fc.oneof(nearly, any).map((text) => text.replaceAll(/[^\x21-\x7e]/g, '%')),
    headers,
    body: fc.constant(undefined),
    actor,
    route: fc.constant(undefined),
  });
}

/** Documents of half a megabyte are served like others, and would be most of the time. */
const HEAVY = /json$|asyncapi|docs|redoc|metrics/;

/**
 * Tries routes.
 * @param wanted which; requests to nobody are among them where it is all of them
 */
export async function fuzzHttp(world: World, name: string, wanted: (route: Route) => boolean = () => true): Promise<Outcome> {
  const { server } = world;
  const all = await routesOf(server);
  const routes = all.filter(wanted);
  const { body: document } = await server.client().get('/openapi.json');
  const grammar = new Grammar(document, world.pools);
  const weighted = routes.map((route) => ({ weight: HEAVY.test(route.path) ? 1 : 10, arbitrary: attempts(route, grammar) }));
  const arbitrary = fc.oneof(...weighted, { weight: routes.length === all.length ? 60 : 1, arbitrary: strays(routes) });
  const cuts = fc.oneof(
    { weight: 5, arbitrary: fc.constant(undefined) },
    { weight: 1, arbitrary: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 12 }) },
  );
  const target = new HttpTarget(world);
  try {
    return await fuzz({
      name,
      server,
      arbitrary: fc.record({ attempts: fc.array(arbitrary, { minLength: 1, maxLength: 16, size: 'max' }), cuts }),
      run: (given) => target.run(given),
    });
  } finally {
    target.close();
  }
}

import { afterAll, beforeAll, expect, it } from 'vitest';
import { asyncApiOf, protocolsOf } from '../support/asyncapi.js';
import type { Parsed } from '../support/http-client.js';
import { filledPath, routesOf } from '../support/routes.js';
import { type Account, TestServer } from '../support/server.js';

/** Names of fields that no answer may have, whatever they hold. */
const SECRET = /hash|passw|salt|secret|fold|skeleton|lookalike|private|sealed|^d$/i;

let server: TestServer;
let boss: Account;
beforeAll(async () => {
  server = await TestServer.start();
  boss = await server.user({ isSuperuser: true });
});
afterAll(() => server.stop());

/** Names of all fields of a value, at any depth. */
function fieldsIn(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, part]) => [...(Array.isArray(value) ? [] : [key]), ...fieldsIn(part)]);
}

/** Names of all properties that a schema describes, references followed. */
function propertiesIn(schema: Parsed, document: Parsed, seen = new Set<string>()): string[] {
  if (typeof schema !== 'object' || schema === null) return [];
  const { $ref: reference, properties } = schema as { $ref?: string; properties?: object };
  if (typeof reference === 'string') {
    if (seen.has(reference)) return [];
    seen.add(reference);
    const at = reference.slice(2).split('/');
    const target: Parsed = at.reduce((part: Parsed, key) => part?.[key.replaceAll('~1', '/').replaceAll('~0', '~')], document);
    return propertiesIn(target, document, seen);
  }
  const inner: string[] = Object.values(schema).flatMap((part) => propertiesIn(part, document, seen));
  return [...(properties ? Object.keys(properties) : []), ...inner];
}

it('describes no answer of a route with a field of a hash, a password or a key', async () => {
  const { body: document } = await server.client().get('/openapi.json');
  const operations: Parsed[] = Object.values<Parsed>(document.paths).flatMap((item: Parsed) => Object.values(item));
  const names = operations.flatMap(({ responses }) => propertiesIn(responses, document));
  expect(names).toEqual(expect.arrayContaining(['username', 'access_token']));
  expect(names.filter((name) => SECRET.test(name))).toEqual([]);
});

it('describes no frame to a client with a field of a hash, a password or a key', async () => {
  const document = await asyncApiOf(server);
  for (const protocol of protocolsOf(document).values()) {
    const frames = protocol.fromServer.filter((name) => !name.startsWith('system.commands'));
    const names = frames.flatMap((name) => propertiesIn(protocol.message(name).payload, document));
    expect(names.length).toBeGreaterThan(10);
    expect([protocol.name, names.filter((name) => SECRET.test(name))]).toEqual([protocol.name, []]);
  }
});

it('answers no request to any route with a field of a hash, a password or a key', async () => {
  const names: string[] = [];
  for (const { method, path, body } of await routesOf(server)) {
    // The documents describe passwords of requests.
    if (/\/(openapi|asyncapi)\.json$/.test(path)) continue;
    // What ends the session of this test would end the test.
    if (/sessions|revoke|logout/.test(path) && method !== 'GET') continue;
    for (const client of [boss.client, server.client()]) {
      const answer = await client.send(method, filledPath(path, method === 'DELETE' ? 987_654_321 : boss.id), body);
      // What a request lacked is named where it lacked it.
      if (answer.status < 400) names.push(...fieldsIn(answer.body));
    }
  }
  expect(names).toEqual(expect.arrayContaining(['username', 'access_token', 'server_time']));
  expect(names.filter((name) => SECRET.test(name))).toEqual([]);
});

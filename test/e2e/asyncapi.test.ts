import { writeFile } from 'node:fs/promises';
import { Parser } from '@asyncapi/parser';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestServer } from '../support/server.js';

let server: TestServer;
beforeAll(async () => {
  server = await TestServer.start();
});
afterAll(() => server.stop());

describe('the document', () => {
  it('is valid AsyncAPI 3', async () => {
    const { body } = await server.client().get('/asyncapi.json');
    await writeFile('/tmp/asyncapi.json', JSON.stringify(body, null, 1));
    const from = performance.now();
    const { diagnostics } = await new Parser().parse(JSON.stringify(body));
    console.log(performance.now() - from, diagnostics.length);
    expect(diagnostics.map(({ severity, message, path }) => [severity, message, path.join('/')]).slice(0, 20)).toEqual([]);
  });
});

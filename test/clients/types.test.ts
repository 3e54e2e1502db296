import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { typesOf } from '../../scripts/client-types.mjs';
import { has } from '../support/capabilities.js';
import { TestServer } from '../support/server.js';

const folder = join(import.meta.dirname, '../../clients/typescript/src');

describe.runIf(has.generator)('the types of the kit', () => {
  it('are those of the server: npm run client:types writes them', async () => {
    const server = await TestServer.start();
    try {
      const made = await typesOf(server.url);
      expect(Object.keys(made).sort()).toEqual(['commands-types.ts', 'events-types.ts', 'rest-types.ts']);
      for (const [name, text] of Object.entries(made)) expect(await readFile(join(folder, name), 'utf8'), name).toBe(text);
    } finally {
      await server.stop();
    }
  }, 60_000);
});

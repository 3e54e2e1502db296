import { afterAll, beforeAll, expect, it } from 'vitest';
import { fuzzHttp } from '../support/fuzz/http.js';
import { FUZZ_TIMEOUT_MS, SOUND } from '../support/fuzz/run.js';
import { makeWorld, type World } from '../support/fuzz/world.js';

let world: World;
beforeAll(async () => {
  world = await makeWorld();
});
afterAll(() => world?.stop());

it('answers every request to a route of mcp in the shape of its document', { timeout: FUZZ_TIMEOUT_MS }, async () => {
  expect(await fuzzHttp(world, 'mcp', ({ tags }) => tags.includes('mcp'))).toEqual(SOUND);
});

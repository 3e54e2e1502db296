import { afterAll, beforeAll, expect, it } from 'vitest';
import { FUZZ_TIMEOUT_MS, SOUND } from '../support/fuzz/run.js';
import { fuzzRaw } from '../support/fuzz/raw.js';
import { makeWorld, type World } from '../support/fuzz/world.js';

let world: World;

beforeAll(async () => {
  world = await makeWorld();
});
afterAll(() => world?.stop());

it('answers every frame of messenger in the words of its document, or closes with a reason', {
  timeout: FUZZ_TIMEOUT_MS,
}, async () => {
  expect(await fuzzRaw(world, { name: 'messenger', path: () => '/', greets: false, anonymous: true })).toEqual(SOUND);
});

import { afterAll, beforeAll, expect, it } from 'vitest';
import { FUZZ_TIMEOUT_MS, SOUND } from '../support/fuzz/run.js';
import { fuzzSocketIo } from '../support/fuzz/socketio.js';
import { makeWorld, type World } from '../support/fuzz/world.js';

let world: World;
beforeAll(async () => {
  world = await makeWorld();
});
afterAll(() => world?.stop());

it('answers every event of socketio in the words of its document, or disconnects with a reason', {
  timeout: FUZZ_TIMEOUT_MS,
}, async () => {
  expect(await fuzzSocketIo(world)).toEqual(SOUND);
});

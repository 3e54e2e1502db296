import type { Command } from 'commander';
import { addGroup, addLeaf, answering, withRooms } from './leaf.js';
import { ownerOrigin } from './owner.js';
import { table } from './print.js';

/** `keys …`: what signs access tokens. */
export function keysCommands(program: Command): void {
  const keys = addGroup(program, {
    usage: 'keys',
    about: 'The keys that sign access tokens.',
    examples: ['keys list', 'keys rotate', 'keys reseal'],
  });
  addLeaf(keys, {
    usage: 'list',
    about: 'Lists the keys: the one that signs, and those that still verify what they have signed.',
    examples: ['keys list', 'keys list --json'],
  }).action(
    answering(() =>
      withRooms(async ({ keys: service }) => {
        const records = await service.list();
        const head = ['kid', 'algorithm', 'signs', 'created', 'retired', 'verifies until'];
        const rows = records.map((key) => [key.kid, key.alg, key.is_active, key.created_at, key.retired_at, key.verifies_until]);
        return { json: { keys: records }, text: table(head, rows) };
      }),
    ),
  );
  addLeaf(keys, {
    usage: 'rotate',
    about: 'Makes a new key, which signs from now on, on every node. The one before verifies until its tokens have run out.',
    examples: ['keys rotate'],
  }).action(
    answering(() =>
      withRooms(async ({ keys: service }) => {
        const kid = await service.rotate(ownerOrigin());
        return { json: { kid }, text: `New tokens are signed by ${kid}. Tokens that are out stay good.\n` };
      }),
    ),
  );
  addLeaf(keys, {
    usage: 'reseal',
    about:
      'Seals the key that signs under APP_SECRET, after that was changed. Needs the old one as PREVIOUS_APP_SECRET. Nobody is logged out.',
    examples: ['keys reseal'],
  }).action(
    answering(() =>
      withRooms(async ({ keys: service }) => {
        const resealed = await service.reseal();
        const text = resealed
          ? 'The key that signs is sealed under APP_SECRET now.'
          : 'The key that signs was sealed under APP_SECRET already.';
        return { json: { resealed }, text: `${text} PREVIOUS_APP_SECRET is no longer needed.\n` };
      }),
    ),
  );
}

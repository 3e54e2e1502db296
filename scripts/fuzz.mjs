/**
 * Runs the fuzz tests: `npm run fuzz -- [--cases N] [--seed N] [--only game,http]`. Without `--cases` each target is tried 100,000 times; `npm test`
 * runs 20,000 of each. Every run prints its seed, and the same seed makes the same cases again.
 */
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';

const top = dirname(import.meta.dirname);
const targets = readdirSync(join(top, 'test/fuzz')).flatMap((name) => name.match(/^(.*)\.test\.ts$/)?.[1] ?? []);
const options = { cases: { type: 'string', default: '100000' }, seed: { type: 'string' }, only: { type: 'string' } };
const { cases, seed, only } = parseArgs({ options }).values;

const wanted = only?.split(',') ?? targets;
const unknown = wanted.filter((name) => !targets.includes(name));
const numbers = [cases, seed ?? '0'];
if (unknown.length > 0 || numbers.some((text) => !/^\d{1,10}$/.test(text))) {
  console.error(`--cases and --seed are whole numbers; --only is any of ${targets.join(', ')}, separated by commas.`);
  process.exit(2);
}

const vitest = join(dirname(createRequire(import.meta.url).resolve('vitest/package.json')), 'vitest.mjs');
const files = wanted.map((name) => `test/fuzz/${name}.test.ts`);
const { status } = spawnSync(process.execPath, [vitest, 'run', ...files], {
  cwd: top,
  stdio: 'inherit',
  env: { ...process.env, FUZZ_CASES: cases, ...(seed === undefined ? {} : { FUZZ_SEED: seed }) },
});
process.exitCode = status ?? 1;

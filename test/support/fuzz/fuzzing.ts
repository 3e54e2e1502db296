import type fc from 'fast-check';

/** Cases of each target; `npm run fuzz -- --cases N` sets it. */
export const CASES = Number(process.env['FUZZ_CASES'] ?? 20_000);
/** Where the cases begin; `npm run fuzz -- --seed N` sets it. */
export const SEED =
  process.env['FUZZ_SEED'] === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(process.env['FUZZ_SEED']);

/**
 * How a property that is no target of its own is run. A failure prints its seed.
 * @param runs with the usual number of cases; more of them make more
 */
export const fuzzing = (runs: number): fc.Parameters<unknown> => ({
  ...{ seed: SEED, numRuns: Math.max(1, Math.round((runs * CASES) / 20_000)) },
});

/** Runs the benchmarks against the built server: `npm run bench [-- <names>]`. */
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { buildWhenNeeded } from './build.mjs';

if (!(await buildWhenNeeded())) process.exit(1);
const top = dirname(import.meta.dirname);
const { status } = spawnSync(process.execPath, ['--import', 'tsx', join(top, 'bench/run.ts'), ...process.argv.slice(2)], {
  cwd: top,
  stdio: 'inherit',
});
process.exitCode = status ?? 1;

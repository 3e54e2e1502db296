/**
 * Runs the security suite and prints it as a table: `npm run security [-- <numbers of checks>]`; with `-- --write` renews the table of
 * docs/security.md instead.
 */
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { buildWhenNeeded } from './build.mjs';
import { everythingRequired, leftOut } from './capabilities.mjs';

if (leftOut) console.error(leftOut);
if (leftOut && everythingRequired) process.exit(1);
// Some of its tests start the server as its users do.
if (!(await buildWhenNeeded())) process.exit(1);
const top = dirname(import.meta.dirname);
const program = join(top, 'test/support/programs/security.ts');
const { status } = spawnSync(process.execPath, ['--import', 'tsx', program, ...process.argv.slice(2)], {
  cwd: top,
  stdio: 'inherit',
});
process.exitCode = status ?? 1;

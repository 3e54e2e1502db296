/**
 * Runs the tests: `npm test [-- <vitest arguments>]`. Says in one line, before and after, what this machine cannot run and how to get it; in CI
 * (CI=true or REQUIRE_ALL=1) that is an error instead. With TEST_SUMMARY=<file> it leaves the figures there.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { buildWhenNeeded } from './build.mjs';
import { everythingRequired, leftOut } from './capabilities.mjs';

const top = dirname(import.meta.dirname);

if (leftOut) console.error(leftOut);
if (leftOut && everythingRequired) process.exit(1);

// Some tests start the server as its users do.
if (!(await buildWhenNeeded())) process.exit(1);

const require = createRequire(import.meta.url);
const vitest = join(dirname(require.resolve('vitest/package.json')), 'vitest.mjs');
const folder = mkdtempSync(join(tmpdir(), 'switchboard-results-'));
const results = join(folder, 'results.json');
const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${results}`];

const { status } = spawnSync(process.execPath, [vitest, 'run', ...reporters, ...process.argv.slice(2)], {
  cwd: top,
  stdio: 'inherit',
});

const figures = readFigures(status !== 0);
rmSync(folder, { recursive: true, force: true });
if (leftOut) console.error(leftOut);
if (process.env.TEST_SUMMARY && figures) writeFileSync(process.env.TEST_SUMMARY, JSON.stringify(figures));
// A test that did not run is not a test that passed, whatever kept it from running.
if (everythingRequired && figures && figures.notRun > 0) {
  console.error(`${figures.notRun} tests were not run; here all of them must be.`);
  process.exit(1);
}
process.exitCode = status ?? 1;

/**
 * How many tests passed, failed and were not run; undefined where Vitest did not get so far. A file that could not be loaded counts as one
 * failure, and so does a fault outside of tests.
 */
function readFigures(isFault) {
  try {
    const report = JSON.parse(readFileSync(results, 'utf8'));
    const broken = report.testResults.filter(
      (file) => file.status === 'failed' && file.assertionResults.every((test) => test.status !== 'failed'),
    );
    const failed = report.numFailedTests + broken.length;
    return {
      passed: report.numPassedTests,
      failed: isFault ? Math.max(failed, 1) : failed,
      notRun: report.numPendingTests + (report.numTodoTests ?? 0),
    };
  } catch {
    return undefined;
  }
}

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { CHECKS, tableLines, titlePattern } from '../../security/checks/all.js';
import type { HoldingTest } from '../../security/checks/check.js';

const DOCUMENT = 'docs/security.md';

const print = (line: string): void => void process.stdout.write(`${line}\n`);

interface Ran {
  readonly file: string;
  readonly title: string;
  readonly status: string;
  readonly failureMessages: readonly string[];
}

interface Report {
  readonly testResults: readonly {
    readonly name: string;
    /** Why the file itself could not be run. */
    readonly message: string;
    readonly assertionResults: readonly Omit<Ran, 'file'>[];
  }[];
}

/** Runs the named tests alone. @returns every test of their files, those that were passed over included */
function run(tests: readonly HoldingTest[]): Ran[] {
  const vitest = join(dirname(createRequire(import.meta.url).resolve('vitest/package.json')), 'vitest.mjs');
  const folder = mkdtempSync(join(tmpdir(), 'switchboard-security-'));
  const results = join(folder, 'results.json');
  const files = [...new Set(tests.map(({ file }) => file))];
  const names = [...new Set(tests.map((test) => titlePattern(test).source.slice(1, -1)))];
  const options = ['--reporter=json', `--outputFile.json=${results}`, '-t', `(?:${names.join('|')})$`];
  print(`Running the tests of ${files.length} files …`);
  spawnSync(process.execPath, [vitest, 'run', ...options, ...files], { stdio: ['ignore', 'ignore', 'inherit'] });
  const { testResults } = JSON.parse(readFileSync(results, 'utf8')) as Report;
  rmSync(folder, { recursive: true, force: true });
  return testResults.flatMap(({ name, message, assertionResults }) => {
    const file = relative(process.cwd(), name).replaceAll('\\', '/');
    if (message) print(`${file}: ${message}`);
    return assertionResults.map((one) => ({ ...one, file }));
  });
}

/** How a test ended in all its cases, in one word and a number. */
function resultOf(test: HoldingTest, ran: readonly Ran[]): string {
  const pattern = titlePattern(test);
  const cases = ran.filter(({ file, title }) => file === test.file && pattern.test(title));
  const failed = cases.filter(({ status }) => status === 'failed').length;
  const passed = cases.filter(({ status }) => status === 'passed').length;
  if (failed > 0) return `FAILED in ${failed} of ${cases.length}`;
  return passed === 0 ? 'NOT RUN' : `passed${passed > 1 ? ` (${passed} cases)` : ''}`;
}

/** @param wanted the numbers of the checks; all where there are none */
function report(wanted: readonly number[]): boolean {
  const checks = CHECKS.filter(({ number }) => wanted.length === 0 || wanted.includes(number));
  const ran = run(checks.flatMap(({ tests }) => tests));
  for (const { file, title, failureMessages } of ran) for (const text of failureMessages) print(`${file}: ${title}\n${text}\n`);
  let held = 0;
  for (const { number, what, tests } of checks) {
    const results = tests.map((test) => ({ test, result: resultOf(test, ran) }));
    const isHeld = results.every(({ result }) => result.startsWith('passed'));
    if (isHeld) held += 1;
    print(`${String(number).padStart(2)}  ${isHeld ? 'ok    ' : 'FAILED'}  ${what}`);
    for (const { test, result } of results) print(`            ${result.padEnd(18)} ${test.file}: ${test.title}`);
  }
  print(`${held} of ${checks.length} checks hold.`);
  return held === checks.length;
}

/** Puts the list into the document, in the place of the table that it has. */
function write(): void {
  const lines = readFileSync(DOCUMENT, 'utf8').split('\n');
  const [head = ''] = tableLines();
  const from = lines.indexOf(head);
  if (from === -1) throw new Error(`${DOCUMENT} has no line "${head}"`);
  let to = from;
  while (lines[to]?.startsWith('|')) to += 1;
  writeFileSync(DOCUMENT, [...lines.slice(0, from), ...tableLines(), ...lines.slice(to)].join('\n'));
}

if (process.argv.includes('--write')) write();
else process.exitCode = report(process.argv.slice(2).map(Number)) ? 0 : 1;

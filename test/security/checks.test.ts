import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { CHECK_COUNT, CHECKS, tableLines } from './checks/all.js';

it('numbers every check once and binds each to a test', () => {
  expect(CHECKS.map(({ number }) => number)).toEqual(Array.from({ length: CHECK_COUNT }, (_, at) => at + 1));
  expect(CHECKS.filter(({ tests }) => tests.length === 0)).toEqual([]);
});

it('names only tests that exist, by the titles that they have', async () => {
  const missing: string[] = [];
  for (const { number, tests } of CHECKS) {
    for (const { file, title } of tests) {
      const source = await readFile(file, 'utf8').catch(() => '');
      // A title is the first argument of a call, in whatever quotes, on the line of the call or on the next.
      const literals = ["'", '"', '`'].map((quote) => {
        const text = title.replaceAll('\\', '\\\\').replaceAll(quote, `\\${quote}`);
        return `${quote}${text}${quote},`;
      });
      const isThere = literals.some((literal) =>
        source
          .split(literal)
          .slice(0, -1)
          .some((before) => /\(\s*$/.test(before)),
      );
      if (!isThere) missing.push(`check ${number}: ${file}: ${title}`);
    }
  }
  expect(missing).toEqual([]);
});

it('is the table of docs/security.md', async () => {
  const document = (await readFile('docs/security.md', 'utf8')).split('\n');
  const [head = ''] = tableLines();
  const from = document.indexOf(head);
  // `npm run security -- --write` renews it.
  expect(document.slice(from, from + tableLines().length + 1)).toEqual([...tableLines(), '']);
});

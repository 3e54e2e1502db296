import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { AxeResults } from 'axe-core';
import { NARROW, type Visitor, WIDE } from './console.js';

const source = readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** What is looked at: both colours, on a desk and in a pocket. */
export const VIEWS = (['light', 'dark'] as const).flatMap((colorScheme) => [
  { colorScheme, viewport: WIDE },
  { colorScheme, viewport: NARROW },
]);

/** What comes in with a movement has its colours only at the end of it. What turns for ever is left turning. */
const SETTLED =
  'Promise.all(document.getAnimations().filter((one) => one.effect.getComputedTiming().iterations < 10).map((one) => one.finished))';

/** Faults that keep people from using what is shown now, each with where it is; and that it is wider than the window. */
export async function faultsOf({ page }: Visitor): Promise<string[]> {
  await page.evaluate(SETTLED);
  await page.evaluate(`window.axe === undefined && ${await source}`);
  const { violations } = await page.evaluate<AxeResults>("axe.run(document, { resultTypes: ['violations'] })");
  const isTooWide = await page.evaluate('document.documentElement.scrollWidth > document.documentElement.clientWidth');
  const faults = violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) =>
      nodes.map(({ target, failureSummary = '' }) => `${id} at ${target.join(' ')}: ${failureSummary}`),
    );
  return isTooWide ? [...faults, 'wider than the window'] : faults;
}

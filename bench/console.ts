import { type Browser, chromium } from 'playwright-core';
import { programs } from '../scripts/capabilities.mjs';
import { median, Subject } from './support.js';

/**
 * Milliseconds until somebody who comes for the first time can write their name, in Chromium with nothing cached, against a page that is
 * nothing but such a field.
 */
const LOADS = 5;

/** Of one load, in a browser that knows nothing yet. */
async function load(browser: Browser, url: string): Promise<{ readonly ms: number; readonly scriptBytes: number }> {
  const context = await browser.newContext();
  const page = await context.newPage();
  // A new tab takes its time, whatever is opened in it.
  await page.goto('about:blank');
  const from = performance.now();
  await page.goto(url, { waitUntil: 'commit' });
  await page.getByRole('textbox').first().fill('somebody');
  const ms = performance.now() - from;
  const scriptBytes = await page.evaluate<number>(
    "performance.getEntriesByType('resource').filter(({ name }) => name.endsWith('.js')).reduce((sum, { transferSize }) => sum + transferSize, 0)",
  );
  await context.close();
  return { ms, scriptBytes };
}

if (programs.chromium === undefined) throw new Error('This needs Chromium');
const yardstick = await Subject.yardstick('page');
const ours = await Subject.switchboard();
const browser = await chromium.launch({ executablePath: programs.chromium, args: ['--no-sandbox'] });
await load(browser, yardstick.url);
await load(browser, ours.url);
const theirTimes: number[] = [];
const ourTimes: number[] = [];
let scriptBytes = 0;
for (let round = 0; round < LOADS; round++) {
  theirTimes.push((await load(browser, yardstick.url)).ms);
  const own = await load(browser, ours.url);
  ourTimes.push(own.ms);
  scriptBytes = own.scriptBytes;
}
const spread = (values: readonly number[], digits: number): string =>
  `${median(values).toFixed(digits)} (${Math.min(...values).toFixed(digits)}-${Math.max(...values).toFixed(digits)})`;
const ratios = ourTimes.map((ms, round) => ms / (theirTimes[round] ?? Number.NaN));
console.log('\nFirst load of the console, to a field that can be written in');
console.log(`  yardstick    ${spread(theirTimes, 0)} ms`);
console.log(`  switchboard  ${spread(ourTimes, 0)} ms, ${(scriptBytes / 1000).toFixed(0)} kB of compressed script`);
console.log(`  ratio        ${spread(ratios, 2)}`);
await browser.close();
await Promise.all([yardstick.stop(), ours.stop()]);

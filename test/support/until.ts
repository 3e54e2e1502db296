import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Waits until something holds, looking every few milliseconds.
 * @param limitMs after which it throws, with what was last seen
 */
export async function until<T>(look: () => T | Promise<T>, limitMs = 5000): Promise<NonNullable<T>> {
  const deadline = performance.now() + limitMs;
  for (;;) {
    const seen = await look();
    if (seen) return seen;
    if (performance.now() > deadline) throw new Error(`not within ${limitMs} ms: ${look.toString()}`);
    await sleep(5);
  }
}

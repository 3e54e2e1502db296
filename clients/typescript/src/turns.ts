import { page } from './environment.js';
import { sleep } from './timing.js';

/** After which a tab that took a turn is taken for gone. */
const HELD_MS = 10_000;
/** How long it takes at most until a tab sees what another has noted. */
const SETTLED_MS = 40;

/**
 * Does something in one tab of a page's origin at a time. Pages without TLS have no Web Locks; there the tabs note whose turn it is in
 * their storage, and look again whether another one has noted itself meanwhile. Where there is no storage, there are no turns.
 */
export async function inTurn<T>(name: string, work: () => Promise<T>): Promise<T> {
  const locks = page.navigator?.locks;
  if (locks) return locks.request(name, work);
  const turn = await noted(name);
  try {
    return await work();
  } finally {
    if (stored(name) === turn) store(name, null);
  }
}

/** Waits for this tab's turn. @returns what says so */
async function noted(name: string): Promise<string | null> {
  const deadline = Date.now() + HELD_MS;
  while (stored(name) !== undefined && Date.now() < deadline) {
    const holder = stored(name);
    const isFree = !holder || Math.abs(Date.now() - Number.parseInt(holder, 10)) > HELD_MS;
    const mine = `${Date.now()} ${Math.random()}`;
    if (isFree) store(name, mine);
    await sleep(SETTLED_MS * (1 + Math.random()));
    if (isFree && stored(name) === mine) return mine;
  }
  return null;
}

/** What is stored; null where nothing is, undefined where the page may not store anything. */
export function stored(name: string): string | null | undefined {
  try {
    return page.localStorage?.getItem(name);
  } catch {
    return undefined;
  }
}

/** Stores a text, or nothing any more. A page that may not store does without. */
export function store(name: string, value: string | null): void {
  try {
    if (value === null) page.localStorage?.removeItem(name);
    else page.localStorage?.setItem(name, value);
  } catch {
    return;
  }
}

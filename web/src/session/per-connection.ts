import type { LiveConnection } from '../../../clients/typescript/src/index.js';

/** One of something for each live connection: what was loaded is still there when its user comes back to a page. */
export function perConnection<Made>(
  make: (live: LiveConnection, userId: number) => Made,
): (live: LiveConnection, userId: number) => Made {
  const made = new WeakMap<LiveConnection, { readonly it: Made }>();
  return (live, userId) => {
    const known = made.get(live) ?? { it: make(live, userId) };
    made.set(live, known);
    return known.it;
  };
}

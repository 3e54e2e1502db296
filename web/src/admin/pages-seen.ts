/**
 * Where the page before the one that begins after `after` begins. Pages are told apart by the id that they follow, so those seen
 * before lie below; of a page that was entered from outside only the first is known.
 * @param seen ids after which pages began that were shown, in any order
 * @returns null for the first page; undefined where this is the first
 */
export function previousOf(after: number | null, seen: Iterable<number>): number | null | undefined {
  if (after === null) return undefined;
  const below = [...seen].filter((one) => one < after);
  return below.length === 0 ? null : Math.max(...below);
}

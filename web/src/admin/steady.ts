/** A row of a list that lives. */
export interface SteadyRow<Item> {
  readonly item: Item;
  /** Whether it has gone from the list, and stands there only so that the others keep their places. */
  readonly isGone: boolean;
}

/**
 * What to show of a list that was fetched again while somebody points at it: every row keeps its place, what has gone stays
 * as a shadow, and what is new stands at the end.
 * @param isBeyond whether an item that is not in the list may be there all the same, where that is cut off
 */
export function steadied<Item extends { readonly id: string }>(
  shown: readonly SteadyRow<Item>[],
  latest: readonly Item[],
  isBeyond: (item: Item) => boolean = () => false,
): SteadyRow<Item>[] {
  const fresh = new Map(latest.map((item) => [item.id, item]));
  const kept = shown.map(({ item, isGone }) => {
    const present = fresh.get(item.id);
    fresh.delete(item.id);
    return { item: present ?? item, isGone: present === undefined && (isGone || !isBeyond(item)) };
  });
  return [...kept, ...[...fresh.values()].map((item) => ({ item, isGone: false }))];
}

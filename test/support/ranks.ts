/**
 * How often a value of one sample is above a value of the other, ties counted half: the area under the curve of whoever tells the samples
 * apart by a threshold (Mann and Whitney's U over both sizes). 0.5 is no difference, 1 or 0 a perfect one.
 */
export function areaUnderCurve(one: readonly number[], other: readonly number[]): number {
  const all = [...one.map((value) => ({ value, isOne: true })), ...other.map((value) => ({ value, isOne: false }))];
  all.sort((a, b) => a.value - b.value);
  let ranks = 0;
  for (let from = 0; from < all.length; ) {
    let to = from;
    while (to < all.length && all[to]?.value === all[from]?.value) to += 1;
    // Equal values share the mean of their ranks, which begin at 1.
    for (let at = from; at < to; at += 1) if (all[at]?.isOne) ranks += (from + 1 + to) / 2;
    from = to;
  }
  return (ranks - (one.length * (one.length + 1)) / 2) / (one.length * other.length);
}

/** An order that nobody can know beforehand: `count` of each kind, shuffled (Fisher and Yates). */
export function shuffled<Kind>(kinds: readonly Kind[], count: number): Kind[] {
  const order = kinds.flatMap((kind) => Array.from({ length: count }, () => kind));
  for (let at = order.length - 1; at > 0; at -= 1) {
    const other = Math.floor(Math.random() * (at + 1));
    [order[at], order[other]] = [order[other] as Kind, order[at] as Kind];
  }
  return order;
}

/** Sets of ids, by id. Most hold a single one, which takes no set: ten thousand of them are a third of a megabyte. */
export class IdsById {
  private readonly ids = new Map<number, number | Set<number>>();

  get(key: number): ReadonlySet<number> | undefined {
    const found = this.ids.get(key);
    return typeof found === 'number' ? new Set([found]) : found;
  }

  add(key: number, id: number): void {
    const found = this.ids.get(key);
    if (found === undefined) this.ids.set(key, id);
    else if (typeof found === 'object') found.add(id);
    else if (found !== id) this.ids.set(key, new Set([found, id]));
  }

  delete(key: number, id: number): void {
    const found = this.ids.get(key);
    if (found === id) this.ids.delete(key);
    if (typeof found !== 'object' || !found.delete(id) || found.size > 1) return;
    for (const last of found) this.ids.set(key, last);
  }
}

/** Something that components follow: it says when it changed, and is read by them afterwards. */
export abstract class Store {
  private readonly listeners = new Set<() => void>();
  private isTelling = false;
  version = 0;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  readonly snapshot = (): number => this.version;

  /** Of many changes at once, as after a reconnect, is told once. */
  protected changed(): void {
    this.version += 1;
    if (this.isTelling) return;
    this.isTelling = true;
    queueMicrotask(() => {
      this.isTelling = false;
      for (const listener of [...this.listeners]) listener();
    });
  }
}

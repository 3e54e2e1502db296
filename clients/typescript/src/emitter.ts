type Listener<Args extends readonly unknown[]> = (...args: Args) => void;

/** Listeners by event. What a listener throws is reported as uncaught, and keeps nothing from the others. */
export class Emitter<Events extends Record<keyof Events, readonly unknown[]>> {
  private readonly listeners = new Map<keyof Events, Set<Listener<never>>>();

  /** @returns what takes the listener away again */
  on<N extends keyof Events>(name: N, listener: Listener<Events[N]>): () => void {
    const all = this.listeners.get(name) ?? new Set();
    this.listeners.set(name, all);
    // Wrapped, so that the same function added twice is two listeners.
    const own: Listener<Events[N]> = (...args) => listener(...args);
    all.add(own);
    return () => void all.delete(own);
  }

  has(name: keyof Events): boolean {
    return (this.listeners.get(name)?.size ?? 0) > 0;
  }

  emit<N extends keyof Events>(name: N, ...args: Events[N]): void {
    for (const listener of [...(this.listeners.get(name) ?? [])]) {
      try {
        (listener as Listener<Events[N]>)(...args);
      } catch (error) {
        reportError(error);
      }
    }
  }
}

/** To where uncaught errors of this environment go. */
function reportError(error: unknown): void {
  queueMicrotask(() => {
    throw error;
  });
}

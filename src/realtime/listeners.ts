import type { Connection } from './connection.js';

/**
 * What a feature wants to hear of connections, all of it on this node. A connection that changes hands is removed from one user and
 * added to the other.
 */
export interface ConnectionListener {
  /**
   * A connection of this user is about to be added, or nearly so: it may still come to nothing. The connection waits for it, so
   * that whatever happens after it has opened reaches it.
   * @throws CoreError where the connection cannot be let in
   */
  arriving?(userId: number): void | Promise<void>;
  added?(connection: Connection, userId: number): void;
  removed?(connection: Connection, userId: number): void;
}

/** Everybody who listens, in the order in which they began. */
export class ConnectionListeners implements Required<ConnectionListener> {
  private readonly listeners = new Set<ConnectionListener>();

  /** @returns a function that ends it */
  add(listener: ConnectionListener): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }

  arriving(userId: number): void | Promise<void> {
    let waits: Promise<void>[] | undefined;
    for (const listener of this.listeners) {
      const wait = listener.arriving?.(userId);
      if (wait) (waits ??= []).push(wait);
    }
    if (waits) return Promise.all(waits).then(() => undefined);
  }

  added(connection: Connection, userId: number): void {
    for (const listener of this.listeners) listener.added?.(connection, userId);
  }

  removed(connection: Connection, userId: number): void {
    for (const listener of this.listeners) listener.removed?.(connection, userId);
  }
}

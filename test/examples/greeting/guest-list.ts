/** One connection at the party. */
export interface Guest {
  readonly connectionId: string;
  readonly userId: number;
  readonly username: string;
}

export const MAX_GUESTS = 8;

/** Who is at the party, on all nodes together: an abstract class, so that Nest can inject whatever stands behind it. */
export abstract class GuestList {
  /**
   * Lets a guest in, or says again that one is still there.
   * @returns everybody who is there; null where there is no room
   * @throws CoreError `unavailable`
   */
  abstract enter(guest: Guest): Promise<Guest[] | null>;

  /** @throws CoreError `unavailable` */
  abstract leave(guest: Guest): Promise<void>;
}

/** The list of a node that is alone. */
export class MemoryGuestList extends GuestList {
  private readonly guests = new Map<string, Guest>();

  override enter(guest: Guest): Promise<Guest[] | null> {
    if (!this.guests.has(guest.connectionId) && this.guests.size >= MAX_GUESTS) return Promise.resolve(null);
    this.guests.set(guest.connectionId, guest);
    return Promise.resolve([...this.guests.values()]);
  }

  override leave({ connectionId }: Guest): Promise<void> {
    this.guests.delete(connectionId);
    return Promise.resolve();
  }
}

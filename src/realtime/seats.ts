import { addressKey } from '../ops/address-key.js';

interface Use {
  open: number;
  anonymous: number;
}

const NONE: Readonly<Use> = { open: 0, anonymous: 0 };

/** The place that one open socket takes up in the limits of its address, from its first byte to its last. It begins anonymous. */
export class Seat {
  private isAnonymous = true;
  private isTaken = true;

  constructor(
    private readonly seats: Seats,
    private readonly key: string,
    private readonly use: Use,
  ) {
    use.open += 1;
    use.anonymous += 1;
  }

  /** Says whether somebody is known to sit here. */
  name(isKnown: boolean): void {
    if (!this.isTaken || this.isAnonymous === !isKnown) return;
    this.isAnonymous = !isKnown;
    this.use.anonymous += isKnown ? -1 : 1;
  }

  leave(): void {
    if (!this.isTaken) return;
    this.name(true);
    this.isTaken = false;
    this.use.open -= 1;
    if (this.use.open === 0) this.seats.forget(this.key);
  }
}

/** How many sockets each address has open here, and how many of them belong to nobody. */
export class Seats {
  /** By what stands for the address in limits (`addressKey`). */
  private readonly uses = new Map<string, Use>();

  take(address: string): Seat {
    const key = addressKey(address);
    const use = this.uses.get(key) ?? { open: 0, anonymous: 0 };
    this.uses.set(key, use);
    return new Seat(this, key, use);
  }

  of(address: string): Readonly<Use> {
    return this.uses.get(addressKey(address)) ?? NONE;
  }

  /** Called by the last seat of an address. */
  forget(key: string): void {
    this.uses.delete(key);
  }
}

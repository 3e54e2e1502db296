/** A list that forgets its oldest items when it has too many, or when they weigh too much together. */
export class BoundedList<Item> {
  private items: Item[] = [];
  /** Items before it are forgotten; they are cut off when they are many, so that adding stays cheap. */
  private first = 0;
  private weight = 0;
  private forgottenCount = 0;

  /**
   * @param maxItems how many it keeps at most
   * @param maxWeight what they may weigh together; a single one heavier than that is kept alone
   * @param weigh what one item weighs; the same each time
   */
  constructor(
    private readonly maxItems: number,
    private readonly maxWeight: number = Number.POSITIVE_INFINITY,
    private readonly weigh: (item: Item) => number = () => 0,
  ) {}

  get length(): number {
    return this.items.length - this.first;
  }

  /** How many it has forgotten since it was made or cleared. */
  get forgotten(): number {
    return this.forgottenCount;
  }

  push(item: Item): void {
    this.items.push(item);
    this.weight += this.weigh(item);
    while (this.length > this.maxItems || (this.weight > this.maxWeight && this.length > 1)) this.forgetOldest();
    if (this.first > this.maxItems) {
      this.items = this.items.slice(this.first);
      this.first = 0;
    }
  }

  /** Puts another in the place of an item that is still kept. */
  replace(old: Item, item: Item): void {
    const index = this.items.lastIndexOf(old);
    if (index < this.first) return;
    this.weight += this.weigh(item) - this.weigh(old);
    this.items[index] = item;
  }

  clear(): void {
    this.items = [];
    this.first = 0;
    this.weight = 0;
    this.forgottenCount = 0;
  }

  /** A copy, oldest first. */
  toArray(): Item[] {
    return this.items.slice(this.first);
  }

  private forgetOldest(): void {
    this.weight -= this.weigh(this.items[this.first] as Item);
    // What is forgotten must not be held until the array is cut.
    this.items[this.first] = undefined as Item;
    this.first += 1;
    this.forgottenCount += 1;
  }
}

/** What can travel between nodes. */
export type JsonValue =
  | string
  | number
  | boolean
  | null
  | readonly JsonValue[]
  | { readonly [key: string]: JsonValue | undefined };

export type BusHandler = (message: JsonValue) => void;

/**
 * What the nodes of one installation tell each other, at most once and in no promised order: whoever needs more keeps it
 * in the database and treats a message as a hint to look there. Abstract class as port and injection token.
 */
export abstract class Bus {
  /**
   * Tells every subscriber on every node, this one too. Local subscribers have been called when it returns; for the other
   * nodes it waits in bounded memory while the way to them is closed. Never throws and never rejects.
   * @param topic at most 200 characters
   */
  abstract publish(topic: string, message: JsonValue): void;

  /** As `publish`, for subscribers on the other nodes only. */
  abstract forward(topic: string, message: JsonValue): void;

  /**
   * Hears a topic from now on. A handler that throws is logged and hears the next message all the same.
   * @returns a function that ends it; calling it twice does nothing
   */
  abstract subscribe(topic: string, handler: BusHandler): () => void;

  /**
   * How many nodes hear a topic now, this one included where it does.
   * @throws (rejects with) the driver's error where that cannot be known
   */
  abstract nodesOn(topic: string): Promise<number>;

  /** Whether messages flow from and to the other nodes at this moment. Always true where there are none. */
  abstract ready(): boolean;

  /**
   * Calls back each time messages may have been missed and flow again, so that whoever keeps state can compare it.
   * @returns a function that ends it
   */
  abstract onRestored(handler: () => void): () => void;
}

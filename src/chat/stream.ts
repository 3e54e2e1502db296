/** What a node knows of a chat that has members connected here. */
export interface Stream {
  readonly chatId: number;
  /** The last entry of the log that was delivered here. */
  position: number;
  /** The last entry that is known to exist; where it is beyond `position`, the log has to be read. */
  known: number;
  /** Members who are connected here. */
  readonly locals: Set<number>;
  /** Of a personal chat: one of the two has not answered it, or has left. Until it is known, nobody in a chat sees anybody. */
  oneSided: boolean;
  /** Monotonic milliseconds: as of when `oneSided` is known. */
  settledAt: number;
  /** The reading of `oneSided` that is under way. */
  settling: Promise<void> | null;
  /** The reading of the log that is under way. */
  filling: Promise<void> | null;
}

/** What is known of a chat that was made at this moment. */
export interface NewStream {
  readonly oneSided: boolean;
}

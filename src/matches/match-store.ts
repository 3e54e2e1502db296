/** A match as everybody sees it; players in the order in which they came. */
export interface Match {
  readonly match_id: string;
  readonly name: string;
  readonly max_players: number;
  readonly players: readonly Player[];
}

/** For whom a match counts as long as it is open, whoever plays in it. */
export interface Maker {
  readonly userId: number;
  /** Stands for the client address that it was made from: the same text for the same address, but not the address itself. */
  readonly address: string;
}

/** What does not change as long as there is the match. */
export interface MatchFrame extends Omit<Match, 'players'> {
  /** null of a match that a node of an earlier version made. */
  readonly maker: Maker | null;
}

/** Open matches at most; 0 for no limit. */
export interface MatchLimits {
  readonly perUser: number;
  readonly perAddress: number;
}

/** What became of a match that was to be made: `full` where there are MAX_MATCHES, `user` and `address` where its maker has as many as it may. */
export type Made = 'made' | 'full' | 'user' | 'address';

export interface Player {
  readonly user_id: number;
  readonly username: string;
}

/** One connection of a player in a match. A player is in it as long as one of its seats is. */
export interface Seat extends Player {
  readonly connectionId: string;
}

/** Players whose node is gone, and who are no longer counted. Each is named to one caller, once: the others have to be told by it. */
interface Swept {
  readonly gone: readonly Player[];
}

/** What became of a seat that was asked for. `isNew`: the player had none in this match before. */
export type Joined = Swept &
  (
    | { readonly outcome: 'joined'; readonly match: Match; readonly maker: Maker | null; readonly isNew: boolean }
    | { readonly outcome: 'full' | 'not_found' }
  );

export interface Left extends Swept {
  /** It was the player's last seat in this match. */
  readonly isLast: boolean;
}

export interface Renewed extends Swept {
  /** Connections whose seats had run out and are somebody else's now. */
  readonly refused: readonly string[];
}

export interface MatchPage {
  readonly matches: Match[];
  /** For the next page; null after the last. */
  readonly next_cursor: string | null;
}

/** Matches at once, on all nodes together. */
export const MAX_MATCHES = 10_000;
/** A page of matches ends with the match that brings it to so many players, whatever its limit: an answer stays small. */
export const MAX_LISTED_PLAYERS = 1_000;

/**
 * Where matches are kept. Abstract class as port and injection token; in memory for a node that is alone, in Redis for several. Every
 * method does its work in one step, so that whatever comes at once, no match has more players than it takes. All of them reject with
 * CoreError `unavailable` where the matches cannot be reached.
 */
export abstract class MatchStore {
  /** Makes a match with its first player. */
  abstract create(match: MatchFrame, first: Seat): Promise<Made>;

  /** How many open matches a user has made. */
  abstract madeBy(userId: number): Promise<number>;

  /** Takes a seat; taking it again changes nothing. It takes the place of those that are held for the player. */
  abstract join(matchId: string, seat: Seat): Promise<Joined>;

  /** Holds a seat whose connection was lost, until `leave`, or until its player joins again. @param ms after which nobody holds it any more */
  abstract hold(matchId: string, seat: Seat, ms: number): Promise<void>;

  /**
   * Gives a seat back, if it is there; with the last one the match is gone.
   * @param isWish the player leaves, so that what is held for the player is given back, too
   */
  abstract leave(matchId: string, seat: Seat, isWish?: boolean): Promise<Left>;

  /** A page of matches, the newest first. @param cursor `next_cursor` of the page before: digits */
  abstract list(limit: number, cursor: string | null): Promise<MatchPage>;

  /** Says that these seats, all those of one node in a match, are still taken. What is not renewed runs out. */
  abstract renew(match: MatchFrame, seats: readonly Seat[]): Promise<Renewed>;
}

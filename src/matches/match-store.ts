/** A match as everybody sees it. */
export interface Match {
  readonly match_id: string;
  readonly name: string;
  readonly max_players: number;
  readonly players: readonly Player[];
}

export interface Player {
  readonly user_id: number;
  readonly username: string;
}

/** One connection of a player in a match. A player is in it as long as one of its seats is. */
export interface Seat extends Player {
  readonly connectionId: string;
}

/** What became of a seat that was asked for. */
export type Joined =
  | { readonly outcome: 'joined'; readonly match: Match; readonly isNew: boolean }
  | { readonly outcome: 'full' | 'not_found' };

/**
 * Where matches are kept. Abstract class as port and injection token; in memory for a node that is alone, in Redis for several. Every
 * method does its work in one step, so that whatever comes at once, no match has more players than it takes.
 */
export abstract class MatchStore {
  /** Makes a match with its first player. @throws CoreError `too_many_requests` where there are too many; `unavailable` */
  abstract create(match: Omit<Match, 'players'>, first: Seat): Promise<void>;

  /** Takes a seat; taking it again changes nothing. `isNew`: the player was not in the match before. @throws CoreError `unavailable` */
  abstract join(matchId: string, seat: Seat): Promise<Joined>;

  /**
   * Gives a seat back; with its last one the match is gone.
   * @returns whether that was the player's last
   */
  abstract leave(matchId: string, seat: Seat): Promise<boolean>;

  /** The newest matches. @throws CoreError `unavailable` */
  abstract list(limit: number): Promise<Match[]>;

  /**
   * Says that these seats are still taken, of a match that has seats on this node.
   * @returns players who are gone without a word, because their node is
   */
  abstract renew(matchId: string, seats: readonly Seat[]): Promise<Player[]>;
}

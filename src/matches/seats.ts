import { CoreError } from '../errors/catalogue.js';
import type { Connection } from '../realtime/connection.js';
import type { MatchFrame, Player, Seat } from './match-store.js';
import { tally } from './tally.js';

/** Matches that one connection may be in at once. */
const MAX_OF_CONNECTION = 16;
/** Seats that one user may have on this node, over all connections. */
const MAX_OF_USER = 64;

export interface Table {
  readonly match: MatchFrame;
  readonly seats: Map<Connection, Seat>;
}

/** Which connections of this node are in which match. What a state has to be relayed to is found here, without the store. */
export class Seats {
  private readonly tables = new Map<string, Table>();
  private readonly byConnection = new Map<Connection, Set<string>>();
  /** Seats of connections and of users, those included that are only asked for yet. */
  private readonly ofConnection = new Map<Connection, number>();
  private readonly ofUser = new Map<number, number>();

  /**
   * Counts a seat while the store is asked for it; `sit` or `release` is to follow.
   * @throws CoreError `too_many_requests` where the connection or its user has as many as it may
   */
  reserve(connection: Connection, player: Player): Seat {
    if ((this.ofConnection.get(connection) ?? 0) >= MAX_OF_CONNECTION) {
      throw new CoreError('too_many_requests', { detail: `A connection is in at most ${MAX_OF_CONNECTION} matches` });
    }
    if ((this.ofUser.get(player.user_id) ?? 0) >= MAX_OF_USER) {
      throw new CoreError('too_many_requests', { detail: `A user has at most ${MAX_OF_USER} seats in matches` });
    }
    tally(this.ofConnection, connection, 1);
    tally(this.ofUser, player.user_id, 1);
    return { user_id: player.user_id, username: player.username, connectionId: connection.id };
  }

  release(connection: Connection, { user_id: userId }: Seat): void {
    tally(this.ofConnection, connection, -1);
    tally(this.ofUser, userId, -1);
  }

  /** Counts a seat that is held for a user whose connection was lost, or no longer. */
  countHeld(userId: number, by: 1 | -1): void {
    tally(this.ofUser, userId, by);
  }

  sit(connection: Connection, match: MatchFrame, seat: Seat): void {
    const { match_id: id } = match;
    const table = this.tables.get(id) ?? { match, seats: new Map<Connection, Seat>() };
    this.tables.set(id, table);
    table.seats.set(connection, seat);
    this.byConnection.set(connection, (this.byConnection.get(connection) ?? new Set<string>()).add(id));
  }

  /** @returns the seat that is given up, if there was one */
  stand(connection: Connection, matchId: string): Seat | undefined {
    const table = this.tables.get(matchId);
    const seat = table?.seats.get(connection);
    if (!table || !seat) return undefined;
    table.seats.delete(connection);
    if (table.seats.size === 0) this.tables.delete(matchId);
    const matches = this.byConnection.get(connection);
    matches?.delete(matchId);
    if (matches?.size === 0) this.byConnection.delete(connection);
    this.release(connection, seat);
    return seat;
  }

  of(connection: Connection, matchId: string): Seat | undefined {
    return this.tables.get(matchId)?.seats.get(connection);
  }

  matchesOf(connection: Connection): string[] {
    return [...(this.byConnection.get(connection) ?? [])];
  }

  in(matchId: string): Iterable<[Connection, Seat]> {
    return this.tables.get(matchId)?.seats ?? [];
  }

  /** Matches with seats here, as they are now. */
  all(): Table[] {
    return [...this.tables.values()];
  }

  connections(): Connection[] {
    return [...this.byConnection.keys()];
  }
}

import { CoreError } from '../errors/catalogue.js';
import { type Joined, type Match, MatchStore, type Player, type Seat } from './match-store.js';

const MAX_MATCHES = 10_000;

interface Held extends Omit<Match, 'players'> {
  readonly seats: Map<string, Seat>;
}

function playersOf(seats: Iterable<Seat>): Player[] {
  const players = new Map<number, Player>();
  for (const { user_id, username } of seats) players.set(user_id, { user_id, username });
  return [...players.values()];
}

const matchOf = ({ match_id, name, max_players, seats }: Held): Match => ({
  match_id,
  name,
  max_players,
  players: playersOf(seats.values()),
});

/** The matches of a node that is alone. */
export class MemoryMatchStore extends MatchStore {
  private readonly matches = new Map<string, Held>();

  override create(match: Omit<Match, 'players'>, first: Seat): Promise<void> {
    if (this.matches.size >= MAX_MATCHES) {
      return Promise.reject(new CoreError('too_many_requests', { detail: 'There are too many matches' }));
    }
    this.matches.set(match.match_id, { ...match, seats: new Map([[first.connectionId, first]]) });
    return Promise.resolve();
  }

  override join(matchId: string, seat: Seat): Promise<Joined> {
    const match = this.matches.get(matchId);
    if (!match) return Promise.resolve({ outcome: 'not_found' });
    const players = playersOf(match.seats.values());
    const isNew = players.every(({ user_id: id }) => id !== seat.user_id);
    if (isNew && players.length >= match.max_players) return Promise.resolve({ outcome: 'full' });
    match.seats.set(seat.connectionId, seat);
    return Promise.resolve({ outcome: 'joined', match: matchOf(match), isNew });
  }

  override leave(matchId: string, seat: Seat): Promise<boolean> {
    const match = this.matches.get(matchId);
    if (!match?.seats.delete(seat.connectionId)) return Promise.resolve(false);
    if (match.seats.size === 0) this.matches.delete(matchId);
    return Promise.resolve([...match.seats.values()].every(({ user_id: id }) => id !== seat.user_id));
  }

  override list(limit: number): Promise<Match[]> {
    return Promise.resolve([...this.matches.values()].slice(-limit).reverse().map(matchOf));
  }

  override renew(): Promise<Player[]> {
    return Promise.resolve([]);
  }
}

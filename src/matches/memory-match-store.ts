import {
  type Joined,
  type Left,
  type Made,
  type Maker,
  type Match,
  type MatchFrame,
  type MatchLimits,
  type MatchPage,
  MatchStore,
  MAX_LISTED_PLAYERS,
  MAX_MATCHES,
  type Player,
  type Renewed,
  type Seat,
} from './match-store.js';
import { tally } from './tally.js';

interface Held {
  readonly frame: MatchFrame;
  /** Counts up from match to match: where a page ended, whatever has gone since. */
  readonly number: number;
  /** By connection. */
  seats: Map<string, Seat>;
  /** Connections that were lost, and whose seats are held for their players. */
  readonly lost: Set<string>;
}

const isHeldFor =
  ({ lost }: Held, userId: number) =>
  ([connectionId, { user_id: id }]: [string, Seat]): boolean =>
    id === userId && lost.has(connectionId);

function playersOf({ seats }: Held): Player[] {
  const players = new Map<number, Player>();
  for (const { user_id, username } of seats.values()) players.set(user_id, { user_id, username });
  return [...players.values()];
}

const isIn = ({ seats }: Held, userId: number): boolean => [...seats.values()].some(({ user_id: id }) => id === userId);

const matchOf = (held: Held): Match => {
  const { match_id, name, max_players } = held.frame;
  return { match_id, name, max_players, players: playersOf(held) };
};

/** Takes a seat, in the place of the first that is held for its player: players keep their order. */
function sit(held: Held, seat: Seat): void {
  const isHeld = isHeldFor(held, seat.user_id);
  const first = [...held.seats].find(isHeld)?.[0];
  if (first === undefined) return void held.seats.set(seat.connectionId, seat);
  const seats = [...held.seats].flatMap((entry): [string, Seat][] => {
    if (entry[0] === first) return [[seat.connectionId, seat]];
    return isHeld(entry) ? [] : [entry];
  });
  held.seats = new Map(seats);
  for (const connectionId of held.lost) if (!held.seats.has(connectionId)) held.lost.delete(connectionId);
}

/** Here nobody dies alone. */
const gone: readonly Player[] = [];

/** The matches of a node that is alone. */
export class MemoryMatchStore extends MatchStore {
  private readonly matches = new Map<string, Held>();
  private made = 0;
  /** Open matches by who made them, and by the address that they were made from. */
  private readonly byUser = new Map<number, number>();
  private readonly byAddress = new Map<string, number>();

  constructor(private readonly limits: MatchLimits) {
    super();
  }

  override create(frame: MatchFrame, first: Seat): Promise<Made> {
    const { maker } = frame;
    const { perUser, perAddress } = this.limits;
    if (this.matches.size >= MAX_MATCHES) return Promise.resolve('full');
    if (maker && perUser > 0 && (this.byUser.get(maker.userId) ?? 0) >= perUser) return Promise.resolve('user');
    if (maker && perAddress > 0 && (this.byAddress.get(maker.address) ?? 0) >= perAddress) return Promise.resolve('address');
    this.made += 1;
    this.matches.set(frame.match_id, {
      frame,
      number: this.made,
      seats: new Map([[first.connectionId, first]]),
      lost: new Set(),
    });
    this.count(maker, 1);
    return Promise.resolve('made');
  }

  override madeBy(userId: number): Promise<number> {
    return Promise.resolve(this.byUser.get(userId) ?? 0);
  }

  override join(matchId: string, seat: Seat): Promise<Joined> {
    const held = this.matches.get(matchId);
    if (!held) return Promise.resolve({ outcome: 'not_found', gone });
    const isNew = !isIn(held, seat.user_id);
    if (isNew && playersOf(held).length >= held.frame.max_players) return Promise.resolve({ outcome: 'full', gone });
    sit(held, seat);
    return Promise.resolve({ outcome: 'joined', match: matchOf(held), maker: held.frame.maker, isNew, gone });
  }

  /** Here the seat is held until it is left: a node that is alone takes its matches along. */
  override hold(matchId: string, { connectionId }: Seat): Promise<void> {
    const held = this.matches.get(matchId);
    if (held?.seats.has(connectionId)) held.lost.add(connectionId);
    return Promise.resolve();
  }

  override leave(matchId: string, seat: Seat, isWish = false): Promise<Left> {
    const held = this.matches.get(matchId);
    if (!held?.seats.delete(seat.connectionId)) return Promise.resolve({ isLast: false, gone });
    held.lost.delete(seat.connectionId);
    const given = isWish ? [...held.seats].filter(isHeldFor(held, seat.user_id)) : [];
    for (const [connectionId] of given) {
      held.seats.delete(connectionId);
      held.lost.delete(connectionId);
    }
    if (held.seats.size === 0) {
      this.matches.delete(matchId);
      this.count(held.frame.maker, -1);
    }
    return Promise.resolve({ isLast: !isIn(held, seat.user_id), gone });
  }

  override list(limit: number, cursor: string | null): Promise<MatchPage> {
    const before = cursor === null ? Number.POSITIVE_INFINITY : Number(cursor);
    const older = [...this.matches.values()].filter(({ number }) => number < before);
    const matches: Match[] = [];
    let players = 0;
    let last: Held | undefined;
    while (matches.length < limit && players < MAX_LISTED_PLAYERS) {
      const held = older.pop();
      if (!held) break;
      const match = matchOf(held);
      matches.push(match);
      players += match.players.length;
      last = held;
    }
    return Promise.resolve({ matches, next_cursor: last && older.length > 0 ? String(last.number) : null });
  }

  override renew(): Promise<Renewed> {
    return Promise.resolve({ refused: [], gone });
  }

  private count(maker: Maker | null, by: 1 | -1): void {
    if (!maker) return;
    tally(this.byUser, maker.userId, by);
    tally(this.byAddress, maker.address, by);
  }
}

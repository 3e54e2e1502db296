import type { Redis } from 'ioredis';
import { CoreError } from '../errors/catalogue.js';
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
import { CREATE, HOLD, JOIN, LEAVE, LIST, MADE_BY, RENEW } from './redis-match-scripts.js';

/** Milliseconds after which what a node leaves behind that dies is gone; the others renew three times as often. */
const SEAT_MS = 30_000;
const SETS = ['switchboard:matches', 'switchboard:matches:ends'];
const PREFIX = 'switchboard:match:';

interface StoredPlayer {
  readonly id: string;
  readonly name: string;
}

// What the scripts of this store wrote.
const playersOf = (text = '[]'): Player[] =>
  (JSON.parse(text) as StoredPlayer[]).map(({ id, name }) => ({ user_id: Number(id), username: name }));

/** What is said of a match that does not change. Earlier versions did not say who made it. */
interface Meta extends Omit<Match, 'players'> {
  readonly maker?: { readonly user: string; readonly address: string } | null;
}

function matchOf(meta = '{}', players = '[]'): Match & { readonly maker: Maker | null } {
  const { match_id, name, max_players, maker } = JSON.parse(meta) as Meta;
  const made = maker ? { userId: Number(maker.user), address: maker.address } : null;
  return { match_id, name, max_players, players: playersOf(players), maker: made };
}

const metaOf = ({ match_id, name, max_players, maker }: MatchFrame): string => {
  const meta: Meta = {
    match_id,
    name,
    max_players,
    maker: maker && { user: String(maker.userId), address: maker.address },
  };
  return JSON.stringify(meta);
};

const seatOf = ({ connectionId, user_id: userId, username }: Seat): string[] => [connectionId, String(userId), username];

/** The matches of all nodes of one Redis. */
export class RedisMatchStore extends MatchStore {
  /** @param seatMs how long a seat stays that nobody renews */
  constructor(
    private readonly redis: Redis,
    private readonly limits: MatchLimits,
    private readonly seatMs = SEAT_MS,
  ) {
    super();
  }

  override async create(match: MatchFrame, first: Seat): Promise<Made> {
    const most = [MAX_MATCHES, this.limits.perUser, this.limits.perAddress];
    return (await this.run(CREATE, match.match_id, this.seatMs, metaOf(match), ...most, ...seatOf(first))) as Made;
  }

  override async madeBy(userId: number): Promise<number> {
    return (await this.evaluate(MADE_BY, SETS, [String(userId)])) as number;
  }

  override async join(matchId: string, seat: Seat): Promise<Joined> {
    const answer = await this.run(JOIN, matchId, this.seatMs, ...seatOf(seat));
    const [outcome, lost, meta, players] = answer as string[];
    const gone = playersOf(lost);
    if (outcome === 'full' || outcome === 'not_found') return { outcome, gone };
    const { maker, ...match } = matchOf(meta, players);
    return { outcome: 'joined', match, maker, isNew: outcome === 'joined', gone };
  }

  override async hold(matchId: string, { connectionId }: Seat, ms: number): Promise<void> {
    await this.run(HOLD, matchId, ms, connectionId);
  }

  override async leave(matchId: string, { connectionId, user_id: userId }: Seat, isWish = false): Promise<Left> {
    const answer = await this.run(LEAVE, matchId, connectionId, String(userId), isWish ? 1 : 0);
    const [isLast, lost] = answer as [number, string];
    return { isLast: isLast === 1, gone: playersOf(lost) };
  }

  override async list(limit: number, cursor: string | null): Promise<MatchPage> {
    const before = cursor === null ? '+inf' : `(${cursor}`;
    const [next, ...found] = (await this.evaluate(LIST, SETS, [limit, MAX_LISTED_PLAYERS, before, PREFIX])) as string[];
    const matches: Match[] = [];
    for (let i = 0; i < found.length; i += 2) {
      const { maker: _secret, ...match } = matchOf(found[i], found[i + 1]);
      matches.push(match);
    }
    return { matches, next_cursor: next || null };
  }

  override async renew(match: MatchFrame, seats: readonly Seat[]): Promise<Renewed> {
    const answer = await this.run(RENEW, match.match_id, this.seatMs, metaOf(match), ...seats.flatMap(seatOf));
    const [refused = '[]', lost] = answer as string[];
    return { refused: JSON.parse(refused) as string[], gone: playersOf(lost) };
  }

  private run(script: string, matchId: string, ...values: (string | number)[]): Promise<unknown> {
    return this.evaluate(script, [...SETS, PREFIX + matchId], [matchId, ...values]);
  }

  private async evaluate(script: string, keys: readonly string[], values: readonly (string | number)[]): Promise<unknown> {
    try {
      return await this.redis.eval(script, keys.length, ...keys, ...values);
    } catch (error) {
      throw new CoreError('unavailable', { cause: error });
    }
  }
}

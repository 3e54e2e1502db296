import { randomBytes } from 'node:crypto';
import {
  type BeforeApplicationShutdown,
  Injectable,
  Logger,
  type OnApplicationShutdown,
  type OnModuleInit,
} from '@nestjs/common';
import { Bus, type JsonValue } from '../bus/bus.js';
import { CoreError } from '../errors/catalogue.js';
import type { Connection } from '../realtime/connection.js';
import { Hub } from '../realtime/hub.js';
import type { ConnectionListener } from '../realtime/listeners.js';
import { HeldSeats, HOLD_MS } from './held-seats.js';
import { MatchQuotas } from './match-quotas.js';
import { type Maker, type Match, type MatchFrame, type MatchPage, MatchStore, type Player, type Seat } from './match-store.js';
import { Seats, type Table } from './seats.js';

const TOPIC = 'game';
/** A third of what the store gives a seat: two renewals in a row may fail. */
const RENEW_MS = 10_000;
/** A held seat is given back by the node that holds it; where that node has gone, it runs out a little later. */
const HELD_IN_STORE_MS = HOLD_MS + 2_000;
/** Matches that are renewed at once. */
const RENEWALS = 64;

/** Something to be told to the players of a match, on every node. */
interface Told {
  readonly matchId: string;
  readonly event: 'joined' | 'left' | 'state';
  readonly data: object;
  /** Ids of players; null for all of them. */
  readonly to: readonly number[] | null;
}

interface GivenBack {
  /** The others were never told that the player came. */
  readonly isSecret?: boolean;
  /** The player has left, rather than lost the connection. */
  readonly isWish?: boolean;
}

interface Taken {
  readonly match: Match;
  readonly maker: Maker | null;
  /** The player had no other seat in the match. */
  readonly isNew: boolean;
}

function frameOf({ match: { match_id, name, max_players }, maker }: Taken): MatchFrame {
  return { match_id, name, max_players, maker };
}

const isStill = (connection: Connection, { user_id: userId }: Seat): boolean =>
  !connection.closed && connection.userId === userId;

/**
 * The players' side of matches on this node. What has to be true on all nodes is in the store; what is relayed goes over the bus
 * without it.
 */
@Injectable()
export class MatchesService implements ConnectionListener, OnModuleInit, BeforeApplicationShutdown, OnApplicationShutdown {
  private readonly logger = new Logger('Matches');
  private readonly seats = new Seats();
  private readonly held = new HeldSeats();
  /** The last that each connection asked for: it joins and leaves one after the other. */
  private readonly turns = new WeakMap<Connection, Promise<unknown>>();
  /** Seats that are being given back for connections that have gone. */
  private readonly leaving = new Set<Promise<void>>();
  private readonly subscriptions: (() => void)[] = [];
  private timer: NodeJS.Timeout | undefined;
  private isRenewing = false;

  constructor(
    private readonly store: MatchStore,
    private readonly hub: Hub,
    private readonly bus: Bus,
    private readonly quotas: MatchQuotas,
  ) {}

  onModuleInit(): void {
    this.subscriptions.push(
      this.hub.listeners.add(this),
      // Only nodes publish on this topic, and only with `tell` below.
      this.bus.subscribe(TOPIC, (message) => this.deliver(message as unknown as Told, null)),
    );
    this.timer = setInterval(() => void this.renew(), RENEW_MS);
    this.timer.unref();
  }

  /** The players of a node that stops can come back over another one: their seats are held, and run out by themselves. */
  async beforeApplicationShutdown(): Promise<void> {
    for (const connection of this.seats.connections()) this.standUp(connection, true);
    await Promise.all(this.leaving);
    this.held.clear();
  }

  onApplicationShutdown(): void {
    clearInterval(this.timer);
    for (const unsubscribe of this.subscriptions) unsubscribe();
  }

  /** A connection that is somebody else's now leaves its matches; the seats of one that was lost are held for a while. */
  removed(connection: Connection): void {
    this.standUp(connection, connection.closed);
  }

  private standUp(connection: Connection, isLost: boolean): void {
    for (const matchId of this.seats.matchesOf(connection)) {
      const seat = this.seats.stand(connection, matchId);
      if (!seat) continue;
      if (isLost) this.hold(connection, matchId, seat);
      else this.afterwards(connection, () => this.giveBack(matchId, seat));
    }
  }

  private hold(connection: Connection, matchId: string, seat: Seat): void {
    const { user_id: userId } = seat;
    this.seats.countHeld(userId, 1);
    this.held.keep(matchId, seat, () => {
      this.seats.countHeld(userId, -1);
      this.afterwards(connection, () => this.giveBack(matchId, seat));
    });
    this.afterwards(connection, () => this.store.hold(matchId, seat, HELD_IN_STORE_MS));
  }

  /** What is held here for a player is no longer. */
  private unhold(matchId: string, userId: number): void {
    for (const seat of this.held.release(matchId, userId)) this.seats.countHeld(seat.user_id, -1);
  }

  /** Tells the store what has become of a seat. Where that fails, the seat runs out by itself. */
  private afterwards(connection: Connection, tell: () => Promise<void>): void {
    const told: Promise<void> = this.inTurn(connection, tell)
      .catch((error: unknown) => this.logger.warn({ msg: 'a seat could not be given back', err: error }))
      .finally(() => this.leaving.delete(told));
    this.leaving.add(told);
  }

  /** Makes a match whose first player the connection is. @throws CoreError `too_many_requests`, `unavailable` */
  create(connection: Connection, player: Player, name: string, maxPlayers: number): Promise<Match> {
    return this.inTurn(connection, async () => {
      const made = { match_id: randomBytes(9).toString('base64url'), name, max_players: maxPlayers };
      const maker = this.quotas.makerOf(player.user_id, connection.origin.address);
      const { match } = await this.take(connection, player, async (seat) => {
        this.quotas.check(await this.store.create({ ...made, maker }, seat));
        return { match: { ...made, players: [player] }, maker, isNew: true };
      });
      return match;
    });
  }

  /**
   * Joins a match. Who is in it already learns again what it is.
   * @throws CoreError `not_found`, `conflict` where it is full, `too_many_requests`, `unavailable`
   */
  join(connection: Connection, player: Player, matchId: string): Promise<Match> {
    return this.inTurn(connection, async () => {
      const known = this.seats.of(connection, matchId);
      const { match, isNew } = known
        ? await this.ask(matchId, known)
        : await this.take(connection, player, (seat) => this.ask(matchId, seat));
      this.unhold(matchId, player.user_id);
      if (isNew) this.tell({ matchId, event: 'joined', data: { match_id: matchId, ...player }, to: null }, connection);
      return match;
    });
  }

  /**
   * Leaves a match.
   * @throws CoreError `not_found` where the connection is not in it; `unavailable` where the others cannot be told yet: they are when
   *   its seat has run out
   */
  leave(connection: Connection, matchId: string): Promise<void> {
    return this.inTurn(connection, async () => {
      const seat = this.seats.stand(connection, matchId);
      if (!seat) throw new CoreError('not_found');
      this.unhold(matchId, seat.user_id);
      await this.giveBack(matchId, seat, { isWish: true });
    });
  }

  /**
   * Relays a state to the others, or to some of them. The store is not asked: who has a seat here is known here.
   * @throws CoreError `not_found` where the connection is not in the match
   */
  relay(connection: Connection, matchId: string, op: string | number, data: unknown, to: readonly number[] | null): void {
    const seat = this.seats.of(connection, matchId);
    if (!seat) throw new CoreError('not_found');
    this.tell({ matchId, event: 'state', data: { match_id: matchId, from_id: seat.user_id, op, data }, to }, connection);
  }

  list(limit: number, cursor: string | null): Promise<MatchPage> {
    return this.store.list(limit, cursor);
  }

  private inTurn<T>(connection: Connection, run: () => Promise<T>): Promise<T> {
    const before = this.turns.get(connection);
    const done = before ? before.then(run, run) : run();
    this.turns.set(connection, done);
    return done;
  }

  private async ask(matchId: string, seat: Seat): Promise<Taken> {
    const joined = await this.store.join(matchId, seat);
    this.tellLeft(matchId, joined.gone);
    if (joined.outcome === 'joined') return joined;
    throw joined.outcome === 'full' ? new CoreError('conflict', { detail: 'The match is full' }) : new CoreError('not_found');
  }

  private async take(connection: Connection, player: Player, ask: (seat: Seat) => Promise<Taken>): Promise<Taken> {
    const seat = this.seats.reserve(connection, player);
    let isSeated = false;
    try {
      const taken = await ask(seat);
      isSeated = isStill(connection, seat);
      if (isSeated) {
        this.seats.sit(connection, frameOf(taken), seat);
        return taken;
      }
      await this.giveBack(taken.match.match_id, seat, { isSecret: taken.isNew });
      throw new CoreError('not_authenticated');
    } finally {
      if (!isSeated) this.seats.release(connection, seat);
    }
  }

  private async giveBack(matchId: string, seat: Seat, { isSecret = false, isWish = false }: GivenBack = {}): Promise<void> {
    const { isLast, gone } = await this.store.leave(matchId, seat, isWish);
    this.tellLeft(matchId, isLast && !isSecret ? [...gone, seat] : gone);
  }

  private tellLeft(matchId: string, players: readonly Player[]): void {
    for (const { user_id, username } of players) {
      this.tell({ matchId, event: 'left', data: { match_id: matchId, user_id, username }, to: null }, null);
    }
  }

  /** @param except a connection of this node that need not be told */
  private tell(told: Told, except: Connection | null): void {
    this.bus.forward(TOPIC, told as unknown as JsonValue);
    this.deliver(told, except);
  }

  private deliver({ matchId, event, data, to }: Told, except: Connection | null): void {
    const delivery = this.hub.delivery({ domain: 'game', event, data });
    for (const [connection, { user_id: userId }] of this.seats.in(matchId)) {
      if (connection !== except && (to === null || to.includes(userId))) delivery.to(connection);
    }
  }

  private async renew(): Promise<void> {
    if (this.isRenewing) return;
    this.isRenewing = true;
    try {
      const tables = this.seats.all();
      while (tables.length > 0) await Promise.all(tables.splice(0, RENEWALS).map((table) => this.renewSeats(table)));
    } catch (error) {
      this.logger.warn({ msg: 'seats could not be renewed', err: error });
    } finally {
      this.isRenewing = false;
    }
  }

  private async renewSeats({ match, seats }: Table): Promise<void> {
    if (seats.size === 0) return;
    const { refused, gone } = await this.store.renew(match, [...seats.values()]);
    this.tellLeft(match.match_id, gone);
    if (refused.length === 0) return;
    // This node was away for so long that others have these seats now. Whoever had them is told, too.
    const lost = [...seats].filter(([, { connectionId }]) => refused.includes(connectionId));
    this.tellLeft(match.match_id, [...new Map(lost.map(([, seat]) => [seat.user_id, seat])).values()]);
    for (const [connection] of lost) this.seats.stand(connection, match.match_id);
  }
}

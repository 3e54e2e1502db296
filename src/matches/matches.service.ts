import { randomBytes } from 'node:crypto';
import { Injectable, Logger, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { Bus, type JsonValue } from '../bus/bus.js';
import { CoreError } from '../errors/catalogue.js';
import { reasonOf } from '../errors/thrown.js';
import type { Connection } from '../realtime/connection.js';
import { Hub } from '../realtime/hub.js';
import type { ConnectionListener } from '../realtime/listeners.js';
import { type Match, MatchStore, type Player, type Seat } from './match-store.js';

const TOPIC = 'game';
const RENEW_MS = 20_000;
/** Matches that one connection may be in at once. */
const MAX_SEATS = 16;

/** Something to be told to the players of a match, on every node. */
interface Told {
  readonly matchId: string;
  readonly event: 'joined' | 'left' | 'state';
  readonly data: object;
  /** One player; null for all of them. */
  readonly to: number | null;
}

/**
 * The players' side of matches on this node: which of its connections are in which match. What has to be true on all nodes is in the
 * store; what is relayed goes over the bus without it.
 */
@Injectable()
export class MatchesService implements ConnectionListener, OnModuleInit, OnModuleDestroy {
  private readonly logger = new Logger('Matches');
  private readonly seats = new Map<string, Map<Connection, Seat>>();
  private readonly matchesOf = new Map<Connection, Set<string>>();
  private readonly subscriptions: (() => void)[] = [];
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly store: MatchStore,
    private readonly hub: Hub,
    private readonly bus: Bus,
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

  onModuleDestroy(): void {
    clearInterval(this.timer);
    for (const unsubscribe of this.subscriptions) unsubscribe();
  }

  /** A connection that has gone, or is somebody else's now, leaves its matches. */
  removed(connection: Connection): void {
    for (const matchId of [...(this.matchesOf.get(connection) ?? [])]) {
      this.leave(connection, matchId).catch((thrown: unknown) => {
        // Its seat runs out by itself.
        this.logger.warn(`A seat could not be given back (${reasonOf(thrown)})`);
      });
    }
  }

  /** Makes a match whose first player the connection is. @throws CoreError `too_many_requests`, `unavailable` */
  async create(connection: Connection, player: Player, name: string, maxPlayers: number): Promise<Match> {
    const seat = this.newSeat(connection, player);
    const match = { match_id: randomBytes(9).toString('base64url'), name, max_players: maxPlayers };
    await this.store.create(match, seat);
    await this.sit(connection, match.match_id, seat);
    return { ...match, players: [player] };
  }

  /** @throws CoreError `not_found`, `conflict` (it is full), `too_many_requests`, `unavailable` */
  async join(connection: Connection, player: Player, matchId: string): Promise<Match> {
    const seat = this.newSeat(connection, player);
    const joined = await this.store.join(matchId, seat);
    if (joined.outcome !== 'joined') {
      throw joined.outcome === 'full' ? new CoreError('conflict', { detail: 'The match is full' }) : new CoreError('not_found');
    }
    await this.sit(connection, matchId, seat);
    if (joined.isNew) this.tell({ matchId, event: 'joined', data: { match_id: matchId, ...player }, to: null }, connection);
    return joined.match;
  }

  /** @throws CoreError `not_found` where the connection is not in the match; `unavailable` */
  async leave(connection: Connection, matchId: string): Promise<void> {
    const seat = this.stand(connection, matchId);
    if (!seat) throw new CoreError('not_found');
    const { user_id, username } = seat;
    const isLast = await this.store.leave(matchId, seat);
    if (isLast) this.tell({ matchId, event: 'left', data: { match_id: matchId, user_id, username }, to: null }, null);
  }

  /**
   * Relays a state to the others, or to one of them. The store is not asked: who has a seat here is known here.
   * @throws CoreError `not_found` where the connection is not in the match
   */
  relay(connection: Connection, matchId: string, op: string, data: unknown, to: number | null): void {
    const seat = this.seats.get(matchId)?.get(connection);
    if (!seat) throw new CoreError('not_found');
    this.tell({ matchId, event: 'state', data: { match_id: matchId, from_id: seat.user_id, op, data }, to }, connection);
  }

  list(limit: number): Promise<Match[]> {
    return this.store.list(limit);
  }

  private newSeat(connection: Connection, player: Player): Seat {
    if ((this.matchesOf.get(connection)?.size ?? 0) >= MAX_SEATS) {
      throw new CoreError('too_many_requests', { detail: `A connection is in at most ${MAX_SEATS} matches` });
    }
    return { ...player, connectionId: connection.id };
  }

  /** @throws CoreError where the connection has gone while the store was asked */
  private async sit(connection: Connection, matchId: string, seat: Seat): Promise<void> {
    if (connection.closed || connection.userId !== seat.user_id) {
      await this.store.leave(matchId, seat);
      throw new CoreError('not_authenticated');
    }
    const seats = this.seats.get(matchId) ?? new Map<Connection, Seat>();
    this.seats.set(matchId, seats.set(connection, seat));
    const matches = this.matchesOf.get(connection) ?? new Set<string>();
    this.matchesOf.set(connection, matches.add(matchId));
  }

  private stand(connection: Connection, matchId: string): Seat | undefined {
    const seats = this.seats.get(matchId);
    const seat = seats?.get(connection);
    if (!seats || !seat) return undefined;
    seats.delete(connection);
    if (seats.size === 0) this.seats.delete(matchId);
    const matches = this.matchesOf.get(connection);
    matches?.delete(matchId);
    if (matches?.size === 0) this.matchesOf.delete(connection);
    return seat;
  }

  /** @param except a connection of this node that need not be told */
  private tell(told: Told, except: Connection | null): void {
    this.bus.forward(TOPIC, told as unknown as JsonValue);
    this.deliver(told, except);
  }

  private deliver({ matchId, event, data, to }: Told, except: Connection | null): void {
    const delivery = this.hub.delivery({ domain: 'game', event, data });
    for (const [connection, { user_id: userId }] of this.seats.get(matchId) ?? []) {
      if (connection !== except && (to === null || to === userId)) delivery.to(connection);
    }
  }

  private async renew(): Promise<void> {
    try {
      for (const [matchId, seats] of [...this.seats]) {
        for (const player of await this.store.renew(matchId, [...seats.values()])) {
          const { user_id, username } = player;
          this.tell({ matchId, event: 'left', data: { match_id: matchId, user_id, username }, to: null }, null);
        }
      }
    } catch (thrown) {
      this.logger.warn(`Seats could not be renewed (${reasonOf(thrown)})`);
    }
  }
}

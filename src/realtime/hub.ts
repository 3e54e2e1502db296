import { Injectable } from '@nestjs/common';
import { Settings } from '../config/settings.js';
import { CoreError } from '../errors/catalogue.js';
import type { Identity } from '../identity/identity.js';
import { CLOSE, type CloseReason, faultOf, noticeOf } from './close-reasons.js';
import type { ServerEvent } from './codec.js';
import type { Connection } from './connection.js';
import { Delivery } from './delivery.js';
import { ConnectionListeners } from './listeners.js';
import { Seats } from './seats.js';
import { MAX_PENDING_BYTES } from './transport.js';

/** What keeps one more socket out. */
export type RoomLimit = 'user' | 'address' | 'anonymous';

/** Who is connected to this node, found by user, by session and by address. It knows neither protocols nor features. */
@Injectable()
export class Hub {
  private readonly all = new Set<Connection>();
  private readonly byUser = new Map<number, Set<Connection>>();
  private readonly bySession = new Map<string, Set<Connection>>();
  /** Connections that are about to become a user's: they count for its limit already. */
  private readonly expected = new Map<number, number>();
  /** The places of all open sockets, those of transports that are no connections yet included. */
  readonly seats = new Seats();
  /** Plain numbers, read by the metrics: frames by protocol, those of them over the limit, connections that the server closed by code. */
  readonly received = new Map<string, number>();
  readonly refused = new Map<string, number>();
  readonly closures = new Map<string, number>();
  /** Sockets that were refused for want of room, by the limit that they met. */
  readonly crowded = new Map<RoomLimit, number>();
  /** Called for every connection that is ended because of a flood, with its address. */
  onFlood: (address: string) => void = () => {};
  /** Who wants to hear of connections that come and go. */
  readonly listeners = new ConnectionListeners();

  constructor(private readonly settings: Settings) {}

  get size(): number {
    return this.all.size;
  }

  /** How many users have connections here. */
  get userCount(): number {
    return this.byUser.size;
  }

  connections(): Iterable<Connection> {
    return this.all;
  }

  /** How many connections there are here, by protocol. */
  countByProtocol(): Record<string, number> {
    const counts: Record<string, number> = {};
    for (const { codec } of this.all) counts[codec.protocol] = (counts[codec.protocol] ?? 0) + 1;
    return counts;
  }

  of(userId: number): Iterable<Connection> {
    return this.byUser.get(userId) ?? [];
  }

  isOnline(userId: number): boolean {
    return this.byUser.has(userId);
  }

  hasSession(sessionId: string): boolean {
    return this.bySession.has(sessionId);
  }

  sessions(): Iterable<string> {
    return this.bySession.keys();
  }

  /** @throws CoreError `too_many_requests` where one more connection of this address, or of this user, would be too many */
  checkRoom(address: string | null, userId: number | null): void {
    if (address !== null) {
      const { MAX_CONNECTIONS_PER_ADDRESS: most } = this.settings;
      this.checkCount('address', this.seats.of(address).open, most);
      if (userId === null) this.checkAnonymousRoom(address);
    }
    if (userId !== null) {
      const open = (this.byUser.get(userId)?.size ?? 0) + (this.expected.get(userId) ?? 0);
      this.checkCount('user', open, this.settings.MAX_CONNECTIONS_PER_USER);
    }
  }

  /** As `checkRoom`, for those who have nobody to tell. */
  hasRoom(address: string | null, userId: number | null): boolean {
    try {
      this.checkRoom(address, userId);
      return true;
    } catch {
      return false;
    }
  }

  /** @throws CoreError `too_many_requests` where one more connection of this address may not be anonymous */
  checkAnonymousRoom(address: string): void {
    this.checkCount('anonymous', this.seats.of(address).anonymous, this.settings.MAX_ANONYMOUS_CONNECTIONS_PER_ADDRESS);
  }

  private checkCount(limit: RoomLimit, count: number, most: number): void {
    if (most === 0 || count < most) return;
    increment(this.crowded, limit);
    throw new CoreError('too_many_requests', { detail: 'Too many connections', retryAfterSec: 10 });
  }

  /**
   * Keeps room for a connection that becomes this user's when something else has been done, so that others do not take it meanwhile.
   * @returns a function that gives it back, to be called once
   * @throws CoreError `too_many_requests` where there is none
   */
  reserve(userId: number): () => void {
    this.checkRoom(null, userId);
    increment(this.expected, userId);
    return () => {
      const left = (this.expected.get(userId) ?? 1) - 1;
      if (left > 0) this.expected.set(userId, left);
      else this.expected.delete(userId);
    };
  }

  add(connection: Connection): void {
    this.all.add(connection);
    connection.seat ??= this.seats.take(connection.origin.address);
    connection.seat.name(connection.identity !== null);
    if (connection.identity) this.index(connection, connection.identity);
  }

  remove(connection: Connection): void {
    connection.closed = true;
    if (!this.all.delete(connection)) return;
    if (connection.isGuest) connection.seat?.name(false);
    else connection.seat?.leave();
    if (connection.identity) this.unindex(connection, connection.identity);
    connection.rules?.released(connection);
  }

  /**
   * Makes a connection somebody's, somebody else's, or nobody's. One change at a time: each begins with what the one before left.
   * @throws CoreError where the endpoint's rules or the limits do not allow it; the connection stays whose it was
   */
  bind(connection: Connection, identity: Identity | null): void | Promise<void> {
    const { binding } = connection;
    const bound = binding ? binding.then(() => this.change(connection, identity)) : this.change(connection, identity);
    if (!(bound instanceof Promise)) return;
    const settle = (): void => {
      if (connection.binding === settled) connection.binding = null;
    };
    const settled: Promise<void> = bound.then(settle, settle);
    connection.binding = settled;
    return bound;
  }

  private change(connection: Connection, identity: Identity | null): void | Promise<void> {
    if (connection.identity?.session === identity?.session) {
      // The same session with a newer token: nothing to index anew.
      connection.identity = identity;
      return;
    }
    const isNewcomer = identity !== null && connection.userId !== identity.session.userId;
    const release = isNewcomer ? this.reserve(identity.session.userId) : undefined;
    const finish = (): void => {
      release?.();
      this.rebind(connection, identity);
    };
    const fail = (thrown: unknown): never => {
      release?.();
      // It went meanwhile: whatever the rules gave back to it is for nobody.
      if (!this.all.has(connection)) connection.rules?.released(connection);
      throw thrown;
    };
    try {
      const admitted = this.admit(connection, identity);
      if (admitted) return admitted.then(finish, fail);
    } catch (thrown) {
      fail(thrown);
    }
    finish();
  }

  /** The rules last: what they give, such as a client id, need not be taken back then. */
  private admit(connection: Connection, identity: Identity | null): void | Promise<void> {
    const arriving = identity ? this.listeners.arriving(identity.session.userId) : undefined;
    return arriving
      ? arriving.then(() => connection.rules?.admit(connection, identity))
      : connection.rules?.admit(connection, identity);
  }

  private rebind(connection: Connection, identity: Identity | null): void {
    if (connection.identity) this.unindex(connection, connection.identity);
    connection.identity = identity;
    if (!this.all.has(connection)) {
      connection.rules?.released(connection);
      return;
    }
    connection.seat?.name(identity !== null);
    if (identity) this.index(connection, identity);
  }

  private index(connection: Connection, { session }: Identity): void {
    addTo(this.byUser, session.userId, connection);
    addTo(this.bySession, session.id, connection);
    this.listeners.added(connection, session.userId);
  }

  private unindex(connection: Connection, { session }: Identity): void {
    deleteFrom(this.byUser, session.userId, connection);
    deleteFrom(this.bySession, session.id, connection);
    this.listeners.removed(connection, session.userId);
  }

  /**
   * Delivers to every connection of the given users. The event is encoded once per protocol, not per connection.
   * @param except a connection that need not be told
   */
  toUsers(userIds: Iterable<number>, event: ServerEvent, except?: Connection | null): number {
    const delivery = this.delivery(event);
    let delivered = 0;
    for (const userId of userIds) {
      for (const connection of this.of(userId)) if (connection !== except) delivered += delivery.to(connection);
    }
    return delivered;
  }

  /** Delivers to the given connections. */
  toConnections(connections: Iterable<Connection>, event: ServerEvent): number {
    const delivery = this.delivery(event);
    let delivered = 0;
    for (const connection of connections) delivered += delivery.to(connection);
    return delivered;
  }

  /** For those who choose the connections themselves. */
  delivery(event: ServerEvent): Delivery {
    return new Delivery(this, event);
  }

  /** Sends one frame, or ends the connection where its reader has fallen too far behind. */
  send(connection: Connection, frame: unknown): void {
    if (connection.closed) return;
    // What waited before: however large one frame is, it alone makes no reader slow.
    if (connection.transport.pendingBytes() > MAX_PENDING_BYTES) this.close(connection, CLOSE.slow);
    else connection.transport.send(frame);
  }

  /** Says why, then closes. */
  close(connection: Connection, reason: CloseReason): void {
    if (connection.closed) return;
    this.countClosure(reason, connection.origin.address);
    connection.transport.send(connection.codec.disconnect(noticeOf(reason)));
    this.remove(connection);
    connection.transport.close(reason);
  }

  /** Says why the transport itself is about to close: its peer broke the rules of WebSockets. @param code its close code */
  fault(connection: Connection, code: number): void {
    const reason = faultOf(code);
    if (!reason || connection.closed) return;
    this.countClosure(reason, connection.origin.address);
    connection.transport.send(connection.codec.disconnect(noticeOf(reason)));
    this.remove(connection);
  }

  /** Counts a frame that was over a limit. */
  countRefused(protocol: string): void {
    increment(this.refused, protocol);
  }

  /** Counts a connection, or what would have become one, that the server ends. */
  countClosure(reason: CloseReason, address: string): void {
    increment(this.closures, String(reason.code));
    if (reason === CLOSE.flood) this.onFlood(address);
  }

  /** Closes every connection of a session; @returns how many there were */
  closeSession(sessionId: string, reason: CloseReason): number {
    const connections = [...(this.bySession.get(sessionId) ?? [])];
    for (const connection of connections) this.close(connection, reason);
    return connections.length;
  }

  closeAll(reason: CloseReason): void {
    for (const connection of [...this.all]) this.close(connection, reason);
  }
}

function increment<K>(map: Map<K, number>, key: K): void {
  map.set(key, (map.get(key) ?? 0) + 1);
}

function addTo<K>(map: Map<K, Set<Connection>>, key: K, connection: Connection): void {
  const set = map.get(key);
  if (set) set.add(connection);
  else map.set(key, new Set([connection]));
}

function deleteFrom<K>(map: Map<K, Set<Connection>>, key: K, connection: Connection): void {
  const set = map.get(key);
  if (set?.delete(connection) && set.size === 0) map.delete(key);
}

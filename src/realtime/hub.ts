import { Injectable } from '@nestjs/common';
import { Settings } from '../config/settings.js';
import { CoreError } from '../errors/catalogue.js';
import type { Identity } from '../identity/identity.js';
import { addressKey } from '../ops/address-key.js';
import { CLOSE, type CloseReason, faultOf, noticeOf } from './close-reasons.js';
import type { ServerEvent } from './codec.js';
import type { Connection } from './connection.js';
import { Delivery } from './delivery.js';
import { ConnectionListeners } from './listeners.js';
import { MAX_PENDING_BYTES } from './transport.js';

/** Who is connected to this node, found by user, by session and by address. It knows neither protocols nor features. */
@Injectable()
export class Hub {
  private readonly all = new Set<Connection>();
  private readonly byUser = new Map<number, Set<Connection>>();
  private readonly bySession = new Map<string, Set<Connection>>();
  /** By what stands for the address in limits (`addressKey`). */
  private readonly byAddress = new Map<string, number>();
  /** Frames received by protocol, and connections that the server closed by code: plain numbers, read by the metrics. */
  readonly received = new Map<string, number>();
  readonly closures = new Map<string, number>();
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

  /**
   * @param openElsewhere connections of the address that are known to somebody else, and may not be known here
   * @throws CoreError `too_many_requests` where one more connection would exceed MAX_CONNECTIONS_PER_USER or _PER_ADDRESS
   */
  checkRoom(address: string | null, userId: number | null, openElsewhere = 0): void {
    const { MAX_CONNECTIONS_PER_ADDRESS: perAddress, MAX_CONNECTIONS_PER_USER: perUser } = this.settings;
    const detail = 'Too many connections';
    const open = address === null ? 0 : Math.max(openElsewhere, this.byAddress.get(addressKey(address)) ?? 0);
    if (perAddress > 0 && open >= perAddress) {
      throw new CoreError('too_many_requests', { detail, retryAfterSec: 10 });
    }
    if (userId !== null && perUser > 0 && (this.byUser.get(userId)?.size ?? 0) >= perUser) {
      throw new CoreError('too_many_requests', { detail, retryAfterSec: 10 });
    }
  }

  add(connection: Connection): void {
    this.all.add(connection);
    const address = addressKey(connection.origin.address);
    this.byAddress.set(address, (this.byAddress.get(address) ?? 0) + 1);
    if (connection.identity) this.index(connection, connection.identity);
  }

  remove(connection: Connection): void {
    connection.closed = true;
    if (!this.all.delete(connection)) return;
    const address = addressKey(connection.origin.address);
    const left = (this.byAddress.get(address) ?? 1) - 1;
    if (left > 0) this.byAddress.set(address, left);
    else this.byAddress.delete(address);
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
    if (identity && connection.userId !== identity.session.userId) this.checkRoom(null, identity.session.userId);
    const admitted = this.admit(connection, identity);
    if (admitted instanceof Promise) {
      return admitted.then(
        () => this.rebind(connection, identity),
        (thrown: unknown) => {
          // It went meanwhile: whatever the rules gave back to it is for nobody.
          if (!this.all.has(connection)) connection.rules?.released(connection);
          throw thrown;
        },
      );
    }
    this.rebind(connection, identity);
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
    if (!this.all.has(connection)) connection.rules?.released(connection);
    else if (identity) this.index(connection, identity);
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
    this.countClosure(reason);
    connection.transport.send(connection.codec.disconnect(noticeOf(reason)));
    this.remove(connection);
    connection.transport.close(reason);
  }

  /** Says why the transport itself is about to close: its peer broke the rules of WebSockets. @param code its close code */
  fault(connection: Connection, code: number): void {
    const reason = faultOf(code);
    if (!reason || connection.closed) return;
    this.countClosure(reason);
    connection.transport.send(connection.codec.disconnect(noticeOf(reason)));
    this.remove(connection);
  }

  private countClosure({ code }: CloseReason): void {
    this.closures.set(String(code), (this.closures.get(String(code)) ?? 0) + 1);
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

function addTo<K>(map: Map<K, Set<Connection>>, key: K, connection: Connection): void {
  const set = map.get(key);
  if (set) set.add(connection);
  else map.set(key, new Set([connection]));
}

function deleteFrom<K>(map: Map<K, Set<Connection>>, key: K, connection: Connection): void {
  const set = map.get(key);
  if (set?.delete(connection) && set.size === 0) map.delete(key);
}
